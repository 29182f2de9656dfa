#include "sim/report/json_fields.hpp"

#include <cmath>

#include <fmt/format.h>

namespace probate::report {
namespace json = boost::json;

JsonFields::JsonFields(const json::value& value, std::string path, std::string& mistake)
    : object_{value.if_object()}, path_{std::move(path)}, mistake_{mistake} {
  if (object_ == nullptr && mistake_.empty()) {
    mistake_ = fmt::format("{}: expected an object", path_.empty() ? "the document" : path_);
  }
}

std::string JsonFields::path_of(std::string_view key) const {
  return path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key);
}

void JsonFields::complain(std::string_view key, std::string_view expected) const {
  if (mistake_.empty()) mistake_ = fmt::format("{}: expected {}", path_of(key), expected);
}

const json::value* JsonFields::find(std::string_view key) const {
  if (object_ == nullptr) return nullptr;
  const json::value* value = object_->if_contains(key);
  if (value == nullptr && mistake_.empty()) mistake_ = fmt::format("{} is missing", path_of(key));
  return value;
}

bool JsonFields::has(std::string_view key) const {
  return object_ != nullptr && object_->contains(key);
}

std::uint64_t JsonFields::count(std::string_view key) const {
  const json::value* value = find(key);
  if (value == nullptr) return 0;
  if (value->is_uint64()) return value->get_uint64();
  if (value->is_int64() && value->get_int64() >= 0) {
    return static_cast<std::uint64_t>(value->get_int64());
  }
  complain(key, "a whole number, 0 or more");
  return 0;
}

double JsonFields::number(std::string_view key) const {
  const json::value* value = find(key);
  if (value == nullptr) return 0;
  if (value->is_double()) return value->get_double();
  if (value->is_int64()) return static_cast<double>(value->get_int64());
  if (value->is_uint64()) return static_cast<double>(value->get_uint64());
  complain(key, "a number");
  return 0;
}

bool JsonFields::boolean(std::string_view key) const {
  const json::value* value = find(key);
  if (value == nullptr) return false;
  if (value->is_bool()) return value->get_bool();
  complain(key, "true or false");
  return false;
}

std::string JsonFields::text(std::string_view key) const {
  const json::value* value = find(key);
  if (value == nullptr) return {};
  if (const json::string* found = value->if_string()) return {found->data(), found->size()};
  complain(key, "a text");
  return {};
}

Duration JsonFields::seconds(std::string_view key) const {
  constexpr double kSecondsMax = 9e9;  // of 64 bits of nanoseconds
  const double seconds = number(key);
  if (std::abs(seconds) <= kSecondsMax) return from_seconds(seconds);
  complain(key, "at most 9e9 seconds");
  return {};
}

double JsonFields::sum_of_seconds(std::string_view key) const {
  constexpr double kSumMax = 9e12;  // of 64 bits of microseconds
  const double sum = number(key);
  if (sum >= 0 && sum <= kSumMax) return sum;
  complain(key, "0 or more seconds, at most 9e12");
  return 0;
}

std::optional<Instant> JsonFields::instant_or_null(std::string_view key) const {
  const json::value* value = find(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  return Instant{seconds(key)};
}

JsonFields JsonFields::object(std::string_view key) const {
  static const json::value kNothing = json::object{};
  const json::value* value = find(key);
  return {value == nullptr ? kNothing : *value, path_of(key), mistake_};
}

const json::array* JsonFields::array(std::string_view key) const {
  const json::value* value = find(key);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) complain(key, "a list");
  return value->if_array();
}

analysis::Histogram JsonFields::histogram(std::string_view key) const {
  using analysis::Histogram;
  const JsonFields fields = object(key);
  std::vector<Histogram::Bucket> buckets;
  const json::array* rows = fields.array("buckets_us");
  const auto whole = [](const json::value& value) {
    json::error_code error;
    const auto number = value.to_number<std::int64_t>(error);
    return error || number < 0 ? std::int64_t{-1} : number;
  };
  for (std::size_t i = 0; rows != nullptr && i < rows->size(); ++i) {
    const json::array* row = (*rows)[i].if_array();
    const bool fits = row != nullptr && row->size() == 3 && whole((*row)[0]) >= 0 &&
                      whole((*row)[1]) >= 0 && whole((*row)[2]) > 0;
    if (!fits) {
      fields.complain("buckets_us", "rows of [low, high, count]");
      return {};
    }
    constexpr std::int64_t kMicrosMax = INT64_MAX / 1000;
    buckets.push_back({std::chrono::microseconds{std::min(whole((*row)[0]), kMicrosMax)},
                       std::chrono::microseconds{std::min(whole((*row)[1]), kMicrosMax)},
                       static_cast<std::uint64_t>(whole((*row)[2]))});
  }
  const auto histogram = Histogram::from_buckets(buckets, fields.seconds("sum_s"),
                                                 fields.seconds("min_s"), fields.seconds("max_s"));
  if (!histogram || histogram->count() != fields.count("count")) {
    fields.complain("buckets_us", "the buckets of such a histogram, adding up to its count");
    return {};
  }
  return *histogram;
}

}  // namespace probate::report
