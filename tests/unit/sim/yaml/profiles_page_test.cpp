// docs/brokers.md shows the built-in profiles side by side; it is held to the files.
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/yaml/presets.hpp"
#include "sim/yaml/profiles.hpp"

namespace probate::yaml {
namespace {

constexpr const char* kPage = PROBATE_SOURCE_DIR "/docs/brokers.md";
constexpr std::string_view kBegin = "<!-- table of the built-in profiles: written by a test -->\n";
constexpr std::string_view kTableEnd = "<!-- end of the table -->\n";

std::string content(const char* path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// The marks of those values, each once: "m c".
std::string marks(const broker::Profile& profile, std::initializer_list<std::string_view> keys) {
  std::array<bool, broker::kEvidenceCount> found{};
  for (const auto& [key, evidence] : profile.evidence) {
    for (const std::string_view wanted : keys) {
      if (key == wanted) found[static_cast<std::size_t>(evidence)] = true;
    }
  }
  std::string text;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) continue;
    const auto evidence = static_cast<broker::Evidence>(i);
    const bool known = evidence != broker::Evidence::unverified;
    text += fmt::format("{}{}", text.empty() ? "" : " ", known ? to_text(evidence)[0] : '?');
  }
  return fmt::format("<sub>{}</sub>", text);
}

std::string window(const broker::KeepAliveWindow& of, Duration keep_alive) {
  const double low = to_seconds(of.lowest(keep_alive));
  const double high = to_seconds(of.highest(keep_alive));
  return low == high ? fmt::format("{:g}", low) : fmt::format("{:g}…{:g}", low, high);
}

const char* mark_of(bool publishes) { return publishes ? "1" : "0"; }

std::string row(const broker::Profile& p) {
  const broker::TakeoverRule& t = p.takeover;
  std::string deletes;
  const auto add = [&deletes](bool does, const char* what) {
    if (does) deletes += fmt::format("{}{}", deletes.empty() ? "" : ", ", what);
  };
  add(p.will_reason_deletes_will, "DISCONNECT 0x04");
  add(p.error_reason_deletes_will, "DISCONNECT ≥ 0x80");
  add(p.malformed_deletes_will, "malformed packet");
  add(p.second_connect_deletes_will, "second CONNECT");
  add(p.crash_loses_wills, "crash");
  return fmt::format(
      "| `{}` | {} {} | {} {} | {}{}{}{} {} | {}{} {} | {} {} | {} {} | {} {} | {} {} |\n", p.name,
      window(p.keep_alive, 10s),
      marks(p, {"keep_alive.rule", "keep_alive.scan", "keep_alive.factor_low"}),
      window(p.keep_alive, 60s), p.keep_alive.counts_bytes ? "bytes" : "",
      mark_of(t.clean_to_clean), mark_of(t.clean_to_kept), mark_of(t.kept_to_clean),
      mark_of(t.kept_to_kept), marks(p, {"takeover.clean_to_clean", "takeover.kept_to_kept"}),
      mark_of(t.v5_kept_to_kept), mark_of(t.v5_expired_to_any),
      marks(p, {"takeover.v5_kept_to_kept"}), to_text(t.reading), marks(p, {"takeover.reading"}),
      p.will_before_connack ? "will first" : "any", marks(p, {"will_before_connack"}),
      deletes.empty() ? "–" : deletes,
      marks(p, {"error_reason_deletes_will", "second_connect_deletes_will",
                "malformed_deletes_will", "crash_loses_wills"}),
      to_text(p.will_acl), marks(p, {"will_acl"}));
}

std::string table() {
  std::string text =
      "| profile | K = 10 s | K = 60 s | takeover | takeover, 5.0 | reading | order | no will "
      "after "
      "| ACL |\n|---|---|---|---|---|---|---|---|---|\n";
  for (const std::string_view name : profile_names()) {
    const auto profile = load_profile(std::string{name});
    EXPECT_TRUE(profile) << name;
    if (profile) text += row(*profile);
  }
  return text;
}

// UPDATE_GOLDEN=1 writes the table anew.
TEST(BrokersPage, shows_the_built_in_profiles_as_they_are) {
  std::string page = content(kPage);
  const std::size_t begin = page.find(kBegin) + kBegin.size();
  const std::size_t end = page.find(kTableEnd);
  ASSERT_LE(begin, end);
  ASSERT_NE(end, std::string::npos);
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    page.replace(begin, end - begin, table());
    std::ofstream{kPage, std::ios::binary} << page;
    return;
  }
  EXPECT_EQ(page.substr(begin, end - begin), table()) << "UPDATE_GOLDEN=1 with this test";
}

}  // namespace
}  // namespace probate::yaml
