// What a run can leave on a broker that goes on after it.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "core/scenario/scenario.hpp"

namespace probate::scenario {

class Leftovers {
 public:
  explicit Leftovers(const Scenario& scenario);

  // Matching every topic to which a device or the back end publishes with the retain flag, its will
  // included; each once. Empty: nothing is retained.
  const std::vector<std::string>& filters() const { return filters_; }
  // Whether the run can have retained a message under that topic; what others have retained under
  // the same filter is not the run's to clear.
  bool includes(const std::string& topic) const;
  // The ClientIDs whose sessions a broker keeps.
  const std::vector<std::string>& sessions() const { return sessions_; }
  bool empty() const { return filters_.empty() && sessions_.empty(); }

 private:
  void add(const device::MessageConfig& message);

  std::vector<Template> topics_;
  std::vector<std::string> filters_;
  std::vector<std::string> sessions_;
  std::unordered_set<std::string> client_ids_;
  std::unordered_set<std::string> groups_;
  std::uint32_t device_count_;
};

}  // namespace probate::scenario
