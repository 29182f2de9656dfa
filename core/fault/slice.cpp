// slice: bytes come in small pieces.
#include "core/fault/condition.hpp"

namespace probate::fault {

Start start(const Slice& spec, const DeviceView& view, const Draws& draws) {
  return start_condition(SliceBytes{spec.direction, spec.piece, spec.gap},
                         SliceBytes{spec.direction}, view, draws);
}

}  // namespace probate::fault
