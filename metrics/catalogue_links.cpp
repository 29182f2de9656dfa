// The proxy: connections, bytes, packets.
#include "metrics/catalogue.hpp"

namespace probate::metrics {
namespace {

using journal::LinkCounters;

template <std::uint64_t LinkCounters::*kCount>
void fill_count(const Snapshot& now, const Labels&, Cells& out) {
  out.at() = static_cast<double>(now.loops.links.*kCount);
}

template <std::size_t kDirection>
void fill_bytes(const Snapshot& now, const Labels&, Cells& out) {
  out.at() = static_cast<double>(now.loops.links.bytes[kDirection]);
}

void fill_links(const Snapshot& now, const Labels&, Cells& out) {
  const LinkCounters& links = now.loops.links;
  out.at(0) = static_cast<double>(links.open_links);
  out.at(1) = static_cast<double>(links.ghost_links);
  out.at(2) = static_cast<double>(links.silent_links);
  out.at(3) = static_cast<double>(links.twin_links);
}

void fill_closes(const Snapshot& now, const Labels& labels, Cells& out) {
  for (std::size_t leg = 0; leg < labels[Axis::leg].values().size(); ++leg) {
    for (std::size_t by = 0; by < labels[Axis::close_party].values().size(); ++by) {
      for (std::size_t how = 0; how < labels[Axis::close_how].values().size(); ++how) {
        out.at(leg, by, how) = static_cast<double>(
            now.records.closes(static_cast<journal::Leg>(leg), static_cast<journal::Party>(by),
                               static_cast<journal::CloseHow>(how)));
      }
    }
  }
}

void fill_packets(const Snapshot& now, const Labels&, Cells& out) {
  const auto& packets = now.loops.links.packets;
  for (std::size_t direction = 0; direction < packets.size(); ++direction) {
    for (std::size_t type = 1; type < packets[direction].size(); ++type) {
      out.at(direction, type - 1) = static_cast<double>(packets[direction][type]);
    }
  }
}

void fill_swallowed(const Snapshot& now, const Labels& labels, Cells& out) {
  for (const auto direction : {mqtt::Direction::uplink, mqtt::Direction::downlink}) {
    for (std::uint8_t nibble = 1; nibble < 16; ++nibble) {
      const auto type = static_cast<mqtt::PacketType>(nibble);
      out.at(static_cast<std::size_t>(direction), swallowed_slot(labels, type)) +=
          static_cast<double>(now.records.packets_swallowed(direction, type));
    }
  }
}

void fill_altered(const Snapshot& now, const Labels& labels, Cells& out) {
  for (std::size_t how = 0; how < labels[Axis::alteration].values().size(); ++how) {
    out.at(how) =
        static_cast<double>(now.records.packets_altered(static_cast<journal::Alteration>(how)));
  }
}

void fill_malformed(const Snapshot& now, const Labels&, Cells& out) {
  for (std::size_t direction = 0; direction < 2; ++direction) {
    out.at(direction) = static_cast<double>(now.loops.links.malformed[direction]);
  }
}

void fill_refused(const Snapshot& now, const Labels& labels, Cells& out) {
  for (const journal::FrontCounters& front : now.loops.fronts) {
    for (std::size_t why = 0; why < labels[Axis::refused_why].values().size(); ++why) {
      out.at(why) += static_cast<double>(front.refused[why]);
    }
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): a table
std::vector<Family> link_families() {
  return {
      {"links",
       MetricType::gauge,
       "1",
       {Axis::link_state},
       "Links through the proxy; a ghost is a broker leg whose device leg has gone.",
       fill_links},
      {"links_accepted_total",
       kCounter,
       "1",
       {},
       "Connections that the proxy accepted.",
       fill_count<&LinkCounters::accepted>},
      {"accept_errors_total",
       kCounter,
       "1",
       {},
       "Connections that the proxy could not accept, for want of descriptors or memory.",
       fill_count<&LinkCounters::accept_errors>},
      {"connections_refused_total",
       kCounter,
       "1",
       {Axis::refused_why},
       "Connections that the proxy itself closed, or could not make, by why.",
       fill_refused},
      {"dial_errors_total",
       kCounter,
       "1",
       {},
       "Connections to the broker that failed; not for want of descriptors.",
       fill_count<&LinkCounters::dial_errors>},
      {"twin_logins_total",
       kCounter,
       "1",
       {},
       "Logins with the ClientID of a device by its twin.",
       fill_count<&LinkCounters::twin_logins>},
      {"connects_swallowed_total",
       kCounter,
       "1",
       {},
       "CONNECTs kept from the broker.",
       [](const Snapshot& now, const Labels&, Cells& out) {
         out.at() = static_cast<double>(now.records.connects_swallowed());
       }},
      {"packets_swallowed_total",
       kCounter,
       "1",
       {Axis::direction, Axis::swallowed_type},
       "MQTT packets that a fault kept from their receiver.",
       fill_swallowed},
      {"packets_altered_total",
       kCounter,
       "1",
       {Axis::alteration},
       "MQTT packets that a fault passed otherwise than they were sent, or made up.",
       fill_altered},
      {"connection_closes_total",
       kCounter,
       "1",
       {Axis::leg, Axis::close_party, Axis::close_how},
       "Legs that ended, by who ended them and how.",
       fill_closes},
      {"uplink_bytes_total",
       kCounter,
       "bytes",
       {},
       "Bytes passed from devices to the broker.",
       fill_bytes<0>},
      {"downlink_bytes_total",
       kCounter,
       "bytes",
       {},
       "Bytes passed from the broker to devices.",
       fill_bytes<1>},
      {"packets_total",
       kCounter,
       "1",
       {Axis::direction, Axis::packet_type},
       "MQTT packets passed.",
       fill_packets},
      {"malformed_packets_total",
       kCounter,
       "1",
       {Axis::direction},
       "Links that carried what is no MQTT, nor TLS or a WebSocket that passes.",
       fill_malformed},
  };
}

}  // namespace probate::metrics
