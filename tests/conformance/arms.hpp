// The two ways to play a script.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "core/broker/profile.hpp"
#include "tests/conformance/script.hpp"
#include "tests/conformance/transcript.hpp"

namespace probate::conformance {

// core/broker with that profile, in virtual time. `phase`: where its timers stand when it begins.
Transcript play_on_model(const Script& script, mqtt::Version version,
                         const broker::Profile& profile, Duration phase);

// A mosquitto of our own on a free port of the loopback, ended with the object.
class Mosquitto {
 public:
  // As for the script: its configuration, users and ACL.
  explicit Mosquitto(const Script& script);
  ~Mosquitto();
  Mosquitto(const Mosquitto&) = delete;
  Mosquitto& operator=(const Mosquitto&) = delete;

  std::uint16_t port() const { return port_; }
  void stop();       // SIGTERM, and waits
  void interrupt();  // SIGINT, and waits
  void kill();       // SIGKILL, and waits
  void start();      // again, on the same port
  bool running() const { return pid_ > 0; }

 private:
  void write_files(const Script& script);
  bool launch();
  void end(int signal);

  std::string folder_;
  std::map<std::string, std::string> config_;
  int pid_ = -1;
  std::uint16_t port_ = 0;
  int reserved_ = -1;  // a socket of ours on it
};

// A real mosquitto, in real time.
Transcript play_on_mosquitto(const Script& script, mqtt::Version version, Mosquitto& broker);

}  // namespace probate::conformance
