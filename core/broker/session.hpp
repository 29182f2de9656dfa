// What the broker model remembers of one session: a hundred bytes, so that a million of them
// fit.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.hpp"
#include "core/base/short_text.hpp"
#include "core/base/time.hpp"
#include "core/broker/actions.hpp"
#include "core/broker/shared_texts.hpp"
#include "core/mqtt/packets.hpp"
#include "core/mqtt/topics.hpp"

namespace probate::broker {

struct Filter {
  std::string_view text;
  mqtt::QoS qos{};
  bool no_local = false;
  bool retain_as_published = false;
  std::uint32_t subscription_id = 0;
};

// A session's subscriptions. Devices have few, and mostly the same ones: a list that is shared if
// it can be. An observer can have one for each device: then a tree, so that neither subscribing nor
// matching walks them all.
//
// Determinism: visits in the order of subscribing; beyond kFewMax by text, wildcards last.
// Requires: the same shared texts and the same client id at every call.
class FilterList {
 public:
  static constexpr int kFewMax = 16;

  // A filter that is there already gets the new options. True if it is new.
  bool put(SharedTexts& shared, std::string_view client_id, const Filter& filter);
  // True if it was there.
  bool remove(SharedTexts& shared, std::string_view client_id, std::string_view text);
  void clear(SharedTexts& shared);

  // The filter's text is valid during the visit.
  template <typename Visit>
  void for_each(const SharedTexts& shared, std::string_view client_id, Visit visit) const {
    for (std::string_view rest = few(shared); !rest.empty();) {
      Entry entry = read(rest);
      std::string text;
      if (entry.number != SharedTexts::kNone) {
        const bool is_plain = !shared.names_client(entry.number);
        if (!is_plain) text = shared.text(entry.number, client_id);
        entry.filter.text = is_plain ? shared.plain(entry.number) : text;
      }
      visit(entry.filter);
    }
    if (own_ == nullptr) return;
    for (const auto& [text, options] : own_->exact) visit(options.named(text));
    for (const auto& [text, options] : own_->wild) visit(options.named(text));
  }
  // Those that match the topic.
  template <typename Visit>
  void for_each_match(const SharedTexts& shared, std::string_view client_id, std::string_view topic,
                      Visit visit) const {
    const auto check = [&](const Filter& filter) {
      // Of several filters two characters mostly tell.
      if (mqtt::differ_at_an_end(filter.text, topic)) return;
      if (mqtt::matches(filter.text, topic)) visit(filter);
    };
    if (own_ == nullptr || !own_->is_many()) return for_each(shared, client_id, check);
    const auto found = own_->exact.find(topic);
    if (found != own_->exact.end()) visit(found->second.named(found->first));
    for (const auto& [text, options] : own_->wild) check(options.named(text));
  }

 private:
  // A filter of a list: its text is shared, or stands in the list itself.
  struct Entry {
    Filter filter;
    std::uint32_t number = SharedTexts::kNone;
  };
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
  struct Own {
    std::string few;  // a list that is not shared
    Tree exact;
    Tree wild;

    bool is_many() const { return !exact.empty() || !wild.empty(); }
    Tree& tree_of(std::string_view text) { return mqtt::find_wildcard(text) ? wild : exact; }
  };

  std::string_view few(const SharedTexts& shared) const {
    if (list_ != SharedTexts::kNone) return shared.plain(list_);
    return own_ == nullptr ? std::string_view{} : own_->few;
  }
  // Of an entry of a list: number of the text, options, subscription identifier.
  static constexpr std::size_t kEntryHead = 9;

  template <typename T>
  static T load(const char* from) {
    T value;  // NOLINT(*-init-variables): written at once
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  // Takes the first entry off the list.
  static Entry read(std::string_view& rest) {
    Entry entry;
    entry.number = load<std::uint32_t>(rest.data());
    const auto options = static_cast<unsigned char>(rest[4]);
    entry.filter.qos = static_cast<mqtt::QoS>(options & 3U);
    entry.filter.no_local = (options & 4U) != 0;
    entry.filter.retain_as_published = (options & 8U) != 0;
    entry.filter.subscription_id = load<std::uint32_t>(rest.data() + 5);
    rest.remove_prefix(kEntryHead);
    if (entry.number != SharedTexts::kNone) return entry;
    const auto length = load<std::uint16_t>(rest.data());
    entry.filter.text = rest.substr(sizeof length, length);
    rest.remove_prefix(sizeof length + length);
    return entry;
  }
  static void write(const Entry& entry, std::string& to);
  static bool is_it(const SharedTexts& shared, std::string_view client_id, const Entry& entry,
                    std::string_view text) {
    if (entry.number == SharedTexts::kNone) return entry.filter.text == text;
    return shared.text(entry.number, client_id) == text;
  }
  void keep(SharedTexts& shared, std::string list);
  void grow(SharedTexts& shared, std::string_view client_id);

  std::unique_ptr<Own> own_;                 // what is not shared
  std::uint32_t list_ = SharedTexts::kNone;  // the list, if it is a shared text
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

// What few sessions have.
struct Seldom {
  Traffic traffic;
  mqtt::Properties will_properties;
  std::string will_topic;  // of those that are no shared texts
  std::string will_payload;
  Instant will_due = kNever;    // offline: the delayed will
  Instant expires_at = kNever;  // offline: the session
};

struct Session {
  ConnectionId connection = kNoConnection;  // offline: the last one, which left the will
  Instant connected_at{};
  Instant last_packet_at{};
  Instant alarm = kNever;  // when the keep-alive is looked at; outlives the session
  FilterList filters;
  std::unique_ptr<Seldom> seldom;
  ShortText client_id;
  std::uint32_t will_topic_number = SharedTexts::kNone;
  std::uint32_t will_payload_number = SharedTexts::kNone;
  std::uint32_t expiry = 0;      // seconds; kExpiryNever
  std::uint32_t delay = 0;       // seconds
  std::uint16_t keep_alive = 0;  // seconds
  std::uint16_t inflight_max = 0;
  mqtt::Version version{};
  mqtt::QoS will_qos{};
  bool used : 1 = false;  // the place holds a session
  bool is_online : 1 = false;
  bool clean : 1 = true;
  bool has_will : 1 = false;
  bool will_retain : 1 = false;
  bool skipping : 1 = false;  // its traffic is told of by note_traffic()

  bool online() const { return is_online; }
  // Whether the session ends with its network connection.
  bool ends_with_connection() const { return version == mqtt::Version::v5 ? expiry == 0 : clean; }

  Seldom& need_seldom() {
    if (seldom == nullptr) seldom = std::make_unique<Seldom>();
    return *seldom;
  }
  Instant will_due() const { return seldom == nullptr ? kNever : seldom->will_due; }
  Instant expires_at() const { return seldom == nullptr ? kNever : seldom->expires_at; }
  // The client id and the texts of its will.
  void set_texts(SharedTexts& shared, std::string_view id, std::string_view topic,
                 std::string_view payload);
  void clear_texts(SharedTexts& shared) { set_texts(shared, {}, {}, {}); }
  std::string will_topic(const SharedTexts& shared) const;
  std::string will_payload(const SharedTexts& shared) const;
  // nullptr: nothing is under way.
  Traffic* traffic() { return seldom == nullptr ? nullptr : &seldom->traffic; }
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
