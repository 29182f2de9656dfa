// Reading a JSON value key by key; the first thing that is wrong is remembered with its path.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "core/analysis/histogram.hpp"
#include "core/base/time.hpp"

namespace probate::report {

// One object somewhere in a document. After a mistake every read gives 0 or "".
// Lifetime: the document and the `mistake` outlive it.
class JsonFields {
 public:
  JsonFields(const boost::json::value& value, std::string path, std::string& mistake);

  bool has(std::string_view key) const;
  std::uint64_t count(std::string_view key) const;
  double number(std::string_view key) const;
  double sum_of_seconds(std::string_view key) const;  // over devices: 0 or more
  bool boolean(std::string_view key) const;
  std::string text(std::string_view key) const;
  // Keys that end in _s.
  Duration seconds(std::string_view key) const;
  std::optional<Instant> instant_or_null(std::string_view key) const;
  analysis::Histogram histogram(std::string_view key) const;
  JsonFields object(std::string_view key) const;
  // Calls visit(JsonFields) for each item of a list of objects.
  template <typename Visit>
  void each(std::string_view key, Visit visit) const {
    const boost::json::array* items = array(key);
    if (items == nullptr) return;
    for (std::size_t i = 0; i < items->size(); ++i) {
      visit(JsonFields{(*items)[i], path_of(key) + "[" + std::to_string(i) + "]", mistake_});
    }
  }
  // Counts by each word of an enumeration. A word of a newer version is ignored.
  template <typename Enum, std::size_t kSize>
  std::array<std::uint64_t, kSize> counts(std::string_view key) const {
    std::array<std::uint64_t, kSize> out{};
    const JsonFields words = object(key);
    for (std::size_t i = 0; i < kSize; ++i) {
      out[i] = words.count(to_text(static_cast<Enum>(i)));
    }
    return out;
  }
  const boost::json::array* array(std::string_view key) const;
  const boost::json::object* members() const { return object_; }
  void complain(std::string_view key, std::string_view expected) const;

 private:
  std::string path_of(std::string_view key) const;
  const boost::json::value* find(std::string_view key) const;

  const boost::json::object* object_ = nullptr;
  std::string path_;
  std::string& mistake_;
};

}  // namespace probate::report
