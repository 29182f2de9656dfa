// ClientIDs and will topics as the scenario makes them: what a million connections need not store.
#pragma once

#include <string>
#include <vector>

#include "core/analysis/boxed.hpp"
#include "core/base/ids.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::analysis {

// A text that is kept only where it differs from what the fleet's templates give.
class OwnText {
 public:
  void keep(const std::string& text) { text_ = text; }
  void clear() { text_.reset(); }
  bool has_value() const { return text_.has_value(); }
  OwnText copy() const {
    OwnText same;
    if (text_) same.text_ = *text_;
    return same;
  }
  template <typename Usual>
  std::string get_or(Usual usual) const {
    return text_ ? *text_ : usual();
  }

 private:
  Boxed<std::string> text_;
};

class FleetNames {
 public:
  // Copies what it needs.
  explicit FleetNames(const scenario::Scenario& scenario);

  // "" of a device that is not of the fleet.
  std::string client_id(DeviceId device) const;
  // "" of a device that has no will.
  std::string will_topic(DeviceId device, Epoch epoch) const;

 private:
  bool is_of_fleet(DeviceId device) const { return device.value < count_; }

  scenario::Scenario fleet_;  // groups and kinds of device, nothing else
  std::uint32_t count_ = 0;
};

}  // namespace probate::analysis
