// Schedule::digest: what must be equal for two runs to be the same experiment.
#include <vector>

#include "core/base/digest.hpp"
#include "core/scenario/canonical.hpp"
#include "core/scenario/schedule.hpp"

namespace probate::scenario {
namespace {

// Little-endian numbers, so that every machine has the same digest.
class Numbers {
 public:
  explicit Numbers(Digest& digest) : digest_{digest} {}
  ~Numbers() { flush(); }
  Numbers(const Numbers&) = delete;
  Numbers& operator=(const Numbers&) = delete;

  void add(std::uint64_t value) {
    for (int byte = 0; byte < 8; ++byte) {
      buffer_ += static_cast<char>(static_cast<unsigned char>(value >> (8 * byte)));
    }
    if (buffer_.size() >= kBufferBytes) flush();
  }
  void add(Duration value) { add(static_cast<std::uint64_t>(value.count())); }

 private:
  static constexpr std::size_t kBufferBytes = 64 * 1024;

  void flush() {
    digest_.add(buffer_);
    buffer_.clear();
  }

  Digest& digest_;
  std::string buffer_;
};

void add_ranking(const Schedule& schedule, const Firing& firing, Numbers& numbers) {
  const Selection selection = schedule.select(firing);
  numbers.add(selection.take);
  for (const DeviceId device : selection.ranked) {
    numbers.add(device.value);
    numbers.add(schedule.lasts(firing, device));
    if (const auto reboot = schedule.reboot(firing, device)) numbers.add(*reboot);
  }
}

}  // namespace

std::string Schedule::digest() const {
  Digest digest;
  digest.add(canonical_text(scenario_));
  {
    Numbers numbers{digest};
    for (const std::uint64_t key : device_keys_) numbers.add(key);
    for (const Duration offset : connect_offsets_) numbers.add(offset);
    for (const Candidates& candidates : candidates_) {
      numbers.add(candidates.count);
      for (std::uint32_t i = 0; candidates.listed && i < candidates.count; ++i) {
        numbers.add(candidates.list[i].value);
      }
    }
    // Ranks follow from the device keys, the candidates and each firing's rank key; the ranking
    // itself is taken in once per fault, so that a change of how ranks are made shows.
    std::vector<std::uint32_t> fired(scenario_.faults.size());
    const auto add = [&](const Firing& firing) {
      const std::uint32_t ordinal = fired[firing.fault.index()]++;
      numbers.add(firing.offset);
      numbers.add(firing.fault.value);
      numbers.add(firing.device().value);
      numbers.add(rank_key(firing.fault, ordinal));
      if (fault::hits_broker(scenario_.faults[firing.fault.index()].what)) {
        numbers.add(lasts(firing, kNoDevice));
      } else if (ordinal == 0 && !firing.is_own) {
        add_ranking(*this, firing, numbers);
      }
    };
    for (const auto& phase : firings_) {
      numbers.add(phase.size());
      for (const Firing& firing : phase) add(firing);
    }
  }
  return digest.hex();
}

}  // namespace probate::scenario
