// limit: no connection outlives so many bytes, or so long.
#include "core/fault/condition.hpp"

namespace probate::fault {

Start start(const Limit& spec, const DeviceView& view, const Draws& draws) {
  return start_condition(LimitLinks{spec.after, spec.bytes, spec.direction, spec.how}, LimitLinks{},
                         view, draws);
}

}  // namespace probate::fault
