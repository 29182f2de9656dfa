// How many journal records the judge reads per second: reconnecting devices, wills, births,
// reports.
#include <vector>

#include <benchmark/benchmark.h>

#include "core/analysis/judge.hpp"
#include "tests/support/journal_script.hpp"

namespace probate::analysis {
namespace {

using journal::Party;
using test::JournalScript;
using test::Link;

constexpr std::uint32_t kDevices = 2'000;

// Each device comes, reports, is cut, is willed and comes again.
JournalScript busy_fleet(int rounds, int reports) {
  JournalScript script{test::fleet_of(kDevices)};
  for (std::uint32_t device = 0; device < kDevices; ++device) {
    const double offset = device * 0.004;
    for (int round = 0; round < rounds; ++round) {
      const double second = 10.0 * round + offset;
      const Link link =
          script.connects(second, {.device = device, .epoch = static_cast<Epoch>(round + 1)});
      script.birth(second + 0.1, link);
      for (int report = 0; report < reports; ++report) {
        script.message(second + 0.2 + 0.1 * report, link);
      }
      script.ends(second + 8, link, Party::proxy);
      script.will(second + 8.002, link);
    }
  }
  return script;
}

void judge_records(benchmark::State& state) {
  const JournalScript script = busy_fleet(20, static_cast<int>(state.range(0)));
  const std::vector<journal::Record> records = script.records();
  for (auto _ : state) {
    Judge judge{script.scenario(), script.profile()};
    Instant told{};
    for (const journal::Record& record : records) {
      judge.add(record);
      // As the live engine does: a watermark every 10 ms.
      if (record.at - told < 10ms) continue;
      told = record.at;
      judge.advance(told);
    }
    benchmark::DoNotOptimize(judge.totals().events);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records.size()));
}
BENCHMARK(judge_records)->ArgName("reports")->Arg(0)->Arg(20)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace probate::analysis
