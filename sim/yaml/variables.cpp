#include "sim/yaml/variables.hpp"

#include <cstdlib>

#include <fmt/format.h>

namespace probate::yaml {
namespace {

constexpr std::size_t kValueBytesMax = 65'535;

bool is_name(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
         std::string_view::npos;
}

// The length of "${…}" at the start of the text, braces inside it paired; 0 if it never closes.
std::size_t reference_length(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '{') ++depth;
    if (text[at] == '}' && --depth == 0) return at + 1;
  }
  return 0;
}

struct Replacement {
  std::string text;
  std::optional<ErrorCode> error;
  std::string message;
};

// `inside`: what stands between ${ and }.
Replacement replacement(std::string_view inside, const Environment& environment) {
  const std::size_t colon = inside.find(':');
  const std::string_view name = inside.substr(0, colon);
  const std::string_view rest =
      colon == std::string_view::npos ? std::string_view{} : inside.substr(colon);
  if (!is_name(name) || (!rest.empty() && !rest.starts_with(":-") && !rest.starts_with(":?"))) {
    return {"", ErrorCode::variable_syntax,
            "a variable is ${NAME}, ${NAME:-default} or ${NAME:?message}; a dollar sign is $$"};
  }
  const auto value = environment(name);
  if (rest.empty()) {
    if (value) return {*value, {}, ""};
    return {"", ErrorCode::variable_missing,
            fmt::format("the environment variable {} is not set; ${{{}:-…}} gives it a default",
                        name, name)};
  }
  if (value && !value->empty()) return {*value, {}, ""};
  if (rest.starts_with(":-")) return {std::string{rest.substr(2)}, {}, ""};
  return {"", ErrorCode::variable_missing, fmt::format("{}: {}", name, rest.substr(2))};
}

void substitute_scalar(Node& node, const Environment& environment, Problems& problems) {
  const std::string_view text = node.text;
  std::string result;
  bool replaced = false;
  bool is_known = true;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("$$")) {
      result += '$';
      at += 2;
      continue;
    }
    if (!rest.starts_with("${")) {
      result += text[at++];
      continue;
    }
    Place place = node.place;
    place.column += static_cast<std::uint32_t>(at + (node.quoted ? 1 : 0));
    const std::size_t length = reference_length(rest);
    if (length == 0) {
      problems.add(place, ErrorCode::variable_syntax, "this ${ is never closed");
      return;
    }
    const Replacement put = replacement(rest.substr(2, length - 3), environment);
    if (put.error) problems.add(place, *put.error, put.message);
    is_known = is_known && !put.error;
    result += put.text;
    replaced = true;
    at += length;
    if (result.size() <= kValueBytesMax) continue;
    problems.add(place, ErrorCode::out_of_range,
                 fmt::format("a value has at most {} bytes", kValueBytesMax));
    return;
  }
  if (!is_known) problems.give_up(node.place);
  // "$$" moves what follows it, as a variable does.
  if (replaced || result.size() != text.size()) node.substituted = true;
  node.text = std::move(result);
}

}  // namespace

std::optional<std::string> process_environment(std::string_view name) {
  const char* value = std::getenv(std::string{name}.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

void substitute(Node& node, const Environment& environment, Problems& problems) {
  if (node.kind == NodeKind::scalar && node.text.find('$') != std::string::npos) {
    substitute_scalar(node, environment, problems);
  }
  for (Node& item : node.items) substitute(item, environment, problems);
  for (Entry& entry : node.entries) substitute(entry.value, environment, problems);
}

}  // namespace probate::yaml
