#include "core/journal/records.hpp"

namespace probate::journal {

Body::Body() = default;
Body::Body(const Body& other) = default;
Body::Body(Body&& other) noexcept = default;
Body& Body::operator=(const Body& other) = default;
Body& Body::operator=(Body&& other) noexcept = default;
Body::~Body() = default;

bool Body::operator==(const Body& other) const {
  return static_cast<const Kinds&>(*this) == static_cast<const Kinds&>(other);
}

}  // namespace probate::journal
