// SIGINT, SIGTERM and SIGHUP, blocked in every thread and waited for by one.
#pragma once

#include <csignal>
#include <stop_token>

#include "core/base/time.hpp"

namespace probate::live {

// Who waits for something else looks this often whether one is pending.
inline constexpr Duration kSignalLook = 50ms;

// Before the first thread.
void block_signals();
// Behind block_signals(): SIGHUP does not mean the end by itself any more. It is blocked also under
// `nohup`, and neither pending_signal() nor wait_for_signal() sees it: take_signal() alone does.
// Returns whether a terminal that goes away should still end us: not under `nohup`.
bool take_over_hangup();
// One of them if it came and was not waited for yet, else 0.
int pending_signal();
// "SIGINT", "SIGTERM", "SIGHUP".
const char* name_of_signal(int signal);
// Takes one of them that is blocked, if it came or comes within that time, else 0.
int take_signal(Duration within);
// Waits for one of them, which must be blocked, until `over`; true if one came.
bool wait_for_signal(const std::stop_token& over);

}  // namespace probate::live
