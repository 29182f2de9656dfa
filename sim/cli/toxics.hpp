// Toxics as our faults.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "core/base/result.hpp"
#include "sim/live/controlled.hpp"

namespace probate::cli {

// What a toxic of that type does to every device, also those that come later, until it is removed.
// `stream`: upstream or downstream. The error is a sentence: a type or an attribute that there is
// not, or a value that means nothing.
Result<std::vector<live::HandOrder>, std::string> faults_of_toxic(
    std::string_view type, std::string_view stream, const boost::json::object& attributes,
    std::string_view name);

}  // namespace probate::cli
