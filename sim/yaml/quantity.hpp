// Numbers with a unit, as a scenario writes them: 90s, 2m30s, 250ms, 20/s, 2/h, 10%.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/scenario/errors.hpp"

namespace probate::yaml {

struct QuantityError {
  scenario::ErrorCode code{};
  std::string message;
  std::size_t offset = 0;  // into the text
};

// Units h, m, s, ms, us, ns, each at most once, from large to small; a single one may have a
// fraction (1.5s). Exact to the nanosecond.
// Limits: kDurationMax, which is the longest session expiry MQTT can say.
inline constexpr Duration kDurationMax = std::chrono::seconds{4'294'967'295};
Result<Duration, QuantityError> parse_duration(std::string_view text);

// "10%" is 0.1, "99.5%" is 0.995. Not limited to 100 %.
Result<double, QuantityError> parse_share(std::string_view text);

// Per second; "6/h" is 6/3600, "20/s" is 20, "2/m" is 2/60.
Result<double, QuantityError> parse_rate(std::string_view text);

// "64KiB" is 65536; units B, KiB, MiB, GiB. Whole bytes.
Result<std::uint64_t, QuantityError> parse_bytes(std::string_view text);

// Bytes per second: "64KiB/s" is 65536.
Result<std::uint64_t, QuantityError> parse_byte_rate(std::string_view text);

// Decimal digits only; no sign, no leading zero.
Result<std::uint64_t, QuantityError> parse_whole(std::string_view text);

}  // namespace probate::yaml
