// Any bytes as what a client of the control API sends: a request or a refusal, and of a request an
// answer that is JSON or the word of health, with a status that fits.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <boost/json.hpp>

#include "core/base/check.hpp"
#include "proxy/control_guard.hpp"
#include "proxy/control_server.hpp"
#include "sim/cli/control_api.hpp"
#include "tests/support/controlled.hpp"

namespace {

using namespace probate;

void check_answer(const proxy::ControlResponse& response) {
  CHECK(response.status >= 200 && response.status < 600);
  if (response.status == 204) return CHECK(response.body.empty());
  if (response.type != "application/json") return CHECK(response.body == "ok\n");
  boost::system::error_code error;
  const auto value = boost::json::parse(response.body, error);
  CHECK(!error);
  const bool is_error = value.is_object() && value.get_object().contains("error");
  CHECK((response.status >= 400) == is_error);
}

test::FakeProxy fresh_proxy() {
  test::FakeProxy proxy;
  live::FaultFacts facts;
  facts.number = 1;
  facts.name = "stands";
  proxy.standing.push_back(facts);
  live::LinkFacts link;
  link.connection = ConnectionId{7};
  link.client_id = "meter-1";
  link.state = "open";
  proxy.page.links.push_back(link);
  proxy.page.more = true;
  return proxy;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto request = proxy::read_control_request({reinterpret_cast<const char*>(data), size});
  if (!request) {
    check_answer(request.error());
    return 0;
  }
  const proxy::ControlGuard guard{""};
  if (const auto refused = guard.refuse(*request)) check_answer(*refused);
  test::FakeProxy proxy = fresh_proxy();
  cli::ControlApi api{[&proxy](const std::function<void(live::Controlled&)>& task) { task(proxy); },
                      {cli::ToxiproxyApi::Front{"127.0.0.1:1884", "broker.lab:1883"}},
                      {"devices", "meters"},
                      [](const cli::Reloader::Done& done) {
                        done(Failure{cli::Reloader::Trouble{{{}, "there is no file"}}});
                      }};
  int answers = 0;
  api.handle(*request, [&answers](const proxy::ControlServer::Reply& reply) {
    check_answer(reply());
    ++answers;
  });
  CHECK(answers == 1);
  return 0;
}
