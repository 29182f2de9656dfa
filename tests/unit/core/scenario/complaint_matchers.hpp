// What a test expects of a complaint: place, code and the words that matter.
#pragma once

#include <string>

#include <gmock/gmock.h>

#include "core/scenario/scenario.hpp"

namespace probate::scenario {

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
inline void PrintTo(const Complaint& complaint, std::ostream* out) {
  *out << complaint.path << ": " << complaint.message << " [" << complaint.code << "]";
}

inline testing::Matcher<Complaint> complaint(const std::string& path, const std::string& code,
                                             const std::string& part) {
  return testing::AllOf(testing::Field("path", &Complaint::path, path),
                        testing::Field("code", &Complaint::code, code),
                        testing::Field("message", &Complaint::message, testing::HasSubstr(part)));
}

}  // namespace probate::scenario
