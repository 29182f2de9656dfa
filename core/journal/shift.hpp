// A record as if everything had happened later.
#pragma once

#include "core/journal/records.hpp"

namespace probate::journal {

// Moves the record's own time and every moment that it tells of; one that it does not know stays
// unknown.
void shift(Record& record, Duration by);

}  // namespace probate::journal
