#include "sim/live/brokers_tls.hpp"

#include <boost/asio/ssl/error.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace probate::live {

Result<BrokersTls, std::string> read_tls_files(const scenario::BrokerTls& files,
                                               const std::string& host) {
  return proxy::TlsContext::for_broker({.name = files.name.empty() ? host : files.name,
                                        .ca = files.ca,
                                        .verifies = files.verifies,
                                        .certificate = files.certificate,
                                        .key = files.key});
}

std::string tls_trouble(const ssl_st* connection, const boost::system::error_code& error) {
  const bool is_openssl = error.category() == boost::asio::error::get_ssl_category();
  const char* const reason =
      is_openssl ? ERR_reason_error_string(static_cast<unsigned long>(error.value())) : nullptr;
  std::string trouble = reason == nullptr ? error.message() : reason;
  // It is also kept of a certificate that was taken all the same, which is not to blame.
  const bool is_certificate =
      is_openssl &&
      ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_CERTIFICATE_VERIFY_FAILED;
  const long verified = SSL_get_verify_result(connection);
  if (is_certificate && verified != X509_V_OK) {
    trouble += fmt::format(" ({})", X509_verify_cert_error_string(verified));
  }
  return trouble;
}

}  // namespace probate::live
