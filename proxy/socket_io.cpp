#include "proxy/socket_io.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

namespace probate::proxy {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

bool would_block(const error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again ||
         error == asio::error::interrupted;
}

journal::CloseHow how_of(const error_code& error) {
  // A write after the peer's RST says EPIPE.
  if (error == asio::error::connection_reset || error == asio::error::broken_pipe) {
    return journal::CloseHow::rst;
  }
  return error == asio::error::timed_out ? journal::CloseHow::timeout : journal::CloseHow::error;
}

}  // namespace

bool prepare(Socket& socket) {
  error_code error;
  socket.non_blocking(true, error);
  if (error) return false;
  // Fails on a socket that the peer has reset already; reading will say so.
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay{true}, ignored);
  return true;
}

IoResult read_some(Socket& socket, std::span<std::uint8_t> into) {
  error_code error;
  const std::size_t bytes = socket.read_some(asio::buffer(into.data(), into.size()), error);
  if (!error) return {.status = IoStatus::moved, .bytes = bytes};
  if (would_block(error)) return {.status = IoStatus::blocked};
  if (error == asio::error::eof) return {.status = IoStatus::ended};
  return {.status = IoStatus::failed, .how = how_of(error)};
}

IoResult write_some(Socket& socket, ByteView bytes) {
  error_code error;
  const std::size_t written = socket.write_some(asio::buffer(bytes.data(), bytes.size()), error);
  if (!error) return {.status = IoStatus::moved, .bytes = written};
  if (would_block(error)) return {.status = IoStatus::blocked};
  return {.status = IoStatus::failed, .how = how_of(error)};
}

void send_fin(Socket& socket) {
  error_code ignored;
  socket.shutdown(asio::socket_base::shutdown_send, ignored);
}

// The linger option is set here and only here: it lasts as long as the socket.
void abort(Socket& socket) {
  error_code ignored;
  socket.set_option(asio::socket_base::linger{true, 0}, ignored);
  socket.close(ignored);
}

void close(Socket& socket) {
  error_code ignored;
  socket.close(ignored);
}

}  // namespace probate::proxy
