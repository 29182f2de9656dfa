// Builds the tree from the events of the YAML parser.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include "sim/yaml/node.hpp"
#include "sim/yaml/parse.hpp"

namespace probate::yaml {

// Thrown through the YAML parser to end it; caught by parse().
struct GiveUp {};

class Builder : public YAML::EventHandler {
 public:
  Builder(SourceId source, const Sources& sources, Budget& budget, Problems& problems);

  // Requires: one document has been handled.
  Node take_root() { return std::move(root_); }
  std::size_t documents() const { return documents_; }

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

 private:
  // A list or map that is being read.
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    std::size_t nodes = 1;           // of the subtree
    std::size_t height = 1;          // levels of the subtree
    std::optional<std::string> key;  // read, its value not yet
    Place key_place;
    bool key_ignored = false;  // the value of a key that was refused
    std::map<std::string, Place, std::less<>> keys;
    std::optional<Node> merged;  // the value of `<<`
    Place merged_place;
  };
  struct Anchored {
    Node node;
    std::size_t nodes = 1;
    std::size_t height = 1;
  };

  Place place_of(const YAML::Mark& mark) const;
  void open(NodeKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor);
  void close();
  void add_node(Place place, std::size_t nodes, std::size_t height);
  void check_tag(Place place, const std::string& tag);
  void remember(YAML::anchor_t anchor, const Anchored& anchored, Place place);
  // A complete value goes to where the parser stands: a key, a value, an item, or the root.
  void deliver(Anchored value);
  void deliver_key(Frame& frame, const Node& node);
  void deliver_value(Frame& frame, Node node);
  void apply_merge(Frame& frame);
  void merge_from(Frame& frame, const Node& from);
  bool quote_is_closed(Place place) const;

  SourceId source_;
  const Sources& sources_;
  Budget& budget_;
  Problems& problems_;
  Node root_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::set<YAML::anchor_t> open_anchors_;
  std::size_t anchored_nodes_ = 0;
  std::size_t documents_ = 0;
};

}  // namespace probate::yaml
