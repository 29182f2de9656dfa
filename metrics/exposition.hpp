// The figures of a run as text, for those who do not scrape.
#pragma once

#include <string>

#include "metrics/catalogue.hpp"

namespace probate::metrics {

// What the last scrape of a run gets that ended with these figures, in Prometheus' text format;
// without the families of the HTTP library. The figures of the process are those of now.
std::string exposition(const RunInfo& info, const Snapshot& last);

}  // namespace probate::metrics
