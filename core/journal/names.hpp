// The words of the journal: one spelling for every kind of record and every enumerator, in data,
// metrics and prose.
#pragma once

#include <span>
#include <string_view>

#include "core/journal/records.hpp"

namespace probate::journal {

const char* to_text(Leg leg);
const char* to_text(Party party);
const char* to_text(CloseHow how);
const char* to_text(Flow flow);
const char* to_text(Observer observer);
const char* to_text(MessageKind kind);
const char* to_text(BrokerEnd end);
const char* to_text(Alteration how);

// "leg_closed": the struct's name in snake_case.
std::string_view kind_of(const Body& body);
// Every kind, in the order of Body.
std::span<const std::string_view> all_kinds();

}  // namespace probate::journal
