// drop: the connection is cut, on one leg or both, with FIN or RST.
#include "core/fault/case.hpp"

namespace probate::fault {
namespace {

class DropCase final : public Case {
 public:
  explicit DropCase(const Drop& spec) : spec_{spec} {}

  void begin(Instant, Emit& emit) override {
    emit(Cut{spec_.leg, spec_.how});
    end();
  }
  void heal(Instant, Emit&) override { end(); }

 private:
  Drop spec_;
};

}  // namespace

Start start(const Drop& spec, const DeviceView& view, const Draws&) {
  if (!view.has_link) return {nullptr, "no_link"};
  return {std::make_unique<DropCase>(spec), {}};
}

}  // namespace probate::fault
