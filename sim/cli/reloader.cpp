#include "sim/cli/reloader.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "core/scenario/canonical.hpp"

namespace probate::cli {
namespace {

constexpr std::size_t kNamesShown = 5;

Failure<Reloader::Trouble> because(std::string sentence) {
  return Failure{Reloader::Trouble{{{}, std::move(sentence)}}};
}

// ", new: a, b and 3 more"
std::string listed(std::string_view word, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  std::string text = fmt::format(", {}: ", word);
  for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kNamesShown) text += fmt::format(" and {} more", names.size() - kNamesShown);
  return text;
}

bool has_tls(const live::FrontOptions& front) { return front.devices_tls || front.broker_tls; }

}  // namespace

Reloader::Read Reloader::read_scenario() const {
  if (!can_be_read_again(command_)) return live::Reload{};
  std::error_code error;
  // A pipe can be read no second time, and would let us wait.
  if (std::filesystem::exists(command_.scenario, error) &&
      !std::filesystem::is_regular_file(command_.scenario, error)) {
    return because(
        fmt::format("{} is no regular file: it cannot be read again", command_.scenario));
  }
  journal::Recipe unused;
  auto scenario = load_proxy_scenario(command_, unused);
  if (!scenario) return Failure{Trouble{scenario.error()}};
  const std::string section = scenario::section_changed(running_, *scenario);
  if (!section.empty()) {
    return because(
        fmt::format("{}: `{}` is not what it was when the proxy began, and only `faults` can "
                    "change while it runs",
                    command_.scenario, section));
  }
  return live::Reload{.scenario = std::make_shared<live::NextScenario>(std::move(*scenario))};
}

Reloader::Read Reloader::read() const {
  const auto& fronts = command_.proxy.fronts;
  const bool any_tls = std::any_of(fronts.begin(), fronts.end(), has_tls);
  if (!can_be_read_again(command_) && !any_tls) {
    return because(command_.scenario.empty()
                       ? "there is nothing to be read again: no --scenario and no TLS files"
                       : "the scenario came on standard input, which cannot be read again");
  }
  auto reload = read_scenario();
  if (!reload || !any_tls) return reload;
  for (const live::FrontOptions& front : fronts) {
    auto tls = live::read_tls_files(front);
    if (!tls) return because(tls.error());
    reload->tls.push_back(std::move(*tls));
  }
  return reload;
}

void Reloader::reload(const Done& done) {
  auto read_again = read();
  if (!read_again) return conclude(Failure{read_again.error()}, done);
  ask_([this, reload = std::move(*read_again), done](live::Controlled& proxy) {
    auto facts = proxy.reload(reload);
    if (facts) return conclude(Changed{*facts, line_of(*facts)}, done);
    const bool is_for_now = facts.error().why == live::Refusal::Why::draining;
    conclude(Failure{Trouble{{{}, facts.error().sentence}, is_for_now}}, done);
  });
}

std::string Reloader::line_of(const live::ReloadFacts& facts) const {
  const live::FaultsChange& faults = facts.faults;
  std::string text;
  if (can_be_read_again(command_)) {
    text =
        fmt::format("{}: {} as before", command_.scenario, counted(faults.kept, "fault", "faults"));
    text += listed("new", faults.added) + listed("changed", faults.changed);
    text += listed("removed", faults.removed) + listed("of phases that are over", faults.past);
  }
  if (facts.certificates == 0) return text;
  return text + (text.empty() ? "" : "; ") +
         fmt::format("TLS files of {}", counted(facts.certificates, "listener", "listeners"));
}

std::string Reloader::told(const Outcome& outcome) const {
  if (outcome) return fmt::format("proxy: read again: {}\n", outcome->said);
  const NoScenario& trouble = outcome.error().what;
  std::string text;
  std::string why = trouble.sentence;
  if (!trouble.mistakes.empty()) {
    text = yaml::render(trouble.mistakes, use_color(command_.load.color, STDERR_FILENO));
    why = fmt::format("{} has {}", command_.scenario,
                      counted(trouble.mistakes.size(), "mistake", "mistakes"));
  }
  return text + fmt::format("probate: nothing has changed: {}\n", why);
}

void Reloader::conclude(const Outcome& outcome, const Done& done) {
  {
    const std::lock_guard lock{mutex_};
    news_ += told(outcome);
  }
  done(outcome);
}

std::string Reloader::take_news() {
  const std::lock_guard lock{mutex_};
  return std::exchange(news_, {});
}

}  // namespace probate::cli
