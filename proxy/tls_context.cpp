#include "proxy/tls_context.hpp"

#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace probate::proxy {
namespace {

using Ssl = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Done = Result<bool, std::string>;

constexpr std::string_view kAlpn = "mqtt";
constexpr unsigned char kSessionContext[] = "probate";

// The reason of the last failure, in OpenSSL's words, or the system's where it was a file. The
// first error is the cause; those behind it only say which part of OpenSSL met it ("PEM lib").
std::string why() {
  const unsigned long first = ERR_peek_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(first)) return std::system_category().message(ERR_GET_REASON(first));
  if (ERR_GET_REASON(first) == ERR_R_UNSUPPORTED) return "nothing in it can be used";
  const char* reason = first == 0 ? nullptr : ERR_reason_error_string(first);
  return reason == nullptr ? "it cannot be read" : reason;
}

// A key with a pass phrase is refused: nobody is there to be asked.
int no_passphrase(char*, int, int, void*) { return 0; }

// A device that offers protocols gets mqtt if it is among them; otherwise the matter is dropped.
// NOLINTNEXTLINE(readability-function-size): OpenSSL says what it is called with.
int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_bytes,
                const unsigned char* offered, unsigned int bytes, void*) {
  for (unsigned int at = 0; at < bytes; at += 1u + offered[at]) {
    const std::string_view name{reinterpret_cast<const char*>(offered + at + 1), offered[at]};
    if (name != kAlpn) continue;
    *out = offered + at + 1;
    *out_bytes = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

Ssl make_context(const SSL_METHOD* method) {
  ERR_clear_error();  // what a connection of this thread has left there is no reason of ours
  Ssl context{SSL_CTX_new(method), &SSL_CTX_free};
  if (!context) return context;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // An idle connection keeps no buffers.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(context.get(), &no_passphrase);
  return context;
}

Done use_certificate(SSL_CTX* context, const std::string& certificate, const std::string& key) {
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    return Failure{fmt::format("the certificate {}: {}", certificate, why())};
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return Failure{fmt::format("the key {}: {}", key, why())};
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return Failure{fmt::format("the key {} is not that of {}: {}", key, certificate, why())};
  }
  return true;
}

Done trust(SSL_CTX* context, const std::string& ca) {
  if (SSL_CTX_load_verify_file(context, ca.c_str()) == 1) return true;
  return Failure{fmt::format("the certificates of {}: {}", ca, why())};
}

}  // namespace

TlsContext::Made TlsContext::for_devices(const Server& files) {
  Ssl context = make_context(TLS_server_method());
  if (!context) return Failure{"TLS: " + why()};
  if (auto used = use_certificate(context.get(), files.certificate, files.key); !used) {
    return Failure{used.error()};
  }
  SSL_CTX_set_alpn_select_cb(context.get(), &choose_alpn, nullptr);
  SSL_CTX_set_session_id_context(context.get(), kSessionContext, sizeof kSessionContext - 1);
  if (!files.client_ca.empty()) {
    if (auto trusted = trust(context.get(), files.client_ca); !trusted) {
      return Failure{trusted.error()};
    }
    SSL_CTX_set_client_CA_list(context.get(), SSL_load_client_CA_file(files.client_ca.c_str()));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return std::shared_ptr<const TlsContext>{new TlsContext{context.release(), true, {}}};
}

TlsContext::Made TlsContext::for_broker(const Client& files) {
  Ssl context = make_context(TLS_client_method());
  if (!context) return Failure{"TLS: " + why()};
  if (!files.certificate.empty()) {
    if (auto used = use_certificate(context.get(), files.certificate, files.key); !used) {
      return Failure{used.error()};
    }
  }
  if (!files.ca.empty()) {
    if (auto trusted = trust(context.get(), files.ca); !trusted) return Failure{trusted.error()};
  } else if (files.verifies) {
    SSL_CTX_set_default_verify_paths(context.get());
  }
  SSL_CTX_set_verify(context.get(), files.verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  return std::shared_ptr<const TlsContext>{new TlsContext{context.release(), false, files.name}};
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

SSL* TlsContext::make() const {
  SSL* const connection = SSL_new(context_);
  if (connection == nullptr) return nullptr;
  if (is_server_) {
    SSL_set_accept_state(connection);
    return connection;
  }
  SSL_set_connect_state(connection);
  // An address is no name to ask for, but the certificate can be for it.
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), name_.c_str()) != 1) {
    ERR_clear_error();
    SSL_set_tlsext_host_name(connection, name_.c_str());
    SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(connection, name_.c_str());
  }
  return connection;
}

}  // namespace probate::proxy
