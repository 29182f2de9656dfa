// What the broker model remembers of one session: a hundred bytes and two small blocks, so that a
// million of them fit.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/broker/actions.hpp"
#include "core/mqtt/packets.hpp"
#include "core/mqtt/topics.hpp"

namespace probate::broker {

// Client id, will topic and will payload in one block of the heap.
class SessionTexts {
 public:
  void set(std::string_view client_id, std::string_view topic, std::string_view payload);
  void clear() { block_.reset(); }

  std::string_view client_id() const { return part(0); }
  std::string_view will_topic() const { return part(1); }
  std::string_view will_payload() const { return part(2); }

 private:
  std::string_view part(int which) const;

  std::unique_ptr<char[]> block_;  // three 16-bit lengths, then the bytes
};

struct Filter {
  std::string_view text;
  mqtt::QoS qos{};
  bool no_local = false;
  bool retain_as_published = false;
  std::uint32_t subscription_id = 0;
};

// A session's subscriptions. Devices have few: one block. An observer can have one for each device:
// then a tree, so that neither subscribing nor matching walks them all.
//
// Determinism: visits in the order of subscribing; beyond kFewMax by text, wildcards last.
class FilterList {
 public:
  static constexpr int kFewMax = 16;

  // A filter that is there already gets the new options. True if it is new.
  bool put(const Filter& filter);
  // True if it was there.
  bool remove(std::string_view text);
  void clear();

  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::size_t at = 0; at < bytes();) {
      const Filter filter = read(at);
      at += kHead + filter.text.size();
      visit(filter);
    }
    if (many_ == nullptr) return;
    for (const auto& [text, options] : many_->exact) visit(options.named(text));
    for (const auto& [text, options] : many_->wild) visit(options.named(text));
  }
  // Those that match the topic.
  template <typename Visit>
  void for_each_match(std::string_view topic, Visit visit) const {
    const auto check = [&](const Filter& filter) {
      if (mqtt::matches(filter.text, topic)) visit(filter);
    };
    if (many_ == nullptr) return for_each(check);
    const auto found = many_->exact.find(topic);
    if (found != many_->exact.end()) visit(found->second.named(found->first));
    for (const auto& [text, options] : many_->wild) check(options.named(text));
  }

 private:
  static constexpr std::size_t kHead = 7;  // length, options, subscription identifier

  // A filter without its text.
  struct Options {
    Filter filter;

    Filter named(std::string_view text) const {
      Filter whole = filter;
      whole.text = text;
      return whole;
    }
  };
  using Tree = std::map<std::string, Options, std::less<>>;
  struct Many {
    Tree exact;
    Tree wild;

    Tree& tree_of(std::string_view text) { return mqtt::find_wildcard(text) ? wild : exact; }
  };

  std::size_t bytes() const;
  Filter read(std::size_t at) const;
  void replace(std::size_t at, std::size_t old_bytes, std::string_view by);
  void grow();

  std::unique_ptr<char[]> block_;  // four bytes of size, then the filters
  std::unique_ptr<Many> many_;     // instead of the block
};

// First in, first out, without the 600 bytes of an empty std::deque.
template <typename T>
class Fifo {
 public:
  bool empty() const { return first_ == items_.size(); }
  std::size_t size() const { return items_.size() - first_; }
  void push(T item) { items_.push_back(std::move(item)); }
  // Requires: !empty().
  T pop() {
    T item = std::move(items_[first_++]);
    if (empty()) {
      items_.clear();
      first_ = 0;
    } else if (first_ >= kCompactMin && first_ * 2 >= items_.size()) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    return item;
  }

 private:
  static constexpr std::size_t kCompactMin = 64;

  std::vector<T> items_;
  std::size_t first_ = 0;
};

struct Waiting {
  MessageRef message;
  mqtt::QoS qos{};
  bool retain = false;
  std::uint32_t subscription_id = 0;
};

struct Inflight {
  Waiting what;
  std::uint16_t packet_id = 0;
  bool released = false;  // QoS 2: PUBREC came, PUBCOMP is awaited
};

// QoS 1 and 2 under way: what few sessions have.
struct Traffic {
  std::vector<Inflight> inflight;  // in the order of sending
  Fifo<Waiting> queue;
  std::vector<mqtt::Publish> received;  // QoS 2, until PUBREL
  std::uint16_t last_packet_id = 0;

  bool idle() const { return inflight.empty() && queue.empty() && received.empty(); }
};

inline constexpr std::uint32_t kExpiryNever = 0xffffffff;

struct Session {
  ConnectionId connection = kNoConnection;  // none while offline
  Instant connected_at{};
  Instant last_packet_at{};
  Instant alarm = kNever;       // when the keep-alive is looked at; outlives the session
  Instant will_due = kNever;    // offline: the delayed will
  Instant expires_at = kNever;  // offline: the session
  SessionTexts texts;
  FilterList filters;
  std::unique_ptr<Traffic> traffic;
  std::unique_ptr<mqtt::Properties> will_properties;
  ConnectionId will_of = kNoConnection;  // the connection that left the will
  std::uint32_t expiry = 0;              // seconds; kExpiryNever
  std::uint32_t delay = 0;               // seconds
  std::uint16_t keep_alive = 0;          // seconds
  std::uint16_t inflight_max = 0;
  mqtt::Version version{};
  mqtt::QoS will_qos{};
  bool used = false;  // the place holds a session
  bool clean = true;
  bool has_will = false;
  bool will_retain = false;
  bool skipping = false;  // its traffic is told of by note_traffic()

  bool online() const { return connection != kNoConnection; }
  // Whether the session ends with its network connection.
  bool ends_with_connection() const { return version == mqtt::Version::v5 ? expiry == 0 : clean; }
};

// Places of sessions, which never move.
class SessionTable {
 public:
  Session& operator[](std::uint32_t slot) { return (*chunks_[slot / kChunk])[slot % kChunk]; }
  const Session& operator[](std::uint32_t slot) const {
    return (*chunks_[slot / kChunk])[slot % kChunk];
  }
  std::uint32_t take();
  // The place keeps its alarm.
  void give_back(std::uint32_t slot);
  // Every place that was ever taken is below.
  std::uint32_t end() const { return end_; }
  std::uint32_t used() const { return end_ - static_cast<std::uint32_t>(free_.size()); }

 private:
  static constexpr std::uint32_t kChunk = 1024;
  using Chunk = std::array<Session, kChunk>;

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t end_ = 0;
};

}  // namespace probate::broker
