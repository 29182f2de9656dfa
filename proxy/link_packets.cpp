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

// Packets as they come in: the broker's CONNACK, and what faults treat. A packet that one may want
// is kept until it is whole; everything else passes in runs, as it came.
class Link::ReadWatcher {
 public:
  ReadWatcher(Link& link, Way way, std::span<std::uint8_t> bytes)
      : link_{link},
        way_{way},
        treated_{link.opening_ ? nullptr : link.treated_.get()},
        run_{bytes.data()},
        end_{bytes.data()} {}

  bool begins(PacketType type) {
    ++link_.packets_begun_;
    const bool first = way_ == Way::downlink && !link_.connack_read_;
    // [MQTT-3.2.0-1]; 5.0 may authenticate or refuse before. [MQTT5-4.12.0-1]
    if (first && type != PacketType::connack && type != PacketType::auth &&
        type != PacketType::disconnect) {
      wrong_ = true;
    }
    // A CONNECT is not a treatment's but an admission's.
    if (treated_ != nullptr) {
      keeps() = treated_->watched[index()].has(type) || !treated_->overtaken[index()].empty();
    }
    const bool tells_why = way_ == Way::downlink && type == PacketType::disconnect;
    return tells_why || (first && type == PacketType::connack);
  }

  void piece(ByteView bytes) {
    seen_ += bytes.size();
    if (treated_ != nullptr && keeps()) {
      kept_ = bytes;
      return;
    }
    if (end_ != bytes.data()) std::copy(bytes.begin(), bytes.end(), end_);
    end_ += bytes.size();
  }

  void ends(mqtt::FrameHeader header, ByteView frame) {
    if (!frame.empty() && header.type() == PacketType::connack) link_.read_connack(frame);
    if (!frame.empty() && header.type() == PacketType::disconnect) link_.read_disconnect(frame);
    if (treated_ == nullptr) return;
    if (keeps()) release(header);
    if (way_ == Way::downlink && !treated_->injected.empty()) {
      pass_run();
      link_.pass_on(way_, std::exchange(treated_->injected, {}));
    }
  }

  // What has come of a packet that is not whole yet. Too much to wait for passes.
  void finish() {
    if (treated_ == nullptr || !keeps() || kept_.empty()) return;
    Bytes& begun = treated_->begun[index()];
    begun.insert(begun.end(), kept_.begin(), kept_.end());
    if (begun.size() <= kConnectBytesMax) return;
    pass_run();
    keeps() = false;
    link_.pass_on(way_, std::exchange(begun, {}));
  }

  // From the last run on, with what was not understood behind it.
  ByteView rest(std::span<std::uint8_t> bytes) {
    if (treated_ != nullptr && keeps() && !treated_->begun[index()].empty()) {
      pass_run();
      link_.pass_on(way_, std::exchange(treated_->begun[index()], {}));
    }
    const auto behind = bytes.subspan(seen_ - kept_.size());
    std::copy(behind.begin(), behind.end(), end_);
    return {run_, static_cast<std::size_t>(end_ - run_) + behind.size()};
  }
  ByteView run() const { return {run_, static_cast<std::size_t>(end_ - run_)}; }
  bool wrong() const { return wrong_; }

 private:
  std::size_t index() const { return static_cast<std::size_t>(way_); }
  bool& keeps() { return treated_->keeps[index()]; }

  // A kept packet is whole.
  void release(mqtt::FrameHeader header) {
    Bytes begun = std::exchange(treated_->begun[index()], {});
    const ByteView last = std::exchange(kept_, {});
    keeps() = false;
    const bool came_at_once = begun.empty();
    if (!came_at_once) begun.insert(begun.end(), last.begin(), last.end());
    const ByteView frame = came_at_once ? last : ByteView{begun};
    const fault::Treatment treatment = link_.ask_treatment(way_, frame, header);
    const bool is_untouched = std::holds_alternative<fault::PassPacket>(treatment) &&
                              treated_->overtaken[index()].empty();
    if (came_at_once && is_untouched) {
      if (end_ != last.data()) std::copy(last.begin(), last.end(), end_);
      end_ += last.size();
      return;
    }
    pass_run();
    // What comes next begins where this one ended.
    run_ = end_ = const_cast<std::uint8_t*>(last.data()) + last.size();
    link_.treat(treatment, way_, frame, header);
  }

  void pass_run() {
    link_.pass_on(way_, run());
    run_ = end_;
  }

  Link& link_;
  Way way_;
  Treated* treated_;
  std::uint8_t* run_;  // what passes as it came
  std::uint8_t* end_;
  ByteView kept_;  // of the packet that is kept, in these bytes
  std::size_t seen_ = 0;
  bool wrong_ = false;
};

// What the broker says to a device that is not there any more: whether it let it in, and why it
// throws it out.
class Link::GhostWatcher {
 public:
  explicit GhostWatcher(Link& link) : link_{link} {}

  bool begins(PacketType type) {
    return type == PacketType::disconnect || (type == PacketType::connack && !link_.connack_read_);
  }
  void piece(ByteView) {}
  void ends(mqtt::FrameHeader header, ByteView frame) {
    if (frame.empty()) return;
    if (header.type() == PacketType::connack) link_.read_connack(frame);
    if (header.type() == PacketType::disconnect) link_.read_disconnect(frame);
  }

 private:
  Link& link_;
};

class Link::UplinkWatcher {
 public:
  UplinkWatcher(Link& link, Instant at) : link_{link}, at_{at} {}

  bool begins(PacketType type) { return type == PacketType::disconnect; }
  void piece(ByteView) {}
  void ends(mqtt::FrameHeader header, ByteView frame) {
    link_.last_uplink_packet_at_ = at_;
    ++link_.hub_.counters().packets[0][header.first_byte >> 4];
    if (std::exchange(link_.is_connect_due_, false)) {
      const auto announced = std::exchange(link_.announcement_, nullptr);
      if (announced) link_.hub_.loop().write(at_, std::move(*announced));
      if (link_.older_ != nullptr) link_.let_older_end(at_);
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

// Returns what passes on, behind what has been passed on already: the same bytes, but for what
// faults made of them.
ByteView Link::inspect_read(Way way, std::span<std::uint8_t> bytes) {
  packets_begun_ = opaque_ ? 1 : 0;
  if (opaque_) {
    pass_rest(way);
    return bytes;
  }
  ReadWatcher watcher{*this, way, bytes};
  const bool sound = channel(way).read.advance(bytes, watcher);
  if (watcher.wrong()) {
    malformed(way, "the broker's first packet is no CONNACK");
  } else if (!sound && !opening_) {
    malformed(way, "a Remaining Length of more than four bytes");
  }
  // Nothing is kept of bytes without boundaries.
  if (!sound) return watcher.rest(bytes);
  watcher.finish();
  return watcher.run();
}

void Link::overhear(ByteView bytes) {
  if (!opaque_) channel(Way::downlink).read.advance(bytes, GhostWatcher{*this});
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
  ++hub_.counters().malformed[static_cast<std::size_t>(way)];
  hub_.loop().write(
      hub_.loop().now(),
      journal::Malformed{.connection = connection_, .direction = way, .error = std::move(error)});
  look_away();
}

void Link::look_away() {
  opaque_ = true;
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
  broker_leaves_ = true;
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
