#include "sim/yaml/parse.hpp"

#include <array>
#include <exception>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "sim/yaml/builder.hpp"
#include "sim/yaml/text.hpp"

namespace probate::yaml {
namespace {

// What the YAML parser says, and what a person would.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kSayings{{
    {"end of map not found", "this line fits no map above; check its indentation"},
    {"end of sequence not found", "this line fits no list above; check its indentation"},
    {"end of map flow not found", "a `{` is not closed by `}` before this place"},
    {"end of sequence flow not found", "a `[` is not closed by `]` before this place"},
    {"illegal map value", "no value can stand here; a text that holds `: ` needs quotes"},
    {"illegal map key", "no key can stand here; check the indentation"},
    {"illegal block entry", "no list item can stand here; check the indentation"},
    {"unknown token", "a text cannot begin with this character; quote it"},
    {"the referenced anchor is not defined", "this alias names no anchor above it"},
    {"illegal EOF in scalar", "a quotation mark is never closed"},
    {"illegal flow end", "this bracket closes nothing"},
}};

std::string in_words(const YAML::Exception& error, std::string_view line) {
  std::string words = error.msg;
  for (const auto& [theirs, ours] : kSayings) {
    if (error.msg == theirs) words = ours;
  }
  const bool flow = error.msg.find("flow") != std::string::npos;
  if (flow && line.find("${") != std::string_view::npos) {
    words += "; inside { } and [ ] a ${…} needs quotes";
  }
  return words;
}

// True if the text may be handed to the YAML parser. Refuses what it would silently take for
// something else: a byte order mark of UTF-16, NUL, and 0x04, which it takes for the end.
bool check_characters(SourceId id, const Sources& sources, Problems& problems) {
  const Source& source = sources.at(id);
  bool fine = true;
  for (std::uint32_t line = 0; line < source.line_starts.size(); ++line) {
    const std::string_view text = source.line(line);
    bool tab = false;
    for (std::size_t at = 0; at < text.size();) {
      const auto point = first_code_point(text.substr(at));
      const Place place{id, line, static_cast<std::uint32_t>(at)};
      const bool control = point && ((point->value < 0x20 && point->value != '\t') ||
                                     point->value == 0x7f || point->value == 0xfeff);
      const bool mark = point && point->value == 0xfeff && line == 0 && at == 0;
      if (!point || (control && !mark)) {
        problems.add(place, ErrorCode::bad_encoding,
                     point ? fmt::format("the control character U+{:04X} has no place in a text",
                                         static_cast<std::uint32_t>(point->value))
                           : "this is not UTF-8");
        fine = false;
        break;
      }
      if (point->value == '\t' && !tab) {
        problems.add(place, ErrorCode::tab_character,
                     "a tab; indent with spaces, and write \\t inside \"…\"");
        tab = true;
        fine = false;
      }
      at += point->bytes;
    }
  }
  return fine;
}

// What is missing at the end the parser marks by the line after the last, or by the very first
// place; a reader looks at the end.
Place place_of(const YAML::Exception& error, SourceId id, const Source& source) {
  const auto positive = [](int value) { return value > 0 ? static_cast<std::uint32_t>(value) : 0; };
  Place place{id, positive(error.mark.line), positive(error.mark.column)};
  const auto last = static_cast<std::uint32_t>(source.line_starts.size() - 1);
  const auto end_of = [&](std::uint32_t line) {
    return Place{place.source, line, static_cast<std::uint32_t>(source.line(line).size())};
  };
  const bool nowhere = place.line == 0 && place.column == 0 && error.msg.starts_with("end of ");
  if (place.line > last || nowhere) place = end_of(last);
  const bool after_the_text = place.line > 0 && place.line == last && source.line(last).empty();
  return after_the_text ? end_of(last - 1) : place;
}

}  // namespace

std::optional<Node> parse(SourceId id, const Sources& sources, Budget& budget, Problems& problems,
                          std::size_t skip) {
  const Source& source = sources.at(id);
  if (source.text.size() > kFileBytesMax) {
    problems.add_file(source.name, ErrorCode::file_too_large,
                      fmt::format("a scenario file has at most {} bytes", kFileBytesMax));
    return std::nullopt;
  }
  if (!check_characters(id, sources, problems)) return std::nullopt;
  Builder builder{id, sources, budget, problems};
  const auto syntax = [&](Place place, std::string message) {
    problems.add(place, ErrorCode::yaml_syntax, std::move(message));
    return std::nullopt;
  };
  try {
    std::istringstream in{std::string(skip, ' ') + source.text.substr(skip)};
    YAML::Parser parser{in};
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const GiveUp&) {
    return std::nullopt;
  } catch (const YAML::Exception& error) {
    const Place place = place_of(error, id, source);
    return syntax(place, in_words(error, source.line(place.line)));
  } catch (const std::exception& error) {
    return syntax(Place{id, 0, 0}, fmt::format("the YAML parser gave up: {}", error.what()));
  }
  Node root = builder.take_root();
  if (builder.documents() == 0 || root.kind == NodeKind::null) {
    problems.add(Place{id, 0, 0}, ErrorCode::empty_file, "there is nothing in it");
    return std::nullopt;
  }
  return root;
}

}  // namespace probate::yaml
