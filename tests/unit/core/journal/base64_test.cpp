#include "core/journal/base64.hpp"

#include <gtest/gtest.h>

#include "core/base/rng.hpp"

namespace probate::journal {
namespace {

std::string to_base64(std::string_view bytes) {
  std::string text;
  append_base64(bytes, text);
  return text;
}

TEST(Base64, gives_the_vectors_of_its_rfc) {
  // RFC 4648, section 10.
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foo"), "Zm9v");
  EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(to_base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
}

TEST(Base64, comes_back_for_any_bytes) {
  Rng rng = Rng{1}.stream("base64");
  for (int round = 0; round < 1000; ++round) {
    std::string bytes(rng.below(40), '\0');
    for (char& byte : bytes) byte = static_cast<char>(rng.next() & 0xff);
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
  }
}

TEST(Base64, refuses_what_it_would_not_write) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg==\n", "Zh==", "Zm9=", "====", "=AAA",
                           "Z===", "Zm9v Zm9v", "Zg==Zg==", "Zm-_"}) {
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace probate::journal
