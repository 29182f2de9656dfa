// junit.xml, which every CI shows.
#pragma once

#include <string>

#include "sim/report/run_report.hpp"

namespace probate::report {

// One testcase per rule result: violated is a failure, inconclusive an error, a violated `warn`
// passes and says so. A run that was aborted or could not begin has one more testcase, in error.
std::string junit_xml(const RunReport& report);

}  // namespace probate::report
