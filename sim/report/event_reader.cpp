#include "sim/report/event_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

namespace probate::report {
namespace {

constexpr std::size_t kReadBytes = 128 * 1024;

}  // namespace

std::string to_text(const ReadError& error) {
  if (error.line == 0) return fmt::format("{}: {}", error.path, error.message);
  return fmt::format("{}:{}:{}: {}", error.path, error.line, error.column, error.message);
}

// What stands in a file, unpacked if it is gzipped.
struct EventReader::Source {
  explicit Source(std::string name) : path{std::move(name)}, raw(kReadBytes) {}
  ~Source() {
    if (is_gzip) inflateEnd(&unpacker);
    if (file >= 0) ::close(file);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  ReadError error(std::uint64_t line, std::string what, bool unreadable = false) const {
    return {path, line, line == 0 ? 0U : 1U, std::move(what), unreadable};
  }

  // Bytes of the file to behind those that are left. False at its end.
  Result<bool, ReadError> read_more(std::uint64_t line) {
    std::move(left.begin(), left.end(), raw.begin());
    ssize_t got = 0;
    do {
      got = ::read(file, raw.data() + left.size(), raw.size() - left.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) return Failure{error(line, std::generic_category().message(errno), true)};
    left = {raw.data(), left.size() + static_cast<std::size_t>(got)};
    return got > 0;
  }

  // Looks at how the file begins.
  Result<bool, ReadError> begin() {
    while (left.size() < kMagic.size()) {
      auto more = read_more(0);
      if (!more) return more;
      if (!*more) break;
    }
    is_gzip = left.starts_with(kMagic);
    if (!is_gzip) return true;
    constexpr int kGzipOnly = 16;
    CHECK(inflateInit2(&unpacker, kGzipOnly + MAX_WBITS) == Z_OK);
    unpacked.resize(kReadBytes);
    return true;
  }

  // Fills the block. False at the end.
  Result<bool, ReadError> refill(std::uint64_t line) {
    if (is_gzip) return unpack(line);
    if (left.empty()) {
      auto more = read_more(line);
      if (!more || !*more) return more;
    }
    block = std::exchange(left, {});
    return true;
  }

  // A file may be several gzip files one after the other.
  Result<bool, ReadError> unpack(std::uint64_t line) {
    for (;;) {
      if (left.empty()) {
        auto more = read_more(line);
        if (!more) return more;
        if (!*more && is_between) return false;
        if (!*more) return Failure{error(line, kDamaged)};
      }
      if (is_between && !kMagic.starts_with(left.substr(0, kMagic.size()))) {
        return Failure{error(line,
                             "something that is no gzip data follows the end of the gzip "
                             "data")};
      }
      if (is_between) CHECK(inflateReset(&unpacker) == Z_OK);
      is_between = false;
      unpacker.next_in = reinterpret_cast<Bytef*>(raw.data() + (left.data() - raw.data()));
      unpacker.avail_in = static_cast<uInt>(left.size());
      unpacker.next_out = reinterpret_cast<Bytef*>(unpacked.data());
      unpacker.avail_out = static_cast<uInt>(unpacked.size());
      const int code = inflate(&unpacker, Z_NO_FLUSH);
      left.remove_prefix(left.size() - unpacker.avail_in);
      is_between = code == Z_STREAM_END;
      block = {unpacked.data(), unpacked.size() - unpacker.avail_out};
      // What came before the damage is read first.
      if (!block.empty()) return true;
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
        return Failure{error(line, kDamaged)};
      }
    }
  }

  static constexpr std::string_view kMagic{"\x1f\x8b"};
  static constexpr const char* kDamaged = "the gzip data is damaged or cut short";

  std::string path;
  int file = -1;
  bool is_gzip = false;
  bool is_between = false;  // two gzip files, or behind the last
  z_stream unpacker{};
  std::vector<char> raw;
  std::string_view left;  // of `raw`, not looked at yet
  std::vector<char> unpacked;
  std::string_view block;  // not given out yet
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
  source->file = fd;
  if (const auto begun = source->begin(); !begun) return Failure{begun.error()};
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
    if (source.block.empty()) {
      const auto more = source.refill(number_);
      if (!more) return Failure{more.error()};
      if (!*more) return !line_.empty();
    }
    const std::size_t feed = source.block.find('\n');
    const std::size_t bytes = std::min(feed, source.block.size());
    if (line_.size() + bytes > kLineBytesMax) {
      return Failure{ReadError{source.path, number_, kLineBytesMax,
                               fmt::format("a line of more than {} bytes", kLineBytesMax), false}};
    }
    line_.append(source.block, 0, bytes);
    source.block.remove_prefix(feed == std::string_view::npos ? bytes : bytes + 1);
    if (feed != std::string_view::npos) return true;
  }
}

ReadError EventReader::at_line(const journal::ParseError& error) const {
  return {source_->path, number_, error.offset + 1, error.message, false};
}

}  // namespace probate::report
