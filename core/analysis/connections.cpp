#include "core/analysis/connections.hpp"

#include <functional>
#include <utility>

#include "core/base/check.hpp"

namespace probate::analysis {

namespace {

std::uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

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

WillKey key_of(std::string_view topic, std::string_view payload) {
  return {hash_of(topic), hash_of(payload)};
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
  c.client_id = record.client_id;
  c.client = hash_of(record.client_id);
  c.session = session_of(record);
  c.forwarded = at;
  c.session.connected = at;
  c.last_packet_at = at;
  if (record.will) {
    c.has_will = true;
    c.will_topic = record.will->topic;
    c.key = key_of(record.will->topic, record.will->payload);
  }
  by_id_[record.connection.value] = slot;
  // [MQTT-3.1.3-6] An empty ClientID gets one from the broker that nobody else has.
  if (!record.client_id.empty()) join_client(slot);
  return slot;
}

void Connections::join_client(Slot slot) {
  Connection& c = slab_[slot];
  Slot& head = by_client_.try_emplace(c.client, kNoSlot).first->second;
  c.next_of_client = head;
  if (head != kNoSlot) slab_[head].previous_of_client = slot;
  head = slot;
  c.in_client_list = true;
}

void Connections::name(Slot slot, const std::string& client_id) {
  Connection& c = slab_[slot];
  if (!c.client_id.empty() || client_id.empty()) return;
  c.client_id = client_id;
  c.client = hash_of(client_id);
  join_client(slot);
}

Slot Connections::find(ConnectionId id) const {
  const auto found = by_id_.find(id.value);
  return found == by_id_.end() ? kNoSlot : found->second;
}

Slot Connections::first_of_client(std::uint64_t client) const {
  const auto found = by_client_.find(client);
  return found == by_client_.end() ? kNoSlot : found->second;
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
    by_client_.erase(c.client);
  } else {
    by_client_[c.client] = c.next_of_client;
  }
  c.next_of_client = kNoSlot;
  c.previous_of_client = kNoSlot;
}

void Connections::release(Slot slot) {
  leave_client(slot);
  Connection& c = slab_[slot];
  CHECK(!c.in_key_list && c.open_index == kNoSlot);
  const auto found = by_id_.find(c.id.value);
  if (found != by_id_.end() && found->second == slot) by_id_.erase(found);
  const std::uint32_t generation = c.generation + 1;
  c = Connection{};
  c.generation = generation;
  free_.push_back(slot);
}

Slot Connections::challenger_of(Slot slot) const {
  const Connection& c = slab_[slot];
  if (!c.in_client_list) return kNoSlot;
  // Newer connections stand before it in the list.
  for (Slot other = c.previous_of_client; other != kNoSlot;
       other = slab_[other].previous_of_client) {
    const Connection& o = slab_[other];
    if (o.answer == Answer::none && !o.broker_leg_closed) return other;
  }
  return kNoSlot;
}

}  // namespace probate::analysis
