#include "core/journal/level.hpp"

#include <algorithm>

#include "core/journal/fields.hpp"

namespace probate::journal {
namespace {

constexpr std::array<std::string_view, 3> kLevels{"notable", "all", "none"};

// FNV-1a over topic, epoch and kind; never 0.
std::uint32_t fingerprint(const Observed& seen) {
  std::uint32_t hash = 0x811c9dc5;
  const auto add = [&hash](std::uint32_t byte) { hash = (hash ^ byte) * 0x01000193; };
  for (const char c : seen.topic) add(static_cast<std::uint8_t>(c));
  for (unsigned shift = 0; shift < 32; shift += 8) add((seen.epoch >> shift) & 0xff);
  add(seen.bdseq ? 1u + *seen.bdseq : 0u);
  add(static_cast<std::uint32_t>(seen.kind));
  return hash == 0 ? 1 : hash;
}

}  // namespace

const std::array<KeepRule, std::variant_size_v<Kinds>> kKeepRules{{
    {kKind<RunBegan>, Keep::always},
    {kKind<PhaseBegan>, Keep::always},
    {kKind<PhaseEnded>, Keep::always},
    {kKind<DrainBegan>, Keep::always},
    {kKind<RunEnded>, Keep::always},
    {kKind<AttemptBegan>, Keep::always},
    {kKind<AttemptFailed>, Keep::always},
    {kKind<ConnectForwarded>, Keep::always},
    {kKind<ConnackReceived>, Keep::always},
    {kKind<SessionUp>, Keep::always},
    {kKind<DisconnectForwarded>, Keep::always},
    {kKind<DisconnectReceived>, Keep::always},
    {kKind<ConnectRepeated>, Keep::always},
    {kKind<SilenceBegan>, Keep::always},
    {kKind<SilenceEnded>, Keep::always},
    {kKind<LegClosed>, Keep::always},
    {kKind<ConnectSwallowed>, Keep::always},
    {kKind<PacketSwallowed>, Keep::always},
    {kKind<PacketAltered>, Keep::always},
    {kKind<Malformed>, Keep::always},
    {kKind<FaultAdded>, Keep::always},
    {kKind<FaultApplied>, Keep::always},
    {kKind<FaultSkipped>, Keep::always},
    {kKind<FaultHealed>, Keep::always},
    {kKind<Reloaded>, Keep::always},
    {kKind<Observed>, Keep::news},
    {kKind<BrokerEvent>, Keep::always},
    {kKind<ObserverUp>, Keep::always},
    {kKind<ObserverLost>, Keep::always},
    {kKind<ObserverGap>, Keep::always},
    {kKind<GeneratorLag>, Keep::always},
    {kKind<EventsDropped>, Keep::always},
    {kKind<BrokerLost>, Keep::always},
    {kKind<BrokerStopped>, Keep::always},
    {kKind<BrokerStarted>, Keep::always},
    {kKind<RestBegan>, Keep::always},
    {kKind<RestEnded>, Keep::always},
}};

std::string_view to_text(Level level) { return kLevels[static_cast<std::size_t>(level)]; }

std::optional<Level> level_of(std::string_view word) {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (kLevels[i] == word) return static_cast<Level>(i);
  }
  return std::nullopt;
}

bool Notable::keeps(const Record& record, std::uint64_t& sequence) {
  if (left_out_.size() <= record.loop) left_out_.resize(record.loop + std::size_t{1});
  if (!is_news(record) && record.at - last_kept_ < kQuietMax) {
    ++left_out_[record.loop];
    return false;
  }
  last_kept_ = record.at;
  sequence = record.sequence - left_out_[record.loop];
  return true;
}

bool Notable::is_news(const Record& record) {
  if (const auto* seen = std::get_if<Observed>(&record.body)) return !repeats(*seen);
  if (const auto* connect = std::get_if<ConnectForwarded>(&record.body)) forget(connect->device);
  if (const auto* event = std::get_if<BrokerEvent>(&record.body)) forget(event->device);
  return kKeepRules[record.body.index()].keep == Keep::always;
}

bool Notable::repeats(const Observed& seen) {
  if (seen.kind == MessageKind::unknown || seen.device == kNoDevice) return false;
  const bool is_birth = seen.kind == MessageKind::birth;
  if ((seen.kind != MessageKind::message && !is_birth) || seen.retain) {
    forget(seen.device);
    return false;
  }
  Row& row = rows_[static_cast<std::size_t>(seen.observer)];
  if (row.size() <= seen.device.index()) row.resize(seen.device.index() + 1);
  auto& heard = row[seen.device.index()].of;
  const std::uint32_t what = fingerprint(seen);
  if (std::find(heard.begin(), heard.end(), what) != heard.end()) return true;
  // Whose birth it is, is what a policy may go by from now on.
  if (is_birth) heard = {};
  for (std::uint32_t& known : heard) {
    if (known != 0) continue;
    known = what;
    return false;
  }
  return false;
}

void Notable::forget(DeviceId device) {
  for (Row& row : rows_) {
    if (device.index() < row.size()) row[device.index()] = {};
  }
}

}  // namespace probate::journal
