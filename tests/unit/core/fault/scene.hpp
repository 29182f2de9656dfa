// Faults in virtual time: a pipeline, a clock that the test moves, and its acts as words.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "core/fault/pipeline.hpp"

namespace probate::fault::test {

struct Wording {
  std::string operator()(const Cut& act) const {
    static constexpr const char* kLegs[]{"device", "broker", "both"};
    return std::string{"cut "} + kLegs[static_cast<int>(act.legs)] +
           (act.how == CutHow::fin ? " fin" : " rst");
  }
  std::string operator()(const Silence& act) const {
    static constexpr const char* kFlows[]{"up", "down", "both"};
    return std::string{"silence "} + kFlows[static_cast<int>(act.flow)];
  }
  std::string operator()(const Resume&) const { return "resume"; }
  std::string operator()(const MakeGhost& act) const {
    const bool device = act.device_leg == DeadLeg::resets;
    const bool broker = act.broker_leg == DeadLeg::resets;
    if (broker) return device ? "ghost that resets both" : "ghost that resets the broker";
    return device ? "ghost that resets" : "ghost";
  }
  std::string operator()(const Throttle& act) const {
    static constexpr const char* kFlows[]{"up", "down", "both"};
    return "throttle " + std::string{kFlows[static_cast<int>(act.flow)]} + " " +
           std::to_string(act.bytes_per_second) + (act.shared ? " shared" : "");
  }
  std::string operator()(const WatchIdle& act) const {
    return act.after ? "watch idle " + to_text(*act.after) : "unwatch idle";
  }
  std::string operator()(const Delay& act) const {
    std::string text = "delay " + to_text(act.delay) + " " + to_text(act.jitter);
    if (act.loss > 0) text += fmt::format(" loss {} {}", act.loss, to_text(act.rto));
    return text;
  }
  std::string operator()(const SliceBytes& act) const {
    return fmt::format("slice {} {} {}", to_text(act.flow), act.piece, to_text(act.gap));
  }
  std::string operator()(const LimitLinks& act) const {
    std::string text = fmt::format("limit {} {}", to_text(act.how), to_text(act.flow));
    if (act.after) text += " after " + to_text(*act.after);
    if (act.bytes) text += fmt::format(" bytes {}", *act.bytes);
    return text;
  }
  std::string operator()(const DelayFin& act) const { return "delay fin " + to_text(act.delay); }
  std::string operator()(const Watch& act) const { return act.nothing() ? "unwatch" : "watch"; }
  std::string operator()(const InjectDisconnect& act) const {
    return fmt::format("inject disconnect {:#04x}", act.reason);
  }
  std::string operator()(const OrderTakeover& act) const {
    if (!act.gap) return "no order";
    return fmt::format("connect {} {}", to_text(act.connect), to_text(*act.gap));
  }
  std::string operator()(const OpenTwin& act) const {
    return act.will == TwinWill::carry ? "twin" : "twin without will";
  }
  std::string operator()(const CloseTwins&) const { return "close twins"; }
  std::string operator()(const LinkDied&) const { return "link died"; }
  std::string operator()(const TellLeave& act) const {
    return "leave" + (act.returns_after ? " " + to_text(*act.returns_after) : "");
  }
  std::string operator()(const TellPowerCut& act) const {
    return "power cut" + (act.boots_after ? " " + to_text(*act.boots_after) : "") +
           (act.epoch == EpochAfterBoot::reset ? " reset" : "");
  }
  std::string operator()(const EndBroker& act) const {
    return std::string{"end broker "} + to_text(act.how);
  }
  std::string operator()(const StartBroker&) const { return "start broker"; }
  std::string operator()(const Applied&) const { return "applied"; }
  std::string operator()(const Skipped& act) const { return "skipped " + act.reason; }
  std::string operator()(const Healed&) const { return "healed"; }
};

using Words = std::vector<std::string>;

inline FaultSpec spec_of(What what) {
  FaultSpec spec;
  spec.name = "f";
  spec.timing = Once{};
  spec.what = std::move(what);
  return spec;
}

// One device, number 1, with one or more faults.
class Scene {
 public:
  explicit Scene(What what) : Scene{std::vector<FaultSpec>{spec_of(std::move(what))}} {}
  explicit Scene(std::vector<FaultSpec> specs) : specs_{std::move(specs)}, pipeline{specs_} {}

