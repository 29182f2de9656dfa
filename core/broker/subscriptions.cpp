#include "core/broker/subscriptions.hpp"

#include <algorithm>

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
  const std::uint32_t hash = hash_of(key_of(filter));
  const std::uint32_t found = index_.find(hash, any);
  if (found == HashIndex::kNone) return index_.insert(hash, slot);
  if ((found & kGroup) != 0) {
    groups_[found & ~kGroup].insert(slot);
    return;
  }
  std::uint32_t number = static_cast<std::uint32_t>(groups_.size());
  if (free_groups_.empty()) {
    groups_.emplace_back();
  } else {
    number = free_groups_.back();
    free_groups_.pop_back();
  }
  groups_[number] = {found, slot};
  index_.replace(hash, found, kGroup | number);
}

void Subscriptions::remove(std::string_view filter, std::uint32_t slot) {
  const std::uint32_t hash = hash_of(key_of(filter));
  const std::uint32_t found = index_.find(hash, any);
  CHECK(found != HashIndex::kNone);
  if ((found & kGroup) == 0) {
    CHECK(found == slot);
    return index_.erase(hash, found);
  }
  Group& group = groups_[found & ~kGroup];
  const auto place = group.find(slot);
  CHECK(place != group.end());
  group.erase(place);
  if (group.size() > 1) return;
  index_.replace(hash, found, *group.begin());
  group.clear();
  free_groups_.push_back(found & ~kGroup);
}

void Subscriptions::collect(std::uint32_t hash, std::vector<std::uint32_t>& out) const {
  const std::uint32_t found = index_.find(hash, any);
  if (found == HashIndex::kNone) return;
  if ((found & kGroup) == 0) {
    out.push_back(found);
    return;
  }
  const Group& group = groups_[found & ~kGroup];
  out.insert(out.end(), group.begin(), group.end());
}

void Subscriptions::candidates(std::string_view topic, std::vector<std::uint32_t>& out) const {
  out.clear();
  if (index_.size() == 0) return;
  // The hash of the text before each slash, and of the whole: hash_of() going on level by level.
  collect(hash_of(std::string_view{}), out);
  std::uint32_t hash = hash_of(std::string_view{});
  for (std::size_t at = 0; at < topic.size(); ++at) {
    if (topic[at] == '/' && at > 0) collect(hash, out);
    hash = hash_after(hash, topic[at]);
  }
  collect(hash, out);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
}

void Subscriptions::clear() {
  index_.clear();
  groups_.clear();
  free_groups_.clear();
}

}  // namespace probate::broker
