// The words of `probate fault` as the text that the control API takes, and its answers as lines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "core/base/result.hpp"

namespace probate::cli {

struct FaultWords {
  std::vector<std::string> words;  // WORD KEY=VALUE…
  std::vector<std::string> on{};   // KEY=VALUE,…; a pattern alone is devices=PATTERN
  std::string name{};
  bool newcomers = false;
  bool forever = false;
};

// One line of YAML: {do: stall, on: {devices: "meter-*"}, for: 30s}. What a value means the API
// decides. The error is one sentence: usage.
Result<std::string, std::string> fault_text(const FaultWords& words);

// "/v1/links?devices=meter-*&after=12"
std::string links_target(std::string_view pattern, std::uint64_t after);

// Each for people; what an answer lacks reads as nothing.
std::string fault_line(const boost::json::object& fault);
std::string fault_lines(const boost::json::object& answer);
// Of the faults by hand in such an answer, the ids of those with that name.
std::vector<std::string> ids_named(const boost::json::object& answer, std::string_view name);
// In a sentence, why none of those can be healed by that name.
std::string why_not_healed(const boost::json::object& answer, std::string_view name);
std::string link_lines(const boost::json::array& links);

}  // namespace probate::cli
