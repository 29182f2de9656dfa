// JSON for people to read, too.
#pragma once

#include <optional>
#include <string>

#include <boost/json.hpp>

namespace probate {

// Two blanks of indent; a container that holds no other, and fits, stands on one line. Ends with a
// line feed. Numbers that JSON cannot carry become null.
std::string pretty_json(const boost::json::value& value);

boost::json::value number_or_null(const std::optional<double>& number);

}  // namespace probate
