// A value that is mostly absent.
#pragma once

#include <memory>
#include <utility>

namespace probate::analysis {

// As std::optional, but in memory of its own: one word while there is none. For what one of many
// has.
template <typename T>
class Boxed {
 public:
  Boxed() = default;
  ~Boxed() = default;
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(Boxed&&) noexcept = default;
  Boxed(const Boxed&) = delete;
  Boxed& operator=(const Boxed&) = delete;

  Boxed& operator=(T value) {
    if (value_) {
      *value_ = std::move(value);
    } else {
      value_ = std::make_unique<T>(std::move(value));
    }
    return *this;
  }
  // The value, made first if there is none.
  T& need() {
    if (!value_) value_ = std::make_unique<T>();
    return *value_;
  }
  void reset() { value_.reset(); }

  bool has_value() const { return value_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  // Requires: has_value().
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace probate::analysis
