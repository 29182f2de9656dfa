#include "sim/report/markup.hpp"

#include "sim/report/page.hpp"

namespace probate::report {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : Page::safe(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace probate::report
