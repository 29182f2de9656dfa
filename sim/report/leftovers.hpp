// What earlier runs have left in an output folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/report/file.hpp"

namespace probate::report {

// Removes the files of those names, and whatever of them a process that was killed has left
// unfinished, so that files of two runs never stand together. A folder that is not there has none.
// Returns what could not be removed. Requires: nobody else writes there (folder_lock.hpp).
std::vector<FileError> remove_leftovers(const std::string& folder,
                                        const std::vector<std::string_view>& names);

}  // namespace probate::report
