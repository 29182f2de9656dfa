// One tree from several texts: included files, --set, presets.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/yaml/files.hpp"
#include "sim/yaml/node.hpp"
#include "sim/yaml/parse.hpp"
#include "sim/yaml/source.hpp"
#include "sim/yaml/variables.hpp"

namespace probate::yaml {

inline constexpr std::size_t kIncludeDepthMax = 8;
inline constexpr std::size_t kFilesMax = 200;  // included files and presets of one load
inline constexpr std::size_t kPresetDepthMax = 4;

// Where what is set for one point of a sweep was given.
inline constexpr const char* kVaryFlag = "--vary";

// Lays `over` on `base`: maps deeply, everything else replaced. A choice is replaced as a whole: a
// map with another `policy`, and `luat_loop` under another `workload`.
void lay_over(Node& base, Node over);

// Reads texts into trees and puts the trees together.
class Composer {
 public:
  Composer(Sources& sources, Problems& problems, const FileReader& read_file,
           const Environment& environment)
      : sources_{sources}, problems_{problems}, read_file_{read_file}, environment_{environment} {}

  // A file's text and everything it includes; `include` itself is gone from the tree.
  std::optional<Node> scenario(std::string name, std::string text);
  // Applies "a.b[0].c=value". A list item is addressed by its position or by its `name`. `flag`:
  // where it was given, for messages. With kVaryFlag a value that was set before is no value to
  // replace, by whichever path, but a mistake.
  void apply_override(Node& root, const std::string& argument, const char* flag);
  // Puts the rules of a file in the place of the scenario's. The file is a list of rules, or a map
  // with nothing but `gate`.
  void replace_rules(Node& root, const std::string& path, const FileReader& read_file);
  // The same with rules given one by one, each the text of an `expect`.
  void replace_rules(Node& root, const std::vector<std::string>& expect);
  // Puts below every device the preset it names.
  void apply_presets(Node& root);

 private:
  std::optional<Node> read(SourceId source, std::size_t skip = 0);
  void include(Node& tree, std::vector<std::string>& chain);
  std::optional<Node> included(const Node& item, std::vector<std::string>& chain);
  void apply_preset(Node& device, std::vector<std::string>& chain);
  std::optional<Node> preset(const Node& name, std::vector<std::string>& chain);
  // Counts a further file or preset; reports one too many.
  bool count_file(Place place);
  std::optional<SourceId> open(const std::string& path, const FileReader& read_file, Place place,
                               ErrorCode code);

  Sources& sources_;
  Problems& problems_;
  const FileReader& read_file_;
  const Environment& environment_;
  Budget budget_;
  std::size_t files_ = 0;
};

}  // namespace probate::yaml
