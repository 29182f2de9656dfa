// Sees the packets in a byte stream that passes by.
#pragma once

#include <memory>
#include <utility>

#include "core/base/bytes.hpp"
#include "core/mqtt/framer.hpp"

namespace probate::proxy {

// Follows packet boundaries and, of the packets somebody wants to read, collects the bytes. A
// packet that arrived in one piece is not copied. The visitor has:
//
//   bool begins(mqtt::PacketType)           a packet begins; true: its bytes are wanted
//   void piece(ByteView)                    bytes of that packet, as they come
//   void ends(mqtt::FrameHeader, ByteView)  its last byte was seen; the bytes, if wanted
//
// Limits: a wanted packet of more than kWantedBytesMax is seen, but not read.
class PacketTap {
 public:
  static constexpr std::size_t kWantedBytesMax = 64 * 1024;

  // False: these bytes are no MQTT packets; nothing more is seen from then on.
  template <typename Visitor>
  bool advance(ByteView bytes, Visitor&& visitor) {
    while (!bytes.empty() && !broken_) {
      const bool first = scanner_.idle();
      if (first) wanted_ = visitor.begins(static_cast<mqtt::PacketType>(bytes[0] >> 4));
      const auto step = scanner_.advance(bytes);
      if (!step) {
        give_up();
        return false;
      }
      const ByteView seen = bytes.first(step->consumed);
      bytes = bytes.subspan(step->consumed);
      visitor.piece(seen);
      if (!step->complete) {
        if (wanted_) keep(seen);
      } else if (!wanted_ || first) {
        visitor.ends(scanner_.header(), wanted_ ? seen : ByteView{});
      } else {
        keep(seen);
        const std::unique_ptr<Bytes> whole = std::exchange(partial_, nullptr);
        visitor.ends(scanner_.header(), whole ? ByteView{*whole} : ByteView{});
      }
    }
    return !broken_;
  }

  // Between packets.
  bool idle() const { return scanner_.idle(); }
  bool broken() const { return broken_; }
  void give_up() {
    broken_ = true;
    partial_.reset();
  }

 private:
  void keep(ByteView bytes) {
    if (!partial_) partial_ = std::make_unique<Bytes>();
    if (partial_->size() + bytes.size() > kWantedBytesMax) {
      wanted_ = false;
      partial_.reset();
      return;
    }
    partial_->insert(partial_->end(), bytes.begin(), bytes.end());
  }

  mqtt::FrameScanner scanner_;
  bool wanted_ = false;
  bool broken_ = false;
  std::unique_ptr<Bytes> partial_;
};

}  // namespace probate::proxy
