// Peers that speak TLS with a proxy, for the tests that need them.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "proxy/tls_session.hpp"
#include "tests/support/certificates.hpp"
#include "tests/unit/proxy/world.hpp"

namespace probate::proxy::test {

using Context = std::shared_ptr<const TlsContext>;

inline Context must(TlsContext::Made made) {
  EXPECT_TRUE(made.has_value()) << (made ? "" : made.error());
  return made ? *made : nullptr;
}

// What both sides of a proxy need, and those who speak with it.
struct Secrets {
  probate::test::Certificates files;

  Context server(const char* client_ca = nullptr) const {
    return must(TlsContext::for_devices(
        {files.pem("server"), files.key("server"), client_ca ? files.pem(client_ca) : ""}));
  }
  Context client(const char* ca = "ca", const char* name = "broker.lab") const {
    return must(TlsContext::for_broker({.name = name, .ca = files.pem(ca)}));
  }
  Context known_client() const {
    return must(TlsContext::for_broker({.name = "broker.lab",
                                        .ca = files.pem("ca"),
                                        .certificate = files.pem("client"),
                                        .key = files.key("client")}));
  }
};

// One end of a TLS connection that the test holds. Goes on whenever it is looked at.
class TlsPeer {
 public:
  TlsPeer(std::unique_ptr<Peer> peer, Context context)
      : context_{std::move(context)},
        socket_{peer->socket().release()},
        session_{*context_, socket_} {}

  void send(ByteView bytes) { unsent_.insert(unsent_.end(), bytes.begin(), bytes.end()); }
  const Bytes& received() {
    poll();
    return received_;
  }
  bool is_up() {
    poll();
    return session_.is_up();
  }
  bool ended() {
    poll();
    return ended_;
  }
  bool all_sent() {
    poll();
    return unsent_.empty() && !session_.has_output();
  }
  const TlsSession& session() const { return session_; }
  void poll() {
    if (session_.has_output()) session_.flush();
    if (!session_.is_up()) session_.handshake();
    while (session_.is_up() && !unsent_.empty()) {
      const IoResult result = session_.write(unsent_);
      if (result.status != IoStatus::moved) break;
      unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<long>(result.bytes));
    }
    std::array<std::uint8_t, 16384> buffer{};
    while (!lazy && !ended_) {
      const IoResult result = session_.read(buffer);
      if (result.status == IoStatus::blocked) break;
      if (result.status != IoStatus::moved) {
        ended_ = true;
        break;
      }
      received_.insert(received_.end(), buffer.begin(),
                       buffer.begin() + static_cast<long>(result.bytes));
    }
  }
  void say_goodbye() { session_.say_goodbye(); }
  void fin() { send_fin(socket_); }

  bool lazy = false;  // does not read

 private:
  Context context_;
  Socket socket_;
  TlsSession session_;
  Bytes unsent_;
  Bytes received_;
  bool ended_ = false;
};

inline ProxyConfig with_front(Front front) {
  ProxyConfig config;
  config.fronts.push_back(std::move(front));
  return config;
}

inline std::uint64_t refusals(World& world, journal::Refused why) {
  return world.loop.counters().fronts[0].refused[static_cast<std::size_t>(why)];
}

}  // namespace probate::proxy::test
