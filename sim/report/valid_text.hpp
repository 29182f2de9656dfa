// Names are bytes of somebody else's; what is written about them is text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace probate::report {

// Well-formed UTF-8: each byte that is none becomes "\xff", as on the terminal.
std::string valid_utf8(std::string_view text);

// How many bytes at the beginning of UTF-8 are a character that nobody sees but a terminal or a
// reader obeys: C0 and C1 controls, DEL, and the marks that turn the direction of what follows
// (U+202A to U+202E, U+2066 to U+2069). 0: none.
std::size_t hidden_bytes(std::string_view text);

// The same in all keys and texts of a document: a JSON text is UTF-8.
boost::json::value valid_json(boost::json::value document);

}  // namespace probate::report
