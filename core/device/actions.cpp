#include "core/device/actions.hpp"

#include "core/base/check.hpp"

namespace probate::device {

const char* to_text(CloseCause cause) {
  switch (cause) {
    case CloseCause::refused:
      return "refused";
    case CloseCause::unreachable:
      return "unreachable";
    case CloseCause::tcp_timeout:
      return "tcp_timeout";
    case CloseCause::connack_timeout:
      return "connack_timeout";
    case CloseCause::connack_refused:
      return "connack_refused";
    case CloseCause::peer_fin:
      return "peer_fin";
    case CloseCause::peer_rst:
      return "peer_rst";
    case CloseCause::local_failure:
      return "local_failure";
    case CloseCause::pingresp_timeout:
      return "pingresp_timeout";
    case CloseCause::protocol_error:
      return "protocol_error";
    case CloseCause::server_disconnect:
      return "server_disconnect";
  }
  CHECK(false);
}

}  // namespace probate::device
