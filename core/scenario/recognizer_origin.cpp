// Messages that need not be read: whoever made them says from what, and that settles it.
#include <algorithm>

#include "core/scenario/recognizer.hpp"

namespace probate::scenario {
namespace {

// What all texts of a template begin and end with, and how much is in between if every placeholder
// takes one character.
struct Outline {
  std::string begin;
  std::string end;
  std::size_t between = 0;

  bool is_literal() const { return between == 0; }
};

Outline outline_of(const Template& text) {
  const std::string low = text.expand(
      {.client_id = "a", .index = 1, .group = "a", .epoch = 1, .time = kRunStart + 1ms, .seq = 1});
  const std::string high = text.expand(
      {.client_id = "b", .index = 2, .group = "b", .epoch = 2, .time = kRunStart + 2ms, .seq = 2});
  if (low == high) return {low, low, 0};
  const auto begins = std::mismatch(low.begin(), low.end(), high.begin(), high.end()).first;
  const auto ends = std::mismatch(low.rbegin(), low.rend(), high.rbegin(), high.rend()).first;
  Outline outline{{low.begin(), begins}, {ends.base(), low.end()}, 0};
  // Padding zeros are common to both, but not to every number.
  while (outline.begin.ends_with('0')) outline.begin.pop_back();
  outline.between = low.size() - outline.begin.size() - outline.end.size();
  return outline;
}

// No text can be of both.
bool exclude(const Template& a, const Template& b) {
  const Outline one = outline_of(a);
  const Outline other = outline_of(b);
  const bool begin_alike = one.begin.starts_with(other.begin) || other.begin.starts_with(one.begin);
  const bool end_alike = one.end.ends_with(other.end) || other.end.ends_with(one.end);
  return !begin_alike || !end_alike;
}

// It has one number at most, which says nothing of its device.
bool is_empty_talk(const Template& payload) {
  const bool tells = payload.uses(Placeholder::client_id) || payload.uses(Placeholder::index) ||
                     payload.uses(Placeholder::group) || payload.uses(Placeholder::epoch) ||
                     payload.uses(Placeholder::bdseq);
  return !tells && outline_of(payload).between <= 1;
}

// Its one placeholder names the device.
bool names_device(const Template& topic) {
  const bool names = topic.uses(Placeholder::client_id) || topic.uses(Placeholder::index);
  return names && outline_of(topic).between == 1;
}

}  // namespace

void Recognizer::find_sure() {
  // A ClientID must say whose it is.
  if (!changing_kinds_.empty() || has_equal_ids_) return;
  for (std::size_t i = 0; i < scenario_.devices.size(); ++i) {
    const device::DeviceConfig& kind = scenario_.devices[i];
    if (kind.birth) add_sure(*kind.birth, i);
    if (kind.farewell) add_sure(*kind.farewell, i);
    for (const auto& publish : kind.publish) add_sure(publish, i);
    if (!kind.luat_loop) continue;
    add_sure(kind.luat_loop->report, i);
    add_sure(kind.luat_loop->response, i);
  }
}

// If recognize() would say the same of each of its texts, whatever the time and the number in it.
void Recognizer::add_sure(const device::MessageConfig& message, std::size_t device_kind) {
  const bool is_plain = message.encoding == device::Encoding::text;
  if (!is_plain || !names_device(message.topic) || !is_empty_talk(message.payload)) return;
  const Topic* own = nullptr;
  for (const Topic& topic : topics_) {
    if (*topic.topic == message.topic) {
      own = &topic;
    } else if (!exclude(*topic.topic, message.topic)) {
      return;
    }
  }
  MessageKind kind = MessageKind::unknown;
  for (const Use& use : own->uses) {
    const bool is_its_own = use.encoding == message.encoding && *use.payload == message.payload;
    const bool excludes =
        use.encoding == message.encoding && exclude(*use.payload, message.payload);
    if (!is_its_own && !excludes) return;
    const auto& kinds = use.device_kinds;
    if (std::find(kinds.begin(), kinds.end(), device_kind) == kinds.end()) continue;
    // As recognize_on(): on a topic for messages any payload is one.
    if (is_its_own || use.kind == MessageKind::message) {
      kind = use.kind;
      break;
    }
  }
  const Outline topic = outline_of(message.topic);
  sure_.push_back({.made_from = &message,
                   .kind = kind,
                   .has_client_id = message.topic.uses(Placeholder::client_id),
                   .before_id = topic.begin.size(),
                   .behind_id = topic.end.size()});
}

Recognized Recognizer::recognize(const mqtt::Publish& message) const {
  const void* made_from = message.origin.made_from;
  const auto sure = std::find_if(sure_.begin(), sure_.end(), [made_from](const Sure& each) {
    return each.made_from == made_from;
  });
  if (sure == sure_.end()) return recognize(message.topic, message.payload);
  Recognized found{.kind = sure->kind, .device = DeviceId{message.origin.maker}};
  if (sure->has_client_id) {
    const std::size_t around = sure->before_id + sure->behind_id;
    found.client_id.assign(message.topic, sure->before_id, message.topic.size() - around);
  } else {
    found.client_id = scenario_.client_id_of(found.device);
  }
  return found;
}

}  // namespace probate::scenario
