// A proxy that the control API can ask, without one: it remembers what it was told.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/live/controlled.hpp"

namespace probate::test {

class FakeProxy final : public live::Controlled {
 public:
  Result<live::FaultFacts, live::Refusal> add_fault(const live::HandOrder& order) override {
    const scenario::HandFault& fault = order.fault;
    if (refusal) return Failure{*refusal};
    if (standing.size() >= most) {
      return Failure{live::Refusal{live::Refusal::Why::too_many, "there are too many faults"}};
    }
    live::FaultFacts facts;
    facts.number = ++made_;
    facts.name = fault.spec.name;
    facts.what = fault::to_text(fault.spec.what);
    facts.on = fault::to_text(fault.spec.on);
    facts.age = Duration{};
    facts.left = scenario::expiry(fault);
    facts.newcomers = fault.newcomers;
    facts.hit = facts.active = 2;
    facts.skipped["no_link"] = 1;
    standing.push_back(facts);
    return facts;
  }
  std::optional<live::FaultFacts> heal_fault(std::uint64_t number) override {
    for (auto each = standing.begin(); each != standing.end(); ++each) {
      if (each->number != number) continue;
      live::FaultFacts healed = std::move(*each);
      standing.erase(each);
      return healed;
    }
    return std::nullopt;
  }
  std::vector<live::FaultFacts> heal_faults() override { return std::exchange(standing, {}); }
  std::vector<live::FaultFacts> faults() override { return standing; }
  Result<live::ReloadFacts, live::Refusal> reload(const live::Reload& reload) override {
    reloads.push_back(reload);
    if (refusal) return Failure{*refusal};
    return change;
  }
  Result<bool, std::string> shut_listener(const std::string& listen) override {
    if (!trouble.empty()) return Failure{trouble};
    shut.insert(listen);
    return true;
  }
  Result<bool, std::string> reopen_listener(const std::string& listen) override {
    if (!trouble.empty()) return Failure{trouble};
    shut.erase(listen);
    return true;
  }
  live::LinkPage links(const live::LinkQuery& query) const override {
    asked = query;
    return page;
  }

  std::vector<live::ListenerFacts> listeners() const override { return fronts; }

  std::optional<live::Refusal> refusal;
  std::size_t most = 200;      // that stand
  std::set<std::string> shut;  // listeners
  std::string trouble;         // why none can be shut or opened again
  std::vector<live::FaultFacts> standing;
  std::vector<live::Reload> reloads;  // that were asked for
  live::ReloadFacts change;           // what they are answered with
  live::LinkPage page;
  std::vector<live::ListenerFacts> fronts;
  mutable live::LinkQuery asked;

 private:
  std::uint64_t made_ = 0;
};

}  // namespace probate::test
