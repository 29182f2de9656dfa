// lossy: packets are lost and sent again; to who reads them, they are late.
#include "core/fault/condition.hpp"

namespace probate::fault {

Start start(const Lossy& spec, const DeviceView& view, const Draws& draws) {
  return start_condition(Delay{.flow = spec.direction, .loss = spec.loss, .rto = spec.rto},
                         Delay{.flow = spec.direction}, view, draws);
}

}  // namespace probate::fault
