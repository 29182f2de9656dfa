// ClientIDs and will topics as the scenario makes them: what a million connections need not store.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.hpp"
#include "core/base/short_text.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::analysis {

// A text that is kept only where it differs from what the fleet's templates give.
class OwnText {
 public:
  void keep(std::string_view text) {
    text_.set(text);
    has_value_ = true;
  }
  void clear() {
    text_.set({});
    has_value_ = false;
  }
  bool has_value() const { return has_value_; }
  OwnText copy() const {
    OwnText same;
    if (has_value_) same.keep(text_.view());
    return same;
  }
  template <typename Usual>
  std::string get_or(Usual usual) const {
    return has_value_ ? std::string{std::string_view{text_.view()}} : usual();
  }

 private:
  ShortText text_;
  bool has_value_ = false;
};

class FleetNames {
 public:
  // Copies what it needs.
  explicit FleetNames(const scenario::Scenario& scenario);

  std::uint32_t devices() const { return count_; }
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
