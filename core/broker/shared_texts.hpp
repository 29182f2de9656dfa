// Texts that many sessions have alike but for their ClientID, kept once for all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace probate::broker {

// Fleets are made from templates: a million devices have one will topic, and a payload in which
// nothing differs but the ClientID.
//
// Limits: kMax texts at once; whoever comes later keeps his own.
class SharedTexts {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;
  static constexpr std::size_t kMax = 4'096;

  // A number for the text, in which the ClientID may stand for itself once; it is valid until it
  // was given back as often as it was taken. kNone if there is no room.
  std::uint32_t take(std::string_view text, std::string_view client_id);
  void give_back(std::uint32_t number);
  // The text, for the ClientID with which it was taken. Requires: number != kNone.
  std::string text(std::uint32_t number, std::string_view client_id) const;
  bool names_client(std::uint32_t number) const { return texts_[number].names_client; }
  // The same of one that does not. Valid until the next call of take() or give_back().
  std::string_view plain(std::uint32_t number) const { return texts_[number].before; }
  std::size_t size() const { return numbers_.size(); }

 private:
  struct Text {
    std::string before;
    std::string after;
    bool names_client = false;  // between the two
    std::uint32_t uses = 0;
  };
  static std::string key_of(const Text& text);

  std::map<std::string, std::uint32_t, std::less<>> numbers_;
  std::vector<Text> texts_;
  std::vector<std::uint32_t> free_;
};

}  // namespace probate::broker
