// What a run was read from, whole: its scenario can be loaded from this again, anywhere, any time.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace probate::journal {

// No password is part of it: passwords stand in files of their own, which are not kept.
struct Recipe {
  std::string file;                          // as the user named it
  std::string text;                          // "" if there is none
  std::vector<std::string> overrides;        // --set KEY=VALUE, in order
  double time_scale = 1;                     // --time-scale
  bool faults_by_hand = false;               // the run had a control API
  std::map<std::string, std::string> files;  // by path: included files, presets, the profile
  std::vector<std::string> variables;        // of the environment: "NAME=value"; "NAME" was not set

  bool operator==(const Recipe&) const = default;
};

}  // namespace probate::journal
