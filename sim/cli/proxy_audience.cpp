#include "sim/cli/proxy_audience.hpp"

#include <utility>

#include <fmt/format.h>
#include <sys/resource.h>

#include "core/base/text.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/terminal.hpp"

namespace probate::cli {
namespace {

std::uint64_t descriptors_max() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

const char* sentence_of(journal::Refused why) {
  switch (why) {
    case journal::Refused::header:
      return "it did not begin with a header of the PROXY protocol";
    case journal::Refused::header_late:
      return "it brought no header of the PROXY protocol in time";
    case journal::Refused::tls_handshake:
      return "its TLS handshake failed";
    case journal::Refused::tls_late:
      return "its TLS handshake was not through in time";
    case journal::Refused::tls_certificate:
      return "it brought no certificate that --tls-client-ca accepts";
    case journal::Refused::tls_broken:
      return "its TLS, or that to the broker, was broken off";
    case journal::Refused::upstream_tls:
      return "the TLS handshake with its broker failed";
    case journal::Refused::upstream_certificate:
      return "the certificate of its broker is not accepted";
    case journal::Refused::connect_too_large:
      return "its CONNECT is of more than 256 KiB";
    case journal::Refused::connect_half:
      return "it left in the middle of what it began with";
    case journal::Refused::connect_late:
      return "what it began with was not whole in time";
    case journal::Refused::connect_none:
      return "it said nothing in time";
    case journal::Refused::descriptors:
      break;
  }
  return "no file descriptor was left";
}

}  // namespace

ProxyAudience::ProxyAudience(RunAudience& judge, const live::ProxyRun& run,
                             const scenario::Scenario& judged, Reloader& reloader,
                             bool ends_with_terminal)
    : judge_{judge},
      run_{run},
      judged_{judged},
      reloader_{reloader},
      ends_with_terminal_{ends_with_terminal} {
  for (const auto& front : run.fronts()) {
    if (!front.unreachable.empty()) told_of_.insert(front.upstream);
  }
}

// Once of ourselves, and once of each broker: it is not to blame for what we lack.
void ProxyAudience::tell_dial_errors(const journal::LoopCounters& counters) {
  if (counters.links.shortages > 0 && !std::exchange(is_shortage_told_, true)) {
    complain(
        fmt::format("a device was turned away, as will be others: this process may have no "
                    "more than {} file descriptors, two for each link; raise `ulimit -n`",
                    descriptors_max()));
  }
  for (std::size_t i = 0; i < counters.fronts.size(); ++i) {
    if (counters.fronts[i].dial_errors == 0) continue;
    const std::string& broker = run_.fronts()[i].upstream;
    if (!told_of_.insert(broker).second) continue;
    complain(
        fmt::format("the broker {} did not take a connection: the device got RST, as will others "
                    "until it does",
                    broker));
  }
}

// Once of each listener and reason.
void ProxyAudience::tell_refusals(const journal::LoopCounters& counters) {
  for (std::size_t i = 0; i < counters.fronts.size(); ++i) {
    for (std::size_t reason = 0; reason < journal::kRefusedCount; ++reason) {
      const auto why = static_cast<journal::Refused>(reason);
      // That is said of all listeners together, with what to do about it.
      if (why == journal::Refused::descriptors) continue;
      if (counters.fronts[i].refused[reason] == 0 || !told_why_.emplace(i, why).second) continue;
      const std::string detail = run_.first_refusal(static_cast<std::uint16_t>(i), why);
      complain(fmt::format("a connection to {} was closed, as will be others: {}{}",
                           run_.fronts()[i].listen, sentence_of(why),
                           detail.empty() ? "" : " (" + detail + ")"));
    }
  }
}

bool ProxyAudience::takes_hangup() {
  if (ends_with_terminal_ && !has_terminal()) return false;
  reloader_.reload([](const Reloader::Outcome&) {});
  return true;
}

void ProxyAudience::tick(Instant now, const journal::LoopCounters& counters) {
  judge_.tick(now, counters);
  tell_dial_errors(counters);
  tell_refusals(counters);
  tell(reloader_.take_news());
  tell_full_groups();
  tell_drain(counters);
}

// Once, so that nobody takes the wait for a fault of ours.
void ProxyAudience::tell_drain(const journal::LoopCounters& counters) {
  if (!is_ending_ || !drain_ || counters.links.open_links == 0) return;
  tell(fmt::format("proxy: ending: {}, up to {}; once more to end now\n",
                   counted(counters.links.open_links, "link", "links"), to_text(*drain_)));
  drain_.reset();
}

// Once of each.
void ProxyAudience::tell_full_groups() {
  for (std::size_t i = 0; i < judged_.fleet.size(); ++i) {
    const GroupId group{static_cast<std::uint16_t>(i)};
    if (run_.untracked(group) == 0 || !told_full_.insert(group).second) continue;
    const bool is_one_of_many = judged_.fleet.size() > 1;
    complain(fmt::format(
        "more than {} ClientIDs{} since the proxy began: further ones pass, but no fault hits them "
        "and nothing of them is judged, until it is begun anew",
        judged_.fleet[i].count,
        is_one_of_many ? fmt::format(" of the group {}", judged_.fleet[i].name) : ""));
  }
}

}  // namespace probate::cli
