#include "sim/cli/sweep_points.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "core/scenario/errors.hpp"
#include "sim/cli/runner.hpp"
#include "sim/cli/vary.hpp"
#include "sim/yaml/profiles.hpp"

namespace probate::cli {
namespace {

// Different mistakes that are shown in full.
constexpr std::size_t kMistakesMax = 10;

// Texts for stderr, each with the points that it is about.
class Mistakes {
 public:
  void add(std::string text, const std::vector<std::string>& settings) {
    ++points_;
    const auto found = std::find_if(found_.begin(), found_.end(),
                                    [&text](const Found& each) { return each.text == text; });
    if (found != found_.end()) {
      ++found->more;
      return;
    }
    found_.push_back({std::move(text), fmt::format("{}", fmt::join(settings, ", ")), 0});
  }
  bool any() const { return points_ > 0; }
  // A rule names a policy that the point does not have.
  void note_lacking_policy() { lacks_policy_ = true; }

  std::string render(std::size_t all) const {
    std::string text;
    for (std::size_t i = 0; i < std::min(found_.size(), kMistakesMax); ++i) {
      const Found& each = found_[i];
      if (each.more + 1 < all) {
        text += fmt::format("at {}", each.first);
        if (each.more > 0) text += " and " + counted(each.more, "more point", "more points");
        text += ":\n";
      }
      text += each.text;
    }
    if (found_.size() > kMistakesMax) {
      text += fmt::format("… and {} more\n", found_.size() - kMistakesMax);
    }
    if (lacks_policy_) {
      text +=
          "probate: where a policy is varied, rules about it fit only some points: --set "
          "gate=[] leaves all rules out\n";
    }
    return text + fmt::format("probate: {} of {} cannot be run; nothing was run\n", points_,
                              counted(all, "point", "points"));
  }

 private:
  struct Found {
    std::string text;
    std::string first;
    std::size_t more = 0;
  };
  std::vector<Found> found_;
  std::size_t points_ = 0;
  bool lacks_policy_ = false;
};

// The profile that the broker model follows. The error is what this engine lacks.
Result<broker::Profile, std::string> profile_of(const scenario::Scenario& scenario, bool color) {
  RunOptions virtually;
  virtually.engine = EngineKind::virtual_time;
  const auto runner = make_runner(virtually, scenario);
  const auto setting = runner->prepare();
  if (!setting) return Failure{setting.error() + "\n"};
  auto profile = yaml::load_profile(setting->profile);
  if (!profile) return Failure{yaml::render(profile.error(), color)};
  if (const std::string lacking = runner->unsupported(*profile); !lacking.empty()) {
    return Failure{lacking + "\n"};
  }
  return std::move(*profile);
}

}  // namespace

Result<std::vector<SweepCase>, std::string> load_points(const SweepOptions& options) {
  ScenarioOptions load = options.load;
  load.load.read_file = yaml::remembering(load.load.read_file);
  const bool color = use_color(load.color, STDERR_FILENO);
  const auto grid = grid_of(options.axes);
  std::vector<SweepCase> cases;
  Mistakes mistakes;
  for (const auto& values : grid) {
    const auto settings = settings_of(options.axes, values);
    load.load.vary = settings;
    auto scenario = load_scenario(options.scenario, load);
    if (!scenario) {
      mistakes.add(yaml::render(scenario.error(), color), settings);
      const std::string code = to_text(scenario::ErrorCode::rule_unknown_label);
      for (const yaml::Diagnostic& each : scenario.error()) {
        if (each.code == code) mistakes.note_lacking_policy();
      }
      continue;
    }
    auto profile = profile_of(*scenario, color);
    if (!profile) {
      mistakes.add(profile.error(), settings);
      continue;
    }
    cases.push_back({values, std::move(*scenario), std::move(*profile)});
  }
  if (mistakes.any()) return Failure{mistakes.render(grid.size())};
  return cases;
}

}  // namespace probate::cli
