#include "core/broker/session.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "core/base/check.hpp"

namespace probate::broker {
namespace {

constexpr std::size_t kTextsHead = 3 * sizeof(std::uint16_t);
constexpr std::size_t kListHead = sizeof(std::uint32_t);

template <typename T>
T load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <typename T>
void store(char* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

char options_of(const Filter& filter) {
  return static_cast<char>(static_cast<unsigned>(filter.qos) | (filter.no_local ? 4U : 0U) |
                           (filter.retain_as_published ? 8U : 0U));
}

}  // namespace

void SessionTexts::set(std::string_view client_id, std::string_view topic,
                       std::string_view payload) {
  const std::array<std::string_view, 3> parts{client_id, topic, payload};
  std::size_t bytes = kTextsHead;
  for (const std::string_view part : parts) {
    CHECK(part.size() <= mqtt::kStringBytesMax);
    bytes += part.size();
  }
  // The parts may lie in the old block, which must outlive the copying.
  std::unique_ptr<char[]> block{new char[bytes]};
  char* length_at = block.get();
  char* at = block.get() + kTextsHead;
  for (const std::string_view part : parts) {
    store(length_at, static_cast<std::uint16_t>(part.size()));
    length_at += sizeof(std::uint16_t);
    at = std::copy(part.begin(), part.end(), at);
  }
  block_ = std::move(block);
}

std::string_view SessionTexts::part(int which) const {
  if (block_ == nullptr) return {};
  const char* at = block_.get() + kTextsHead;
  for (int before = 0; before < which; ++before) {
    at += load<std::uint16_t>(block_.get() + before * 2);
  }
  return {at, load<std::uint16_t>(block_.get() + which * 2)};
}

std::size_t FilterList::bytes() const {
  return block_ == nullptr ? 0 : load<std::uint32_t>(block_.get());
}

Filter FilterList::read(std::size_t at) const {
  const char* from = block_.get() + kListHead + at;
  const auto options = static_cast<unsigned char>(from[2]);
  return {.text = {from + kHead, load<std::uint16_t>(from)},
          .qos = static_cast<mqtt::QoS>(options & 3U),
          .no_local = (options & 4U) != 0,
          .retain_as_published = (options & 8U) != 0,
          .subscription_id = load<std::uint32_t>(from + 3)};
}

void FilterList::replace(std::size_t at, std::size_t old_bytes, std::string_view by) {
  const std::size_t before = bytes();
  const std::size_t after = before - old_bytes + by.size();
  if (after == 0) {
    block_.reset();
    return;
  }
  std::unique_ptr<char[]> block{new char[kListHead + after]};
  store(block.get(), static_cast<std::uint32_t>(after));
  char* to = block.get() + kListHead;
  const char* from = block_ == nullptr ? nullptr : block_.get() + kListHead;
  if (at > 0) to = std::copy(from, from + at, to);
  to = std::copy(by.begin(), by.end(), to);
  if (before > at + old_bytes) std::copy(from + at + old_bytes, from + before, to);
  block_ = std::move(block);
}

void FilterList::clear() {
  block_.reset();
  many_.reset();
}

bool FilterList::put(const Filter& filter) {
  if (many_ != nullptr) {
    const auto [place, added] = many_->tree_of(filter.text).try_emplace(std::string{filter.text});
    place->second.filter = filter;
    place->second.filter.text = {};
    return added;
  }
  int count = 0;
  for (std::size_t at = 0; at < bytes(); ++count) {
    const Filter known = read(at);
    if (known.text == filter.text) {
      char* to = block_.get() + kListHead + at;
      to[2] = options_of(filter);
      store(to + 3, filter.subscription_id);
      return false;
    }
    at += kHead + known.text.size();
  }
  std::string record(kHead, '\0');
  store(record.data(), static_cast<std::uint16_t>(filter.text.size()));
  record[2] = options_of(filter);
  store(record.data() + 3, filter.subscription_id);
  record += filter.text;
  replace(bytes(), 0, record);
  if (count >= kFewMax) grow();
  return true;
}

void FilterList::grow() {
  auto many = std::make_unique<Many>();
  for_each([&many](const Filter& filter) {
    Options& options = many->tree_of(filter.text)[std::string{filter.text}];
    options.filter = filter;
    options.filter.text = {};
  });
  block_.reset();
  many_ = std::move(many);
}

bool FilterList::remove(std::string_view text) {
  if (many_ != nullptr) {
    Tree& tree = many_->tree_of(text);
    const auto found = tree.find(text);
    if (found == tree.end()) return false;
    tree.erase(found);
    return true;
  }
  for (std::size_t at = 0; at < bytes();) {
    const Filter known = read(at);
    const std::size_t size = kHead + known.text.size();
    if (known.text == text) {
      replace(at, size, {});
      return true;
    }
    at += size;
  }
  return false;
}

std::uint32_t SessionTable::take() {
  std::uint32_t slot = end_;
  if (free_.empty()) {
    if (end_ % kChunk == 0) chunks_.push_back(std::make_unique<Chunk>());
    ++end_;
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  (*this)[slot].used = true;
  return slot;
}

void SessionTable::give_back(std::uint32_t slot) {
  Session& session = (*this)[slot];
  const Instant alarm = session.alarm;
  session = Session{};
  session.alarm = alarm;
  free_.push_back(slot);
}

}  // namespace probate::broker
