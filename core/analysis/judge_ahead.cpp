// What the judge will need for the records that come next, fetched from memory in advance.
#include "core/analysis/judge_impl.hpp"

namespace probate::analysis {

void Judge::look_ahead(std::span<const journal::Record> records, std::size_t at) const {
  impl_->look_ahead(records, at);
}

void Judge::Impl::look_ahead(std::span<const journal::Record> records, std::size_t at) const {
  constexpr std::size_t kRecord = 16;
  constexpr std::size_t kPlaces = 11;
  constexpr std::size_t kParts = 7;
  constexpr std::size_t kRest = 3;
  if (at + kRecord < records.size()) prefetch_one(records[at + kRecord]);
  if (at + kPlaces < records.size()) prefetch(records[at + kPlaces].body, Fetch::places);
  if (at + kParts < records.size()) prefetch(records[at + kParts].body, Fetch::parts);
  if (at + kRest < records.size()) prefetch(records[at + kRest].body, Fetch::rest);
}

void Judge::Impl::prefetch(const journal::Body& body, Fetch what) const {
  const auto see = [this, what](const auto& record) {
    if constexpr (requires { record.connection; }) connections_.prefetch(record.connection, what);
    if constexpr (requires { record.device; }) prefetch(record.device, what);
  };
  std::visit(see, body);
}

void Judge::Impl::prefetch(DeviceId device, Fetch what) const {
  if (!is_of_fleet(device)) return;
  if (what == Fetch::places) {
    prefetch_one(devices_[device.index()]);
    prefetch_one(current_of_device_[device.index()]);
    return presence_.prefetch(device);
  }
  const Slot current = current_of_device_[device.index()];
  connections_.prefetch(current, what);
}

}  // namespace probate::analysis
