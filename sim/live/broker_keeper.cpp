#include "sim/live/broker_keeper.hpp"

#include <csignal>
#include <utility>

#include <fmt/format.h>

namespace probate::live {

void BrokerOrders::give(Order order) {
  const std::lock_guard lock{mutex_};
  orders_.push_back(order);
}

std::optional<BrokerOrders::Order> BrokerOrders::take() {
  const std::lock_guard lock{mutex_};
  if (orders_.empty()) return std::nullopt;
  const Order order = orders_.front();
  orders_.pop_front();
  return order;
}

BrokerKeeper::News BrokerKeeper::step() {
  switch (state_) {
    case State::running:
      return look_at_running();
    case State::ending:
      return look_at_ending();
    case State::down:
      return start_again();
    case State::starting:
      return look_at_starting();
    case State::lost:
      break;
  }
  return {};
}

BrokerKeeper::News BrokerKeeper::look_at_running() {
  if (!broker_.running()) {
    return lose(fmt::format("the managed mosquitto {}", broker_.how_it_ended()),
                broker_.ended_orderly() ? journal::BrokerEnd::shutdown : journal::BrokerEnd::crash);
  }
  const auto order = orders_.take();
  if (!order || !order->end) return {};
  broker_.signal(*order->end == fault::RestartHow::kill ? SIGKILL : SIGTERM);
  state_ = State::ending;
  deadline_ = Clock::now() + ManagedBroker::kTermWait;
  return {};
}

BrokerKeeper::News BrokerKeeper::look_at_ending() {
  if (!broker_.running()) {
    state_ = State::down;
  } else if (Clock::now() >= deadline_) {
    broker_.signal(SIGKILL);
  }
  return {};
}

BrokerKeeper::News BrokerKeeper::start_again() {
  const auto order = orders_.take();
  if (!order || order->end) return {};
  fault_ = order->fault;
  if (const auto launched = broker_.launch_again(); !launched) {
    return lose(launched.error(), journal::BrokerEnd::unknown);
  }
  state_ = State::starting;
  deadline_ = Clock::now() + ManagedBroker::kAnswerWait;
  return {};
}

BrokerKeeper::News BrokerKeeper::look_at_starting() {
  if (!broker_.running()) {
    return lose(fmt::format("the managed mosquitto was started again and {}", broker_.last_words()),
                journal::BrokerEnd::unknown);
  }
  if (has_answered()) {
    state_ = State::running;
    News news;
    news.started = fault_;
    return news;
  }
  if (Clock::now() < deadline_) return {};
  return lose(fmt::format("the managed mosquitto was started again and does not answer within {}",
                          to_text(ManagedBroker::kAnswerWait)),
              journal::BrokerEnd::unknown);
}

bool BrokerKeeper::has_answered() {
  if (!question_.valid()) {
    question_ = std::async(std::launch::async, [this] { return broker_.answers(); });
  }
  return question_.wait_for(0s) == std::future_status::ready && question_.get();
}

BrokerKeeper::News BrokerKeeper::lose(std::string why, journal::BrokerEnd how) {
  state_ = State::lost;
  News news;
  news.lost = std::move(why);
  news.how = how;
  return news;
}

}  // namespace probate::live
