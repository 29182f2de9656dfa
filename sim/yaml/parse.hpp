// YAML text → tree, strictly. Only parse.cpp and builder.hpp, which it uses, include yaml-cpp.
#pragma once

#include <cstddef>
#include <optional>

#include "sim/yaml/node.hpp"
#include "sim/yaml/source.hpp"

namespace probate::yaml {

inline constexpr std::size_t kFileBytesMax = 1 << 20;
inline constexpr std::size_t kNestingMax = 64;
inline constexpr std::size_t kNodesMax =
    100'000;  // after the expansion of aliases, all files together

// What a whole load may still use.
struct Budget {
  std::size_t nodes = 0;
};

// Reports everything that YAML allows and we do not: tabs, duplicate keys, several documents, tags,
// keys that are no texts, quotes left open, bytes that are not UTF-8. Anchors, aliases and `<<` are
// expanded: explicit keys win over merged ones, an earlier map of a `<<` list over a later one.
// Nothing if the text is so broken that there is no tree; then the reason has been reported.
// `skip`: that many bytes of the text's first line are no YAML (the PATH= of --set).
std::optional<Node> parse(SourceId source, const Sources& sources, Budget& budget,
                          Problems& problems, std::size_t skip = 0);

}  // namespace probate::yaml
