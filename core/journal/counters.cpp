#include "core/journal/counters.hpp"

#include <algorithm>

namespace probate::journal {
namespace {

template <std::size_t kSize>
void add(std::array<std::uint64_t, kSize>& sum, const std::array<std::uint64_t, kSize>& part) {
  for (std::size_t i = 0; i < kSize; ++i) sum[i] += part[i];
}

void add(CoarseHistogram& sum, const CoarseHistogram& part) {
  add(sum.buckets, part.buckets);
  sum.count += part.count;
  sum.sum_seconds += part.sum_seconds;
  sum.max_seconds = std::max(sum.max_seconds, part.max_seconds);
}

void add(LinkCounters& sum, const LinkCounters& part) {
  add(sum.bytes, part.bytes);
  for (std::size_t i = 0; i < sum.packets.size(); ++i) add(sum.packets[i], part.packets[i]);
  add(sum.malformed, part.malformed);
  sum.accepted += part.accepted;
  sum.accept_errors += part.accept_errors;
  sum.dial_errors += part.dial_errors;
  sum.shortages += part.shortages;
  sum.twin_logins += part.twin_logins;
  sum.open_links += part.open_links;
  sum.ghost_links += part.ghost_links;
  sum.silent_links += part.silent_links;
  sum.twin_links += part.twin_links;
}

void add(FrontCounters& sum, const FrontCounters& part) {
  sum.accepted += part.accepted;
  sum.dial_errors += part.dial_errors;
  add(sum.refused, part.refused);
}

void add(GroupCounters& sum, const GroupCounters& part) {
  add(sum.devices_by_state, part.devices_by_state);
  sum.connects += part.connects;
  sum.reconnects += part.reconnects;
  add(sum.connect_errors, part.connect_errors);
  add(sum.connack_refusals, part.connack_refusals);
  sum.publishes += part.publishes;
  sum.publishes_dropped += part.publishes_dropped;
}

}  // namespace

const char* to_text(Refused why) {
  switch (why) {
    case Refused::header:
      return "proxy_header";
    case Refused::header_late:
      return "proxy_header_late";
    case Refused::tls_handshake:
      return "tls_handshake";
    case Refused::tls_late:
      return "tls_late";
    case Refused::tls_certificate:
      return "tls_certificate";
    case Refused::tls_broken:
      return "tls_broken";
    case Refused::upstream_tls:
      return "upstream_tls";
    case Refused::upstream_certificate:
      return "upstream_certificate";
    case Refused::connect_too_large:
      return "connect_too_large";
    case Refused::connect_half:
      return "connect_half";
    case Refused::connect_late:
      return "connect_late";
    case Refused::connect_none:
      return "connect_none";
    case Refused::descriptors:
      break;
  }
  return "descriptors";
}

const char* to_text(Rejected why) {
  switch (why) {
    case Rejected::token:
      return "token";
    case Rejected::origin:
      return "origin";
    case Rejected::malformed:
      return "malformed";
    case Rejected::late:
      return "late";
    case Rejected::rate:
      return "rate";
    case Rejected::crowded:
      break;
  }
  return "crowded";
}

void merge(LoopCounters& sum, const LoopCounters& loop) {
  add(sum.links, loop.links);
  if (sum.groups.size() < loop.groups.size()) sum.groups.resize(loop.groups.size());
  for (std::size_t i = 0; i < loop.groups.size(); ++i) add(sum.groups[i], loop.groups[i]);
  if (sum.fronts.size() < loop.fronts.size()) sum.fronts.resize(loop.fronts.size());
  for (std::size_t i = 0; i < loop.fronts.size(); ++i) add(sum.fronts[i], loop.fronts[i]);
  add(sum.connack, loop.connack);
  add(sum.schedule_lag, loop.schedule_lag);
  sum.events_written += loop.events_written;
  sum.events_dropped += loop.events_dropped;
}

}  // namespace probate::journal
