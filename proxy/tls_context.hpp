// What all TLS connections of one side of a listener share: certificates, keys, whom to trust.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.hpp"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX
struct ssl_st;      // OpenSSL's SSL

namespace probate::proxy {

// TLS 1.2 and 1.3, without renegotiation and compression. Files are PEM and read once.
// Threads: any, once made.
class TlsContext {
 public:
  using Made = Result<std::shared_ptr<const TlsContext>, std::string>;

  // For devices: ends their TLS here.
  struct Server {
    std::string certificate;  // file: the leaf, then its chain
    std::string key;          // file, without a pass phrase
    std::string
        client_ca{};  // file: who does not bring a certificate of these is refused; "": nobody
  };
  static Made for_devices(const Server& files);

  // For the broker: begins TLS with it.
  struct Client {
    std::string name;           // asked for (SNI), and what its certificate must be for
    std::string ca{};           // file; "": those of the machine
    bool verifies = true;       // false: any certificate will do
    std::string certificate{};  // file: ours, if the broker asks; "": none
    std::string key{};
  };
  static Made for_broker(const Client& files);

  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // A new connection of that side, which the caller frees; nullptr: no memory.
  ssl_st* make() const;

 private:
  TlsContext(ssl_ctx_st* context, bool is_server, std::string name)
      : context_{context}, is_server_{is_server}, name_{std::move(name)} {}

  ssl_ctx_st* context_;
  bool is_server_;
  std::string name_;
};

}  // namespace probate::proxy
