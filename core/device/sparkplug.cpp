#include "core/device/sparkplug.hpp"

#include <array>
#include <limits>

namespace probate::device::sparkplug {
namespace {

// Field numbers of sparkplug_b.proto.
constexpr std::uint32_t kPayloadTimestamp = 1;
constexpr std::uint32_t kPayloadMetrics = 2;
constexpr std::uint32_t kPayloadSeq = 3;
constexpr std::uint32_t kMetricName = 1;
constexpr std::uint32_t kMetricTimestamp = 3;
constexpr std::uint32_t kMetricDatatype = 4;
constexpr std::uint32_t kMetricInt = 10;
constexpr std::uint32_t kMetricLong = 11;
constexpr std::uint32_t kMetricBoolean = 14;
// Its data types.
constexpr std::uint64_t kUInt64 = 8;
constexpr std::uint64_t kBoolean = 11;

constexpr std::string_view kBdSeq = "bdSeq";
constexpr std::string_view kRebirth = "Node Control/Rebirth";

// Protobuf's wire types.
enum class Wire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };
constexpr unsigned kWireBits = 3;
constexpr unsigned kVarintBits = 7;
constexpr std::uint8_t kMore = 0x80;

class Writer {
 public:
  void put(std::uint32_t field, std::uint64_t value) {
    put_key(field, Wire::varint);
    put_varint(value);
  }
  void put(std::uint32_t field, std::string_view bytes) {
    put_key(field, Wire::bytes);
    put_varint(bytes.size());
    out_ += bytes;
  }
  std::string take() { return std::move(out_); }

 private:
  void put_key(std::uint32_t field, Wire wire) {
    put_varint(std::uint64_t{field} << kWireBits | static_cast<std::uint64_t>(wire));
  }
  void put_varint(std::uint64_t value) {
    for (; value >= kMore; value >>= kVarintBits) {
      out_ += static_cast<char>(static_cast<std::uint8_t>(value | kMore));
    }
    out_ += static_cast<char>(value);
  }

  std::string out_;
};

std::string bdseq_metric(std::uint8_t bdseq, std::optional<std::uint64_t> timestamp) {
  Writer metric;
  metric.put(kMetricName, kBdSeq);
  if (timestamp) metric.put(kMetricTimestamp, *timestamp);
  metric.put(kMetricDatatype, kUInt64);
  metric.put(kMetricLong, bdseq);
  return metric.take();
}

std::uint64_t milliseconds(Instant now) {
  return static_cast<std::uint64_t>((now - kRunStart) / Duration{1ms});
}

// One field of a message: a number, or the bytes of a string or message.
struct Field {
  std::uint32_t number = 0;
  Wire wire{};
  std::uint64_t value = 0;
  std::string_view bytes;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_{bytes} {}

  bool at_end() const { return rest_.empty(); }
  // Nothing: the bytes are no protobuf.
  std::optional<Field> next() {
    const auto key = varint();
    if (!key || *key >> kWireBits > std::numeric_limits<std::uint32_t>::max()) return {};
    Field field;
    field.number = static_cast<std::uint32_t>(*key >> kWireBits);
    if (field.number == 0) return {};
    field.wire = static_cast<Wire>(*key & ((1U << kWireBits) - 1));
    switch (field.wire) {
      case Wire::varint:
        return with_value(field, varint());
      case Wire::bytes:
        return with_bytes(field, varint());
      case Wire::fixed64:
        return with_bytes(field, 8);
      case Wire::fixed32:
        return with_bytes(field, 4);
    }
    return {};
  }

 private:
  static std::optional<Field> with_value(Field field, std::optional<std::uint64_t> value) {
    if (!value) return {};
    field.value = *value;
    return field;
  }
  std::optional<Field> with_bytes(Field field, std::optional<std::uint64_t> size) {
    if (!size || *size > rest_.size()) return {};
    field.bytes = rest_.substr(0, *size);
    rest_.remove_prefix(*size);
    return field;
  }
  std::optional<std::uint64_t> varint() {
    constexpr unsigned kBitsMax = 64;
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < kBitsMax && !rest_.empty(); shift += kVarintBits) {
      const auto byte = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & (kMore - 1U)} << shift;
      if (byte < kMore) return value;
    }
    return {};
  }

  std::string_view rest_;
};

struct Metric {
  bool is_readable = false;
  std::string_view name;
  std::optional<std::uint64_t> value;
};

Metric read_metric(std::string_view bytes) {
  Metric metric;
  Reader reader{bytes};
  while (!reader.at_end()) {
    const auto field = reader.next();
    if (!field) return {};
    if (field->number == kMetricName && field->wire == Wire::bytes) metric.name = field->bytes;
    const bool is_integer = field->number == kMetricInt || field->number == kMetricLong;
    if (is_integer && field->wire == Wire::varint) metric.value = field->value;
  }
  metric.is_readable = true;
  return metric;
}

}  // namespace

std::string nbirth(std::uint8_t bdseq, Instant now) {
  const std::uint64_t timestamp = milliseconds(now);
  Writer rebirth;
  rebirth.put(kMetricName, kRebirth);
  rebirth.put(kMetricTimestamp, timestamp);
  rebirth.put(kMetricDatatype, kBoolean);
  rebirth.put(kMetricBoolean, 0);
  Writer payload;
  payload.put(kPayloadTimestamp, timestamp);
  payload.put(kPayloadMetrics, bdseq_metric(bdseq, timestamp));
  payload.put(kPayloadMetrics, rebirth.take());
  payload.put(kPayloadSeq, 0);
  return payload.take();
}

std::string ndeath(std::uint8_t bdseq) {
  Writer payload;
  payload.put(kPayloadMetrics, bdseq_metric(bdseq, std::nullopt));
  return payload.take();
}

std::optional<std::uint8_t> read_bdseq(std::string_view payload) {
  std::optional<std::uint64_t> found;
  Reader reader{payload};
  while (!reader.at_end()) {
    const auto field = reader.next();
    if (!field) return {};
    if (field->number != kPayloadMetrics || field->wire != Wire::bytes) continue;
    const Metric metric = read_metric(field->bytes);
    if (!metric.is_readable) return {};
    if (metric.name == kBdSeq) found = metric.value;
  }
  if (!found || *found > std::numeric_limits<std::uint8_t>::max()) return {};
  return static_cast<std::uint8_t>(*found);
}

}  // namespace probate::device::sparkplug
