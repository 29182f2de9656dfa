// Any bytes as a scenario, and as an override of it: problems or a scenario, never a crash or a
// hang, and whatever is reported can be shown.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/check.hpp"
#include "sim/yaml/loader.hpp"

namespace {

using namespace probate;

// What stands behind the last NUL is an argument of --set.
struct Input {
  std::string text;
  std::string argument;
};

Input split(std::string_view bytes) {
  const std::size_t nul = bytes.rfind('\0');
  if (nul == std::string_view::npos) return {std::string{bytes}, {}};
  return {std::string{bytes.substr(0, nul)}, std::string{bytes.substr(nul + 1)}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Input input = split({reinterpret_cast<const char*>(data), size});
  yaml::LoadOptions options;
  if (!input.argument.empty()) options.set.push_back(input.argument);
  // No file and no environment but the input itself: a scenario can include itself by another name.
  options.read_file = [&input](const std::string& path) -> Result<std::string, std::string> {
    if (path.starts_with("self")) return input.text;
    return Failure{std::string{"no such file"}};
  };
  options.environment = [](std::string_view name) -> std::optional<std::string> {
    if (name.starts_with('A')) return std::string{name.substr(1)};
    return std::nullopt;
  };
  const auto loaded = yaml::load_text(input.text, "fuzz.yaml", options);
  if (loaded) {
    CHECK(!loaded->phases.empty());
    return 0;
  }
  CHECK(!loaded.error().empty());
  CHECK(!yaml::render(loaded.error(), true).empty());
  return 0;
}
