// Any file: its lines are read, and what can be read is judged, as a journal of ours and as a
// foreign log. Whatever the records say, no CHECK fires.
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/analysis/foreign.hpp"
#include "core/analysis/judge.hpp"
#include "core/base/check.hpp"
#include "core/journal/continuity.hpp"
#include "core/journal/ndjson.hpp"
#include "tests/support/journal_script.hpp"

namespace {

using namespace probate;

constexpr std::size_t kRecordsMax = 2'000;  // more only cost time

std::vector<journal::Record> records_of(std::string_view text) {
  std::vector<journal::Record> records;
  while (!text.empty() && records.size() < kRecordsMax) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (auto record = journal::parse_record(line)) records.push_back(*std::move(record));
  }
  return records;
}

void judge(const std::vector<journal::Record>& records, std::uint32_t devices) {
  analysis::Judge judge{test::fleet_of(devices), test::mosquitto_2_0_11()};
  journal::Continuity continuity;
  Instant last{};
  std::uint64_t line = 1;
  for (const journal::Record& record : records) {
    judge.add(record);
    judge.advance(record.at);
    continuity.add(record, ++line);
    last = record.at;
  }
  const analysis::Outcome outcome = judge.finish(last);
  CHECK(outcome.judged_until.has_value());
  for (const std::string& doubt : continuity.doubts()) CHECK(!doubt.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto records = records_of({reinterpret_cast<const char*>(data), size});
  judge(records, 4);
  analysis::ForeignLog log;
  for (const journal::Record& record : records) log.survey(record);
  for (journal::Record& record : records) log.place(record);
  judge(records, static_cast<std::uint32_t>(log.device_count()));
  return 0;
}
