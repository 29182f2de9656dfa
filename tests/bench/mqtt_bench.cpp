// What the codec costs per packet: the scanner alone (the proxy's data path), decode and encode
// (the device's edge).
#include <benchmark/benchmark.h>

#include "core/base/check.hpp"
#include "core/mqtt/codec.hpp"
#include "core/mqtt/framer.hpp"
#include "tests/support/packets.hpp"

namespace probate::mqtt {
namespace {

constexpr std::size_t kReadBytes = 16'384;  // one socket read

Publish small_publish() {
  return test::publish("/device/868570000000000/report", std::string(64, 'x'));
}

Connect small_connect(Version version) {
  return test::connect("868570000000000", test::will("/willmsg", "868570000000000device_conn_err"),
                       version);
}

// One read full of PUBLISH packets of `payload` bytes.
void scanner(benchmark::State& state) {
  Bytes stream;
  const auto payload = static_cast<std::size_t>(state.range(0));
  while (stream.size() < kReadBytes) {
    encode(test::publish("/device/868570000000000/report", std::string(payload, 'x')),
           Version::v3_1_1, stream);
  }
  std::int64_t frames = 0;
  FrameScanner frame_scanner;
  for (auto _ : state) {
    for (ByteView rest = stream; !rest.empty();) {
      const auto step = frame_scanner.advance(rest);
      CHECK(step.has_value());
      rest = rest.subspan(step->consumed);
      if (step->complete) ++frames;
    }
  }
  state.SetItemsProcessed(frames);
  state.SetBytesProcessed(static_cast<std::int64_t>(stream.size()) * state.iterations());
}
BENCHMARK(scanner)->Arg(0)->Arg(64)->Arg(1'024);

void decode_one(benchmark::State& state, const Packet& packet, Version version,
                Direction direction) {
  const Bytes bytes = test::encoded(packet, version);
  for (auto _ : state) benchmark::DoNotOptimize(decode(bytes, version, direction));
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes.size()) * state.iterations());
}

void encode_one(benchmark::State& state, const Packet& packet, Version version) {
  Bytes out;
  for (auto _ : state) {
    out.clear();
    encode(packet, version, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(out.size()) * state.iterations());
}

void decode_publish(benchmark::State& state) {
  decode_one(state, small_publish(), Version::v3_1_1, Direction::uplink);
}
void decode_publish_v5(benchmark::State& state) {
  decode_one(state, small_publish(), Version::v5, Direction::uplink);
}
void decode_connect(benchmark::State& state) {
  decode_one(state, small_connect(Version::v3_1), Version::v3_1, Direction::uplink);
}
void decode_puback(benchmark::State& state) {
  decode_one(state, test::puback(7), Version::v3_1_1, Direction::downlink);
}
void encode_publish(benchmark::State& state) {
  encode_one(state, small_publish(), Version::v3_1_1);
}
void encode_publish_v5(benchmark::State& state) { encode_one(state, small_publish(), Version::v5); }
void encode_connect(benchmark::State& state) {
  encode_one(state, small_connect(Version::v3_1), Version::v3_1);
}
void encode_pingreq(benchmark::State& state) { encode_one(state, Pingreq{}, Version::v3_1_1); }

BENCHMARK(decode_publish);
BENCHMARK(decode_publish_v5);
BENCHMARK(decode_connect);
BENCHMARK(decode_puback);
BENCHMARK(encode_publish);
BENCHMARK(encode_publish_v5);
BENCHMARK(encode_connect);
BENCHMARK(encode_pingreq);

}  // namespace
}  // namespace probate::mqtt
