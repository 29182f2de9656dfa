#include "proxy/front.hpp"

namespace probate::proxy {

const char* word_of(Speech speech) {
  switch (speech) {
    case Speech::unknown:
      return "";
    case Speech::mqtt:
      return "mqtt";
    case Speech::tls:
      return "tls";
    case Speech::websocket:
      return "websocket";
    case Speech::other:
      break;
  }
  return "other";
}

}  // namespace probate::proxy
