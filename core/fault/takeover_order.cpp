// takeover_order: whether the broker hears first of a connection's end or of the one that follows.
#include "core/fault/condition.hpp"

namespace probate::fault {

Start start(const TakeoverOrder& spec, const DeviceView& view, const Draws& draws) {
  if (!view.speaks_mqtt) return {nullptr, "no_mqtt"};
  return start_condition(OrderTakeover{spec.connect, spec.gap}, OrderTakeover{}, view, draws);
}

}  // namespace probate::fault
