// A record as a person reads it.
#pragma once

#include <string>

#include "core/journal/records.hpp"

namespace probate::journal {

// One line without '\n': time, kind, then the fields as key=value. What is empty or absent is left
// out; loop and sequence are not shown. Deterministic, so goldens may hold it.
//   "   +301.200 s  leg_closed           connection=12 leg=broker by=device how=fin fault=3 …"
std::string to_text(const Record& record);

}  // namespace probate::journal
