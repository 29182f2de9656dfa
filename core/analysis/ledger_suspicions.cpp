// What the ledger can only conclude from many wills: an ACL, and epochs that are not renewed.
#include "core/analysis/explain.hpp"
#include "core/analysis/ledger.hpp"

namespace probate::analysis {

void Ledger::know_topic(const Connection& c) {
  if (topics_.size() >= kTopicsMax && topics_.find(c.key.topic) == topics_.end()) return;
  topics_.try_emplace(c.key.topic);
}

void Ledger::see_topic(std::uint64_t topic) {
  const auto found = topics_.find(topic);
  if (found != topics_.end()) found->second.was_seen = true;
}

void Ledger::suspect_acl(const Connection& c, int change) {
  const auto found = topics_.find(c.key.topic);
  if (found == topics_.end()) return;
  found->second.missing += change;
  const TopicFacts::Share share{tally_.group_slice(c.device), tally_.fault_slice(c.place.fault),
                                c.place.phase};
  auto& [device, count] = found->second.shares[share];
  device = c.device;
  count += change;
}

// A broker that holds a will topic against its ACL only when it publishes says nothing when it
// throws the will away. It is concluded if nothing at all was ever seen on the topic, of several
// wills, while wills on other topics came.
void Ledger::blame_acl() {
  if (rules_.will_acl != broker::WillAcl::at_publication) return;
  bool others_came = false;
  for (const auto& [topic, facts] : topics_) others_came = others_came || facts.was_seen;
  if (!others_came) return;
  for (const auto& [topic, facts] : topics_) {
    if (facts.was_seen || facts.missing < kAclWitnessesMin) continue;
    for (const auto& [share, part] : facts.shares) {
      const auto& [group, fault, phase] = share;
      const auto count = static_cast<std::uint64_t>(part.second);
      const auto move = [count](WillTotals& wills) {
        wills.missing[static_cast<std::size_t>(MissingCause::broker)] -= count;
        wills.missing[static_cast<std::size_t>(MissingCause::acl)] += count;
      };
      move(tally_.totals.wills);
      for (WillTotals* slice :
           tally_.slices(part.first, FaultId{static_cast<std::uint16_t>(fault)}, phase)) {
        move(*slice);
      }
    }
    tally_.for_each_kept(WillClass::missing, [topic = topic](WillEntry& entry) {
      if (entry.why != to_text(MissingCause::broker)) return;
      if (key_of(entry.topic, {}).topic == topic) blame_acl_for(entry);
    });
  }
}

bool Ledger::carries_epoch(DeviceId device) const {
  const std::size_t group = tally_.group_slice(device);
  return group < rules_.epoch_in_will.size() && rules_.epoch_in_will[group];
}

// A device whose library sends the CONNECT of its first connection again announces the will of an
// epoch that is over. Whoever goes by epochs cannot tell the two apart.
void Ledger::note_old_epoch(Slot slot) {
  Connection& c = connections_[slot];
  if (c.twin || c.epoch_not_renewed) return;
  Slot other = c.previous_of_key;
  for (std::uint32_t n = 0; other != kNoSlot && n < kOldEpochStepsMax; ++n) {
    const Connection& o = connections_[other];
    other = o.previous_of_key;
    if (o.twin || o.client != c.client || o.device != c.device) continue;
    if (o.epoch == c.epoch && c.epoch != 0) continue;
    c.epoch_not_renewed = true;
    if (tally_.totals.epochs_not_renewed++ == 0) {
      tally_.first_old_epoch = c.client_id + " at " + moment(c.forwarded);
    }
    return;
  }
}

}  // namespace probate::analysis
