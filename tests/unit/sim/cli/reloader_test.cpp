#include "sim/cli/reloader.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/certificates.hpp"
#include "tests/support/controlled.hpp"

namespace probate::cli {
namespace {

using testing::HasSubstr;

constexpr const char* kCut = R"(version: 1
name: cut
faults:
  - {name: cut, at: proxy + 1h, do: drop}
)";

// A proxy that began with a scenario in a file of its own.
struct ReloadWorld {
  explicit ReloadWorld(const std::string& text, std::vector<std::string> flags = {}) {
    std::string pattern = std::filesystem::temp_directory_path() / "probate-reload-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    path = folder / "cut.yaml";
    write(text);
    std::vector<std::string> words{"--listen", "0", "--upstream", "b", "--color", "never"};
    if (!text.empty()) words.insert(words.end(), {"--scenario", path});
    words.insert(words.end(), flags.begin(), flags.end());
    auto parsed = parse_proxy_options(words);
    EXPECT_TRUE(parsed.has_value());
    if (parsed) command = std::move(*parsed);
    journal::Recipe recipe;
    auto loaded = load_proxy_scenario(command, recipe);
    EXPECT_TRUE(loaded.has_value());
    if (loaded) running = std::move(*loaded);
    reloader.emplace(command, running,
                     [this](const std::function<void(live::Controlled&)>& task) { task(fake); });
  }
  ~ReloadWorld() { std::filesystem::remove_all(folder); }
  ReloadWorld(const ReloadWorld&) = delete;
  ReloadWorld& operator=(const ReloadWorld&) = delete;

  void write(const std::string& text) const { std::ofstream{path} << text; }
  Reloader::Outcome reload() {
    std::optional<Reloader::Outcome> got;
    reloader->reload([&got](const Reloader::Outcome& outcome) { got = outcome; });
    EXPECT_TRUE(got.has_value());
    return got ? *got : Reloader::Outcome{Failure{Reloader::Trouble{}}};
  }
  // Why nothing has changed.
  std::string trouble() {
    const auto outcome = reload();
    EXPECT_FALSE(outcome.has_value());
    EXPECT_TRUE(fake.reloads.empty()) << "the proxy was told nothing";
    return outcome ? "" : outcome.error().what.sentence;
  }

  std::filesystem::path folder;
  std::string path;
  ProxyCommand command;
  scenario::Scenario running;
  test::FakeProxy fake;
  std::optional<Reloader> reloader;
};

TEST(Reloader, gives_the_proxy_the_faults_of_the_file_and_says_what_changed) {
  ReloadWorld world{kCut};
  world.fake.change.faults = {.kept = 1, .added = {"late"}};
  world.write(std::string{kCut} + "  - {name: late, at: proxy + 0s, do: refuse}\n");
  const auto outcome = world.reload();
  ASSERT_TRUE(outcome.has_value());
  ASSERT_EQ(world.fake.reloads.size(), 1u);
  const auto& next = world.fake.reloads[0].scenario;
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(next->scenario.faults.size(), 2u);
  EXPECT_EQ(world.reloader->take_news(),
            "proxy: read again: " + world.path + ": 1 fault as before, new: late\n");
  EXPECT_EQ(world.reloader->take_news(), "") << "said once";
}

TEST(Reloader, shows_every_mistake_of_a_broken_file_and_changes_nothing) {
  ReloadWorld world{kCut};
  world.write("version: 1\nfaults:\n  - {name: x, at: nowhere + 1s, do: dropp}\n");
  const auto outcome = world.reload();
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().what.mistakes.size(), 2u);
  EXPECT_TRUE(world.fake.reloads.empty());
  const std::string said = world.reloader->take_news();
  EXPECT_THAT(said, HasSubstr("cut.yaml:3:"));
  EXPECT_THAT(said, HasSubstr("probate: nothing has changed: " + world.path + " has 2 mistakes\n"));
}

TEST(Reloader, refuses_what_only_another_start_can_change) {
  ReloadWorld world{kCut};
  world.write(std::string{kCut} + "phases: [{name: proxy, for: 5h}]\n");
  EXPECT_THAT(world.trouble(), HasSubstr("`phases` is not what it was"));
  world.write(std::string{kCut} + "seed: 9\n");
  EXPECT_THAT(world.trouble(), HasSubstr("`seed` is not what it was"));
  world.write(std::string{kCut} + "gate: [{name: none, expect: wills_missing == 0}]\n");
  EXPECT_THAT(world.trouble(), HasSubstr("need --observe"));
}

TEST(Reloader, says_so_where_there_is_nothing_to_be_read_again) {
  ReloadWorld none{""};
  EXPECT_THAT(none.trouble(), HasSubstr("no --scenario and no TLS files"));
  ReloadWorld world{kCut};
  std::filesystem::remove(world.path);
  EXPECT_FALSE(world.reload().has_value());
  ASSERT_EQ(::mkfifo(world.path.c_str(), 0600), 0);
  EXPECT_THAT(world.trouble(), HasSubstr("no regular file")) << "it would wait for ever";
}

TEST(Reloader, reads_tls_files_again_or_keeps_the_old_ones) {
  const test::Certificates files;
  ReloadWorld world{"", {"--tls-cert", files.pem("server"), "--tls-key", files.key("server")}};
  world.fake.change.certificates = 1;
  ASSERT_TRUE(world.reload().has_value());
  ASSERT_EQ(world.fake.reloads.size(), 1u);
  EXPECT_EQ(world.fake.reloads[0].scenario, nullptr);
  ASSERT_EQ(world.fake.reloads[0].tls.size(), 1u);
  EXPECT_NE(world.fake.reloads[0].tls[0].in, nullptr);
  EXPECT_EQ(world.reloader->take_news(), "proxy: read again: TLS files of 1 listener\n");
  world.fake.reloads.clear();
  std::ofstream{files.pem("server")} << "no certificate";
  EXPECT_THAT(world.trouble(), HasSubstr("server.pem"));
}

TEST(Reloader, tells_what_the_proxy_does_not_take) {
  ReloadWorld world{kCut};
  world.fake.refusal = live::Refusal{live::Refusal::Why::draining, "it is ending"};
  const auto outcome = world.reload();
  ASSERT_FALSE(outcome.has_value());
  EXPECT_TRUE(outcome.error().is_for_now);
  EXPECT_EQ(world.reloader->take_news(), "probate: nothing has changed: it is ending\n");
}

}  // namespace
}  // namespace probate::cli
