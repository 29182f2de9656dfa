// What a back end can know of a message: whose it is, of which connection, and what it is for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/hash_index.hpp"
#include "core/base/ids.hpp"
#include "core/base/template.hpp"
#include "core/journal/records.hpp"
#include "core/mqtt/packets.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::scenario {

using journal::MessageKind;

struct Recognized {
  MessageKind kind = MessageKind::unknown;
  DeviceId device = kNoDevice;
  Epoch epoch = 0;                      // 0 = not carried
  std::optional<std::uint8_t> bdseq{};  // where the message carries {bdseq}; implied by epoch
  std::string client_id{};              // empty if no device is known

  bool operator==(const Recognized&) const = default;
};

// Reads messages back through the templates of the devices: topic and payload are all it sees.
//
// A will is a message with topic *and* payload of a device's will; birth and farewell
// likewise; any other message on a publish topic is a message, whatever its payload. What is two of
// these is the first. On a topic of a will, birth or farewell with another payload the device is
// told, where the topic does, and the kind is unknown. RETAIN plays no role.
//
// The device is found by {index}, by {client_id} (also by one that carries the epoch), or because
// the kind has one device only. Texts that contradict one another or the fleet match nothing.
//
// Threads:  const calls may run at the same time.
// Lifetime: keeps a reference to the scenario. Requires: validate(scenario) is empty.
// Limits:   work per message grows with the distinct templates of the scenario, not with devices.
class Recognizer {
 public:
  explicit Recognizer(const Scenario& scenario);

  Recognized recognize(std::string_view topic, std::string_view payload) const;
  // The same, of a message whose texts its origin may tell: then they are not read. An origin is
  // one of the scenario's own messages, and the index of the device that sent it.
  Recognized recognize(const mqtt::Publish& message) const;

 private:
  // One payload template on a topic, and the kinds of device that send it there.
  struct Use {
    MessageKind kind{};
    const Template* payload = nullptr;
    device::Encoding encoding{};
    std::vector<std::size_t> device_kinds;
  };
  struct Topic {
    const Template* topic = nullptr;
    std::string prefix;  // what every topic of it begins with
    std::vector<Use> uses;
  };
  // What topic and payload say together.
  struct Clues {
    TemplateMatch match;
    bool add(const TemplateMatch& more);
  };

  // What all messages of one origin turn out to be.
  struct Sure {
    const void* made_from = nullptr;
    MessageKind kind{};
    bool has_client_id = false;  // in its topic, between so many bytes
    std::size_t before_id = 0;
    std::size_t behind_id = 0;
  };

  void add(const device::MessageConfig& message, MessageKind kind, std::size_t device_kind);
  void index_client_ids();
  void find_sure();
  void add_sure(const device::MessageConfig& message, std::size_t device_kind);
  Recognized recognize_on(const Topic& topic, std::string_view text,
                          std::string_view payload) const;
  static std::optional<TemplateMatch> read_payload(const Use& use, std::string_view payload);
  std::optional<Recognized> identify(const Clues& clues, const Use& use) const;
  std::optional<Recognized> identify_by_index(const Clues& clues) const;
  std::optional<Recognized> identify_by_client_id(std::string_view client_id) const;
  std::optional<Recognized> identify_changing(std::string_view client_id) const;
  std::optional<DeviceId> only_device_of(const std::vector<std::size_t>& kinds) const;
  bool belongs(DeviceId device, const Use& use) const;

  const Scenario& scenario_;
  std::uint32_t device_count_ = 0;
  std::vector<Topic> topics_;
  HashIndex fixed_ids_;                      // devices by their ClientID, if it is always the same
  std::vector<std::size_t> changing_kinds_;  // whose ClientID carries the epoch
  bool has_equal_ids_ = false;               // two devices have one ClientID
  std::vector<Sure> sure_;
};

}  // namespace probate::scenario
