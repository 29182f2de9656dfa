// Names are bytes of somebody else's; what is written about them is text.
#pragma once

#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace probate::report {

// Well-formed UTF-8: each byte that is none becomes "\xff", as on the terminal.
std::string valid_utf8(std::string_view text);

// The same in all keys and texts of a document: a JSON text is UTF-8.
boost::json::value valid_json(boost::json::value document);

}  // namespace probate::report
