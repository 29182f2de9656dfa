#include "core/base/digest.hpp"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace probate {
namespace {

std::string digest_of(std::initializer_list<std::string_view> pieces) {
  Digest digest;
  for (const std::string_view piece : pieces) digest.add(piece);
  return digest.hex();
}

// From sha256sum, of no bytes and of the bytes "3:abc".
TEST(Digest, is_sha_256_over_lengths_and_bytes) {
  EXPECT_EQ(digest_of({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest_of({"abc"}), "aab5f9ae99b2e38fb462025c8f72f570c9c811705d2a4277dc855d7fa293fe97");
}

TEST(Digest, tells_apart_where_pieces_begin) {
  EXPECT_NE(digest_of({"ab", "c"}), digest_of({"a", "bc"}));
  EXPECT_NE(digest_of({"", "a"}), digest_of({"a", ""}));
  EXPECT_NE(digest_of({"a"}), digest_of({"a", ""}));
}

TEST(Digest, takes_any_bytes) {
  EXPECT_NE(digest_of({std::string_view{"a\0b", 3}}), digest_of({std::string_view{"a\0c", 3}}));
}

TEST(Digest, goes_on_where_it_was_after_a_move) {
  Digest first;
  first.add("ab");
  Digest second = std::move(first);
  second.add("c");
  EXPECT_EQ(second.hex(), digest_of({"ab", "c"}));
}

}  // namespace
}  // namespace probate
