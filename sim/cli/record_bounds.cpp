#include "sim/cli/record_bounds.hpp"

#include <fmt/format.h>

#include "core/journal/fields.hpp"

namespace probate::cli {
namespace {

// The visitor of fields.hpp that looks at numbers of things.
struct Look {
  const RecordBounds& bounds;
  std::string found{};

  void check(const char* what, std::size_t index, std::size_t count) {
    if (index < count) return;
    found = count == 0 ? fmt::format("{} {}: there are no {}s in this journal", what, index, what)
                       : fmt::format("{} {} is none of the {} of the run", what, index, count);
  }
  void operator()(std::string_view, const DeviceId& id) {
    if (id != kNoDevice) check("device", id.index(), bounds.devices);
  }
  void operator()(std::string_view, const FaultId& id) {
    if (id != kNoFault) check("fault", id.index(), bounds.faults);
  }
  void operator()(std::string_view, const PhaseId& id) {
    check("phase", id.index(), bounds.phases);
  }
  template <typename T>
  void operator()(std::string_view, const T&) {}
  template <typename T, typename None>
  void maybe(std::string_view key, const T& value, const None&) {
    (*this)(key, value);
  }
};

}  // namespace

std::string RecordBounds::complaint(const journal::Record& record) const {
  Look look{*this};
  std::visit([&look](const auto& body) { journal::fields(look, body); }, record.body);
  return std::move(look.found);
}

}  // namespace probate::cli
