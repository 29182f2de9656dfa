#include "proxy/tls_session.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "core/base/check.hpp"

namespace probate::proxy {

using journal::Refused;

// The socket as OpenSSL sees it. A write always takes everything: what the socket does not take is
// the session's output, so that no record is ever half written.
struct TlsBio {
  static TlsSession& session_of(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    TlsSession& session = session_of(bio);
    const std::span out{reinterpret_cast<std::uint8_t*>(into), static_cast<std::size_t>(size)};
    if (!session.input_.empty()) return take_input(session, out);
    const IoResult result = read_some(session.socket_, out);
    switch (result.status) {
      case IoStatus::moved:
        session.heard_ = true;
        return static_cast<int>(result.bytes);
      case IoStatus::blocked:
        BIO_set_retry_read(bio);
        return -1;
      case IoStatus::ended:
      case IoStatus::failed:
        break;
    }
    session.socket_over_ = true;
    session.last_ = result;
    return result.status == IoStatus::ended ? 0 : -1;
  }

  static int take_input(TlsSession& session, std::span<std::uint8_t> out) {
    const std::size_t count = std::min(out.size(), session.input_.size());
    const auto end = session.input_.begin() + static_cast<std::ptrdiff_t>(count);
    std::copy(session.input_.begin(), end, out.begin());
    session.input_.erase(session.input_.begin(), end);
    session.heard_ = true;
    return static_cast<int>(count);
  }

  static int write(BIO* bio, const char* from, int size) {
    BIO_clear_retry_flags(bio);
    TlsSession& session = session_of(bio);
    ByteView bytes{reinterpret_cast<const std::uint8_t*>(from), static_cast<std::size_t>(size)};
    if (session.output_.empty()) {
      const IoResult result = write_some(session.socket_, bytes);
      if (result.status == IoStatus::ended || result.status == IoStatus::failed) {
        session.socket_over_ = true;
        session.last_ = result;
        return -1;
      }
      bytes = bytes.subspan(result.bytes);
    }
    session.output_.insert(session.output_.end(), bytes.begin(), bytes.end());
    return size;
  }

  static long control(BIO* bio, int command, long, void*) {
    const TlsSession& session = session_of(bio);
    if (command == BIO_CTRL_EOF) {
      return session.socket_over_ && session.last_.status == IoStatus::ended ? 1 : 0;
    }
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static const BIO_METHOD* method() {
    static const BIO_METHOD* const kMade = [] {
      BIO_METHOD* const fresh =
          BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "probate socket");
      CHECK(fresh != nullptr);
      BIO_meth_set_read(fresh, &read);
      BIO_meth_set_write(fresh, &write);
      BIO_meth_set_ctrl(fresh, &control);
      return fresh;
    }();
    return kMade;
  }
};

namespace {

// One of OpenSSL's records.
constexpr std::size_t kRecordBytesMax = 16 * 1024;

bool is_about_certificate(int reason) {
  return reason == SSL_R_CERTIFICATE_VERIFY_FAILED ||
         reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

}  // namespace

TlsSession::TlsSession(const TlsContext& context, Socket& socket)
    : socket_{socket}, ssl_{context.make()} {
  BIO* const bio = BIO_new(TlsBio::method());
  CHECK(ssl_ != nullptr && bio != nullptr);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
}

TlsSession::~TlsSession() { SSL_free(ssl_); }

IoResult TlsSession::handshake() {
  if (up_) return {.status = IoStatus::moved};
  if (over_) return failed();
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  up_ = result == 1;
  return up_ ? IoResult{.status = IoStatus::moved} : settle(result);
}

std::string TlsSession::name() const {
  const char* const asked = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  std::string name = asked == nullptr ? "" : asked;
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::all_of(name.begin(), name.end(), is_name_byte) ? name : std::string{};
}

IoResult TlsSession::read(std::span<std::uint8_t> into) {
  if (over_) return failed();
  ERR_clear_error();
  const int size = static_cast<int>(std::min<std::size_t>(into.size(), kRecordBytesMax));
  const int result = SSL_read(ssl_, into.data(), size);
  up_ = up_ || SSL_is_init_finished(ssl_) == 1;
  if (result <= 0) return settle(result);
  received_ = true;
  return {.status = IoStatus::moved, .bytes = static_cast<std::size_t>(result)};
}

bool TlsSession::has_input() const { return !over_ && (!input_.empty() || SSL_pending(ssl_) > 0); }

void TlsSession::feed(ByteView bytes) { input_.insert(input_.end(), bytes.begin(), bytes.end()); }

IoResult TlsSession::write(ByteView bytes) {
  CHECK(up_);
  if (over_) return failed();
  std::size_t taken = 0;
  while (taken < bytes.size() && output_.empty()) {
    ERR_clear_error();
    const ByteView record = bytes.subspan(taken, std::min(bytes.size() - taken, kRecordBytesMax));
    const int result = SSL_write(ssl_, record.data(), static_cast<int>(record.size()));
    if (result <= 0) {
      const IoResult why = settle(result);
      if (taken == 0) return why;
      break;  // the next call says why
    }
    taken += static_cast<std::size_t>(result);
  }
  if (taken == 0) return {.status = IoStatus::blocked};
  return {.status = IoStatus::moved, .bytes = taken};
}

IoResult TlsSession::flush() {
  while (!output_.empty()) {
    const IoResult result = write_some(socket_, output_);
    if (result.status != IoStatus::moved) return result;
    output_.erase(output_.begin(), output_.begin() + static_cast<std::ptrdiff_t>(result.bytes));
  }
  return {.status = IoStatus::moved};
}

void TlsSession::say_goodbye() {
  if (!up_ || over_ || std::exchange(said_goodbye_, true)) return;
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

// What an unsuccessful call means.
IoResult TlsSession::settle(int result) {
  const int error = SSL_get_error(ssl_, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    return {.status = IoStatus::blocked};
  }
  if (error == SSL_ERROR_ZERO_RETURN) {
    heard_goodbye_ = true;
    return {.status = IoStatus::ended};
  }
  over_ = true;
  if (socket_over_) return last_;
  const unsigned long last = ERR_peek_last_error();
  const char* const reason = ERR_reason_error_string(last);
  trouble_ = reason == nullptr ? "TLS ended" : reason;
  const bool is_server = SSL_is_server(ssl_) == 1;
  const bool is_certificate = is_about_certificate(ERR_GET_REASON(last));
  const long verified = SSL_get_verify_result(ssl_);
  if (is_certificate && verified != X509_V_OK) {
    trouble_ += std::string{" ("} + X509_verify_cert_error_string(verified) + ")";
  }
  if (up_) {
    why_ = Refused::tls_broken;
  } else if (is_server) {
    why_ = is_certificate ? Refused::tls_certificate : Refused::tls_handshake;
  } else {
    why_ = is_certificate ? Refused::upstream_certificate : Refused::upstream_tls;
  }
  ERR_clear_error();
  return failed();
}

IoResult TlsSession::failed() {
  if (socket_over_) return last_;
  return {.status = IoStatus::failed, .how = journal::CloseHow::error};
}

}  // namespace probate::proxy
