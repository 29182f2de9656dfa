#include "sim/yaml/presets.hpp"

#include <algorithm>

#include "core/broker/embedded.hpp"
#include "core/device/embedded.hpp"

namespace probate::yaml {
namespace {

template <typename Files>
std::vector<std::string_view> names_of(const Files& files) {
  std::vector<std::string_view> names;
  for (const auto& [name, text] : files) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

template <typename Files>
std::optional<std::string_view> text_of(const Files& files, std::string_view wanted) {
  for (const auto& [name, text] : files) {
    if (name == wanted) return text;
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string_view> preset_names() { return names_of(embedded::core::device::kFiles); }
std::vector<std::string_view> profile_names() { return names_of(embedded::core::broker::kFiles); }

std::optional<std::string_view> builtin_preset(std::string_view name) {
  return text_of(embedded::core::device::kFiles, name);
}

std::optional<std::string_view> builtin_profile(std::string_view name) {
  return text_of(embedded::core::broker::kFiles, name);
}

}  // namespace probate::yaml
