#include "sim/cli/toxics.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <variant>

#include <fmt/format.h>

#include "sim/yaml/hand_fault.hpp"

namespace probate::cli {
namespace json = boost::json;

namespace {

using Orders = Result<std::vector<live::HandOrder>, std::string>;

// The numbers of a toxic; nothing that is given is ignored.
class Attributes {
 public:
  explicit Attributes(const json::object& given) : given_{given} {}

  // Of an absent one, 0.
  std::uint64_t whole(std::string_view key) {
    asked_.push_back(key);
    const json::value* value = given_.if_contains(key);
    if (value == nullptr) return 0;
    const double number = value->is_number() ? value->to_number<double>() : -1;
    const bool fits = number >= 0 && number <= 9e12 && number == std::floor(number);
    if (!fits) mistake_ = fmt::format("{} must be a whole number from 0", key);
    return fits ? static_cast<std::uint64_t>(number) : 0;
  }
  std::string mistake() const {
    if (!mistake_.empty()) return mistake_;
    for (const auto& each : given_) {
      const std::string_view key{each.key().data(), each.key().size()};
      if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) {
        return fmt::format("this toxic has no attribute {}", json::serialize(json::string{key}));
      }
    }
    return {};
  }

 private:
  const json::object& given_;
  std::vector<std::string_view> asked_;
  std::string mistake_;
};

// A fault's name has letters, digits, `_` and `-`.
std::string fault_name(std::string_view toxic) {
  std::string name = "toxic-";
  for (const char c : toxic.substr(0, 40)) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    name += upper ? static_cast<char>(c + 32) : plain ? c : '-';
  }
  return name;
}

}  // namespace

Orders faults_of_toxic(std::string_view type, std::string_view stream,
                       const json::object& attributes, std::string_view name) {
  Attributes given{attributes};
  std::string what;
  std::optional<live::Cutting> cutting;
  fault::Latency latency;
  bool changes_nothing = false;
  const std::string_view direction = stream == "upstream" ? "up" : "down";
  if (type == "latency") {
    // A delay below zero is none, so the jitter may be more than the latency.
    const std::uint64_t delay = given.whole("latency");
    const std::uint64_t jitter = given.whole("jitter");
    latency.delay = std::chrono::milliseconds{delay};
    latency.jitter = std::chrono::milliseconds{jitter};
    changes_nothing = delay == 0 && jitter == 0;
    const std::uint64_t longest = std::max({delay, jitter, std::uint64_t{1}});
    what = fmt::format("do: latency, delay: {}ms, direction: {}", longest, direction);
  } else if (type == "bandwidth") {
    what = fmt::format("do: bandwidth, throughput: {}B/s, direction: {}",
                       given.whole("rate") * 1000, direction);
  } else if (type == "slow_close") {
    what = fmt::format("do: slow_close, delay: {}ms", given.whole("delay"));
  } else if (type == "limit_data") {
    what = fmt::format("do: limit, bytes: {}B, how: fin, direction: {}", given.whole("bytes"),
                       direction);
  } else if (type == "reset_peer") {
    const std::uint64_t timeout = std::max<std::uint64_t>(given.whole("timeout"), 1);
    what = fmt::format("do: limit, after: {}ms, how: rst", timeout);
  } else if (type == "timeout") {
    const std::uint64_t timeout = given.whole("timeout");
    what = fmt::format("do: stall, direction: {}", direction);
    cutting.emplace();
    if (timeout > 0) cutting->after = std::chrono::milliseconds{timeout};
  } else {
    return Failure{
        std::string{"this proxy has the toxics latency, bandwidth, slow_close, timeout, "
                    "reset_peer and limit_data; /v1/faults has more"}};
  }
  if (std::string mistake = given.mistake(); !mistake.empty()) return Failure{std::move(mistake)};
  const std::string text =
      fmt::format("{{{}, name: \"{}\", newcomers: true, forever: true}}", what, fault_name(name));
  auto fault = yaml::load_hand_fault(text, "toxic");
  if (!fault) return Failure{fault.error().front().message};
  if (changes_nothing) return std::vector<live::HandOrder>{};
  if (auto* delays = std::get_if<fault::Latency>(&fault->spec.what)) {
    delays->delay = latency.delay;
    delays->jitter = latency.jitter;
  }
  if (auto* stall = std::get_if<fault::Stall>(&fault->spec.what)) {
    stall->coming_links = stall->direction == fault::FlowDirection::down;
  }
  return std::vector{live::HandOrder{*fault, cutting}};
}

}  // namespace probate::cli
