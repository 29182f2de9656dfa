// SIGINT and SIGTERM, blocked in every thread and waited for by one.
#pragma once

#include <csignal>
#include <stop_token>

#include "core/base/time.hpp"

namespace probate::live {

// Before the first thread. A pipe that closes is an error value from then on, too.
void block_signals();
// SIGINT or SIGTERM if one came and was not waited for yet, else 0.
int pending_signal();
// Takes SIGINT or SIGTERM, if one came or comes within that time, else 0.
int take_signal(Duration within);
// Waits for SIGINT or SIGTERM, which must be blocked, until `over`; true if one came.
bool wait_for_signal(const std::stop_token& over);

}  // namespace probate::live
