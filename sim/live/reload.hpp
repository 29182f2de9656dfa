// What was read again while a proxy runs, and what became of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/scenario/schedule.hpp"
#include "proxy/tls_context.hpp"

namespace probate::live {

// A scenario and what its seed draws, together.
struct NextScenario {
  explicit NextScenario(scenario::Scenario read)
      : scenario{std::move(read)}, schedule{this->scenario} {}
  NextScenario(const NextScenario&) = delete;
  NextScenario& operator=(const NextScenario&) = delete;

  const scenario::Scenario scenario;
  const scenario::Schedule schedule;
};

struct FrontTls {
  std::shared_ptr<const proxy::TlsContext> in{};   // see proxy::Front
  std::shared_ptr<const proxy::TlsContext> out{};  // see proxy::Front
};

struct Reload {
  // One that differs from the running one in its faults alone; null: there is no scenario.
  std::shared_ptr<const NextScenario> scenario{};
  std::vector<FrontTls> tls{};  // by front
};

// Faults by name.
struct FaultsChange {
  std::uint64_t kept = 0;              // they go on as they are
  std::vector<std::string> added{};    // new ones
  std::vector<std::string> changed{};  // that mean something else now: healed, and begun anew
  std::vector<std::string> removed{};  // healed, and no more
  std::vector<std::string> past{};     // of added and changed: their phase is over
};

struct ReloadFacts {
  FaultsChange faults{};
  std::uint64_t certificates = 0;  // listeners whose TLS has new files
};

}  // namespace probate::live
