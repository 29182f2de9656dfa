// Any line: parsed without a fault, and what was accepted comes back from its own writing.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/check.hpp"
#include "core/journal/ndjson.hpp"
#include "core/journal/text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace probate::journal;
  const std::string_view line{reinterpret_cast<const char*>(data), size};
  if (const auto record = parse_record(line)) {
    std::string again;
    append_ndjson(*record, again);
    CHECK(parse_record(again).value() == *record);
    CHECK(!to_text(*record).empty());
  } else {
    CHECK(record.error().offset <= size);
    CHECK(!record.error().message.empty());
  }
  if (const auto header = parse_header(line)) {
    std::string again;
    append_ndjson(*header, again);
    CHECK(parse_header(again).value() == *header);
  }
  return 0;
}
