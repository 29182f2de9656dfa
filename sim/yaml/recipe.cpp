#include "sim/yaml/recipe.hpp"

#include <algorithm>
#include <utility>

namespace probate::yaml {
namespace {

// "NAME=value", or "NAME" alone for one that was not set.
bool is_about(const std::string& variable, std::string_view name) {
  return variable.starts_with(name) &&
         (variable.size() == name.size() || variable[name.size()] == '=');
}

const std::string* find(const journal::Recipe& recipe, std::string_view name) {
  const auto& all = recipe.variables;
  const auto found = std::find_if(all.begin(), all.end(),
                                  [name](const std::string& each) { return is_about(each, name); });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

LoadOptions noting(LoadOptions options, journal::Recipe& recipe) {
  recipe.overrides = options.set;
  recipe.time_scale = options.time_scale;
  options.read_file = [read = std::move(options.read_file), &recipe](const std::string& path) {
    auto text = read(path);
    if (text) recipe.files[path] = *text;
    return text;
  };
  options.environment = [ask = std::move(options.environment), &recipe](std::string_view name) {
    auto value = ask(name);
    if (find(recipe, name) == nullptr) {
      recipe.variables.push_back(std::string{name} + (value ? "=" + *value : ""));
    }
    return value;
  };
  return options;
}

LoadOptions as_noted(const journal::Recipe& recipe, LoadOptions options) {
  std::vector<std::string> overrides = recipe.overrides;
  overrides.insert(overrides.end(), options.set.begin(), options.set.end());
  options.set = std::move(overrides);
  if (options.time_scale == 1) options.time_scale = recipe.time_scale;
  options.read_file = [read = std::move(options.read_file), &recipe](const std::string& path) {
    const auto found = recipe.files.find(path);
    if (found == recipe.files.end()) return read(path);
    return Result<std::string, std::string>{found->second};
  };
  options.environment = [ask = std::move(options.environment),
                         &recipe](std::string_view name) -> std::optional<std::string> {
    const std::string* noted = find(recipe, name);
    if (noted == nullptr) return ask(name);
    if (noted->size() == name.size()) return std::nullopt;
    return noted->substr(name.size() + 1);
  };
  options.read_secret = [](const std::string&) {
    return Result<std::string, std::string>{std::string{}};
  };
  return options;
}

}  // namespace probate::yaml
