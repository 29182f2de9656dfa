// SHA-256 of what a run draws: two runs with the same digest mean the same.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace probate {

// Feed it with add(), then ask once. OpenSSL's SHA-256, whose header stays in digest.cpp.
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  // Adds length and bytes, so that ("ab","c") and ("a","bc") differ.
  void add(std::string_view bytes);
  // 64 lower-case hex digits. Requires: called once, last.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace probate
