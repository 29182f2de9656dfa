#include "core/broker/subscriptions.hpp"

#include <algorithm>
#include <iterator>

#include "core/base/check.hpp"
#include "core/mqtt/topics.hpp"

namespace probate::broker {
namespace {

bool any(std::uint32_t) { return true; }

// "a/b" of "a/b/+/c", "a/b/#" and "a/b". What matches "a/b/#" matches "a/b" too.
std::string_view key_of(std::string_view filter) {
  const auto wildcard = mqtt::find_wildcard(filter);
  if (!wildcard) return filter;
  return filter.substr(0, *wildcard == 0 ? 0 : *wildcard - 1);
}

}  // namespace

void Subscriptions::add(std::string_view filter, std::uint32_t slot) {
  CHECK((slot & kGroup) == 0);
  ++changes_;
  const std::string_view key = key_of(filter);
  kinds_.add(key);
  const std::uint32_t hash = hash_of(key);
  const std::uint32_t found = index_.find(hash, any);
  if (found == HashIndex::kNone) return index_.insert(hash, slot);
  if ((found & kGroup) != 0) {
    Group& group = groups_[found & ~kGroup];
    group.all.insert(slot);
    group.update();
    return;
  }
  std::uint32_t number = static_cast<std::uint32_t>(groups_.size());
  if (free_groups_.empty()) {
    groups_.emplace_back();
  } else {
    number = free_groups_.back();
    free_groups_.pop_back();
  }
  groups_[number].all = {found, slot};
  groups_[number].update();
  index_.replace(hash, found, kGroup | number);
}

void Subscriptions::remove(std::string_view filter, std::uint32_t slot) {
  ++changes_;
  const std::string_view key = key_of(filter);
  const std::uint32_t hash = hash_of(key);
  const std::uint32_t found = index_.find(hash, any);
  CHECK(found != HashIndex::kNone);
  kinds_.remove(key);
  if ((found & kGroup) == 0) {
    CHECK(found == slot);
    return index_.erase(hash, found);
  }
  Group& group = groups_[found & ~kGroup];
  const auto place = group.all.find(slot);
  CHECK(place != group.all.end());
  group.all.erase(place);
  if (group.all.size() > 1) return group.update();
  index_.replace(hash, found, *group.all.begin());
  group = {};
  free_groups_.push_back(found & ~kGroup);
}

void Subscriptions::Group::update() {
  few.clear();
  if (all.size() > kFewMax) return;
  std::unique_copy(all.begin(), all.end(), std::back_inserter(few));
}

bool Subscriptions::collect(std::uint32_t hash, std::vector<std::uint32_t>& out) const {
  const std::uint32_t found = index_.find(hash, any);
  if (found == HashIndex::kNone) return false;
  if ((found & kGroup) == 0) {
    out.push_back(found);
    return true;
  }
  const Group& group = groups_[found & ~kGroup];
  if (group.few.empty()) {
    std::unique_copy(group.all.begin(), group.all.end(), std::back_inserter(out));
  } else {
    out.insert(out.end(), group.few.begin(), group.few.end());
  }
  return true;
}

void Subscriptions::candidates(std::string_view topic, std::vector<std::uint32_t>& out) const {
  out.clear();
  if (index_.size() == 0) return;
  // The text before each slash, and the whole: the hash goes on from one to the next.
  std::uint32_t hash = hash_of(std::string_view{});
  std::size_t hashed = 0;
  int lists = 0;
  for (std::size_t end = 0;; end = std::min(topic.find('/', end + 1), topic.size())) {
    const std::string_view part = topic.substr(0, end);
    if (kinds_.has(part)) {
      for (; hashed < end; ++hashed) hash = hash_after(hash, topic[hashed]);
      lists += collect(hash, out) ? 1 : 0;
    }
    if (end == topic.size()) break;
  }
  if (lists < 2) return;  // In order as it is, and each once.
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
}

}  // namespace probate::broker
