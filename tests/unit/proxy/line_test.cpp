#include "proxy/line.hpp"

#include <gtest/gtest.h>

namespace probate::proxy {
namespace {

Instant at(Duration since) { return kRunStart + since; }
std::string drain(Line& line, Instant now) {
  const ByteView ready = line.ready(now);
  std::string text{as_text(ready)};
  line.consume(ready.size());
  return text;
}

TEST(Line, is_a_plain_queue_without_a_delay) {
  Line line;
  line.push(at(1s), as_bytes("ab"));
  line.push(at(2s), as_bytes("cd"));
  EXPECT_EQ(line.size(), 4u);
  EXPECT_EQ(as_text(line.ready(at(2s))), "abcd");
  line.consume(3);
  EXPECT_EQ(drain(line, at(2s)), "d");
  EXPECT_TRUE(line.empty());
  EXPECT_FALSE(line.next_due(at(2s)).has_value());
}

TEST(Line, holds_every_byte_for_the_delay_and_no_longer) {
  Line line;
  line.set_delay(100ms, {}, Rng{1});
  line.push(at(1s), as_bytes("a"));
  line.push(at(1050ms), as_bytes("b"));
  EXPECT_EQ(drain(line, at(1099ms)), "");
  EXPECT_EQ(line.next_due(at(1099ms)), at(1100ms));
  EXPECT_EQ(drain(line, at(1100ms)), "a");
  EXPECT_EQ(line.next_due(at(1100ms)), at(1150ms));
  EXPECT_EQ(drain(line, at(1150ms)), "b");
}

TEST(Line, does_not_put_off_a_steady_stream) {
  Line line;
  line.set_delay(50ms, {}, Rng{1});
  std::string got;
  for (int i = 0; i < 1000; ++i) {
    const Instant now = at(i * 100us);
    line.push(now, as_bytes("x"));
    got += drain(line, now);
  }
  // 100 ms of bytes, the last 50 ms of them (and the rounding to a millisecond) still on the way.
  EXPECT_GE(got.size(), 480u);
  EXPECT_LE(got.size(), 500u);
}

TEST(Line, keeps_the_order_whatever_the_jitter) {
  Line line;
  line.set_delay(50ms, 50ms, Rng{7});
  std::string sent;
  std::string got;
  for (int i = 0; i < 2000; ++i) {
    const Instant now = at(i * 1ms);
    const std::string byte(1, static_cast<char>('a' + i % 26));
    sent += byte;
    line.push(now, as_bytes(byte));
    got += drain(line, now);
  }
  EXPECT_EQ(sent.compare(0, got.size(), got), 0);
  EXPECT_LT(got.size(), sent.size());
  got += drain(line, at(10s));
  EXPECT_EQ(got, sent);
}

TEST(Line, keeps_deadlines_when_the_delay_is_taken_away) {
  Line line;
  line.set_delay(100ms, {}, Rng{1});
  line.push(at(0s), as_bytes("slow"));
  line.set_delay({}, {}, Rng{1});
  line.push(at(10ms), as_bytes("fast"));
  EXPECT_EQ(drain(line, at(99ms)), "");
  EXPECT_EQ(drain(line, at(100ms)), "slowfast");
  line.push(at(200ms), as_bytes("now"));
  EXPECT_EQ(drain(line, at(200ms)), "now");
}

TEST(Line, lets_an_end_wait_behind_its_bytes) {
  Line line;
  line.set_delay(100ms, {}, Rng{1});
  line.push(at(0s), as_bytes("a"));
  EXPECT_EQ(line.due_behind(at(10ms)), at(110ms));
  line.release();
  EXPECT_EQ(drain(line, at(10ms)), "a");
}

TEST(Line, survives_any_mixture_of_pushes_and_short_reads) {
  Rng rng{3};
  Line line;
  std::string sent;
  std::string got;
  for (int i = 0; i < 5000; ++i) {
    const Instant now = at(i * 1ms);
    if (i % 700 == 0) line.set_delay(rng.uniform(0ms, 20ms), rng.uniform(0ms, 5ms), Rng{9});
    std::string more(rng.below(40), 'x');
    for (char& c : more) c = static_cast<char>('a' + rng.below(26));
    line.push(now, as_bytes(more));
    sent += more;
    const ByteView ready = line.ready(now);
    const std::size_t take = rng.below(ready.size() + 1);
    got += as_text(ready.first(take));
    line.consume(take);
    ASSERT_EQ(line.size(), sent.size() - got.size());
  }
  got += drain(line, at(1h));
  EXPECT_EQ(got, sent);
}

TEST(Line, a_lost_packet_is_late_by_its_timeouts_and_keeps_everything_behind_it_waiting) {
  Line line;
  line.set_loss(0.5, 200ms, Rng{7});
  ASSERT_TRUE(line.delays());
  Instant now = kRunStart + 1s;
  int late = 0;
  Instant last{};
  for (int i = 0; i < 200; ++i) {
    line.begin_packets(1);
    const Instant due = line.due_behind(now);
    // 0, 200, 600, 1400 … ms after it came, or behind the one before.
    const Duration after = due - now;
    EXPECT_TRUE(due == last || after == 0ms || after % 200ms == 0ms) << to_text(after);
    EXPECT_GE(due, last);
    EXPECT_LE(after, 200ms * 63) << "six losses in a row are the most";
    late += after > 0ms ? 1 : 0;
    const std::uint8_t byte[1]{};
    line.push(now, byte);
    last = line.due_behind(now);
    line.consume(line.ready(now + 1h).size());
    now += 20s;
    last = kRunStart;
  }
  EXPECT_GT(late, 70);
  EXPECT_LT(late, 130);
}

TEST(Line, loses_nothing_and_nobody_but_packets) {
  Line line;
  line.set_loss(0.9, 200ms, Rng{7});
  EXPECT_EQ(line.due_behind(kRunStart + 1s), kRunStart + 1s) << "no packet begins";
  line.begin_packets(50);
  EXPECT_GT(line.due_behind(kRunStart + 1s), kRunStart + 1s);
  EXPECT_TRUE(line.loses(0.9, 200ms));
  EXPECT_FALSE(line.loses(0.9, 300ms));
}

}  // namespace
}  // namespace probate::proxy
