// Records about things that the scenario has not.
#include "sim/cli/record_bounds.hpp"

#include <gtest/gtest.h>

namespace probate::cli {
namespace {

journal::Record record(journal::Body body) { return {kRunStart, 0, 1, std::move(body)}; }

TEST(RecordBounds, name_what_lies_beyond_them) {
  const RecordBounds bounds{40, 2, 3};
  const auto complaint = [&](journal::Body body) { return bounds.complaint(record(body)); };
  EXPECT_EQ(complaint(journal::FaultApplied{FaultId{1}, DeviceId{39}, {}}), "");
  EXPECT_EQ(complaint(journal::FaultApplied{FaultId{1}, DeviceId{40}, {}}),
            "device 40 is none of the 40 of the run");
  EXPECT_EQ(complaint(journal::FaultApplied{FaultId{2}, DeviceId{0}, {}}),
            "fault 2 is none of the 2 of the run");
  EXPECT_EQ(complaint(journal::PhaseBegan{PhaseId{3}, "x"}), "phase 3 is none of the 3 of the run");
}

TEST(RecordBounds, let_pass_who_is_nobody_and_what_is_about_nothing) {
  const RecordBounds bounds{0, 0, 0};
  EXPECT_EQ(bounds.complaint(record(journal::Observed{})), "");
  EXPECT_EQ(bounds.complaint(record(journal::LegClosed{})), "");
  EXPECT_EQ(bounds.complaint(record(journal::PhaseBegan{})),
            "phase 0: there are no phases in this journal");
}

}  // namespace
}  // namespace probate::cli
