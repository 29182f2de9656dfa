#include "core/scenario/recognizer.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "core/device/sparkplug.hpp"

namespace probate::scenario {
namespace {

// True if both are absent, one is, or they are equal; `known` then has what there is.
template <typename T>
bool agree(std::optional<T>& known, const std::optional<T>& more) {
  if (!more) return true;
  if (known) return *known == *more;
  known = more;
  return true;
}

// The text before the first placeholder.
std::string literal_prefix(const Template& text) {
  const std::string low = text.expand(
      {.client_id = "a", .index = 1, .group = "a", .epoch = 1, .time = kRunStart + 1ms, .seq = 1});
  const std::string high = text.expand(
      {.client_id = "b", .index = 2, .group = "b", .epoch = 2, .time = kRunStart + 2ms, .seq = 2});
  const auto differ = std::mismatch(low.begin(), low.end(), high.begin(), high.end()).first;
  std::string common{low.begin(), differ};
  // Padding zeros are common to both, but not to every number.
  while (differ != low.end() && common.ends_with('0')) common.pop_back();
  return common;
}

}  // namespace

bool Recognizer::Clues::add(const TemplateMatch& more) {
  return agree(match.client_id, more.client_id) && agree(match.index, more.index) &&
         agree(match.group, more.group) && agree(match.epoch, more.epoch) &&
         agree(match.bdseq, more.bdseq) &&
         (!match.epoch || !match.bdseq || *match.epoch % 256 == *match.bdseq);
}

Recognizer::Recognizer(const Scenario& scenario)
    : scenario_{scenario}, device_count_{scenario.device_count()} {
  for (std::size_t i = 0; i < scenario_.devices.size(); ++i) {
    const device::DeviceConfig& kind = scenario_.devices[i];
    if (kind.will) add(*kind.will, MessageKind::will, i);
    if (kind.birth) add(*kind.birth, MessageKind::birth, i);
    if (kind.farewell) add(*kind.farewell, MessageKind::farewell, i);
    for (const auto& publish : kind.publish) add(publish, MessageKind::message, i);
    if (!kind.luat_loop) continue;
    add(kind.luat_loop->report, MessageKind::message, i);
    add(kind.luat_loop->response, MessageKind::message, i);
  }
  for (Topic& topic : topics_) {
    std::stable_sort(topic.uses.begin(), topic.uses.end(),
                     [](const Use& a, const Use& b) { return a.kind < b.kind; });
  }
  index_client_ids();
  find_sure();
}

void Recognizer::add(const device::MessageConfig& message, MessageKind kind,
                     std::size_t device_kind) {
  auto topic = std::find_if(topics_.begin(), topics_.end(),
                            [&](const Topic& known) { return *known.topic == message.topic; });
  if (topic == topics_.end()) {
    topics_.push_back({&message.topic, literal_prefix(message.topic), {}});
    topic = topics_.end() - 1;
  }
  auto use = std::find_if(topic->uses.begin(), topic->uses.end(), [&](const Use& known) {
    return known.kind == kind && known.encoding == message.encoding &&
           *known.payload == message.payload;
  });
  if (use == topic->uses.end()) {
    topic->uses.push_back({kind, &message.payload, message.encoding, {}});
    use = topic->uses.end() - 1;
  }
  if (use->device_kinds.empty() || use->device_kinds.back() != device_kind) {
    use->device_kinds.push_back(device_kind);
  }
}

void Recognizer::index_client_ids() {
  for (std::size_t i = 0; i < scenario_.devices.size(); ++i) {
    if (scenario_.devices[i].client_id.uses(Placeholder::epoch)) changing_kinds_.push_back(i);
  }
  // Of two with the same ClientID the first is meant.
  fixed_ids_.reserve(device_count_);
  std::uint32_t first = 0;
  for (const GroupSpec& group : scenario_.fleet) {
    const Template& client_id = scenario_.devices[group.device].client_id;
    const std::uint32_t end = first + group.count;
    for (; first < end && !client_id.uses(Placeholder::epoch); ++first) {
      const std::string id = scenario_.client_id_of(DeviceId{first});
      const auto is_equal = [this, &id](std::uint32_t device) {
        return scenario_.client_id_of(DeviceId{device}) == id;
      };
      const std::uint32_t hash = hash_of(id);
      has_equal_ids_ = has_equal_ids_ || fixed_ids_.find(hash, is_equal) != HashIndex::kNone;
      fixed_ids_.insert(hash, first);
    }
    first = end;
  }
}

Recognized Recognizer::recognize(std::string_view topic, std::string_view payload) const {
  Recognized best;
  for (const Topic& known : topics_) {
    if (!topic.starts_with(known.prefix)) continue;
    Recognized found = recognize_on(known, topic, payload);
    const bool better =
        found.kind < best.kind || (best.device == kNoDevice && found.kind == best.kind);
    if (better) best = std::move(found);
  }
  return best;
}

Recognized Recognizer::recognize_on(const Topic& topic, std::string_view text,
                                    std::string_view payload) const {
  const auto read = topic.topic->invert(text);
  if (!read) return {};
  Recognized of_topic;  // what the topic says alone
  for (const Use& use : topic.uses) {
    Clues clues{*read};
    const auto in_payload = read_payload(use, payload);
    const bool fits = in_payload && clues.add(*in_payload);
    if (fits) {
      if (auto found = identify(clues, use)) {
        found->kind = use.kind;
        return *std::move(found);
      }
    }
    auto found = identify({*read}, use);
    if (!found) continue;
    if (use.kind == MessageKind::message) {
      found->kind = use.kind;
      return *std::move(found);
    }
    if (of_topic.device == kNoDevice) of_topic = *std::move(found);
  }
  return of_topic;
}

std::optional<TemplateMatch> Recognizer::read_payload(const Use& use, std::string_view payload) {
  if (use.encoding == device::Encoding::text) return use.payload->invert(payload);
  const auto bdseq = device::sparkplug::read_bdseq(payload);
  if (!bdseq) return std::nullopt;
  return TemplateMatch{.client_id = {}, .index = {}, .group = {}, .epoch = {}, .bdseq = bdseq};
}

std::optional<Recognized> Recognizer::identify(const Clues& clues, const Use& use) const {
  const TemplateMatch& match = clues.match;
  std::optional<Recognized> found;
  if (match.index) {
    found = identify_by_index(clues);
  } else if (match.client_id) {
    found = identify_by_client_id(*match.client_id);
  } else if (const auto only = only_device_of(use.device_kinds)) {
    found = Recognized{.device = *only};
  }
  if (!found || !belongs(found->device, use)) return std::nullopt;
  const GroupId group = scenario_.group_of(found->device);
  if (match.group && *match.group != scenario_.fleet[group.index()].name) return std::nullopt;
  const bool same_epoch = found->epoch == 0 || !match.epoch || found->epoch == *match.epoch;
  if (!same_epoch) return std::nullopt;
  if (match.epoch) found->epoch = *match.epoch;
  if (match.bdseq && found->epoch != 0 && found->epoch % 256 != *match.bdseq) return std::nullopt;
  found->bdseq = match.bdseq;
  if (found->client_id.empty()) {
    TemplateValues values = scenario_.values_of(found->device, {});
    values.epoch = std::max<Epoch>(found->epoch, 1);
    found->client_id = scenario_.kind_of(found->device).client_id.expand(values);
  }
  return found;
}

std::optional<Recognized> Recognizer::identify_by_index(const Clues& clues) const {
  const TemplateMatch& match = clues.match;
  if (*match.index >= device_count_) return std::nullopt;
  const DeviceId device{*match.index};
  if (!match.client_id) return Recognized{.device = device};
  auto found = identify_by_client_id(*match.client_id);
  if (!found || found->device != device) return std::nullopt;
  return found;
}

std::optional<Recognized> Recognizer::identify_by_client_id(std::string_view client_id) const {
  const std::uint32_t found =
      fixed_ids_.find(hash_of(client_id), [this, client_id](std::uint32_t device) {
        return scenario_.client_id_of(DeviceId{device}) == client_id;
      });
  if (found == HashIndex::kNone) return identify_changing(client_id);
  return Recognized{.device = DeviceId{found}, .client_id = std::string{client_id}};
}

std::optional<Recognized> Recognizer::identify_changing(std::string_view client_id) const {
  for (const std::size_t kind : changing_kinds_) {
    const auto match = scenario_.devices[kind].client_id.invert(client_id);
    if (!match) continue;
    const std::optional<DeviceId> device =
        match->index ? std::optional{DeviceId{*match->index}} : only_device_of({kind});
    if (!device || device->value >= device_count_) continue;
    const GroupId group = scenario_.group_of(*device);
    if (scenario_.fleet[group.index()].device != kind) continue;
    if (match->group && *match->group != scenario_.fleet[group.index()].name) continue;
    return Recognized{
        .device = *device, .epoch = match->epoch.value_or(0), .client_id = std::string{client_id}};
  }
  return std::nullopt;
}

std::optional<DeviceId> Recognizer::only_device_of(const std::vector<std::size_t>& kinds) const {
  std::optional<DeviceId> only;
  std::uint32_t first = 0;
  for (const GroupSpec& group : scenario_.fleet) {
    const bool asked = std::find(kinds.begin(), kinds.end(), group.device) != kinds.end();
    if (asked && (only || group.count > 1)) return std::nullopt;
    if (asked && group.count == 1) only = DeviceId{first};
    first += group.count;
  }
  return only;
}

bool Recognizer::belongs(DeviceId device, const Use& use) const {
  const std::size_t kind = scenario_.fleet[scenario_.group_of(device).index()].device;
  return std::find(use.device_kinds.begin(), use.device_kinds.end(), kind) !=
         use.device_kinds.end();
}

}  // namespace probate::scenario
