// What a run will take, in words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/scenario/scenario.hpp"
#include "sim/virtual/estimate.hpp"

namespace probate::cli {

// "3.2 GiB", "24 MiB".
std::string bytes_text(std::uint64_t bytes);
// "1.2 M", "93 k", "812".
std::string about_text(double count);

// Three lines: what is to happen, in virtual time, and live.
std::vector<std::string> estimate_lines(const scenario::Scenario& scenario);
// What the figures stand on, a sentence each.
std::vector<std::string> estimate_assumptions(const virtual_time::Estimate& estimate);

// Why a virtual run does not fit into that much memory, with the figure and the remedy; or "".
std::string memory_refusal(const virtual_time::Estimate& estimate, std::uint64_t available);

}  // namespace probate::cli
