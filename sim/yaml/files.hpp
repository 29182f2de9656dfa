// Files that a scenario names.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace probate::yaml {

// The content of a file, or why there is none ("no such file or directory").
using FileReader = std::function<Result<std::string, std::string>(const std::string& path)>;

// From the disk. Limits: reads at most one byte more than kFileBytesMax, so that a larger file is
// seen to be larger.
Result<std::string, std::string> read_from_disk(const std::string& path);
// The same reader, which reads every file once: a pipe cannot be read again, and a file may be
// another one by then. Copies share what was read.
FileReader remembering(FileReader read_file);

// `named` as seen from the folder of `file`; an absolute one as it is.
std::string beside(std::string_view file, std::string_view named);

// Whether a preset or profile is meant as a file: it holds a `/` or ends in .yaml or .yml.
bool names_a_file(std::string_view name);

}  // namespace probate::yaml
