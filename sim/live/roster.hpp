// The real devices that have appeared at a proxy, by ClientID.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/hash_index.hpp"
#include "core/base/ids.hpp"
#include "core/base/rng.hpp"
#include "core/fault/pipeline.hpp"
#include "core/scenario/real_devices.hpp"

namespace probate::live {

// A ClientID means one device at one broker: at another broker the same name is another device.
//
// Numbers devices in the order of their first CONNECT, and draws for them as a schedule draws for
// simulated ones: by seed and ClientID.
//
// Threads: one owner.
// Limits:  each group has so many places for ClientIDs, the first one also for streams; one more is
//          not enrolled. No ClientID is ever forgotten: what is judged of a device is never judged
//          of another one.
class Roster {
 public:
  // Lifetime: the scenario, which is one of real devices, outlives it.
  explicit Roster(const scenario::Scenario& scenario,
                  std::uint32_t places = scenario::kRealDevicesMax);

  // Whose ClientID it is at that broker, a new device's if need be; kNoDevice if there is no place
  // left.
  DeviceId enroll(const std::string& client_id, std::uint32_t broker = 0);
  // A connection that speaks no plain MQTT: a device without a ClientID, until it is released. Its
  // place is then another one's; what is judged is never of it.
  DeviceId enroll_stream();
  GroupId group_of(DeviceId device) const { return devices_[device.index()].group; }
  void release(DeviceId stream);
  bool is_stream(DeviceId device) const { return devices_[device.index()].stream; }
  const std::string& client_id_of(DeviceId device) const;
  // What it came with last.
  struct Arrival {
    std::string username;
    std::string source;    // its address
    std::string listener;  // HOST:PORT
    std::string sni{};     // that its TLS asked for
    bool is_told = false;  // its address, by a header of the PROXY protocol
    mqtt::Version version = mqtt::Version::v3_1_1;
  };
  void note(DeviceId device, Arrival arrival);
  const Arrival& arrival_of(DeviceId device) const { return devices_[device.index()].arrival; }
  // No other device came last from the same address.
  bool is_alone(DeviceId device) const { return behind_.at(arrival_of(device).source) == 1; }
  // By everything a selector says but chance and `where`.
  bool fits(const fault::Selector& on, DeviceId device) const;
  std::string to_text(const fault::Selector& on) const;
  // Requires: it selects none of those that have appeared. A sentence without its full stop.
  std::string why_nobody(const fault::Selector& on) const;
  // The device has sent one more CONNECT: its number, from 1.
  Epoch next_epoch(DeviceId device) { return ++devices_[device.index()].epoch; }
  // True if that is news.
  bool set_online(DeviceId device, bool online);
  bool is_online(DeviceId device) const { return devices_[device.index()].online; }
  // A first session is none of a device that returns.
  bool was_online(DeviceId device) const { return devices_[device.index()].was_online; }

  // Devices with a ClientID.
  std::uint32_t size() const { return static_cast<std::uint32_t>(by_client_id_.size()); }
  struct Count {
    std::uint32_t known = 0;
    std::uint32_t online = 0;
  };
  Count count_of(GroupId group) const;

  // Whom the fault's firing of that number hits, of those that have appeared; who is taken of them
  // is the seed's choice.
  std::vector<DeviceId> select(const fault::FaultSpec& fault, std::uint32_t ordinal) const;
  fault::Draws draw(const fault::FaultSpec& fault, std::uint32_t ordinal, DeviceId device) const;

 private:
  struct Device {
    std::string client_id;
    Arrival arrival;
    std::uint64_t key = 0;
    std::uint32_t broker = 0;
    GroupId group{0};
    Epoch epoch = 0;
    bool online = false;
    bool was_online = false;
    bool stream = false;
    bool released = true;  // nobody is here
  };
  struct Group {
    std::uint32_t first = 0;
    std::uint32_t places = 0;
    std::uint32_t taken = 0;
    Count count{};
  };
  // kNoDevice: there is no place left.
  DeviceId add(Device fresh);
  void leave_source(const std::string& source);

  Rng root_;
  const scenario::Scenario& scenario_;
  std::vector<Group> groups_;
  HashIndex by_client_id_;  // of devices_; and broker
  std::vector<Device> devices_;
  std::vector<DeviceId> free_;
  std::unordered_map<std::string, std::uint32_t> behind_;  // devices, by their addresses
  std::uint64_t streams_ = 0;
};

}  // namespace probate::live
