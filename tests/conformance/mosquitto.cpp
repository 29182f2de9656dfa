// A mosquitto of our own.
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/arms.hpp"
#include "tests/conformance/sockets.hpp"

namespace probate::conformance {
namespace {

constexpr int kStartMilliseconds = 15'000;
constexpr int kPollMilliseconds = 10;

// A socket on a free port that never listens: mosquitto sets SO_REUSEADDR, too, and so can use the
// port, which nobody else is given.
int reserve_port(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd, generic, size) != 0 || ::getsockname(fd, generic, &size) != 0) {
    give_up("no free port on the loopback");
  }
  port = ntohs(address.sin_port);
  return fd;
}

// Returns once the program runs.
int run(const std::vector<std::string>& words, const std::string& output) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const std::lock_guard alone{fork_lock()};
  std::array<int, 2> until_exec{};
  if (::pipe2(until_exec.data(), O_CLOEXEC) != 0) give_up("no pipe");
  const int pid = ::fork();
  if (pid != 0) {
    ::close(until_exec[1]);
    char nothing = 0;
    while (::read(until_exec[0], &nothing, 1) < 0 && errno == EINTR) {
    }
    ::close(until_exec[0]);
    return pid;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int fd = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(fd, STDOUT_FILENO);
  ::dup2(fd, STDERR_FILENO);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

Mosquitto::Mosquitto(const Script& script) : config_{script.broker} {
  std::string folder =
      (std::filesystem::temp_directory_path() / "probate-conformance-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) give_up("cannot make a temporary folder");
  folder_ = folder;
  write_files(script);
  reserved_ = reserve_port(port_);
  if (!launch()) give_up(fmt::format("mosquitto does not start; see {}/output", folder_));
}

Mosquitto::~Mosquitto() {
  if (running()) end(SIGKILL);
  ::close(reserved_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Mosquitto::write_files(const Script& script) {
  if (!script.users.empty()) {
    config_["password_file"] = folder_ + "/users";
    config_["allow_anonymous"] = "false";
    std::ofstream{folder_ + "/users"};
    for (const auto& [user, password] : script.users) {
      const int pid =
          run({"mosquitto_passwd", "-b", folder_ + "/users", user, password}, folder_ + "/output");
      int status = 0;
      ::waitpid(pid, &status, 0);
      if (status != 0) give_up("mosquitto_passwd failed");
    }
  }
  if (!script.denied.empty()) {
    config_["acl_file"] = folder_ + "/acl";
    std::ofstream acl{folder_ + "/acl"};
    acl << "topic readwrite #\n";
    for (const mqtt::Version version : script.versions) {
      for (const std::string& filter : script.denied) {
        acl << "topic deny " << prefix_of(script, version) << filter << "\n";
      }
    }
  }
  config_.try_emplace("allow_anonymous", "true");
  config_.try_emplace("set_tcp_nodelay", "true");
  config_["persistence_location"] = folder_ + "/";
  config_["log_dest"] = "stderr";
  if (::geteuid() == 0) config_["user"] = "root";
}

bool Mosquitto::launch() {
  std::ofstream config{folder_ + "/mosquitto.conf"};
  config << "listener " << port_ << " 127.0.0.1\n";
  for (const auto& [key, value] : config_) config << key << " " << value << "\n";
  config.close();
  pid_ = run({"mosquitto", "-c", folder_ + "/mosquitto.conf"}, folder_ + "/output");
  for (int waited = 0; waited < kStartMilliseconds; waited += kPollMilliseconds) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return false;
    }
    const int fd = connect_to(port_);
    if (fd >= 0) {
      ::close(fd);
      return true;
    }
    ::poll(nullptr, 0, kPollMilliseconds);
  }
  if (running()) ::kill(pid_, SIGKILL);
  pid_ = -1;
  return false;
}

void Mosquitto::end(int signal) {
  ::kill(pid_, signal);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
}
void Mosquitto::stop() { end(SIGTERM); }
void Mosquitto::interrupt() { end(SIGINT); }
void Mosquitto::kill() { end(SIGKILL); }
void Mosquitto::start() {
  if (!launch()) give_up("mosquitto does not start again");
}

}  // namespace probate::conformance
