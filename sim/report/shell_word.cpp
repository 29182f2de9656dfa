#include "sim/report/shell_word.hpp"

namespace probate::report {

std::string shell_word(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_-+=./:,@%") == std::string::npos;
  if (plain) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return quoted + "'";
}

std::string set_flags(const std::vector<std::string>& overrides) {
  std::string flags;
  for (const std::string& text : overrides) {
    if (!text.starts_with("seed=")) flags += " --set " + shell_word(text);
  }
  return flags;
}

}  // namespace probate::report
