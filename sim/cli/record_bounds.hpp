// Whether records are about things that the scenario has.
#pragma once

#include <cstddef>
#include <string>

#include "core/journal/records.hpp"

namespace probate::cli {

// How many there are of what a record can name by its number.
struct RecordBounds {
  std::size_t devices = 0;
  std::size_t faults = 0;
  std::size_t phases = 0;

  // "device 4000000000 is none of the 40 of the run"; "" if the record is within them.
  std::string complaint(const journal::Record& record) const;
};

}  // namespace probate::cli
