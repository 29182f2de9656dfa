#include "sim/cli/vary.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace probate::cli {
namespace {

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

// Where the commas between values are: outside quotes and brackets.
class ValueSplitter {
 public:
  // True if this character separates two values.
  bool separates(char c) {
    if (quote_ != 0) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\' && quote_ == '"') {
        escaped_ = true;
      } else if (c == quote_) {
        quote_ = 0;
      }
      return false;
    }
    if (c == '"' || c == '\'') quote_ = c;
    if (c == '[' || c == '{') ++depth_;
    if (c == ']' || c == '}') --depth_;
    return c == ',' && depth_ <= 0;
  }
  bool is_open() const { return quote_ != 0 || depth_ > 0; }

 private:
  char quote_ = 0;
  int depth_ = 0;
  bool escaped_ = false;
};

}  // namespace

Result<report::SweepAxis, std::string> parse_vary(const std::string& text) {
  const auto mistake = [&text](const std::string& what) {
    return Failure{fmt::format("--vary {}: {}", text, what)};
  };
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return mistake("expected PATH=VALUE,VALUE, as in devices.meter.keep_alive=30s,60s,300s");
  }
  report::SweepAxis axis{text.substr(0, equals), {}};
  ValueSplitter splitter;
  std::string value;
  for (std::size_t at = equals + 1; at <= text.size(); ++at) {
    const bool is_end = at == text.size();
    if (!is_end && !splitter.separates(text[at])) {
      value += text[at];
      continue;
    }
    value = trimmed(value);
    if (value.empty()) return mistake("a value is missing: it is empty before or after a comma");
    if (std::find(axis.values.begin(), axis.values.end(), value) != axis.values.end()) {
      return mistake(fmt::format("the value {} stands there twice", value));
    }
    axis.values.push_back(std::move(value));
    value.clear();
  }
  if (splitter.is_open()) return mistake("a quote or a bracket is not closed");
  return axis;
}

std::size_t grid_size(const std::vector<report::SweepAxis>& axes, std::size_t most) {
  std::size_t size = 1;
  for (const report::SweepAxis& axis : axes) {
    if (size > most / axis.values.size()) return most + 1;
    size *= axis.values.size();
  }
  return size;
}

std::vector<std::vector<std::size_t>> grid_of(const std::vector<report::SweepAxis>& axes) {
  std::vector<std::vector<std::size_t>> points{{}};
  for (const report::SweepAxis& axis : axes) {
    std::vector<std::vector<std::size_t>> longer;
    for (const auto& point : points) {
      for (std::size_t value = 0; value < axis.values.size(); ++value) {
        longer.push_back(point);
        longer.back().push_back(value);
      }
    }
    points = std::move(longer);
  }
  return points;
}

std::vector<std::string> settings_of(const std::vector<report::SweepAxis>& axes,
                                     const std::vector<std::size_t>& values) {
  std::vector<std::string> settings;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    settings.push_back(axes[i].path + "=" + axes[i].values[values[i]]);
  }
  return settings;
}

}  // namespace probate::cli
