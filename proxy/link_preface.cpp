// What a link says and hears in front of the first byte of its own: the PROXY protocol.
#include <algorithm>

#include "proxy/link.hpp"

namespace probate::proxy {

// Until the first byte of its own may come, and then until the CONNECT is complete.
void Link::await_preface() {
  const Front& front = hub_.front(front_);
  Duration wait = hub_.config().connect_wait;
  if (front.expects_header) {
    preface_ = std::make_unique<Bytes>();
    wait = std::min(wait, front.header_wait);
  }
  if (front.sends_header) {
    boost::system::error_code error;
    const Socket& socket = leg(Side::device).socket;
    const auto source = socket.remote_endpoint(error);
    const auto destination = socket.local_endpoint(error);
    if (!error) ends_ = std::make_unique<Ends>(Ends{source, destination});
  }
  hub_.loop().arm(timer_, saturating_add(began_, wait));
}

// Returns what is behind the header, once that is whole.
std::span<std::uint8_t> Link::take_preface(std::span<std::uint8_t> bytes) {
  Bytes& header = *preface_;
  header.insert(header.end(), bytes.begin(), bytes.end());
  const HeaderSeen seen = read_proxy_header(header);
  switch (seen.verdict) {
    case HeaderSeen::Verdict::unfinished:
      return {};
    case HeaderSeen::Verdict::wrong:
      refuse(journal::Refused::header);
      return {};
    case HeaderSeen::Verdict::complete:
      break;
  }
  if (seen.ends) ends_ = std::make_unique<Ends>(*seen.ends);
  const auto behind = bytes.last(header.size() - seen.bytes);
  preface_.reset();
  hub_.loop().arm(timer_, saturating_add(began_, hub_.config().connect_wait));
  return behind;
}

// This connection only.
void Link::refuse(journal::Refused why) {
  ++hub_.counters_of(front_).refused[static_cast<std::size_t>(why)];
  cut_leg(Side::device, fault::CutHow::rst);
}

// The broker is told whose connection it is. False: its socket did not take that.
bool Link::introduce() {
  const auto& version = hub_.front(front_).sends_header;
  if (!version) return true;
  const Bytes header = proxy_header(*version, ends_ ? std::optional{*ends_} : std::nullopt);
  // The first bytes to a new socket: there is room.
  const IoResult result = write_some(leg(Side::broker).socket, header);
  return result.status == IoStatus::moved && result.bytes == header.size();
}

}  // namespace probate::proxy
