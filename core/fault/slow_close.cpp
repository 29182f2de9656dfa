// slow_close: the end of a connection is heard late.
#include "core/fault/condition.hpp"

namespace probate::fault {

Start start(const SlowClose& spec, const DeviceView& view, const Draws& draws) {
  return start_condition(DelayFin{spec.delay}, DelayFin{}, view, draws);
}

}  // namespace probate::fault
