// Serves the figures of a run to Prometheus.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "core/base/host_port.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "metrics/catalogue.hpp"

namespace probate::metrics {

// GET /metrics      the last published figures
//     /-/healthy    200 while the process lives
//     /-/ready      200 once figures were published, 503 before
//
// Threads: begin(), publish() and freeze() by one thread at a time, the rest from any. Eight
//          threads of its own answer; a request that is not complete within 3 s is dropped, so idle
//          connections cannot keep a scraper out for long.
// Limits:  at most 1,000 series, whatever the scenario.
class Exporter {
 public:
  static constexpr Duration kLingerMax = std::chrono::hours{1};

  // Listens at once, without figures. The error is one sentence for the user: the port is in use,
  // the address is not ours.
  static Result<std::unique_ptr<Exporter>, std::string> start(const HostPort& address);
  ~Exporter();

  // Where it listens: with the port that the kernel chose if it was 0.
  const HostPort& address() const;

  // Once, before the first figures: whose they are.
  void begin(const RunInfo& info);
  // Replaces the figures as a whole. Ignored after freeze().
  void publish(const Snapshot& snapshot);
  // The last word: from here on every scrape gets the same figures.
  void freeze(const Snapshot& snapshot);
  // What a scrape gets now, in Prometheus' text format, without the families of the HTTP library.
  std::string text() const;

  enum class Linger : std::uint8_t {
    not_scraped,  // nobody ever asked, so nobody is waited for
    answered,     // a scrape got the final figures
    timed_out,
    stopped,
  };
  // After freeze(): returns once a scrape with the final figures has been answered, after
  // `at_most`, or when `stop` is requested. Without `at_most` it is linger_at_most(); never longer
  // than kLingerMax.
  Linger linger(std::optional<Duration> at_most, const std::stop_token& stop);
  // Three times the last scrape interval; nothing if there was no scrape.
  Duration linger_at_most() const;

 private:
  struct Server;
  explicit Exporter(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

}  // namespace probate::metrics
