// The broker's own end: found gone, or ended by a fault that starts it again.
#include <algorithm>

#include "core/analysis/judge_impl.hpp"
#include "core/analysis/windows.hpp"

namespace probate::analysis {

namespace {

// A broker that goes down closes its connections within this time before it is found gone.
constexpr Duration kLastWords = 5s;

}  // namespace

void Judge::Impl::handle(Instant at, const journal::BrokerStopped& record) {
  if (judged_until_) return;
  restart_ = Restart{at, record.how, tally_.known(record.fault).value_or(kNoFault), true, {}};
  connections_.front().note_loss(at);
  rule_held_back(at, record.how);
  if (record.how == journal::BrokerEnd::shutdown) expect_last_words(at);
}

void Judge::Impl::handle(Instant at, const journal::BrokerStarted&) {
  if (judged_until_ || !restart_) return;
  bury_dead_connections(at);
  restart_->is_down = false;
  ledger_.handle_broker_started(at);
}

// Whatever hid their close from the journal, the broker that held them is gone.
void Judge::Impl::bury_dead_connections(Instant at) {
  for (Slot slot = 0; slot < connections_.slots(); ++slot) {
    const Connection& c = connections_[slot];
    const bool is_dead =
        connections_.find(c.id) == slot && c.is_open() && c.forwarded < restart_->stopped;
    if (!is_dead) continue;
    if (c.is_accepted() && !c.is_ruled_for_good) {
      ledger_.rule(slot, ruling_of_brokers_close(c, at, journal::CloseHow::fin));
    }
    end(slot, restart_->stopped, EndCause::broker_close);
    if (c.answer == Answer::none) take_nothing_over(slot);
    forget_unanswered(slot);
    give_up(slot, at);
  }
}

void Judge::Impl::rule_broker_ended(Instant at, journal::BrokerEnd how) {
  if (how == journal::BrokerEnd::unknown) return;
  for (Slot slot = 0; slot < connections_.slots(); ++slot) {
    const Connection& c = connections_[slot];
    const bool is_victim = c.ruling() && c.ruling()->cause == EndCause::broker_close &&
                           c.is_accepted() && c.broker_leg_closed &&
                           at - c.broker_leg_closed_at() <= kLastWords;
    if (!is_victim) continue;
    ledger_.rule(slot, oracle_.broker_ended(c.session(), how, c.broker_leg_closed_at()));
  }
}

// Wills may come before the close that they go with.
void Judge::Impl::expect_last_words(Instant at) {
  for (Slot slot = 0; slot < connections_.slots(); ++slot) {
    const Connection& c = connections_[slot];
    if (!c.is_accepted() || !c.is_open() || c.is_ruled_for_good) continue;
    if (c.ruling() && is_overdue(*c.ruling(), at, rules_.allowance)) continue;
    Ruling ruling = oracle_.broker_ended(c.session(), journal::BrokerEnd::shutdown, at);
    if (ruling.never_due) continue;
    ruling.ends = saturating_add(ruling.ends, kLastWords);
    if (restart_->fault != kNoFault) connections_[slot].fault = restart_->fault;
    ledger_.rule(slot, ruling);
  }
}

void Judge::Impl::rule_held_back(Instant at, journal::BrokerEnd how) {
  if (oracle_.keeps_delayed_wills(how)) return;  // handle_broker_started() puts them off
  for (Slot slot = 0; slot < connections_.slots(); ++slot) {
    const Connection& c = connections_[slot];
    const bool is_held = c.ruling() && c.ruling()->delayed && c.ruling()->duty != Duty::forbidden &&
                         c.broker_leg_closed && !c.settled() && !c.expired && c.ruling()->ends > at;
    if (!is_held) continue;
    Ruling ruling = oracle_.broker_ended(c.session(), how, at);
    // Published when it was due, or not at all: a broker that goes on waiting has it as it was.
    if (ruling.delayed) continue;
    ruling.cause = c.ruling()->cause;
    // Its time may have come just before, too.
    ruling.last_word = ruling.last_word && c.ruling()->begins > at;
    ruling.begins = std::min(ruling.begins, c.ruling()->begins);
    if (c.ruling()->duty != Duty::required && ruling.duty == Duty::required) {
      ruling.duty = c.ruling()->duty;
      ruling.if_none = c.ruling()->if_none;
    }
    ledger_.rule(slot, ruling);
  }
}

}  // namespace probate::analysis
