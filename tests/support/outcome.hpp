// What a judge said, briefly: how many wills ended in a class by a cause.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/analysis/judge.hpp"

namespace probate::test {

inline std::uint64_t no_will(const analysis::Outcome& outcome, analysis::NoWill reason) {
  return outcome.totals.wills.no_will[static_cast<std::size_t>(reason)];
}

inline std::uint64_t missing(const analysis::Outcome& outcome, analysis::MissingCause cause) {
  return outcome.totals.wills.missing[static_cast<std::size_t>(cause)];
}

inline std::uint64_t censored(const analysis::Outcome& outcome, analysis::CensoredCause cause) {
  return outcome.totals.wills.censored[static_cast<std::size_t>(cause)];
}

}  // namespace probate::test
