#include "sim/report/sweep_files.hpp"

#include "sim/report/leftovers.hpp"
#include "sim/report/sweep_chart.hpp"
#include "sim/report/sweep_text.hpp"

namespace probate::report {

namespace {

constexpr const char* kTable = "sweep.csv";
constexpr const char* kDocument = "sweep.json";
constexpr const char* kChart = "sweep.svg";
constexpr const char* kPage = "sweep.html";

}  // namespace

std::vector<FileError> clear_sweep(const std::string& folder) {
  return remove_leftovers(folder, {kTable, kDocument, kChart, kPage});
}

SweepFiles write_sweep(const SweepReport& report, const std::string& folder) {
  SweepFiles files;
  const auto write = [&](const char* name, const std::string& content) {
    const Written written = write_file(folder + "/" + name, content);
    if (written) {
      files.written.emplace_back(name);
    } else {
      files.failed.push_back(written.error());
    }
  };
  write(kTable, sweep_csv(report));
  write(kDocument, sweep_json(report));
  write(kChart, sweep_svg(report));
  write(kPage, sweep_html(report));
  return files;
}

}  // namespace probate::report
