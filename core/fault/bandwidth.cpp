// bandwidth: no more than so many bytes a second; on coming connections, too.
#include "core/fault/condition.hpp"

namespace probate::fault {

Start start(const Bandwidth& spec, const DeviceView& view, const Draws& draws) {
  return start_condition(Throttle{spec.direction, spec.bytes_per_second},
                         Throttle{spec.direction, 0}, view, draws);
}

}  // namespace probate::fault
