// Which missing wills are the ACL's: concluded from all of a topic, also over several judges.
#include <algorithm>

#include "core/analysis/totals.hpp"

namespace probate::analysis {

namespace {

void move_share(WillTotals& wills, std::uint64_t count, bool to_acl) {
  auto& broker = wills.missing[static_cast<std::size_t>(MissingCause::broker)];
  auto& acl = wills.missing[static_cast<std::size_t>(MissingCause::acl)];
  (to_acl ? broker : acl) -= count;
  (to_acl ? acl : broker) += count;
}

void blame(Totals& totals, const WillTopicFacts& facts, bool to_acl) {
  for (const auto& [share, count] : facts.missing) {
    const auto& [group, fault, phase] = share;
    move_share(totals.wills, count, to_acl);
    move_share(totals.wills_by_group[group], count, to_acl);
    move_share(totals.wills_by_fault[fault], count, to_acl);
    move_share(totals.wills_by_phase[phase], count, to_acl);
  }
}

}  // namespace

std::uint64_t WillTopicFacts::missing_count() const {
  std::uint64_t sum = 0;
  for (const auto& [share, count] : missing) sum += count;
  return sum;
}

void Totals::conclude_acl() {
  const bool others_came = std::any_of(acl.topics.begin(), acl.topics.end(),
                                       [](const auto& topic) { return topic.second.was_seen; });
  for (auto& [topic, facts] : acl.topics) {
    const bool is_denied =
        others_came && !facts.was_seen && facts.missing_count() >= AclFacts::kWitnessesMin;
    if (is_denied == facts.blamed) continue;
    blame(*this, facts, is_denied);
    facts.blamed = is_denied;
  }
}

// Requires: the sums of both are added up already.
void Totals::merge_acl(const AclFacts& other) {
  for (const auto& [topic, more] : other.topics) {
    WillTopicFacts& facts = acl.topics[topic];
    if (facts.blamed) blame(*this, facts, false);
    if (more.blamed) blame(*this, more, false);
    facts.blamed = false;
    facts.was_seen = facts.was_seen || more.was_seen;
    for (const auto& [share, count] : more.missing) facts.missing[share] += count;
  }
  conclude_acl();
}

}  // namespace probate::analysis
