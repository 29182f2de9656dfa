// What the control API asks of a stand-alone proxy.
#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "core/scenario/glob.hpp"
#include "sim/live/resolve.hpp"
#include "sim/live/stand_alone.hpp"

namespace probate::live {
void StandAlone::ask(std::function<void(Controlled&)> task) {
  boost::asio::post(loop_.executor(), [this, task = std::move(task)] { task(*this); });
}

Result<FaultFacts, Refusal> StandAlone::add_fault(const HandOrder& order) {
  if (draining_) {
    return Failure{Refusal{Refusal::Why::draining, "the proxy is ending: it takes no more faults"}};
  }
  if (auto refusal = refuse_segments({&order.fault.spec, 1})) return Failure{*std::move(refusal)};
  auto added = by_hand_.add(loop_.now(), order);
  if (!added) return added;
  if (const std::uint64_t strangers = without_place(); strangers > 0) {
    added->skipped["no_place"] = strangers;
  }
  return added;
}

// Connections that nobody can tell apart any more, whatever a fault selects.
std::uint64_t StandAlone::without_place() const {
  std::uint64_t count = 0;
  if (untracked() == 0) return count;
  proxy_.for_each_link([&count](const proxy::LinkSight& sight) {
    if (sight.device == kNoDevice && sight.speech != proxy::Speech::unknown) ++count;
    return true;
  });
  return count;
}

std::optional<Refusal> StandAlone::refuse_segments(std::span<const fault::FaultSpec> faults) const {
  if (config_.silence_trouble.empty()) return std::nullopt;
  const auto needing = std::find_if(faults.begin(), faults.end(), [](const auto& each) {
    return fault::needs_segments(each.what);
  });
  if (needing == faults.end()) return std::nullopt;
  return Refusal{
      Refusal::Why::impossible,
      fmt::format("`ack: none` cannot be had on this machine: {}", config_.silence_trouble)};
}

std::optional<FaultFacts> StandAlone::heal_fault(std::uint64_t number) {
  return by_hand_.heal(loop_.now(), number);
}

std::vector<FaultFacts> StandAlone::heal_faults() { return by_hand_.heal_all(loop_.now()); }

std::vector<FaultFacts> StandAlone::faults() {
  std::vector<FaultFacts> all = by_hand_.list(loop_.now());
  std::vector<FaultFacts> active = plan_.active();
  std::move(active.begin(), active.end(), std::back_inserter(all));
  return all;
}

Result<ReloadFacts, Refusal> StandAlone::reload(const Reload& reload) {
  if (draining_) {
    return Failure{Refusal{Refusal::Why::draining, "the proxy is ending: nothing is read again"}};
  }
  if (reload.scenario) {
    auto refusal = refuse_segments(reload.scenario->scenario.faults);
    if (refusal) return Failure{*std::move(refusal)};
  }
  const Instant now = loop_.now();
  ReloadFacts facts;
  facts.certificates = static_cast<std::uint64_t>(
      std::count_if(reload.tls.begin(), reload.tls.end(),
                    [](const FrontTls& tls) { return tls.in != nullptr || tls.out != nullptr; }));
  const auto tell = [&](const FaultsChange& change) {
    journal::Reloaded record;
    if (reload.scenario) record.digest = reload.scenario->schedule.digest();
    record.kept = change.kept;
    record.removed = change.removed;
    record.removed.insert(record.removed.end(), change.changed.begin(), change.changed.end());
    record.certificates = facts.certificates;
    loop_.write(now, std::move(record));
  };
  if (reload.scenario) {
    auto change = plan_.replace(now, reload.scenario, tell);
    if (!change) return Failure{change.error()};
    facts.faults = std::move(*change);
  } else {
    tell({});
  }
  for (std::size_t i = 0; i < reload.tls.size(); ++i) {
    proxy_.secure(static_cast<std::uint16_t>(i), reload.tls[i].in, reload.tls[i].out);
  }
  if (config_.observers_tls && !reload.tls.empty() && reload.tls[0].out) {
    for (ObserverClient* observer : {backend_.get(), control_.get()}) {
      if (observer != nullptr) observer->secure(reload.tls[0].out);
    }
  }
  return facts;
}

std::optional<std::uint16_t> StandAlone::front_at(const std::string& listen) const {
  if (draining_) return std::nullopt;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (places_[i].listen == listen) return static_cast<std::uint16_t>(i);
  }
  return std::nullopt;
}

Result<bool, std::string> StandAlone::shut_listener(const std::string& listen) {
  const auto front = front_at(listen);
  if (!front) return Failure{fmt::format("nobody listens on {} any more", listen)};
  return proxy_.shut(*front);
}

Result<bool, std::string> StandAlone::reopen_listener(const std::string& listen) {
  const auto front = front_at(listen);
  if (!front) return Failure{fmt::format("nobody listens on {} any more", listen)};
  return proxy_.reopen(*front);
}

const std::string& StandAlone::group_name_of(DeviceId device) const {
  return scenario_.fleet[roster_.group_of(device).index()].name;
}

LinkPage StandAlone::links(const LinkQuery& query) const {
  const Instant now = loop_.now();
  const std::string nobody;
  LinkPage page;
  proxy_.for_each_link([&](const proxy::LinkSight& sight) {
    if (sight.connection <= query.after) return true;
    const bool is_known = sight.device != kNoDevice;
    const std::string& client_id = is_known ? roster_.client_id_of(sight.device) : nobody;
    if (!scenario::glob_matches(query.devices, client_id)) return true;
    if (page.links.size() == query.most) {
      page.more = true;
      return false;
    }
    LinkFacts facts{.connection = sight.connection,
                    .client_id = client_id,
                    .group = is_known ? group_name_of(sight.device) : nobody,
                    .source = sight.source.port() == 0 ? "" : to_text(sight.source),
                    .listener = places_[sight.front].listen,
                    .speaks = word_of(sight.speech),
                    .sni = sight.name,
                    .age = now - sight.began,
                    .state = sight.state,
                    .bytes_up = sight.bytes_up,
                    .bytes_down = sight.bytes_down,
                    .faults = {}};
    if (is_known) {
      for (const FaultId id : faults_.faults_on(sight.device)) {
        facts.faults.push_back(plan_.stands(id) ? plan_.name_of(id) : by_hand_.name_of(id));
      }
    }
    page.links.push_back(std::move(facts));
    return true;
  });
  return page;
}

namespace {

std::map<std::string, std::uint64_t> refused_of(const journal::FrontCounters& counted) {
  std::map<std::string, std::uint64_t> refused;
  for (std::size_t i = 0; i < counted.refused.size(); ++i) {
    if (counted.refused[i] == 0) continue;
    refused[journal::to_text(static_cast<journal::Refused>(i))] = counted.refused[i];
  }
  return refused;
}

}  // namespace

std::vector<ListenerFacts> StandAlone::listeners() const {
  std::vector<ListenerFacts> all;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const journal::FrontCounters& counted = loop_.counters().fronts[i];
    all.push_back({.listen = places_[i].listen,
                   .upstream = to_text(config_.fronts[i].upstream),
                   .accepted = counted.accepted,
                   .dial_errors = counted.dial_errors,
                   .refused = refused_of(counted)});
  }
  return all;
}

}  // namespace probate::live
