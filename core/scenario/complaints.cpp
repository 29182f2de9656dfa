#include "core/scenario/complaints.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace probate::scenario {
namespace {

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

}  // namespace

void Complaints::add(std::string path, ErrorCode code, std::string message) {
  complaints_.push_back({std::move(path), to_text(code), std::move(message)});
}

void Complaints::check_name(std::string_view path, std::string_view what, std::string_view name) {
  if (name.empty())
    return add(std::string{path}, ErrorCode::bad_name, fmt::format("a {} needs a name", what));
  const bool good = std::all_of(name.begin(), name.end(), is_name_byte);
  if (good && name.size() <= kNameBytesMax) return;
  add(std::string{path}, ErrorCode::bad_name,
      fmt::format("\"{}\" cannot be the name of a {}: names are 1 to {} of a-z, 0-9, `_` and `-`",
                  name, what, kNameBytesMax));
}

void Complaints::check_unique(std::string_view what, const std::vector<std::string_view>& names,
                              const std::vector<std::string>& paths) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto first =
        std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]);
    if (first == names.begin() + static_cast<std::ptrdiff_t>(i) || names[i].empty()) continue;
    add(paths[i], ErrorCode::duplicate_name,
        fmt::format("a {} before this one is called \"{}\" already", what, names[i]));
  }
}

void Complaints::check_duration(std::string path, Duration value, Duration lowest) {
  if (value >= lowest && value <= kDurationMax) return;
  add(std::move(path), ErrorCode::duration_range,
      fmt::format("{} is out of range: {} to {}", to_text(value), to_text(lowest),
                  to_text(kDurationMax)));
}

void Complaints::check_distribution(const std::string& path, const Distribution& value,
                                    Duration lowest) {
  const auto malformed = [&](std::string_view rule) {
    add(path, ErrorCode::bad_distribution,
        fmt::format("{} is no distribution: {}", to_text(value), rule));
  };
  if (const auto* uniform = std::get_if<Uniform>(&value)) {
    if (uniform->low > uniform->high)
      return malformed("the first end must not be above the second");
    if (uniform->low < Duration{}) return malformed("a time is not negative");
  }
  if (const auto* exponential = std::get_if<Exponential>(&value)) {
    if (exponential->mean <= Duration{}) return malformed("the mean must be above 0");
  }
  if (const auto* lognormal = std::get_if<Lognormal>(&value)) {
    const bool good = lognormal->median > Duration{} && lognormal->median <= lognormal->p99;
    if (!good) return malformed("0 < median <= p99");
  }
  check_duration(path, longest(value), lowest);
}

void Complaints::check_wire_seconds(std::string path, std::string_view what, Duration value,
                                    std::uint32_t most) {
  if (value < Duration{} || value > std::chrono::seconds{most}) {
    const auto code = most == 65'535 ? ErrorCode::keep_alive_range : ErrorCode::duration_range;
    return add(std::move(path), code,
               fmt::format("{} of {} is out of range: 0s to {}s", what, to_text(value), most));
  }
  if (value % 1s == Duration{}) return;
  const auto up = std::chrono::ceil<std::chrono::seconds>(value);
  add(std::move(path), ErrorCode::whole_seconds,
      fmt::format("MQTT carries {} in whole seconds; {} is not, {}s is", what, to_text(value),
                  up.count()));
}

std::vector<Complaint> Complaints::take_sorted() {
  std::sort(complaints_.begin(), complaints_.end(), [](const Complaint& a, const Complaint& b) {
    return std::tie(a.path, a.code, a.message) < std::tie(b.path, b.code, b.message);
  });
  return std::move(complaints_);
}

}  // namespace probate::scenario
