#include "core/analysis/connections.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "core/base/check.hpp"

namespace probate::analysis {

namespace {

std::uint64_t wide_hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

Session session_of(const journal::ConnectForwarded& record) {
  Session session;
  session.version = record.version;
  session.clean = record.clean;
  session.keep_alive = std::chrono::seconds{record.keep_alive};
  session.expiry = record.session_expiry;
  if (record.will) session.delay = record.will->delay;
  return session;
}

}  // namespace

std::uint64_t topic_key_of(std::string_view topic) { return wide_hash_of(topic); }

WillKey key_of(std::string_view topic, std::string_view payload) {
  return {wide_hash_of(topic), wide_hash_of(payload)};
}

Connections::Connections(const FleetNames& names, std::size_t ended_max) : names_{names} {
  const std::size_t devices = names.devices();
  by_id_.reserve(devices + std::min(devices, ended_max));
  by_client_.reserve(devices);
}

Slot Connections::open(const journal::ConnectForwarded& record, Instant at) {
  Slot slot = kNoSlot;
  if (free_.empty()) {
    CHECK(slab_.size() < kNoSlot);
    slot = static_cast<Slot>(slab_.size());
    slab_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Connection& c = slab_[slot];
  c.id = record.connection;
  c.device = record.device;
  c.epoch = record.epoch;
  c.twin = record.twin;
  keep_client_id(c, record.client_id);
  c.client = wide_hash_of(record.client_id);
  c.terms = agreements_.take(session_of(record));
  c.forwarded = at;
  c.last_packet_at = at;
  if (record.will) {
    c.has_will = true;
    if (record.will->topic != names_.will_topic(c.device, c.epoch)) {
      c.texts.need().will_topic.keep(record.will->topic);
    }
  }
  by_id_.insert(hash_of(record.connection.value), slot);
  // [MQTT-3.1.3-6] An empty ClientID gets one from the broker that nobody else has.
  if (!record.client_id.empty()) join_client(slot);
  return slot;
}

void Connections::keep_client_id(Connection& c, const std::string& client_id) {
  const bool is_usual = client_id == names_.client_id(c.device);
  if (is_usual && !c.texts) return;
  OwnText& own = c.texts.need().client_id;
  is_usual ? own.clear() : own.keep(client_id);
}

OwnText Connections::own_client_id(Slot slot) const {
  const Connection& c = slab_[slot];
  return c.texts ? c.texts->client_id.copy() : OwnText{};
}

void Connections::join_client(Slot slot) {
  Connection& c = slab_[slot];
  const Slot head = first_of_client(c.client);
  c.next_of_client = head;
  if (head != kNoSlot) {
    slab_[head].previous_of_client = slot;
    by_client_.replace(hash_of(c.client), head, slot);
  } else {
    by_client_.insert(hash_of(c.client), slot);
  }
  c.in_client_list = true;
}

void Connections::name(Slot slot, const std::string& client_id) {
  Connection& c = slab_[slot];
  if (client_id.empty() || !this->client_id(c).empty()) return;
  keep_client_id(c, client_id);
  c.client = wide_hash_of(client_id);
  join_client(slot);
}

std::string Connections::client_id(const Connection& connection) const {
  const auto usual = [&] { return names_.client_id(connection.device); };
  return connection.texts ? connection.texts->client_id.get_or(usual) : usual();
}

std::string Connections::will_topic(const Connection& connection) const {
  const auto usual = [&] { return names_.will_topic(connection.device, connection.epoch); };
  return connection.texts ? connection.texts->will_topic.get_or(usual) : usual();
}

void Connections::agree(Slot slot, const Session& session) {
  Connection& c = slab_[slot];
  const Session* old = std::exchange(c.terms, agreements_.take(session));
  agreements_.give_back(old);
}

Slot Connections::find(ConnectionId id) const {
  return by_id_.find(hash_of(id.value), [this, id](Slot slot) { return slab_[slot].id == id; });
}

void Connections::prefetch(ConnectionId id, Fetch what) const {
  if (what == Fetch::places) return by_id_.prefetch(hash_of(id.value));
  prefetch(by_id_.guess(hash_of(id.value)), what);
}

void Connections::prefetch(Slot slot, Fetch what) const {
  if (slot == kNoSlot) return;
  const Connection& c = slab_[slot];
  if (what == Fetch::parts) return prefetch_one(c);
  if (c.ending) prefetch_one(*c.ending);
  if (c.in_client_list) by_client_.prefetch(hash_of(c.client));
}

Slot Connections::first_of_client(std::uint64_t client) const {
  return by_client_.find(hash_of(client),
                         [this, client](Slot slot) { return slab_[slot].client == client; });
}

void Connections::leave_client(Slot slot) {
  Connection& c = slab_[slot];
  if (!c.in_client_list) return;
  c.in_client_list = false;
  if (c.next_of_client != kNoSlot) {
    slab_[c.next_of_client].previous_of_client = c.previous_of_client;
  }
  if (c.previous_of_client != kNoSlot) {
    slab_[c.previous_of_client].next_of_client = c.next_of_client;
  } else if (c.next_of_client == kNoSlot) {
    by_client_.erase(hash_of(c.client), slot);
  } else {
    by_client_.replace(hash_of(c.client), slot, c.next_of_client);
  }
  c.next_of_client = kNoSlot;
  c.previous_of_client = kNoSlot;
}

void Connections::release(Slot slot) {
  leave_client(slot);
  Connection& c = slab_[slot];
  CHECK(!c.in_key_list && c.open_index() == kNoSlot);
  by_id_.erase(hash_of(c.id.value), slot);
  agreements_.give_back(c.terms);
  const std::uint32_t generation = c.generation + 1;
  c = Connection{};
  c.generation = generation;
  free_.push_back(slot);
}

Slot Connections::challenger_of(Slot slot, std::optional<Instant> at) const {
  const Connection& c = slab_[slot];
  if (!c.in_client_list) return kNoSlot;
  if (!at && c.broker_leg_closed) at = c.broker_leg_closed_at();
  const auto may_challenge = [&](const Connection& o) {
    return o.is_awaited() && !(at && *at - o.forwarded > kReadLate);
  };
  // Newer connections stand before it in the list.
  for (Slot other = c.previous_of_client; other != kNoSlot;
       other = slab_[other].previous_of_client) {
    if (may_challenge(slab_[other])) return other;
  }
  if (!c.is_accepted()) return kNoSlot;
  for (Slot other = c.next_of_client; other != kNoSlot; other = slab_[other].next_of_client) {
    if (!may_be_read_behind(other, slot)) break;
    if (may_challenge(slab_[other])) return other;
  }
  return kNoSlot;
}

Instant Connections::read_by(Slot slot) const {
  const Connection& c = slab_[slot];
  if (!c.was_reset) return front_.read_by(c.forwarded);
  return std::min(c.broker_leg_closed_at() + kRace, c.forwarded + kReadLate);
}

}  // namespace probate::analysis
