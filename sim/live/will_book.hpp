// What real devices say of themselves in CONNECT, by which an observer knows their messages.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/scenario/recognizer.hpp"

namespace probate::live {

// A message with topic and payload of an announced will is that device's will, or nobody's in
// particular if two devices announced the same. Another payload on a
// topic that is one device's will's alone is its birth, unless it is empty: that takes a retained
// message away. A message on one of the scenario's filters for births or messages is the one or the
// other, of the device whose ClientID is a level of its topic.
//
// Threads: one owner.
// Limits:  the last kWillsPerDevice different wills of a device.
class WillBook {
 public:
  static constexpr std::size_t kWillsPerDevice = 8;

  // The back end's filters, where the scenario has some.
  WillBook(std::vector<std::string> births, std::vector<std::string> messages)
      : births_{std::move(births)}, messages_{std::move(messages)} {}

  void know(DeviceId device, const std::string& client_id);
  struct Change {
    bool is_new = false;  // no will on that topic was known before
    std::string gone{};   // the topic whose last will was forgotten for it, if one was
  };
  Change announce(DeviceId device, const std::string& topic, const std::string& payload);

  scenario::Recognized recognize(std::string_view topic, std::string_view payload) const;

 private:
  struct Will {
    std::string payload;
    DeviceId device;
  };
  struct Announced {
    std::string topic;
    std::string payload;
  };

  // True if no will on its topic is left.
  bool forget(DeviceId device, const Announced& will);
  scenario::Recognized seen(journal::MessageKind kind, DeviceId device) const;
  DeviceId named_in(std::string_view topic) const;

  std::vector<std::string> births_;
  std::vector<std::string> messages_;
  std::unordered_map<std::string, DeviceId> by_client_id_;
  std::unordered_map<DeviceId, std::string> client_ids_;
  std::unordered_map<DeviceId, std::deque<Announced>> by_device_;
  std::unordered_map<std::string, std::vector<Will>> by_topic_;
};

}  // namespace probate::live
