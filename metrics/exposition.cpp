#include "metrics/exposition.hpp"

#include <prometheus/text_serializer.h>

#include "metrics/feed.hpp"

namespace probate::metrics {

std::string exposition(const RunInfo& info, const Snapshot& last) {
  Feed feed;
  feed.begin(info);
  feed.publish(last, true);
  return prometheus::TextSerializer{}.Serialize(feed.Collect());
}

}  // namespace probate::metrics
