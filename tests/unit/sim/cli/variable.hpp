// A variable of the environment for one test.
#pragma once

#include <cstdlib>
#include <string>
#include <utility>

namespace probate::cli {

// In the environment as long as it lives.
class Variable {
 public:
  Variable(std::string name, const std::string& value) : name_{std::move(name)} {
    ::setenv(name_.c_str(), value.c_str(), 1);
  }
  ~Variable() { ::unsetenv(name_.c_str()); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  std::string name_;
};

}  // namespace probate::cli