  // Strikes now.
  Words fire(std::uint16_t fault = 0) {
    Acts acts;
    pipeline.fire(now_, {FaultId{fault}, kDevice, view, draws}, acts);
    return words(acts);
  }
  // Everything that happens up to that instant, each prefixed with its time: "+5.000 s: healed".
  Words until(Duration at) {
    Words all;
    while (const auto due = pipeline.next_timeout()) {
      if (*due > kRunStart + at) break;
      now_ = std::max(now_, *due);
      Acts acts;
      pipeline.handle_timeout(now_, acts);
      for (const std::string& word : words(acts)) all.push_back(to_text(now_) + ": " + word);
    }
    now_ = kRunStart + at;
    return all;
  }
  Words session_up() {
    Acts acts;
    pipeline.handle_session_up(now_, kDevice, acts);
    return words(acts);
  }
  Words link_down() {
    Acts acts;
    pipeline.handle_link_down(now_, kDevice, acts);
    return words(acts);
  }
  Words link_idle(std::uint16_t fault = 0) {
    Acts acts;
    pipeline.handle_link_idle(now_, FaultId{fault}, kDevice, acts);
    return words(acts);
  }
  // A CONNECT of it was kept from the broker.
  void connect_kept(std::uint16_t fault = 0) {
    pipeline.handle_connect_kept(now_, FaultId{fault}, kDevice);
  }
  Words heal() {
    Acts acts;
    pipeline.heal_all(now_, acts);
    return words(acts);
  }
  Words remove(std::uint16_t fault) {
    Acts acts;
    pipeline.remove(now_, FaultId{fault}, acts);
    return words(acts);
  }
  // "admit", "swallow", "redirect", "refuse", "delay 3s" or "hold".
  std::string attach() {
    const Admission admission = pipeline.admit(now_, kDevice);
    if (std::holds_alternative<SwallowConnect>(admission)) return "swallow";
    if (std::holds_alternative<RefuseConnect>(admission)) return "refuse";
    if (const auto* answer = std::get_if<AnswerConnect>(&admission)) {
      return fmt::format("answer {:#04x}", answer->reason);
    }
    if (const auto* late = std::get_if<DelayConnect>(&admission)) {
      return "delay " + to_text(late->delay);
    }
    if (std::holds_alternative<RedirectConnect>(admission)) return "redirect";
    return std::holds_alternative<HoldConnect>(admission) ? "hold" : "admit";
  }
  // "pass", "swallow", "hold 2s", "duplicate", "reorder", "cut 3 rst" or "rewrite 0x80".
  std::string treat(const PacketFacts& packet) {
    const Treatment treatment = pipeline.treat(now_, kDevice, packet);
    if (const auto* hold = std::get_if<HoldPacket>(&treatment)) {
      return "hold " + to_text(hold->delay);
    }
    if (const auto* cut = std::get_if<CutInsidePacket>(&treatment)) {
      return fmt::format("cut {} {}", cut->bytes, to_text(cut->how));
    }
    if (const auto* rewrite = std::get_if<RewritePacket>(&treatment)) {
      return fmt::format("rewrite {:#04x}", rewrite->reason);
    }
    if (std::holds_alternative<SwallowPacket>(treatment)) return "swallow";
    if (std::holds_alternative<DuplicatePacket>(treatment)) return "duplicate";
    return std::holds_alternative<ReorderPacket>(treatment) ? "reorder" : "pass";
  }
  std::uint64_t active(std::uint16_t fault = 0) const { return pipeline.active(FaultId{fault}); }

  static constexpr DeviceId kDevice{1};
  DeviceView view{.powered = true, .online = true, .has_link = true, .silent = false};
  Draws draws;

 private:
  static Words words(const Acts& acts) {
    Words all;
    for (const Act& act : acts) all.push_back(std::visit(Wording{}, act.what));
    return all;
  }

  std::vector<FaultSpec> specs_;
  Instant now_ = kRunStart;

 public:
  Pipeline pipeline;
};

}  // namespace probate::fault::test
