#include "core/analysis/explain.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace probate::analysis {

namespace {

constexpr const char* kArrow = " \xE2\x86\x92 ";
constexpr const char* kEllipsis = " \xE2\x80\xA6 ";

std::string in_brackets(const std::string& fault) {
  return fault.empty() ? "" : " (" + fault + ")";
}

// "silent from", "reset at", …: how an end reads in front of its time.
const char* phrase(EndCause cause) {
  switch (cause) {
    case EndCause::none:
      return "left behind at";
    case EndCause::disconnect:
      return "DISCONNECT at";
    case EndCause::device_fin:
      return "closed by the device at";
    case EndCause::device_rst:
      return "reset by the device at";
    case EndCause::proxy_cut:
      return "cut at";
    case EndCause::silence:
      return "silent from";
    case EndCause::takeover:
      return "taken over at";
    case EndCause::broker_close:
      return "closed by the broker at";
  }
  return "";
}

const char* adjective(EndCause cause) {
  switch (cause) {
    case EndCause::none:
    case EndCause::disconnect:
      return "";
    case EndCause::device_fin:
    case EndCause::device_rst:
    case EndCause::proxy_cut:
    case EndCause::broker_close:
      return "close ";
    case EndCause::silence:
      return "keep-alive ";
    case EndCause::takeover:
      return "takeover ";
  }
  return "";
}

std::string who(const WillEntry& entry) {
  const std::string name = entry.client_id.empty() ? "?" : entry.client_id;
  return fmt::format("{}{}{}", name, entry.epoch == 0 ? "" : fmt::format("#{}", entry.epoch),
                     entry.twin ? " (twin)" : "");
}

}  // namespace

std::string moment(Instant at) { return fmt::format("{:+.1f} s", to_seconds(at)); }

std::string span(Duration duration) {
  if (duration < 1ms) return "less than 1 ms";
  if (duration < 50ms) {
    return fmt::format("{} ms",
                       std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
  }
  return fmt::format("{:.1f} s", to_seconds(duration));
}

std::string explain_will(const WillEntry& entry, const std::string& fault, const char* reason) {
  std::string line = who(entry) + ": ";
  if (entry.goodbye_swallowed) line += fmt::format("its DISCONNECT swallowed{}", kArrow);
  if (entry.ended_at) {
    line +=
        fmt::format("{} {}{}", phrase(entry.ended_by), moment(*entry.ended_at), in_brackets(fault));
  } else {
    line += "still connected";
  }
  if (entry.window_begins) {
    line += fmt::format("{}will due {}", kArrow, moment(*entry.window_begins));
    if (*entry.window_ends > *entry.window_begins) {
      line += fmt::format("{}{}", kEllipsis, moment(*entry.window_ends));
    }
  }
  line += kArrow;
  line += entry.observed_at ? fmt::format("seen at {}", moment(*entry.observed_at)) : "none seen";
  line += fmt::format(": {}", to_text(entry.will_class));
  if (!entry.why.empty()) line += fmt::format(" ({})", entry.why);
  if (*reason != '\0') line += fmt::format(". {}", reason);
  return line;
}

std::string explain_stranger(const WillEntry& entry) {
  return fmt::format("{}: a will on {} seen at {} that no connection announced: {}", who(entry),
                     entry.topic, moment(*entry.observed_at), to_text(entry.will_class));
}

std::string explain_mismatch(const std::string& topic, const std::vector<std::string>& filters) {
  std::string line = fmt::format(" Will topic \"{}\"; the back end subscribes to", topic);
  if (filters.empty()) return line + " nothing.";
  const char* separator = " ";
  for (const std::string& filter : filters) {
    line += fmt::format("{}\"{}\"", separator, filter);
    separator = ", ";
  }
  return line + ".";
}

std::string explain_not_due(Duration left) {
  return fmt::format(" NOT_DUE: {} left.", span(std::max(left, Duration{})));
}

void blame_acl_for(WillEntry& entry) {
  const std::string was = fmt::format("({})", entry.why);
  entry.why = to_text(MissingCause::acl);
  const std::size_t at = entry.line.find(was);
  if (at != std::string::npos) {
    entry.line.replace(at, was.size(), fmt::format("({})", entry.why));
  }
  entry.line += fmt::format(
      " Nothing was ever seen on \"{}\" while wills on other topics came: the broker's ACL.",
      entry.topic);
}

std::string explain_false_offline(const FalseOfflineFacts& facts) {
  std::string line = facts.client_id + ": ";
  if (facts.down_at) {
    line += fmt::format("{} {}{}", phrase(facts.down_cause), moment(*facts.down_at),
                        in_brackets(facts.fault));
    if (facts.up_at) {
      line += fmt::format("{}back at {}, {} ClientID", kArrow, moment(*facts.up_at),
                          facts.same_client_id ? "same" : "new");
    }
  } else if (facts.up_at) {
    line += fmt::format("up since {}", moment(*facts.up_at));
  }
  if (facts.will_at) {
    line += fmt::format("{}{}{}will at {}", kArrow, facts.will_ghost ? "ghost " : "",
                        adjective(facts.will_cause), moment(*facts.will_at));
    if (*facts.will_at != facts.began_at) {
      line += fmt::format("{}believed at {}", kArrow, moment(facts.began_at));
    }
  }
  if (facts.last_heard_at) {
    line += fmt::format("{}last heard at {}{}suspected at {}", kArrow, moment(*facts.last_heard_at),
                        kArrow, moment(facts.began_at));
  }
  if (facts.broker_event_at) {
    line += fmt::format("{}broker says disconnected at {}", kArrow, moment(*facts.broker_event_at));
  }
  if (facts.ended_at && *facts.ended_by != '\0') {
    line += fmt::format("{}{} at {}", kArrow, facts.ended_by, moment(*facts.ended_at));
  }
  line += fmt::format(": {} believed OFF for {}", facts.policy, span(facts.duration));
  if (!facts.ended_at) line += ", and still did when judging stopped";
  return line;
}

}  // namespace probate::analysis
