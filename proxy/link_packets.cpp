// What the packets that pass through a link say, and when.
#include <algorithm>
#include <utility>
#include <variant>

#include "core/journal/from_packets.hpp"
#include "core/journal/sides.hpp"
#include "core/mqtt/codec.hpp"
#include "proxy/link.hpp"

namespace probate::proxy {
namespace {
using mqtt::PacketType;
}

// Packets as they come in: the broker's CONNACK, and what a fault swallows.
class Link::ReadWatcher {
 public:
  ReadWatcher(Link& link, Way way, std::span<std::uint8_t> bytes)
      : link_{link}, way_{way}, kept_{bytes.data()} {}

  bool begins(PacketType type) {
    ++link_.packets_begun_;
    const bool first = way_ == Way::downlink && !link_.connack_read_;
    // [MQTT-3.2.0-1]; 5.0 may authenticate or refuse before. [MQTT5-4.12.0-1]
    if (first && type != PacketType::connack && type != PacketType::auth &&
        type != PacketType::disconnect) {
      wrong_ = true;
    }
    // A CONNECT is not a treatment's but an admission's.
    if (link_.watched_by_ && !link_.greeting_) {
      const Instant now = link_.hub_.loop().now();
      const auto treatment = link_.hub_.owner().treat(now, link_.device_, way_, type);
      swallows() = treatment == fault::Treatment::swallow;
    } else {
      swallows() = false;
    }
    const bool tells_why = way_ == Way::downlink && type == PacketType::disconnect;
    return tells_why || (first && type == PacketType::connack);
  }

  void piece(ByteView bytes) {
    if (swallows()) return;
    if (kept_ != bytes.data()) std::copy(bytes.begin(), bytes.end(), kept_);
    kept_ += bytes.size();
  }

  void ends(mqtt::FrameHeader header, ByteView frame) {
    if (!frame.empty() && header.type() == PacketType::connack) link_.read_connack(frame);
    if (!frame.empty() && header.type() == PacketType::disconnect) link_.read_disconnect(frame);
    if (swallows() && header.type() == PacketType::connack) {
      link_.hub_.loop().write(
          link_.hub_.loop().now(),
          journal::ConnackSwallowed{.connection = link_.connection_, .fault = *link_.watched_by_});
    }
  }

  // One past the last byte that passes on.
  std::uint8_t* kept() const { return kept_; }
  bool wrong() const { return wrong_; }

 private:
  bool& swallows() { return link_.swallowing_[static_cast<std::size_t>(way_)]; }

  Link& link_;
  Way way_;
  std::uint8_t* kept_;
  bool wrong_ = false;
};

class Link::UplinkWatcher {
 public:
  UplinkWatcher(Link& link, Instant at) : link_{link}, at_{at} {}

  bool begins(PacketType type) { return type == PacketType::disconnect; }
  void piece(ByteView) {}
  void ends(mqtt::FrameHeader header, ByteView frame) {
    link_.last_uplink_packet_at_ = at_;
    ++link_.hub_.counters().packets[0][header.first_byte >> 4];
    if (link_.announcement_) {
      const auto announced = std::exchange(link_.announcement_, nullptr);
      if (link_.is_tracked_) link_.hub_.loop().write(at_, std::move(*announced));
    } else if (header.type() == PacketType::connect) {
      link_.hub_.loop().write(at_, journal::ConnectRepeated{.connection = link_.connection_});
    }
    if (!frame.empty()) link_.disconnect_written(frame, at_);
  }

 private:
  Link& link_;
  Instant at_;
};

class Link::DownlinkWatcher {
 public:
  DownlinkWatcher(Link& link, Instant at) : link_{link}, at_{at} {}

  bool begins(PacketType) { return false; }
  void piece(ByteView) {}
  void ends(mqtt::FrameHeader header, ByteView) {
    ++link_.hub_.counters().packets[1][header.first_byte >> 4];
    if (link_.session_up_ || !link_.accepted_ || header.type() != PacketType::connack) return;
    link_.session_up_ = true;
    link_.hub_.loop().write(at_, journal::SessionUp{.connection = link_.connection_});
    if (link_.device_ != kNoDevice) {
      link_.hub_.tell(Hub::NewsKind::session_up, at_, link_.device_);
    }
  }

 private:
  Link& link_;
  Instant at_;
};

// Returns what passes on: the same bytes, but for packets that a fault swallowed.
ByteView Link::inspect_read(Way way, std::span<std::uint8_t> bytes) {
  packets_begun_ = opaque_ ? 1 : 0;
  if (opaque_) return bytes;
  ReadWatcher watcher{*this, way, bytes};
  const bool sound = channel(way).read.advance(bytes, watcher);
  if (watcher.wrong()) {
    malformed(way, "the broker's first packet is no CONNACK");
  } else if (!sound && !greeting_) {
    malformed(way, "a Remaining Length of more than four bytes");
  }
  // Nothing is swallowed of bytes without boundaries.
  if (!sound) return bytes;
  return bytes.first(static_cast<std::size_t>(watcher.kept() - bytes.data()));
}

void Link::inspect_written(Way way, ByteView bytes, Instant at) {
  if (opaque_) return;
  if (way == Way::uplink) {
    channel(way).written.advance(bytes, UplinkWatcher{*this, at});
  } else {
    channel(way).written.advance(bytes, DownlinkWatcher{*this, at});
  }
}

// The link is not the judge's any more. Its bytes still pass.
void Link::malformed(Way way, std::string error) {
  if (opaque_) return;
  opaque_ = true;
  ++hub_.counters().malformed[static_cast<std::size_t>(way)];
  hub_.loop().write(
      hub_.loop().now(),
      journal::Malformed{.connection = connection_, .direction = way, .error = std::move(error)});
  for (Channel& each : channels_) {
    each.read.give_up();
    each.written.give_up();
  }
}

void Link::read_connack(ByteView frame) {
  connack_read_ = true;
  const auto packet = mqtt::decode(frame, version_, Way::downlink);
  if (!packet) {
    malformed(Way::downlink, mqtt::to_text(packet.error()));
    return;
  }
  journal::ConnackReceived record = journal::connack_record(std::get<mqtt::Connack>(*packet));
  record.connection = connection_;
  accepted_ = record.reason == 0;
  hub_.loop().write(hub_.loop().now(), std::move(record));
}

void Link::read_disconnect(ByteView frame) {
  const auto packet = mqtt::decode(frame, version_, Way::downlink);
  if (!packet) {
    malformed(Way::downlink, mqtt::to_text(packet.error()));
    return;
  }
  hub_.loop().write(hub_.loop().now(), journal::DisconnectReceived{
                                           .connection = connection_,
                                           .reason = std::get<mqtt::Disconnect>(*packet).reason});
}

void Link::disconnect_written(ByteView frame, Instant at) {
  const auto packet = mqtt::decode(frame, version_, Way::uplink);
  if (!packet) {
    malformed(Way::uplink, mqtt::to_text(packet.error()));
    return;
  }
  hub_.loop().write(at,
                    journal::disconnect_record(std::get<mqtt::Disconnect>(*packet), connection_));
}

}  // namespace probate::proxy
