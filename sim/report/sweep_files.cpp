#include "sim/report/sweep_files.hpp"

#include "sim/report/sweep_chart.hpp"
#include "sim/report/sweep_text.hpp"

namespace probate::report {

std::vector<FileError> write_sweep(const SweepReport& report, const std::string& folder) {
  std::vector<FileError> errors;
  const auto write = [&](const char* name, const std::string& content) {
    const Written written = write_file(folder + "/" + name, content);
    if (!written) errors.push_back(written.error());
  };
  write("sweep.csv", sweep_csv(report));
  write("sweep.json", sweep_json(report));
  write("sweep.svg", sweep_svg(report));
  write("sweep.html", sweep_html(report));
  return errors;
}

}  // namespace probate::report
