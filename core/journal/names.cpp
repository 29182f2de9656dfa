#include "core/journal/names.hpp"

#include <array>
#include <utility>

#include "core/journal/fields.hpp"

namespace probate::journal {
namespace {

template <std::size_t... kIndex>
constexpr auto kinds_of_all(std::index_sequence<kIndex...>) {
  return std::array<std::string_view, sizeof...(kIndex)>{
      kKind<std::variant_alternative_t<kIndex, Kinds>>...};
}
constexpr auto kKinds = kinds_of_all(std::make_index_sequence<std::variant_size_v<Kinds>>{});

}  // namespace

const char* to_text(Leg leg) { return word_of(leg).data(); }
const char* to_text(Party party) { return word_of(party).data(); }
const char* to_text(CloseHow how) { return word_of(how).data(); }
const char* to_text(Flow flow) { return word_of(flow).data(); }
const char* to_text(Observer observer) { return word_of(observer).data(); }
const char* to_text(MessageKind kind) { return word_of(kind).data(); }
const char* to_text(BrokerEnd end) { return word_of(end).data(); }
const char* to_text(Alteration how) { return word_of(how).data(); }

std::string_view kind_of(const Body& body) { return kKinds[body.index()]; }

std::span<const std::string_view> all_kinds() { return kKinds; }

}  // namespace probate::journal
