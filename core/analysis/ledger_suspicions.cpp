// What the ledger can only conclude from many wills: an ACL, and epochs that are not renewed.
#include "core/analysis/explain.hpp"
#include "core/analysis/ledger.hpp"

namespace probate::analysis {

void Ledger::know_topic(const Connection& c) {
  const std::uint64_t topic = lists_[c.key_list].key.topic;
  if (topics_.size() >= kTopicsMax && topics_.find(topic) == topics_.end()) return;
  topics_.try_emplace(topic);
}

void Ledger::see_topic(std::uint64_t topic) {
  const auto found = topics_.find(topic);
  if (found != topics_.end()) found->second.was_seen = true;
}

void Ledger::suspect_acl(const Connection& c, bool is_missing) {
  const auto found = topics_.find(lists_[c.key_list].key.topic);
  if (found == topics_.end()) return;
  const WillTopicFacts::Share share{tally_.group_slice(c.device),
                                    tally_.fault_slice(c.fate().place.fault), c.fate().place.phase};
  std::uint64_t& count = found->second.missing[share];
  is_missing ? ++count : --count;
  if (count == 0) found->second.missing.erase(share);
}

void Ledger::blame_acl() {
  if (rules_.will_acl != broker::WillAcl::at_publication) return;
  tally_.totals.acl.topics = {topics_.begin(), topics_.end()};
  tally_.totals.conclude_acl();
  tally_.for_each_kept(WillClass::missing, [this](WillEntry& entry) {
    if (entry.why != to_text(MissingCause::broker)) return;
    const auto found = tally_.totals.acl.topics.find(key_of(entry.topic, {}).topic);
    if (found != tally_.totals.acl.topics.end() && found->second.blamed) blame_acl_for(entry);
  });
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
      tally_.first_old_epoch = connections_.client_id(c) + " at " + moment(c.forwarded);
    }
    return;
  }
}

}  // namespace probate::analysis
