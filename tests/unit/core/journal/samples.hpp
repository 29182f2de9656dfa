// Records for the tests of the journal's forms: one by hand of every kind, and any number by
// chance.
#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/rng.hpp"
#include "core/journal/fields.hpp"

namespace probate::journal::samples {

// Fills every field with something that it can hold; what may be absent is so every other time.
class Filler {
 public:
  explicit Filler(Rng& rng) : rng_{rng} {}

  void operator()(std::string_view, std::string& out) {
    // Short and long; printable, control characters, well-formed and broken UTF-8.
    static constexpr std::string_view kPieces[] = {
        "a",    "/willmsg", "\"",       "\\",           "\n",
        "\x01", "\x7f",     "\xc3\xa9", "\xe6\x8e\x89", "\xf0\x9f\x93\xa1",
        "\xff", "\xc3",     {"\0", 1},  "\"leg\":",     "</script>"};
    out.clear();
    for (std::uint64_t n = rng_.below(6); n > 0; --n) out += kPieces[rng_.below(15)];
  }
  void operator()(std::string_view key, std::vector<std::string>& out) {
    out.resize(rng_.below(4));
    for (std::string& item : out) (*this)(key, item);
  }
  void operator()(std::string_view, bool& out) { out = rng_.below(2) == 1; }
  template <std::integral T>
  void operator()(std::string_view, T& out) {
    out = static_cast<T>(rng_.next() >> rng_.below(64));
  }
  template <typename Tag, typename Rep>
  void operator()(std::string_view key, Id<Tag, Rep>& id) {
    (*this)(key, id.value);
  }
  void operator()(std::string_view, mqtt::QoS& out) { out = static_cast<mqtt::QoS>(rng_.below(3)); }
  template <typename E>
  requires std::is_enum_v<E>
  void operator()(std::string_view, E& out) {
    const auto index = static_cast<int>(rng_.below(Words<E>::kAll.size()));
    out = static_cast<E>(index + Words<E>::kFirst);
  }
  void operator()(std::string_view, Duration& out) {
    out = rng_.below(4) == 0 ? Duration::max() : some_time();
  }
  void operator()(std::string_view, Instant& out) { out = Instant{some_time()}; }
  void operator()(std::string_view, WillFacts& will) { fields(*this, will); }
  template <typename T>
  void operator()(std::string_view key, std::optional<T>& out) {
    if (rng_.below(2) == 1) (*this)(key, out.emplace());
  }
  template <typename T, typename None>
  void maybe(std::string_view key, T& out, const None& none) {
    if (rng_.below(2) == 1) {
      (*this)(key, out);
    } else {
      out = none;
    }
  }

 private:
  // Up to the longest that a journal can tell of.
  Duration some_time() {
    return Duration{static_cast<std::int64_t>(rng_.next() >> (4 + rng_.below(60)))};
  }
  Rng& rng_;
};

template <std::size_t... kIndex>
std::vector<Record> one_of_each(Rng& rng, std::index_sequence<kIndex...>) {
  Filler fill{rng};
  std::vector<Record> records(sizeof...(kIndex));
  for (Record& record : records) {
    fill("at", record.at);
    fill("loop", record.loop);
    fill("seq", record.sequence);
  }
  (fields(fill, records[kIndex].body.template emplace<kIndex>()), ...);
  return records;
}
// One of every kind, in the order of Body.
inline std::vector<Record> one_of_each(Rng& rng) {
  return one_of_each(rng, std::make_index_sequence<std::variant_size_v<Kinds>>{});
}

inline Record connect_forwarded() {
  return {.at = kRunStart + 1234567890ns,
          .loop = 1,
          .sequence = 42,
          .body = ConnectForwarded{.connection = {7},
                                   .device = {412},
                                   .epoch = 2,
                                   .twin = false,
                                   .client_id = "meter-00412",
                                   .version = mqtt::Version::v3_1_1,
                                   .clean = true,
                                   .keep_alive = 10,
                                   .session_expiry = {},
                                   .will = WillFacts{.topic = "/willmsg",
                                                     .payload = "meter-00412#2",
                                                     .qos = mqtt::QoS::at_least_once,
                                                     .retain = false,
                                                     .delay = {}}}};
}

inline Record leg_closed() {
  return {.at = kRunStart + 301200ms,
          .loop = 0,
          .sequence = 9001,
          .body = LegClosed{.connection = {7},
                            .leg = Leg::broker,
                            .by = Party::proxy,
                            .how = CloseHow::rst,
                            .fault = {3},
                            .last_uplink_packet_at = kRunStart + 299500ms}};
}

}  // namespace probate::journal::samples
