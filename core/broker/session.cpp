#include "core/broker/session.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "core/base/check.hpp"

namespace probate::broker {
namespace {

template <typename T>
void store(char* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

char options_of(const Filter& filter) {
  return static_cast<char>(static_cast<unsigned>(filter.qos) | (filter.no_local ? 4U : 0U) |
                           (filter.retain_as_published ? 8U : 0U));
}

}  // namespace

void FilterList::write(const Entry& entry, std::string& to) {
  std::array<char, kEntryHead> head{};
  store(head.data(), entry.number);
  head[4] = options_of(entry.filter);
  store(head.data() + 5, entry.filter.subscription_id);
  to.append(head.data(), head.size());
  if (entry.number != SharedTexts::kNone) return;
  std::array<char, sizeof(std::uint16_t)> length{};
  store(length.data(), static_cast<std::uint16_t>(entry.filter.text.size()));
  to.append(length.data(), length.size());
  to.append(entry.filter.text);
}

// Instead of the list that there was.
void FilterList::keep(SharedTexts& shared, std::string list) {
  const std::uint32_t old = std::exchange(list_, SharedTexts::kNone);
  own_.reset();
  if (!list.empty()) {
    list_ = shared.take(list, {});
    if (list_ == SharedTexts::kNone) {
      own_ = std::make_unique<Own>();
      own_->few = std::move(list);
    }
  }
  if (old != SharedTexts::kNone) shared.give_back(old);
}

void FilterList::clear(SharedTexts& shared) {
  for (std::string_view rest = few(shared); !rest.empty();) {
    const Entry entry = read(rest);
    if (entry.number != SharedTexts::kNone) shared.give_back(entry.number);
  }
  keep(shared, {});
}

bool FilterList::put(SharedTexts& shared, std::string_view client_id, const Filter& filter) {
  if (own_ != nullptr && own_->is_many()) {
    const auto [place, added] = own_->tree_of(filter.text).try_emplace(std::string{filter.text});
    place->second.filter = filter;
    place->second.filter.text = {};
    return added;
  }
  std::string list;
  bool is_new = true;
  int count = 0;
  for (std::string_view rest = few(shared); !rest.empty(); ++count) {
    Entry entry = read(rest);
    if (is_it(shared, client_id, entry, filter.text)) {
      is_new = false;
      const std::string_view text = entry.filter.text;
      entry.filter = filter;
      entry.filter.text = text;
    }
    write(entry, list);
  }
  if (is_new) write({filter, shared.take(filter.text, client_id)}, list);
  keep(shared, std::move(list));
  if (is_new && count >= kFewMax) grow(shared, client_id);
  return is_new;
}

void FilterList::grow(SharedTexts& shared, std::string_view client_id) {
  auto many = std::make_unique<Own>();
  for_each(shared, client_id, [&many](const Filter& filter) {
    Options& options = many->tree_of(filter.text)[std::string{filter.text}];
    options.filter = filter;
    options.filter.text = {};
  });
  clear(shared);
  own_ = std::move(many);
}

bool FilterList::remove(SharedTexts& shared, std::string_view client_id, std::string_view text) {
  if (own_ != nullptr && own_->is_many()) {
    Tree& tree = own_->tree_of(text);
    const auto found = tree.find(text);
    if (found == tree.end()) return false;
    tree.erase(found);
    return true;
  }
  std::string list;
  std::uint32_t number = SharedTexts::kNone;
  bool is_there = false;
  for (std::string_view rest = few(shared); !rest.empty();) {
    const Entry entry = read(rest);
    if (is_it(shared, client_id, entry, text)) {
      is_there = true;
      number = entry.number;
    } else {
      write(entry, list);
    }
  }
  if (!is_there) return false;
  keep(shared, std::move(list));
  if (number != SharedTexts::kNone) shared.give_back(number);
  return true;
}

void Session::set_texts(SharedTexts& shared, std::string_view id, std::string_view topic,
                        std::string_view payload) {
  const auto take = [&shared, id](std::string_view text) {
    return text.empty() ? SharedTexts::kNone : shared.take(text, id);
  };
  const std::uint32_t old_topic = std::exchange(will_topic_number, take(topic));
  const std::uint32_t old_payload = std::exchange(will_payload_number, take(payload));
  client_id.set(id);
  const bool is_topic_own = !topic.empty() && will_topic_number == SharedTexts::kNone;
  const bool is_payload_own = !payload.empty() && will_payload_number == SharedTexts::kNone;
  if (is_topic_own || is_payload_own) need_seldom();
  if (seldom != nullptr) {
    seldom->will_topic = is_topic_own ? topic : std::string_view{};
    seldom->will_payload = is_payload_own ? payload : std::string_view{};
  }
  for (const std::uint32_t old : {old_topic, old_payload}) {
    if (old != SharedTexts::kNone) shared.give_back(old);
  }
}

std::string Session::will_topic(const SharedTexts& shared) const {
  if (will_topic_number != SharedTexts::kNone) {
    return shared.text(will_topic_number, client_id.view());
  }
  return seldom == nullptr ? std::string{} : seldom->will_topic;
}

std::string Session::will_payload(const SharedTexts& shared) const {
  if (will_payload_number != SharedTexts::kNone) {
    return shared.text(will_payload_number, client_id.view());
  }
  return seldom == nullptr ? std::string{} : seldom->will_payload;
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
