#include "sim/live/managed_broker.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/live/probe_client.hpp"
#include "sim/live/signals.hpp"

namespace probate::live {
namespace {

constexpr Duration kPollInterval = 10ms;
constexpr Duration kProbePatience = 500ms;

// Debian keeps it in /usr/sbin, which is not in every user's PATH.
std::string find_mosquitto() {
  std::string path = std::getenv("PATH") != nullptr ? std::getenv("PATH") : "";
  path += ":/usr/sbin:/usr/local/sbin";
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    std::string candidate = path.substr(begin, end - begin) + "/mosquitto";
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  return {};
}

std::string config_text(const std::map<std::string, std::string>& overrides,
                        const std::string& log_path, const std::string& folder,
                        std::uint16_t port) {
  std::map<std::string, std::string> settings{
      {"allow_anonymous", "true"},
      {"persistence", "false"},
      {"max_connections", "-1"},
      {"max_queued_messages", "0"},
      {"max_inflight_messages", "0"},
      {"set_tcp_nodelay", "true"},
      {"log_dest", "file " + log_path},
      {"log_timestamp_format", "%Y-%m-%dT%H:%M:%S"},
      {"connection_messages", "true"},
      {"sys_interval", "1"},
      {"persistence_location", folder + "/"},
  };
  // As root it would drop privileges, which clears PR_SET_PDEATHSIG and bars it from our folder.
  if (::geteuid() == 0) settings["user"] = "root";
  for (const auto& [key, value] : overrides) settings[key] = value;
  // `listener` opens a section of its own: the general settings come first.
  std::string text;
  std::string listener_text = fmt::format("listener {} 127.0.0.1\n", port);
  for (const auto& [key, value] : settings) {
    const bool of_listener = key == "max_connections";
    (of_listener ? listener_text : text) += fmt::format("{} {}\n", key, value);
  }
  return text + listener_text;
}

// The end of mosquitto's log, for an error message: without the time in front, and not the line
// that only says where in the configuration, which is ours and gone by then.
std::string last_log_line(const std::string& log_path) {
  std::ifstream log{log_path};
  std::string line;
  std::string last;
  while (std::getline(log, line)) {
    if (const std::size_t time = line.find(": "); line.find_first_not_of("0123456789") == time) {
      line.erase(0, time + 2);
    }
    if (!line.empty() && !line.starts_with("Error found at ")) last = line;
  }
  return last;
}

// "mosquitto version 2.0.11 starting" is the first thing that it logs; what $SYS would tell is the
// text without the last word.
std::string logged_version(const std::string& log_path) {
  constexpr std::string_view kBegin = "mosquitto version ";
  constexpr std::string_view kEnd = " starting";
  std::ifstream log{log_path};
  std::string version;
  for (std::string line; std::getline(log, line);) {
    const std::size_t begin = line.find(kBegin);
    if (begin == std::string::npos || !line.ends_with(kEnd)) continue;
    version = line.substr(begin, line.size() - kEnd.size() - begin);
  }
  return version;
}

// Of a fork alone. A connection that a child still holds is not over for its peer when we close it,
// and sockets of Asio are inherited. Async-signal-safe.
void close_from(int first) {
  if (::close_range(static_cast<unsigned>(first), ~0U, 0) == 0) return;
  // A kernel before 5.9.
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const int end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
  for (int fd = first; fd < end; ++fd) ::close(fd);
}

}  // namespace

ManagedBroker::~ManagedBroker() { stop(); }

// Both sockets set SO_REUSEADDR, and ours never listens: so mosquitto can, and nobody else is given
// the port, not for a connection of its own either, not even while mosquitto is down.
bool ManagedBroker::reserve_port() {
  reserved_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (reserved_ < 0) return false;
  const int on = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  const bool is_bound = ::setsockopt(reserved_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
                        ::bind(reserved_, raw, size) == 0 &&
                        ::getsockname(reserved_, raw, &size) == 0;
  port_ = ntohs(address.sin_port);
  return is_bound;
}

Result<std::uint16_t, std::string> ManagedBroker::start(
    const std::map<std::string, std::string>& overrides, const std::string& log_path) {
  overrides_ = overrides;
  log_path_ = log_path;
  if (!reserve_port()) {
    return Failure{fmt::format("no free TCP port on 127.0.0.1: {}", std::strerror(errno))};
  }
  if (auto made = make_folder(); !made) return Failure{made.error()};
  auto launched = launch();
  if (!launched) return Failure{launched.error()};
  std::string reason;
  const auto deadline = std::chrono::steady_clock::now() + kAnswerWait;
  while (running() && pending_signal() == 0 && std::chrono::steady_clock::now() < deadline) {
    if (answers(reason)) return port_;
    std::this_thread::sleep_for(kPollInterval);
  }
  if (const int signal = pending_signal()) reason = name_of_signal(signal);
  if (pid_ < 0) reason = fmt::format("it {}", last_words());
  stop();
  return Failure{
      fmt::format("cannot start the managed mosquitto: {} (its log: {})", reason, log_path)};
}

bool ManagedBroker::answers(std::string& reason) const {
  ProbeClient probe;
  const BrokerAddress address{.host = "127.0.0.1", .port = port_, .username = {}, .password = {}};
  mqtt::Connect connect;
  connect.client_id = "probate-ready";
  auto connack = probe.connect(address, connect, kProbePatience);
  if (connack) {
    probe.leave();
    return true;
  }
  reason = connack.error();
  // A broker that answers with a refusal is up: an override forbids anonymous clients.
  return reason.find("refused CONNECT") != std::string::npos;
}

bool ManagedBroker::answers() const {
  std::string ignored;
  return answers(ignored);
}

std::string ManagedBroker::version() const { return logged_version(log_path_); }

std::string ManagedBroker::last_words() const {
  const std::string line = last_log_line(log_path_);
  return line.empty() ? how_it_ended() : fmt::format("{}: {}", how_it_ended(), line);
}

void ManagedBroker::signal(int number) {
  if (pid_ > 0) ::kill(pid_, number);
}

Result<bool, std::string> ManagedBroker::launch_again() { return launch(); }

Result<bool, std::string> ManagedBroker::make_folder() {
  std::error_code error;
  const auto parent = std::filesystem::temp_directory_path(error);
  std::string folder = (error ? std::filesystem::path{"/tmp"} : parent) / "probate-broker-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) {
    return Failure{fmt::format("cannot make a folder like {}: {}", folder, std::strerror(errno))};
  }
  folder_ = folder;
  return true;
}

Result<bool, std::string> ManagedBroker::launch() {
  const std::string program = find_mosquitto();
  if (program.empty()) {
    return Failure{std::string{
        "mosquitto is not installed: `apt-get install mosquitto`, or name a broker of yours with "
        "`broker: {address: HOST:PORT}`"}};
  }
  const std::string config = folder_ + "/mosquitto.conf";
  std::ofstream file{config};
  file << config_text(overrides_, std::filesystem::absolute(log_path_), folder_, port_);
  file.close();
  if (!file) return Failure{fmt::format("cannot write {}: {}", config, std::strerror(errno))};

  const std::array<const char*, 4> arguments{program.c_str(), "-c", config.c_str(), nullptr};
  const pid_t parent_pid = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return Failure{fmt::format("cannot fork: {}", std::strerror(errno))};
  if (child == 0) {
    // Only async-signal-safe calls from here. Ctrl-C belongs to us, not to the broker.
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent_pid) ::_exit(127);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int nothing = ::open("/dev/null", O_RDWR);
    ::dup2(nothing, 0);
    ::dup2(nothing, 1);
    // What it says before it has read its configuration belongs to its log, too.
    const int log = ::open(log_path_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(log < 0 ? nothing : log, 2);
    close_from(3);
    ::execv(program.c_str(), const_cast<char* const*>(arguments.data()));
    ::_exit(127);
  }
  pid_ = child;
  return true;
}

bool ManagedBroker::running() {
  if (pid_ < 0) return false;
  if (::waitpid(pid_, &wait_status_, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

std::string ManagedBroker::how_it_ended() const {
  if (WIFSIGNALED(wait_status_)) {
    return fmt::format("was killed by signal {}", WTERMSIG(wait_status_));
  }
  return fmt::format("exited with status {}", WEXITSTATUS(wait_status_));
}

bool ManagedBroker::ended_orderly() const {
  return WIFEXITED(wait_status_) && WEXITSTATUS(wait_status_) == 0;
}

void ManagedBroker::stop() {
  if (running()) {
    ::kill(pid_, SIGTERM);
    const auto deadline = std::chrono::steady_clock::now() + kTermWait;
    while (running() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(kPollInterval);
    }
    if (running()) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, &wait_status_, 0);
      pid_ = -1;
    }
  }
  remove_folder();
  if (reserved_ >= 0) ::close(std::exchange(reserved_, -1));
}

void ManagedBroker::remove_folder() {
  if (folder_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
  folder_.clear();
}

}  // namespace probate::live
