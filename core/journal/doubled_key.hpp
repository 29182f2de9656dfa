// Keys that stand twice in one JSON object, of which Boost.JSON keeps the last and says nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace probate::journal {

struct DoubledKey {
  std::size_t offset = 0;  // of its second quoted form
  std::string key;         // as it is written there
};

// The first such key of any object in the document, if there is one.
// Requires: `parsed` is what `text` was parsed to.
std::optional<DoubledKey> find_doubled_key(std::string_view text, const boost::json::value& parsed);

}  // namespace probate::journal
