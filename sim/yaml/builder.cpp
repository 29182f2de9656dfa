#include "sim/yaml/builder.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace probate::yaml {

Builder::Builder(SourceId source, const Sources& sources, Budget& budget, Problems& problems)
    : source_{source}, sources_{sources}, budget_{budget}, problems_{problems} {}

Place Builder::place_of(const YAML::Mark& mark) const {
  const auto positive = [](int value) { return static_cast<std::uint32_t>(std::max(value, 0)); };
  return Place{source_, positive(mark.line), positive(mark.column)};
}

void Builder::OnDocumentStart(const YAML::Mark& mark) {
  ++documents_;
  if (documents_ < 2) return;
  const Place place = place_of(mark);
  const bool marked = sources_.at(source_).line(place.line).starts_with("---");
  problems_.add(place, ErrorCode::several_documents,
                marked ? "a scenario is one document; a second one begins here"
                       : "the text goes on after its end; a list and a map cannot stand side by "
                         "side at the top");
  throw GiveUp{};
}

void Builder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  Node node;
  node.place = place_of(mark);
  // The parser marks a value that is not there by what comes after it.
  if (!stack_.empty() && stack_.back().key) node.place = stack_.back().key_place;
  add_node(node.place, 1, 1);
  Anchored value{std::move(node), 1, 1};
  remember(anchor, value, value.node.place);
  deliver(std::move(value));
}

void Builder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const Place place = place_of(mark);
  const auto found = anchors_.find(anchor);
  if (open_anchors_.contains(anchor) || found == anchors_.end()) {
    problems_.add(place, ErrorCode::yaml_syntax, "the alias stands inside what it stands for");
    throw GiveUp{};
  }
  add_node(place, found->second.nodes, found->second.height);
  deliver(found->second);
}

void Builder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       const std::string& value) {
  Node node;
  node.kind = NodeKind::scalar;
  node.place = place_of(mark);
  node.text = value;
  node.quoted = tag == "!";
  check_tag(node.place, tag);
  if (!quote_is_closed(node.place)) {
    problems_.add(node.place, ErrorCode::yaml_syntax, "this quotation mark is never closed");
    throw GiveUp{};
  }
  add_node(node.place, 1, 1);
  Anchored read{std::move(node), 1, 1};
  remember(anchor, read, read.node.place);
  deliver(std::move(read));
}

void Builder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                              YAML::EmitterStyle::value /*style*/) {
  open(NodeKind::list, mark, tag, anchor);
}

void Builder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) {
  open(NodeKind::map, mark, tag, anchor);
}

void Builder::open(NodeKind kind, const YAML::Mark& mark, const std::string& tag,
                   YAML::anchor_t anchor) {
  Frame frame;
  frame.node.kind = kind;
  frame.node.place = place_of(mark);
  frame.anchor = anchor;
  check_tag(frame.node.place, tag);
  add_node(frame.node.place, 1, 1);
  if (anchor != 0) open_anchors_.insert(anchor);
  stack_.push_back(std::move(frame));
}

void Builder::close() {
  Frame frame = std::move(stack_.back());
  stack_.pop_back();
  if (frame.merged) apply_merge(frame);
  Anchored value{std::move(frame.node), frame.nodes, frame.height};
  open_anchors_.erase(frame.anchor);
  remember(frame.anchor, value, value.node.place);
  deliver(std::move(value));
}

void Builder::add_node(Place place, std::size_t nodes, std::size_t height) {
  if (stack_.size() + height > kNestingMax) {
    problems_.add(place, ErrorCode::nested_too_deep,
                  fmt::format("nested more than {} deep", kNestingMax));
    throw GiveUp{};
  }
  budget_.nodes += nodes;
  if (budget_.nodes > kNodesMax) {
    problems_.add(place, ErrorCode::too_many_nodes,
                  fmt::format("more than {} values once aliases are expanded", kNodesMax));
    throw GiveUp{};
  }
}

void Builder::check_tag(Place place, const std::string& tag) {
  if (tag.empty() || tag == "?" || tag == "!") return;
  problems_.add(place, ErrorCode::bad_key_or_tag, "tags are not used in a scenario; quote a text");
}

void Builder::remember(YAML::anchor_t anchor, const Anchored& anchored, Place place) {
  if (anchor == 0) return;
  // What an anchor holds is kept a second time, so it counts a second time.
  anchored_nodes_ += anchored.nodes;
  if (anchored_nodes_ > kNodesMax) {
    problems_.add(place, ErrorCode::too_many_nodes,
                  fmt::format("anchors hold more than {} values", kNodesMax));
    throw GiveUp{};
  }
  anchors_.insert_or_assign(anchor, anchored);
}

void Builder::deliver(Anchored value) {
  if (stack_.empty()) {
    root_ = std::move(value.node);
    return;
  }
  Frame& frame = stack_.back();
  frame.nodes += value.nodes;
  frame.height = std::max(frame.height, value.height + 1);
  if (frame.node.kind == NodeKind::list) {
    frame.node.items.push_back(std::move(value.node));
    return;
  }
  if (frame.key) return deliver_value(frame, std::move(value.node));
  deliver_key(frame, value.node);
}

void Builder::deliver_key(Frame& frame, const Node& node) {
  frame.key = node.text;
  frame.key_place = node.place;
  frame.key_ignored = false;
  if (node.kind != NodeKind::scalar || node.text.empty()) {
    problems_.add(node.place, ErrorCode::bad_key_or_tag, "a key must be a plain text");
    frame.key_ignored = true;
    return;
  }
  const auto [first, added] = frame.keys.emplace(node.text, node.place);
  if (added) return;
  problems_.add(node.place, ErrorCode::duplicate_key,
                fmt::format("the key \"{}\" is given twice; first in line {}", node.text,
                            first->second.line + 1));
  frame.key_ignored = true;
}

void Builder::deliver_value(Frame& frame, Node node) {
  std::string key = std::move(*frame.key);
  frame.key.reset();
  if (frame.key_ignored) return;
  if (key == "<<") {
    frame.merged = std::move(node);
    frame.merged_place = frame.key_place;
    return;
  }
  frame.node.entries.push_back({std::move(key), frame.key_place, std::move(node)});
}

void Builder::apply_merge(Frame& frame) {
  const Node merged = std::move(*frame.merged);
  const bool maps = merged.kind == NodeKind::list && !merged.items.empty() &&
                    std::all_of(merged.items.begin(), merged.items.end(),
                                [](const Node& item) { return item.kind == NodeKind::map; });
  if (merged.kind != NodeKind::map && !maps) {
    problems_.add(frame.merged_place, ErrorCode::bad_merge,
                  fmt::format("`<<` takes a map or a list of maps, not {}", to_text(merged.kind)));
    return;
  }
  if (merged.kind == NodeKind::map) return merge_from(frame, merged);
  for (const Node& item : merged.items) merge_from(frame, item);
}

void Builder::merge_from(Frame& frame, const Node& from) {
  for (const Entry& entry : from.entries) {
    if (!frame.keys.emplace(entry.key, entry.place).second) continue;
    frame.node.entries.push_back(entry);
  }
}

// The parser takes the end of the file for the closing quotation mark.
bool Builder::quote_is_closed(Place place) const {
  const std::string_view text = sources_.at(source_).text;
  std::size_t at = sources_.offset(place);
  if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) return true;
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      const bool doubled = quote == '\'' && at + 1 < text.size() && text[at + 1] == quote;
      if (!doubled) return true;
      ++at;
    }
  }
  return false;
}

}  // namespace probate::yaml
