#include "sim/report/results.hpp"

#include <string_view>

#include "core/base/json_text.hpp"
#include "sim/report/junit.hpp"
#include "sim/report/leftovers.hpp"
#include "sim/report/markdown.hpp"
#include "sim/report/result_json.hpp"
#include "sim/report/valid_text.hpp"

namespace probate::report {

std::vector<FileError> clear_results(const std::string& folder, Leftovers leftovers) {
  std::vector<std::string_view> names{"result.json", "junit.xml", "summary.md", "metrics.prom"};
  if (leftovers == Leftovers::all) names.insert(names.end(), {"events.ndjson.gz", "mosquitto.log"});
  return remove_leftovers(folder, names);
}

Written write_metrics(const std::string& text, const std::string& folder) {
  return write_file(folder + "/metrics.prom", text);
}

std::vector<FileError> write_results(const RunReport& report, const std::string& folder) {
  std::vector<FileError> errors;
  const auto write = [&](const char* name, const std::string& content) {
    const Written written = write_file(folder + "/" + name, content);
    if (!written) errors.push_back(written.error());
  };
  write("result.json", pretty_json(valid_json(result_json(report))));
  write("junit.xml", junit_xml(report));
  write("summary.md", summary_markdown(report));
  return errors;
}

}  // namespace probate::report
