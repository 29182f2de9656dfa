#include "sim/report/event_reader.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

namespace probate::report {
namespace {

constexpr unsigned kReadBytes = 128 * 1024;
// Of damaged data zlib gives nothing of the read in which it notices: small reads get close to it.
constexpr unsigned kTakenAtOnce = 4 * 1024;

}  // namespace

std::string to_text(const ReadError& error) {
  if (error.line == 0) return fmt::format("{}: {}", error.path, error.message);
  return fmt::format("{}:{}:{}: {}", error.path, error.line, error.column, error.message);
}

struct EventReader::Source {
  explicit Source(std::string name) : path{std::move(name)}, block(kTakenAtOnce) {}
  ~Source() {
    if (file != nullptr) gzclose_r(file);
  }

  // Fills the block. False at the end.
  Result<bool, ReadError> refill(std::uint64_t line) {
    const int got = gzread(file, block.data(), kTakenAtOnce);
    int code = Z_OK;
    const std::string_view why{gzerror(file, &code)};
    // What came before the damage is read first.
    if (got < 0 || (got == 0 && (code == Z_BUF_ERROR || code == Z_DATA_ERROR))) {
      const bool system = code == Z_ERRNO;
      const std::string cause = system ? std::generic_category().message(errno)
                                       : fmt::format("the gzip data is damaged or cut short");
      return Failure{ReadError{path, line, line == 0 ? 0u : 1u, cause, system || why.empty()}};
    }
    begin = 0;
    end = static_cast<std::size_t>(got);
    return end > 0;
  }

  std::string path;
  gzFile file = nullptr;
  std::vector<char> block;
  std::size_t begin = 0;
  std::size_t end = 0;
};

EventReader::EventReader(std::unique_ptr<Source> source) : source_{std::move(source)} {}
EventReader::~EventReader() = default;
EventReader::EventReader(EventReader&&) noexcept = default;
EventReader& EventReader::operator=(EventReader&&) noexcept = default;

Result<EventReader, ReadError> EventReader::open(const std::string& path) {
  auto source = std::make_unique<Source>(path == "-" ? "standard input" : path);
  const int fd = path == "-" ? dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return Failure{ReadError{source->path, 0, 0, std::generic_category().message(errno), true}};
  }
  source->file = gzdopen(fd, "rb");
  CHECK(source->file != nullptr);
  gzbuffer(source->file, kReadBytes);
  EventReader reader{std::move(source)};
  const auto more = reader.read_line();
  if (!more) return Failure{more.error()};
  if (!*more) return Failure{ReadError{reader.source_->path, 0, 0, "the file is empty", false}};
  auto header = journal::parse_header(reader.line_);
  if (!header) return Failure{reader.at_line(header.error())};
  reader.header_ = *std::move(header);
  return reader;
}

const std::string& EventReader::path() const { return source_->path; }

Result<std::optional<journal::Record>, ReadError> EventReader::next() {
  for (;;) {
    const auto more = read_line();
    if (!more) return Failure{more.error()};
    if (!*more) return std::optional<journal::Record>{};
    if (line_.empty()) continue;
    auto record = journal::parse_record(line_);
    if (!record) return Failure{at_line(record.error())};
    if (record->sequence == journal::kNoSequence && !header_.is_foreign()) {
      return Failure{at_line({0, "key \"seq\" is missing: a run numbers its records"})};
    }
    return std::optional{*std::move(record)};
  }
}

Result<bool, ReadError> EventReader::read_line() {
  line_.clear();
  ++number_;
  for (;;) {
    Source& source = *source_;
    if (source.begin == source.end) {
      const auto more = source.refill(number_);
      if (!more) return Failure{more.error()};
      if (!*more) return !line_.empty();
    }
    const char* from = source.block.data() + source.begin;
    const std::size_t left = source.end - source.begin;
    const void* feed = std::memchr(from, '\n', left);
    const std::size_t bytes =
        feed == nullptr ? left : static_cast<std::size_t>(static_cast<const char*>(feed) - from);
    if (line_.size() + bytes > kLineBytesMax) {
      return Failure{ReadError{source.path, number_, kLineBytesMax,
                               fmt::format("a line of more than {} bytes", kLineBytesMax), false}};
    }
    line_.append(from, bytes);
    source.begin += bytes + (feed == nullptr ? 0 : 1);
    if (feed != nullptr) return true;
  }
}

ReadError EventReader::at_line(const journal::ParseError& error) const {
  return {source_->path, number_, error.offset + 1, error.message, false};
}

}  // namespace probate::report
