#include "metrics/exporter.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <string_view>
#include <thread>

#include <CivetServer.h>
#include <arpa/inet.h>
#include <civetweb.h>
#include <fmt/format.h>
#include <prometheus/exposer.h>
#include <prometheus/text_serializer.h>
#include <sys/socket.h>
#include <unistd.h>

#include "metrics/feed.hpp"

namespace probate::metrics {
namespace {

constexpr const char* kThreads = "8";
constexpr const char* kRequestTimeoutMs = "3000";

// civetweb hands its callbacks a server context and nothing of ours, and the Exposer keeps the
// place for it; so this finds the feed of a context.
class Registry {
 public:
  // Makes a server whose context, made on this thread, belongs to `feed`.
  template <typename Make>
  auto with(Feed* feed, Make make) {
    const std::lock_guard lock{making_};
    next_ = feed;
    return make();
  }
  void bind(const mg_context* context) {
    const std::lock_guard lock{mutex_};
    feeds_[context] = next_;
  }
  void unbind(const mg_context* context) {
    const std::lock_guard lock{mutex_};
    feeds_.erase(context);
  }
  Feed* find(const mg_connection* connection) {
    const std::lock_guard lock{mutex_};
    const auto found = feeds_.find(mg_get_context(connection));
    return found == feeds_.end() ? nullptr : found->second;
  }

 private:
  std::mutex making_;
  std::mutex mutex_;
  Feed* next_ = nullptr;
  std::map<const mg_context*, Feed*> feeds_;
};

Registry& registry() {
  static Registry instance;
  return instance;
}

int answer(mg_connection* connection, int status, const char* phrase, const char* body) {
  const std::string text = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n{}",
      status, phrase, std::string_view{body}.size(), body);
  mg_write(connection, text.data(), text.size());
  return status;
}

// Prometheus and its relatives say how long they wait.
std::optional<Duration> scrape_timeout(const mg_connection* connection) {
  const char* header = mg_get_header(connection, "X-Prometheus-Scrape-Timeout-Seconds");
  if (header == nullptr) return std::nullopt;
  const std::string_view text{header};
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || !(seconds >= 0)) return std::nullopt;
  return from_seconds(seconds);
}

int on_request(mg_connection* connection) {
  Feed* feed = registry().find(connection);
  const mg_request_info* request = mg_get_request_info(connection);
  if (feed == nullptr || request == nullptr || request->local_uri == nullptr) return 0;
  const std::string_view path{request->local_uri};
  if (path == "/metrics") {
    feed->scrape_begun(monotonic_now(), scrape_timeout(connection));
    return 0;  // the Exposer answers
  }
  if (path == "/-/healthy") return answer(connection, 200, "OK", "healthy\n");
  if (path == "/-/ready") {
    if (feed->has_figures()) return answer(connection, 200, "OK", "ready\n");
    return answer(connection, 503, "Service Unavailable", "not ready: no figures yet\n");
  }
  if (path == "/") {
    return answer(connection, 200, "OK", "probate: /metrics  /-/healthy  /-/ready\n");
  }
  return answer(connection, 404, "Not Found", "there is /metrics, /-/healthy and /-/ready\n");
}

void on_answered(const mg_connection* connection, int) {
  if (Feed* feed = registry().find(connection)) feed->scrape_answered();
}

// Connects and leaves.
void knock(const HostPort& address) {
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(address.port);
  if (inet_pton(AF_INET, address.host.c_str(), &peer.sin_addr) != 1) return;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  static_cast<void>(connect(fd, reinterpret_cast<const sockaddr*>(&peer), sizeof peer));
  close(fd);
}

CivetCallbacks callbacks() {
  CivetCallbacks callbacks;
  callbacks.init_context = [](const mg_context* context) { registry().bind(context); };
  callbacks.exit_context = [](const mg_context* context) { registry().unbind(context); };
  callbacks.begin_request = on_request;
  callbacks.end_request = on_answered;
  // Its complaints are about requests that break off; ours about the port reach the user by
  // start().
  callbacks.log_message = [](const mg_connection*, const char*) { return 1; };
  return callbacks;
}

}  // namespace

struct Exporter::Server {
  // civetweb looks at its stop flag only when a connection comes or after 2 s: so they come.
  ~Server() {
    if (!exposer) return;
    const std::jthread waker{[this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        knock(address);
        std::this_thread::sleep_for(10ms);
      }
    }};
    exposer.reset();
  }

  HostPort address{};
  std::shared_ptr<Feed> feed;
  std::unique_ptr<prometheus::Exposer> exposer;
};

Exporter::Exporter(std::unique_ptr<Server> server) : server_{std::move(server)} {}
Exporter::~Exporter() = default;

Result<std::unique_ptr<Exporter>, std::string> Exporter::start(const HostPort& address) {
  if (address.host.find(':') != std::string::npos && mg_check_feature(MG_FEATURES_IPV6) == 0) {
    return Failure{fmt::format(
        "cannot serve metrics on {}: this system's HTTP library (civetweb) is built without IPv6",
        address.text())};
  }
  auto server = std::make_unique<Server>();
  server->address = address;
  server->feed = std::make_shared<Feed>();
  try {
    server->exposer = registry().with(server->feed.get(), [&address] {
      const CivetCallbacks on = callbacks();
      return std::make_unique<prometheus::Exposer>(
          std::vector<std::string>{"listening_ports", address.text(), "num_threads", kThreads,
                                   "request_timeout_ms", kRequestTimeoutMs},
          &on);
    });
    server->exposer->RegisterCollectable(server->feed);
    const auto ports = server->exposer->GetListeningPorts();
    CHECK(ports.size() == 1);
    server->address.port = static_cast<std::uint16_t>(ports.front());
  } catch (const std::exception&) {
    return Failure{fmt::format(
        "cannot serve metrics on {}: the port is in use or the address is not this machine's",
        address.text())};
  }
  return std::unique_ptr<Exporter>{new Exporter{std::move(server)}};
}

const HostPort& Exporter::address() const { return server_->address; }

void Exporter::begin(const RunInfo& info) { server_->feed->begin(info); }

void Exporter::publish(const Snapshot& snapshot) { server_->feed->publish(snapshot, false); }

void Exporter::freeze(const Snapshot& snapshot) { server_->feed->publish(snapshot, true); }

std::string Exporter::text() const {
  return prometheus::TextSerializer{}.Serialize(server_->feed->Collect());
}

Duration Exporter::linger_at_most() const { return server_->feed->patience(monotonic_now()); }

Exporter::Linger Exporter::linger(std::optional<Duration> at_most, const std::stop_token& stop) {
  const Duration limit = std::min(at_most.value_or(linger_at_most()), kLingerMax);
  if (limit == Duration{}) return Linger::not_scraped;
  if (server_->feed->wait_for_final_answer(limit, stop)) return Linger::answered;
  return stop.stop_requested() ? Linger::stopped : Linger::timed_out;
}

}  // namespace probate::metrics
