// conformance model|other|live|record SCRIPT…: holds the broker model to what mosquitto did.
//
//   model   plays each script on the model and compares with what is recorded beside it
//   other   the same with the profile of the specification: what mosquitto does otherwise
//   live    plays them on mosquitto, all at once, and compares
//   record  plays them on mosquitto and writes what came of it: SCRIPT.expected
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/yaml/profiles.hpp"
#include "tests/conformance/arms.hpp"

namespace probate::conformance {
namespace {

constexpr const char* kProfile = "mosquitto-2.0.11";
constexpr const char* kSpecification = "spec-5.0";
constexpr const char* kRecordedFrom = "mosquitto version 2.0.11";
// What a loaded machine may add to what mosquitto does.
constexpr Duration kLateness = 700ms;
// Where the broker's timers may stand when a script begins.
constexpr std::array<Duration, 5> kPhases{0ms, 700ms, 2300ms, 4100ms, 5900ms};

// One script with one version of MQTT.
struct Play {
  std::string path;
  Script script;
  mqtt::Version version{};
  Transcript transcript;
};

std::string heading(mqtt::Version version) {
  return fmt::format("== MQTT {}", mqtt::to_text(version));
}
std::string expected_path(const std::string& script_path) {
  return std::filesystem::path{script_path}.replace_extension(".expected").string();
}

// The recorded part of that version.
Transcript recorded(const Play& play) {
  std::ifstream file{expected_path(play.path)};
  if (!file) {
    give_up(fmt::format("{} is missing; ./dev conformance --record", expected_path(play.path)));
  }
  std::string text;
  bool mine = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#") || line.empty()) continue;
    if (line.starts_with("== ")) {
      mine = line == heading(play.version);
    } else if (mine) {
      text += line + "\n";
    }
  }
  return parse_transcript(text);
}

void record(const std::vector<Play>& plays) {
  for (const Play& play : plays) {
    const bool first = play.version == play.script.versions.front();
    std::ofstream file{expected_path(play.path), first ? std::ios::trunc : std::ios::app};
    if (first) file << "# Recorded from " << kRecordedFrom << " by ./dev conformance --record.\n";
    file << "\n" << heading(play.version) << "\n" << to_text(play.transcript);
  }
}

std::vector<Play> plays_of(const std::vector<std::string>& paths) {
  std::vector<Play> plays;
  for (const std::string& path : paths) {
    const Script script = read_script(path);
    for (const mqtt::Version version : script.versions)
      plays.push_back({path, script, version, {}});
  }
  return plays;
}

void require_recorded_version() {
  std::FILE* pipe = ::popen("mosquitto -h", "r");
  if (pipe == nullptr) give_up("cannot start mosquitto");
  std::array<char, 256> line{};
  const bool read = std::fgets(line.data(), line.size(), pipe) != nullptr;
  ::pclose(pipe);
  std::string version{line.data()};
  version = version.substr(0, version.find('\n'));
  if (read && version == kRecordedFrom) return;
  give_up(fmt::format("the scripts are about {}, and here is \"{}\"", kRecordedFrom, version));
}

// All at once: they share one broker, or have their own, and most of their time is waiting.
void play_live(std::vector<Play>& plays) {
  require_recorded_version();
  Mosquitto shared{Script{}};
  std::vector<std::thread> threads;
  for (Play& play : plays) {
    threads.emplace_back([&play, &shared] {
      if (!play.script.own_broker) {
        play.transcript = play_on_mosquitto(play.script, play.version, shared);
        return;
      }
      Mosquitto own{play.script};
      play.transcript = play_on_mosquitto(play.script, play.version, own);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

std::size_t compare(const Play& play, const Transcript& actual, const std::string& who) {
  const auto found = differences(recorded(play), actual, play.script.slack);
  for (const std::string& difference : found) {
    fmt::print("{}, MQTT {}, {}: {}\n", play.script.name, mqtt::to_text(play.version), who,
               difference);
  }
  return found.size();
}

// Whether what was waited for lies in the keep-alive window of the connection made last.
std::size_t check_windows(const Play& play, const Transcript& transcript,
                          const broker::Profile& profile, const std::string& who) {
  std::size_t outside = 0;
  Duration keep_alive{};
  for (std::size_t i = 0; play.script.window && i < transcript.size(); ++i) {
    const Step& step = play.script.steps[i];
    if (step.has("keep_alive")) keep_alive = std::chrono::seconds{step.number("keep_alive", 0)};
    const Duration lowest = profile.keep_alive.lowest(keep_alive);
    const Duration highest = profile.keep_alive.highest(keep_alive);
    for (const auto& [client, events] : transcript[i].clients) {
      for (const Event& event : events) {
        const Duration after = event.after.value_or(lowest);
        if (after >= lowest && after <= highest + kLateness) continue;
        ++outside;
        fmt::print("{}, {}: \"{}\" for {} after {:.1f} s is outside the window of {} to {}\n",
                   play.script.name, who, event.line, client, to_seconds(after),
                   probate::to_text(lowest), probate::to_text(highest));
      }
    }
  }
  return outside;
}

std::size_t compare_model(const Play& play, const broker::Profile& profile) {
  for (const Duration phase : kPhases) {
    const Transcript transcript = play_on_model(play.script, play.version, profile, phase);
    const std::string who = fmt::format("the model at phase {}", probate::to_text(phase));
    const std::size_t found = compare(play, transcript, who) +
                              check_windows(play, transcript, profile, who) +
                              check_windows(play, recorded(play), profile, "recorded");
    if (found > 0) return found;
  }
  return 0;
}

std::size_t run(const std::string& mode, std::vector<Play>& plays) {
  std::size_t found = 0;
  if (mode == "model" || mode == "other") {
    const std::string name = mode == "model" ? kProfile : kSpecification;
    const auto profile = yaml::load_profile(name);
    if (!profile) give_up(fmt::format("the profile {} does not load", name));
    for (const Play& play : plays) {
      if (play.script.modelled) {
        found += compare_model(play, *profile);
      } else {
        fmt::print("{}: not modelled, see docs/broker-model.md\n", play.script.name);
      }
    }
    return found;
  }
  play_live(plays);
  if (mode == "record") {
    record(plays);
  } else {
    const auto profile = yaml::load_profile(kProfile);
    if (!profile) give_up(fmt::format("the profile {} does not load", kProfile));
    for (const Play& play : plays) {
      found += compare(play, play.transcript, "mosquitto");
      found += check_windows(play, play.transcript, *profile, "mosquitto");
    }
  }
  return found;
}

}  // namespace
}  // namespace probate::conformance

int main(int count, char** arguments) {
  using namespace probate::conformance;
  const std::vector<std::string> words(arguments + 1, arguments + count);
  const bool known = words.size() > 1 && (words[0] == "model" || words[0] == "other" ||
                                          words[0] == "live" || words[0] == "record");
  if (!known) give_up("usage: conformance model|other|live|record SCRIPT…");
  auto plays = plays_of({words.begin() + 1, words.end()});
  const std::size_t found = run(words[0], plays);
  fmt::print("conformance {}: {} plays, {} differences\n", words[0], plays.size(), found);
  return found == 0 ? 0 : 1;
}
