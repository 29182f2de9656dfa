#include "core/analysis/totals.hpp"

namespace probate::analysis {

const char* to_text(WillClass will_class) {
  switch (will_class) {
    case WillClass::in_time:
      return "true";
    case WillClass::early:
      return "early";
    case WillClass::late:
      return "late";
    case WillClass::missing:
      return "missing";
    case WillClass::censored:
      return "censored";
    case WillClass::duplicate:
      return "duplicate";
    case WillClass::spurious:
      return "spurious";
    case WillClass::wrong_epoch:
      return "wrong_epoch";
    case WillClass::unattributed:
      return "unattributed";
  }
  return "";
}

const char* to_text(MissingCause cause) {
  switch (cause) {
    case MissingCause::broker:
      return "broker";
    case MissingCause::observer_loss:
      return "observer_loss";
    case MissingCause::topic_mismatch:
      return "topic_mismatch";
    case MissingCause::broker_no_will:
      return "broker_no_will";
    case MissingCause::broker_crash:
      return "broker_crash";
    case MissingCause::acl:
      return "acl";
  }
  return "";
}

const char* to_text(CensoredCause cause) {
  switch (cause) {
    case CensoredCause::not_due:
      return "not_due";
    case CensoredCause::never_due:
      return "never_due";
    case CensoredCause::voided:
      return "voided";
    case CensoredCause::broker_restart:
      return "broker_restart";
  }
  return "";
}

const char* to_text(NoWill reason) {
  switch (reason) {
    case NoWill::not_announced:
      return "not_announced";
    case NoWill::never_accepted:
      return "never_accepted";
    case NoWill::graceful:
      return "graceful";
    case NoWill::cancelled_by_resume:
      return "cancelled_by_resume";
    case NoWill::takeover:
      return "takeover";
    case NoWill::error_reason:
      return "error_reason";
    case NoWill::protocol_error:
      return "protocol_error";
    case NoWill::broker_down:
      return "broker_down";
    case NoWill::permitted:
      return "permitted";
    case NoWill::not_due:
      return "not_due";
    case NoWill::never_due:
      return "never_due";
    case NoWill::voided:
      return "voided";
    case NoWill::missing:
      return "missing";
  }
  return "";
}

const char* to_text(DuplicateCause cause) {
  switch (cause) {
    case DuplicateCause::dup_flag:
      return "dup_flag";
    case DuplicateCause::overlap:
      return "overlap";
    case DuplicateCause::republish:
      return "republish";
  }
  return "";
}

const char* to_text(EndCause cause) {
  switch (cause) {
    case EndCause::none:
      return "none";
    case EndCause::disconnect:
      return "disconnect";
    case EndCause::device_fin:
      return "device_fin";
    case EndCause::device_rst:
      return "device_rst";
    case EndCause::proxy_cut:
      return "proxy_cut";
    case EndCause::silence:
      return "silence";
    case EndCause::takeover:
      return "takeover";
    case EndCause::broker_close:
      return "broker_close";
  }
  return "";
}

std::uint64_t WillTotals::filled() const {
  return (*this)[WillClass::in_time] + (*this)[WillClass::early] + (*this)[WillClass::late];
}

namespace {

template <std::size_t kSize>
void add(std::array<std::uint64_t, kSize>& to, const std::array<std::uint64_t, kSize>& from) {
  for (std::size_t i = 0; i < kSize; ++i) to[i] += from[i];
}

}  // namespace

void WillTotals::merge(const WillTotals& other) {
  expected += other.expected;
  observed += other.observed;
  add(by_class, other.by_class);
  open += other.open;
  undecided += other.undecided;
  add(missing, other.missing);
  add(censored, other.censored);
  add(no_will, other.no_will);
  add(duplicates, other.duplicates);
  add(filled_by_cause, other.filled_by_cause);
  takeover += other.takeover;
  ghost += other.ghost;
  ambiguous += other.ambiguous;
  delay.merge(other.delay);
  lateness.merge(other.lateness);
}

// Those foregone are counted with 0, as the lowest.
std::uint64_t outages_told(const PresenceTotals& totals) {
  return totals.detection.count() - std::min(totals.detection.count(), totals.outages_foregone);
}

Duration detection_percentile(const PresenceTotals& totals, double p) {
  const auto all = static_cast<double>(totals.detection.count());
  const auto told = static_cast<double>(outages_told(totals));
  return totals.detection.percentile((all - told + p * told) / all);
}

}  // namespace probate::analysis
