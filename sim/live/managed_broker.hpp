// A private mosquitto as a child process: its own port, folder and settings; gone when we are.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <sys/types.h>

#include "core/base/result.hpp"
#include "core/base/time.hpp"

namespace probate::live {

// Settings that do not distort the measurement: no queue limit, no connection limit, no
// persistence, TCP_NODELAY. `overrides` replace or add lines of mosquitto.conf. What it stores, if
// it is told to, goes into its own folder.
//
// The child holds no descriptor of ours but its own log. It gets PR_SET_PDEATHSIG, so it dies even
// if probate is SIGKILLed. That signal is tied to the *thread* that forked: start() belongs on the
// main thread, before any other thread exists. Threads: the main thread.
class ManagedBroker {
 public:
  // It must answer so long after it was started.
  static constexpr Duration kAnswerWait = 5s;
  // SIGKILL follows SIGTERM after this.
  static constexpr Duration kTermWait = 3s;

  ManagedBroker() = default;
  ~ManagedBroker();
  ManagedBroker(const ManagedBroker&) = delete;
  ManagedBroker& operator=(const ManagedBroker&) = delete;

  // Starts mosquitto on a free loopback port and waits until it answers CONNECT, or a signal that
  // ends the run is pending. Its log is written to `log_path`. The error is a sentence that says
  // what to do.
  Result<std::uint16_t, std::string> start(const std::map<std::string, std::string>& overrides,
                                           const std::string& log_path);
  // After it has ended: a new process with the same settings, on the same port. Does not wait until
  // it answers. Requires: start() succeeded; !running().
  Result<bool, std::string> launch_again();
  // Whether it takes a client now. From any thread, while nothing else is done to it but signal()
  // and running().
  bool answers() const;
  void signal(int number);
  // "mosquitto version 2.0.11", as its log has it; "" if that does not tell. Requires: started.
  std::string version() const;
  // "exited with status 3: " and the last line of its log, if there is one. Requires: as below.
  std::string last_words() const;
  // True while the child runs; reaps it when it does not.
  bool running();
  // "exited with status 3", "was killed by signal 9". Requires: !running() after a start.
  std::string how_it_ended() const;
  // It left by itself and was content. Requires: as above.
  bool ended_orderly() const;
  // SIGTERM, then SIGKILL; removes the temporary folder. Harmless when not running.
  void stop();
  pid_t pid() const { return pid_; }

 private:
  bool reserve_port();
  Result<bool, std::string> make_folder();
  Result<bool, std::string> launch();
  // Sets `reason` if not.
  bool answers(std::string& reason) const;
  void remove_folder();

  std::map<std::string, std::string> overrides_;
  std::string log_path_;
  std::uint16_t port_ = 0;
  int reserved_ = -1;  // a socket of ours on it

  pid_t pid_ = -1;
  int wait_status_ = 0;
  std::string folder_;
};

}  // namespace probate::live
