// Rules that need more than the end of a run: with `for`, with `abort`, or over the last seconds.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/gate/figures.hpp"
#include "core/analysis/judge.hpp"

namespace probate::analysis::gate {

// A violation that lasted.
struct Stretch {
  Instant from{};
  Instant until{};
  Value value;  // at `until`
  Comparison comparison;
};

// What was found about one rule, for one value of its `per`, while the run went on.
struct Finding {
  std::size_t rule = 0;  // index into Scenario::gate
  std::string bound;     // the value of `per`
  // The first violation as long as `for`; with `abort` alone, the first that nothing can undo.
  std::optional<Stretch> lasting;
  bool ended_the_run = false;
  // Of `over: last …`: the figures where the window begins; nothing: with the run.
  std::optional<Figures> before_window;
};
using Findings = std::vector<Finding>;

// Feeds a judge with a journal and looks at such rules at every whole second of judged time, before
// the records of that instant. Without such rules it only feeds.
//
// A look violates a rule if it has data, enough samples, and the expectation does not hold.
// `for: D`: the rule is violated by violating looks one after the other that span D, and, as every
// rule, by the figures at the end. `abort: true`: the first rule found violated that way ends the
// run; without `for` it must be one that nothing can undo. Nothing is ended while a guard makes the
// rule's figures worthless.
//
// Threads:      one owner.
// Determinism:  same records, same findings.
// Limits:       kMarksMax states of figures per rule and value of `per`, so a window begins up to a
//               sixtieth of its length, or a second, too early.
class Watch {
 public:
  static constexpr Duration kInterval = 1s;
  static constexpr std::int64_t kMarksMax = 60;
  // Between two records at most so much is looked at, second by second.
  static constexpr Duration kLookBackMax = 24h;

  // Lifetime: both outlive it. Requires: check(scenario) is empty.
  Watch(const scenario::Scenario& scenario, Judge& judge);
  ~Watch();

  void add(const journal::Record& record);
  void advance(Instant watermark);
  // The rule that ends the run: "abort rule X"; "" if none does.
  const std::string& ending() const { return ending_; }
  // After the last record, before or after Judge::finish(): judging stopped at `judged_until`.
  Findings findings(Instant judged_until) const;

 private:
  struct Mark {
    Instant at{};
    Figures figures;
  };
  struct Watched {
    Scope scope;
    Finding finding;
    std::optional<Instant> violated_since;
    std::deque<Mark> marks;
  };
  struct WatchedRule {
    Rule rule;
    const scenario::GateRuleSpec* spec = nullptr;
    std::vector<Watched> values;
  };

  void look_until(Instant now);
  void look(Instant at);
  void look_at(const WatchedRule& rule, Watched& watched, Instant at);
  const Figures* window_start(const WatchedRule& rule, const Watched& watched, Instant end) const;

  const scenario::Scenario& scenario_;
  Judge& judge_;
  std::vector<WatchedRule> rules_;
  Instant next_{kInterval};
  bool stopped_ = false;
  std::string ending_;
};

}  // namespace probate::analysis::gate
