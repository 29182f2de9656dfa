#include "sim/yaml/compose.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "sim/yaml/presets.hpp"

namespace probate::yaml {
namespace {

void erase_key(Node& map, std::string_view key) {
  std::erase_if(map.entries, [key](const Entry& entry) { return entry.key == key; });
}

bool scalars_differ(const Node* a, const Node* b) {
  return a != nullptr && b != nullptr && a->text != b->text;
}

}  // namespace

void lay_over(Node& base, Node over) {
  if (base.kind != NodeKind::map || over.kind != NodeKind::map ||
      scalars_differ(std::as_const(base).find("policy"), over.find("policy"))) {
    base = std::move(over);
    return;
  }
  if (scalars_differ(std::as_const(base).find("workload"), over.find("workload"))) {
    erase_key(base, "luat_loop");
  }
  std::map<std::string, std::size_t, std::less<>> positions;
  for (std::size_t i = 0; i < base.entries.size(); ++i) positions.emplace(base.entries[i].key, i);
  for (Entry& entry : over.entries) {
    const auto found = positions.find(entry.key);
    if (found == positions.end()) {
      base.entries.push_back(std::move(entry));
      continue;
    }
    Entry& below = base.entries[found->second];
    below.place = entry.place;
    lay_over(below.value, std::move(entry.value));
  }
  base.place = over.place;
}

std::optional<Node> Composer::read(SourceId source, std::size_t skip) {
  auto tree = parse(source, sources_, budget_, problems_, skip);
  if (tree) substitute(*tree, environment_, problems_);
  return tree;
}

bool Composer::count_file(Place place) {
  if (++files_ <= kFilesMax) return true;
  problems_.add(place, ErrorCode::include_cycle,
                fmt::format("more than {} files and presets in one scenario", kFilesMax));
  return false;
}

std::optional<SourceId> Composer::open(const std::string& path, const FileReader& read_file,
                                       Place place, ErrorCode code) {
  if (!count_file(place)) return std::nullopt;
  auto text = read_file(path);
  if (!text) {
    problems_.add(place, code, fmt::format("cannot read \"{}\": {}", path, text.error()));
    return std::nullopt;
  }
  return sources_.add(path, std::move(text).value(), SourceKind::scenario);
}

std::optional<Node> Composer::scenario(std::string name, std::string text) {
  std::vector<std::string> chain{beside("", name)};
  auto tree = read(sources_.add(std::move(name), std::move(text), SourceKind::scenario));
  if (!tree) return std::nullopt;
  if (tree->kind != NodeKind::map) {
    problems_.add(tree->place, ErrorCode::wrong_kind,
                  fmt::format("a scenario is a map that starts with `version: 1`, not {}",
                              to_text(tree->kind)));
    return std::nullopt;
  }
  include(*tree, chain);
  return tree;
}

void Composer::include(Node& tree, std::vector<std::string>& chain) {
  const Node* found = std::as_const(tree).find("include");
  if (found == nullptr) return;
  const Node files = *found;
  erase_key(tree, "include");
  if (files.kind != NodeKind::scalar && files.kind != NodeKind::list) {
    problems_.add(files.place, ErrorCode::wrong_kind,
                  "`include` takes a file or a list of files, as in [base.yaml]");
    return;
  }
  Node below;
  below.kind = NodeKind::map;
  const auto add = [&](const Node& item) {
    if (auto more = included(item, chain)) lay_over(below, std::move(*more));
  };
  if (files.kind == NodeKind::scalar) add(files);
  for (const Node& item : files.items) add(item);
  lay_over(below, std::move(tree));
  tree = std::move(below);
}

std::optional<Node> Composer::included(const Node& item, std::vector<std::string>& chain) {
  if (item.kind != NodeKind::scalar || item.text.empty()) {
    problems_.add(item.place, ErrorCode::wrong_kind, "the name of a file is needed here");
    return std::nullopt;
  }
  const std::string path = beside(sources_.at(item.place.source).name, item.text);
  if (std::find(chain.begin(), chain.end(), path) != chain.end()) {
    problems_.add(
        item.place, ErrorCode::include_cycle,
        fmt::format("\"{}\" includes itself: {} → {}", path, fmt::join(chain, " → "), path));
    return std::nullopt;
  }
  if (chain.size() > kIncludeDepthMax) {
    problems_.add(item.place, ErrorCode::include_cycle,
                  fmt::format("files are included more than {} deep", kIncludeDepthMax));
    return std::nullopt;
  }
  const auto source = open(path, read_file_, item.place, ErrorCode::include_not_found);
  if (!source) return std::nullopt;
  auto tree = read(*source);
  if (!tree) return std::nullopt;
  if (tree->kind != NodeKind::map) {
    problems_.add(tree->place, ErrorCode::wrong_kind, "an included file is a map of scenario keys");
    return std::nullopt;
  }
  chain.push_back(path);
  include(*tree, chain);
  chain.pop_back();
  return tree;
}

void Composer::apply_presets(Node& root) {
  Node* devices = root.find("devices");
  if (devices == nullptr) return;
  for (Entry& device : devices->entries) {
    std::vector<std::string> chain;
    apply_preset(device.value, chain);
  }
}

void Composer::apply_preset(Node& device, std::vector<std::string>& chain) {
  const Node* name = std::as_const(device).find("preset");
  if (name == nullptr || name->kind == NodeKind::null) return;
  const Place place = name->place;
  auto base = preset(*name, chain);
  if (!base) {
    // What the preset would have said is unknown: only its absence is reported.
    device = Node{};
    device.place = place;
    return;
  }
  lay_over(*base, std::move(device));
  device = std::move(*base);
}

std::optional<Node> Composer::preset(const Node& name, std::vector<std::string>& chain) {
  if (name.kind != NodeKind::scalar) {
    problems_.add(name.place, ErrorCode::wrong_kind, "the name of a preset or a file is needed");
    return std::nullopt;
  }
  const bool file = names_a_file(name.text);
  const std::string path =
      file ? beside(sources_.at(name.place.source).name, name.text) : name.text;
  const bool again = std::find(chain.begin(), chain.end(), path) != chain.end();
  if (again || chain.size() >= kPresetDepthMax) {
    problems_.add(
        name.place, ErrorCode::include_cycle,
        again ? fmt::format("the preset \"{}\" starts from itself", path)
              : fmt::format("presets start from one another more than {} deep", kPresetDepthMax));
    return std::nullopt;
  }
  std::optional<SourceId> source;
  if (file) {
    source = open(path, read_file_, name.place, ErrorCode::unknown_preset);
    if (!source) return std::nullopt;
  } else if (const auto text = builtin_preset(path)) {
    if (!count_file(name.place)) return std::nullopt;
    source = sources_.add(fmt::format("preset {}", path), std::string{*text}, SourceKind::builtin);
  } else {
    problems_.add(name.place, ErrorCode::unknown_preset,
                  fmt::format("no preset is called \"{}\"{}; there are {}", path,
                              suggestion(path, preset_names()), fmt::join(preset_names(), ", ")));
    return std::nullopt;
  }
  auto tree = read(*source);
  if (!tree) return std::nullopt;
  if (tree->kind != NodeKind::map) {
    problems_.add(tree->place, ErrorCode::wrong_kind, "a preset is a map of the keys of a device");
    return std::nullopt;
  }
  erase_key(*tree, "about");
  chain.push_back(path);
  apply_preset(*tree, chain);
  chain.pop_back();
  return tree;
}

}  // namespace probate::yaml
