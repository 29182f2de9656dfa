// TLS of those who speak with the broker themselves, not through the proxy: observers and probes.
#pragma once

#include <memory>
#include <string>

#include <boost/system/error_code.hpp>

#include "core/base/result.hpp"
#include "core/scenario/scenario.hpp"
#include "proxy/tls_context.hpp"

namespace probate::live {

// Null: plain MQTT.
using BrokersTls = std::shared_ptr<const proxy::TlsContext>;

// `host`: where the broker is; the name that is asked for where the files' entry has none. The
// error is a sentence.
Result<BrokersTls, std::string> read_tls_files(const scenario::BrokerTls& files,
                                               const std::string& host);

// What ended a connection over TLS, for a sentence: "certificate verify failed (self-signed
// certificate in certificate chain)".
std::string tls_trouble(const ssl_st* connection, const boost::system::error_code& error);

}  // namespace probate::live
