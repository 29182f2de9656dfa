#include "core/journal/shift.hpp"

#include <optional>
#include <string_view>
#include <variant>

#include "core/journal/fields.hpp"

namespace probate::journal {
namespace {

struct Shifter {
  Duration by;

  void operator()(std::string_view, Instant& at) const { at += by; }
  void operator()(std::string_view, std::optional<Instant>& at) const {
    if (at) *at += by;
  }
  template <typename T>
  void operator()(std::string_view, T&) const {}
  template <typename T, typename None>
  void maybe(std::string_view key, T& value, const None& none) const {
    if (!(value == none)) (*this)(key, value);
  }
};

}  // namespace

void shift(Record& record, Duration by) {
  record.at += by;
  Shifter shifter{by};
  std::visit([&shifter](auto& body) { fields(shifter, body); }, record.body);
}

}  // namespace probate::journal
