#include "sim/yaml/source.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/yaml/text.hpp"

namespace probate::yaml {

std::string_view Source::line(std::uint32_t index) const {
  if (index >= line_starts.size()) return {};
  const std::size_t start = line_starts[index];
  const std::size_t end = std::min(text.find('\n', start), text.size());
  std::string_view found = std::string_view{text}.substr(start, end - start);
  if (found.ends_with('\r')) found.remove_suffix(1);
  return found;
}

SourceId Sources::add(std::string name, std::string text, SourceKind kind) {
  Source source{std::move(name), std::move(text), kind, {0}};
  for (std::size_t at = 0; at < source.text.size(); ++at) {
    if (source.text[at] == '\n') source.line_starts.push_back(at + 1);
  }
  sources_.push_back(std::move(source));
  return SourceId{static_cast<std::uint16_t>(sources_.size() - 1)};
}

std::size_t Sources::offset(Place place) const {
  const Source& source = at(place.source);
  if (place.line >= source.line_starts.size()) return source.text.size();
  return std::min(source.line_starts[place.line] + place.column, source.text.size());
}

void Problems::add(Place place, ErrorCode code, std::string message) {
  places_.insert(place);
  if (given_up_.contains(place)) return;
  if (full()) {
    ++left_out_;
    return;
  }
  if (const auto hint = hints_.find(place); hint != hints_.end()) {
    if (code == ErrorCode::missing_key) message += hint->second;
  }
  const Source& source = sources_.at(place.source);
  const std::string_view line = source.line(place.line);
  const std::string_view before = line.substr(0, std::min<std::size_t>(place.column, line.size()));
  const std::uint32_t shown_line = source.kind == SourceKind::option ? 0 : place.line + 1;
  found_.push_back(
      {place, found_.size(),
       Diagnostic{source.name, shown_line, static_cast<std::uint32_t>(characters(before)) + 1,
                  scenario::to_text(code), std::move(message), std::string{line},
                  DiagnosticSeverity::error}});
}

void Problems::add_file(std::string file, ErrorCode code, std::string message) {
  Diagnostic diagnostic;
  diagnostic.file = std::move(file);
  diagnostic.code = scenario::to_text(code);
  diagnostic.message = std::move(message);
  found_.push_back({Place{}, found_.size(), std::move(diagnostic)});
}

std::vector<Diagnostic> Problems::sorted() const {
  std::vector<Found> found = found_;
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return std::tie(a.place, a.order) < std::tie(b.place, b.order);
  });
  std::vector<Diagnostic> diagnostics;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const bool again = i > 0 && found[i].place == found[i - 1].place &&
                       found[i].diagnostic.message == found[i - 1].diagnostic.message;
    if (!again) diagnostics.push_back(found[i].diagnostic);
  }
  if (left_out_ > 0) {
    Diagnostic rest = diagnostics.back();
    rest.line = 0;
    rest.column = 0;
    rest.message = fmt::format("… and {} more problems", left_out_);
    diagnostics.push_back(std::move(rest));
  }
  return diagnostics;
}

}  // namespace probate::yaml
