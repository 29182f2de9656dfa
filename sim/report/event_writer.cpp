#include "sim/report/event_writer.hpp"

#include <vector>

#include <zlib.h>

namespace probate::report {
namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr int kLevel = 3;             // half the time of the default for a tenth more bytes
constexpr int kGzipWindow = 15 + 16;  // the largest window, with a gzip header
constexpr int kMemoryLevel = 8;

}  // namespace

struct EventWriter::Gzip {
  explicit Gzip(const std::string& path) : file{path}, out(kBlockBytes) {
    CHECK(deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                       Z_DEFAULT_STRATEGY) == Z_OK);
  }
  ~Gzip() { deflateEnd(&stream); }

  void compress(const std::string& text, int flush) {
    // zlib does not write through next_in.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    do {
      stream.next_out = reinterpret_cast<Bytef*>(out.data());
      stream.avail_out = static_cast<uInt>(out.size());
      deflate(&stream, flush);
      file.write({out.data(), out.size() - stream.avail_out});
    } while (stream.avail_out == 0);
  }

  NewFile file;
  z_stream stream{};
  std::vector<char> out;
};

EventWriter::EventWriter(const std::string& path, const journal::Header& header)
    : gzip_{std::make_unique<Gzip>(path)} {
  if (header.level == journal::Level::notable) notable_.emplace();
  text_.reserve(kBlockBytes + 4096);
  journal::append_ndjson(header, text_);
}

EventWriter::~EventWriter() = default;

void EventWriter::write(const journal::Record& record) {
  if (!error().empty()) return;
  std::uint64_t number = record.sequence;
  if (notable_ && !notable_->keeps(record, number)) return;
  journal::append_ndjson(record, number, text_);
  ++records_;
  if (text_.size() < kBlockBytes) return;
  gzip_->compress(text_, Z_NO_FLUSH);
  text_.clear();
}

const std::string& EventWriter::error() const { return gzip_->file.error(); }

Written EventWriter::finish() {
  gzip_->compress(text_, Z_FINISH);
  text_.clear();
  return gzip_->file.commit();
}

}  // namespace probate::report
