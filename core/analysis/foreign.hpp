// A journal that no run of Probate wrote: converted from a broker's or a back end's log.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/base/ids.hpp"
#include "core/journal/records.hpp"

namespace probate::analysis {

// Who is who in a foreign log. Its devices are the ClientIDs that connect or are heard of, in the
// order of their first record; there is no fleet, no fault and no phase. The log is read twice:
// survey() every record first, then place() each before it is judged (docs/journal.md).
//
// Limits: at most kDevicesMax ClientIDs; records of others belong to no device.
class ForeignLog {
 public:
  static constexpr std::size_t kDevicesMax = 1'000'000;
  // What stands as `engine` in the run_began that the judge is told first: the devices are real, a
  // silence of theirs that is longer than their keep-alive leaves open whether they were there.
  static constexpr const char* kEngine = "foreign log";

  void survey(const journal::Record& record);
  std::size_t device_count() const { return ids_.size(); }
  // ClientIDs beyond the limit were left out.
  bool is_too_large() const { return left_out_; }
  bool speaks_v5() const { return speaks_v5_; }
  // The scenario it is judged as, with one device for all of them: what a will and a birth carry,
  // whether they are values of one status topic, and everything as what the back end may have
  // subscribed to. Requires: all was surveyed.
  std::string scenario_text() const;

  // Says whose the record is, and numbers a device's connections where the log does not. Returns
  // what cannot be of its connection, as a sentence; "" if nothing is wrong.
  std::string place(journal::Record& record);

 private:
  // Numbers that came, as ranges: counted up, they are one.
  class NumbersSeen {
   public:
    bool has(std::uint64_t number) const;
    void add(std::uint64_t number);

   private:
    std::map<std::uint64_t, std::uint64_t> ends_;  // one behind each range's last, by its first
  };

  void enroll(const std::string& client_id);
  void survey(const journal::Observed& seen);
  DeviceId find(const std::string& client_id) const;

  std::unordered_map<std::string, DeviceId> ids_;
  std::vector<Epoch> connections_;               // by device
  std::unordered_set<std::size_t> will_topics_;  // hashes
  NumbersSeen opened_;                           // the connections that there were so far
  bool left_out_ = false;
  bool speaks_v5_ = false;
  bool wills_carry_epochs_ = false;
  bool births_carry_epochs_ = false;
  bool has_births_ = false;
  bool has_messages_ = false;
  bool is_every_will_retained_ = true;
  bool is_every_state_on_will_topics_ = true;
};

}  // namespace probate::analysis
