// duplicate_login: somebody else logs in with the victim's ClientID, some times, and then leaves.
#include "core/fault/case.hpp"

namespace probate::fault {
namespace {

class TwinCase final : public Case {
 public:
  explicit TwinCase(const DuplicateLogin& spec) : spec_{spec} {}

  void begin(Instant now, Emit& emit) override { log_in(now, emit); }
  void handle_timeout(Instant now, Emit& emit) override {
    if (now < next_timeout()) return;
    if (logins_ == spec_.logins) return heal(now, emit);
    log_in(now, emit);
  }
  void heal(Instant, Emit& emit) override {
    emit(CloseTwins{});
    end();
  }

 private:
  void log_in(Instant now, Emit& emit) {
    ++logins_;
    emit(OpenTwin{spec_.will});
    wake_at(saturating_add(now, spec_.gap));
  }

  DuplicateLogin spec_;
  std::uint32_t logins_ = 0;
};

}  // namespace

Start start(const DuplicateLogin& spec, const DeviceView& view, const Draws&) {
  // The twin copies the CONNECT of the victim's link.
  if (!view.speaks_mqtt) return {nullptr, "no_mqtt"};
  if (!view.has_link) return {nullptr, "no_link"};
  return {std::make_unique<TwinCase>(spec), {}};
}

}  // namespace probate::fault
