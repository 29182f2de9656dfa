// How a device in virtual time opens a connection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/virtual/virtual_device.hpp"
#include "tests/unit/sim/virtual/world.hpp"

namespace probate::virtual_time {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// One device that dials, and dials again 2 s after a failure.
struct Dialing {
  explicit Dialing(Duration tcp_timeout, fault::Fidelity fidelity = fault::Fidelity::segment)
      : world{{}, {.fidelity = fidelity, .devices = 1}}, host{world.loop, world.network, {}} {
    config.client_id = Template::parse("m-{index}").value();
    config.connect.tcp_timeout = tcp_timeout;
    config.connect.retry.policy = device::RetryPolicy::fixed;
    config.connect.retry.every = 2s;
    world.loop.counters().groups.resize(1);
    device = std::make_unique<VirtualDevice>(host, kDevice, GroupId{0},
                                             device::DeviceMachine{config, {0, "city"}, Rng{7}});
  }
  std::vector<Instant> attempts() const {
    std::vector<Instant> all;
    for (const auto& record : world.recorder.records) {
      if (std::holds_alternative<journal::AttemptBegan>(record.body)) all.push_back(record.at);
    }
    return all;
  }
  std::vector<std::string> failures() const {
    std::vector<std::string> all;
    for (const auto& failed : world.all<journal::AttemptFailed>()) all.push_back(failed.cause);
    return all;
  }

  World world;
  DeviceHost host;
  device::DeviceConfig config;
  std::unique_ptr<VirtualDevice> device;
};

TEST(VirtualSyn, that_is_lost_is_sent_again_as_linux_does) {
  struct Case {
    Duration healed;
    Duration connected;
  };
  for (const Case& each : {Case{500ms, 1s}, Case{1500ms, 3s}, Case{3500ms, 7s}, Case{40s, 63s}}) {
    Dialing dialing{120s};
    dialing.world.admission = fault::SwallowConnect{kFault};
    dialing.device->start(kRunStart);
    dialing.world.runs_for(each.healed);
    EXPECT_EQ(dialing.world.loop.counters().links.open_links, 0U);
    dialing.world.admission = fault::Admit{};
    dialing.world.runs_for(2min);
    const auto forwarded = dialing.world.all<journal::ConnectForwarded>();
    ASSERT_EQ(forwarded.size(), 1U);
    EXPECT_THAT(dialing.world.all<journal::ConnectSwallowed>(), IsEmpty());
    for (const auto& record : dialing.world.recorder.records) {
      if (!std::holds_alternative<journal::ConnectForwarded>(record.body)) continue;
      EXPECT_GE(record.at, kRunStart + each.connected);
      EXPECT_LT(record.at, kRunStart + each.connected + 10ms);
    }
  }
}

TEST(VirtualSyn, that_is_never_answered_is_given_up_by_the_kernel_after_127_seconds) {
  Dialing dialing{10min};
  dialing.world.admission = fault::SwallowConnect{kFault};
  dialing.device->start(kRunStart);
  dialing.world.runs_for(126s);
  EXPECT_THAT(dialing.failures(), IsEmpty());
  dialing.world.admission = fault::Admit{};
  dialing.world.runs_for(1500ms);
  EXPECT_THAT(dialing.failures(), ElementsAre("tcp_timeout")) << "no SYN is sent then";
  dialing.world.runs_for(3s);
  EXPECT_EQ(dialing.world.all<journal::ConnectForwarded>().size(), 1U) << "it dialled anew";
}

TEST(VirtualSyn, is_given_up_by_a_device_that_has_less_patience) {
  Dialing dialing{5s};
  dialing.world.admission = fault::SwallowConnect{kFault};
  dialing.device->start(kRunStart);
  dialing.world.runs_for(18s);
  EXPECT_THAT(dialing.failures(), ElementsAre("tcp_timeout", "tcp_timeout"));
  EXPECT_THAT(dialing.attempts(), ElementsAre(kRunStart, kRunStart + 7s, kRunStart + 14s));
}

TEST(VirtualSyn, of_fidelity_stream_is_answered_and_the_connect_is_swallowed) {
  Dialing dialing{5s, fault::Fidelity::stream};
  dialing.world.admission = fault::SwallowConnect{kFault};
  dialing.device->start(kRunStart);
  dialing.world.runs_for(1s);
  EXPECT_EQ(dialing.world.all<journal::ConnectSwallowed>().size(), 1U);
}

TEST(VirtualSyn, is_answered_where_the_fault_has_to_hear_of_the_attempt) {
  Dialing dialing{5s};
  dialing.world.admission = fault::SwallowConnect{kFault, false, true};
  dialing.device->start(kRunStart);
  dialing.world.runs_for(1s);
  EXPECT_EQ(dialing.world.all<journal::ConnectSwallowed>().size(), 1U);
  EXPECT_THAT(dialing.world.kept_by, ElementsAre(kFault));
}

TEST(VirtualSyn, of_whoever_is_held_or_refused_is_answered) {
  Dialing dialing{5s};
  dialing.world.admission = fault::RefuseConnect{kFault};
  dialing.device->start(kRunStart);
  dialing.world.runs_for(1s);
  EXPECT_EQ(dialing.world.all<journal::ConnectSwallowed>().size(), 1U);
}

}  // namespace
}  // namespace probate::virtual_time
