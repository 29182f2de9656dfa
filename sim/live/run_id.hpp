// What distinguishes runs that share a broker.
#pragma once

#include <string>

namespace probate::live {

// Of the clock and the pid: that is enough for it.
std::string make_run_id();

}  // namespace probate::live
