// How much of a journal is stored: a million devices' steady traffic need not be.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "core/journal/records.hpp"

namespace probate::journal {

// Judging never depends on it: the judge hears every record as it happens.
enum class Level : std::uint8_t {
  notable,  // what a verdict needs: see kKeepRules
  all,
  none,
};
std::string_view to_text(Level level);
std::optional<Level> level_of(std::string_view word);

enum class Keep : std::uint8_t {
  always,
  // All but births and ordinary messages, not retained, that only repeat: see Notable.
  news,
};
struct KeepRule {
  std::string_view kind;
  Keep keep{};
};
// By record, in the order of Body; the same table stands in docs/journal.md.
extern const std::array<KeepRule, std::variant_size_v<Kinds>> kKeepRules;

// Picks the records of a stored journal of level `notable`, in order, and numbers them anew so that
// a hole in the numbers still means a lost record.
//
// A message or birth repeats if its observer heard one of the same topic and epoch of that device
// before, and since then no CONNECT, event of the broker, other birth, will or farewell of it. No
// policy that is free of a heartbeat would believe anything else for having heard it again.
//
// Memory: 8 bytes per device that was heard. Limits: of more than two topics per device, all
//         messages are kept. In kQuietMax at least one record is kept if there is any.
class Notable {
 public:
  static constexpr Duration kQuietMax = 1h;

  // False: leave it out. Else its number in the file is set.
  bool keeps(const Record& record, std::uint64_t& sequence);

 private:
  struct Heard {
    std::array<std::uint32_t, 2> of{};  // what was heard in a row; 0: nothing
  };
  using Row = std::vector<Heard>;  // by device

  bool is_news(const Record& record);
  bool repeats(const Observed& seen);
  void forget(DeviceId device);

  std::array<Row, 2> rows_;                // by observer
  std::vector<std::uint64_t> left_out_{};  // by loop
  Instant last_kept_{};
};

}  // namespace probate::journal
