// The texts that a scenario is read from, places in them, and what is wrong there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/ids.hpp"
#include "core/scenario/errors.hpp"
#include "sim/yaml/diagnostic.hpp"

namespace probate::yaml {

using scenario::ErrorCode;
using SourceId = Id<struct SourceTag, std::uint16_t>;
inline constexpr SourceId kRootSource{0};  // the file that the user named

// Line and column from 0, the column in bytes.
struct Place {
  SourceId source;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  auto operator<=>(const Place&) const = default;
};

enum class SourceKind : std::uint8_t {
  scenario,  // a file of the user
  builtin,   // an embedded preset or profile
  option,    // a --set argument
};

struct Source {
  std::string name;
  std::string text;
  SourceKind kind = SourceKind::scenario;
  std::vector<std::size_t> line_starts;

  std::string_view line(std::uint32_t index) const;
};

class Sources {
 public:
  SourceId add(std::string name, std::string text, SourceKind kind);
  // Lifetime: until the next add().
  const Source& at(SourceId id) const { return sources_[id.index()]; }
  std::size_t offset(Place place) const;
  std::size_t count() const { return sources_.size(); }

 private:
  std::vector<Source> sources_;
};

// Collects everything that is wrong.
// Limits: beyond kProblemsMax problems it only counts.
class Problems {
 public:
  static constexpr std::size_t kProblemsMax = 200;

  explicit Problems(const Sources& sources) : sources_{sources} {}

  void add(Place place, ErrorCode code, std::string message);
  // Says that the value there is not what the file says, because of a problem reported elsewhere.
  void doubt(Place place) { places_.insert(place); }
  // Nobody knows what the value there is, as was said: what is added there later is dropped.
  void give_up(Place place) { given_up_.insert(place); }
  // What is said behind "… is missing here" about that place.
  void hint(Place place, std::string text) { hints_[place] = std::move(text); }
  // For what is wrong with a file as a whole.
  void add_file(std::string file, ErrorCode code, std::string message);
  // True if a further problem is only counted.
  bool full() const { return found_.size() >= kProblemsMax; }
  bool any() const { return !found_.empty(); }
  bool at(Place place) const { return places_.contains(place); }
  const std::set<Place>& places() const { return places_; }
  // By source in the order of reading, then by place; the same thing once.
  std::vector<Diagnostic> sorted() const;

 private:
  struct Found {
    Place place;
    std::size_t order = 0;
    Diagnostic diagnostic;
  };
  const Sources& sources_;
  std::vector<Found> found_;
  std::set<Place> places_;
  std::set<Place> given_up_;
  std::map<Place, std::string> hints_;
  std::size_t left_out_ = 0;
};

}  // namespace probate::yaml
