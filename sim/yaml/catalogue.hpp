// What `probate list` shows: the words and names that a scenario can use, each with a sentence.
#pragma once

#include <string>
#include <vector>

namespace probate::yaml {

struct Listed {
  std::string name;
  std::string about;
};

// In the order of the documentation.
std::vector<Listed> list_faults();
std::vector<Listed> list_policies();
// By name.
std::vector<Listed> list_presets();
std::vector<Listed> list_profiles();

// One value of a profile.
struct ListedValue {
  std::string key;    // "keep_alive.scan"
  std::string value;  // as written
  std::string evidence;
  std::string about;
};
// Every value that a built-in profile has; nothing if there is no such profile.
std::vector<ListedValue> list_profile(std::string_view name);

}  // namespace probate::yaml
