// The verdict in one line, the same in every report.
#pragma once

#include <string>
#include <vector>

#include "sim/report/run_report.hpp"

namespace probate::report {

// "1 of 4 rules violated", "all 4 rules held, 1 warning", "SIGINT; 1 of 4 rules …".
std::string headline(const RunReport& report);
// "500 devices, 1 min 12 s, live, fidelity stream, mosquitto 2.0.11".
std::string circumstances(const RunReport& report);

// Why a known habit of the broker may count against it: nobody knows which broker it is, and it is
// judged by the specification. "" if there is nothing to tell.
std::string profile_doubt(const RunReport& report);

// What may explain missing wills: copies that do not count. "" if there is nothing to tell.
std::string retained_note(const RunReport& report);

// The causal lines worth showing, at most ten and each once: a few of each rule that did not pass,
// then in turn one of the missing wills, of each policy's false offlines and of each other class of
// wills, the worst of its kind first.
std::vector<std::string> causal_lines(const RunReport& report);

}  // namespace probate::report
