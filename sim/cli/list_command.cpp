#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/analysis/gate/gate.hpp"
#include "core/base/text.hpp"
#include "sim/cli/command.hpp"
#include "sim/yaml/catalogue.hpp"
#include "sim/yaml/policy_text.hpp"

namespace probate::cli {
namespace {

void print_listed(const std::vector<yaml::Listed>& entries) {
  for (const yaml::Listed& entry : entries) fmt::print("{:<18}  {}\n", entry.name, entry.about);
}

void list_metrics() {
  for (const auto& metric : analysis::gate::metric_names()) {
    fmt::print("{:<34}  {:<10}  {:<5}  {}\n", metric.name, metric.kind, metric.unit,
               metric.labels.empty() ? metric.meaning
                                     : fmt::format("{} {{{}}}", metric.meaning, metric.labels));
  }
}

void list_exit_codes() {
  for (const ExitCodeInfo& info : exit_codes()) {
    fmt::print("{:<4}  {:<16}  {}\n", static_cast<int>(info.code), info.name, info.meaning);
  }
}

struct Subject {
  std::string_view name;
  void (*print)();
};
constexpr std::array<Subject, 6> kSubjects{{
    {"faults", [] { print_listed(yaml::list_faults()); }},
    {"policies", [] { print_listed(yaml::list_policies()); }},
    {"metrics", list_metrics},
    {"presets", [] { print_listed(yaml::list_presets()); }},
    {"profiles", [] { print_listed(yaml::list_profiles()); }},
    {"exit-codes", list_exit_codes},
}};

}  // namespace

namespace {

ExitCode list_one_profile(const std::string& name) {
  const auto values = yaml::list_profile(name);
  if (values.empty()) {
    std::vector<std::string> names;
    for (const yaml::Listed& each : yaml::list_profiles()) names.push_back(each.name);
    complain(
        fmt::format("no profile is called \"{}\"; there are {}", name, fmt::join(names, ", ")));
    return ExitCode::usage;
  }
  for (const yaml::ListedValue& each : values) {
    fmt::print("{:<28}  {:<21}  {:<13}  {}\n", each.key, each.value, each.evidence, each.about);
  }
  return ExitCode::pass;
}

ExitCode list_one_policy(const std::string& name) {
  const auto policy = yaml::policy_text(name);
  if (!policy) {
    const auto names = yaml::policy_names();
    complain(fmt::format("no policy is called \"{}\"{}; there are {}", name,
                         suggestion(name, names), fmt::join(names, ", ")));
    return ExitCode::usage;
  }
  fmt::print("{}: {}\n\n", policy->name, policy->rule);
  fmt::print("needs    {}\n", policy->needs);
  fmt::print("written  presence: [{}]\n", policy->written);
  return ExitCode::pass;
}

}  // namespace

ExitCode list_command(const std::vector<std::string>& words) {
  std::vector<std::string_view> names;
  for (const Subject& subject : kSubjects) names.push_back(subject.name);
  if (words.size() == 2 && words[0] == "profiles") return list_one_profile(words[1]);
  if (words.size() == 2 && words[0] == "policies") return list_one_policy(words[1]);
  if (words.size() == 2 && std::find(names.begin(), names.end(), words[0]) != names.end()) {
    complain(fmt::format(
        "`list {}` takes no name: only `list profiles` and `list policies` tell more of "
        "one",
        words[0]));
    return ExitCode::usage;
  }
  if (words.size() != 1) {
    complain(fmt::format("list needs one of: {}", fmt::join(names, ", ")));
    return ExitCode::usage;
  }
  for (const Subject& subject : kSubjects) {
    if (subject.name != words[0]) continue;
    subject.print();
    return ExitCode::pass;
  }
  complain(fmt::format("cannot list \"{}\"{}; known: {}", words[0], suggestion(words[0], names),
                       fmt::join(names, ", ")));
  return ExitCode::usage;
}

}  // namespace probate::cli
