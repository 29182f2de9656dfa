#include "proxy/syn_gate.hpp"

#include <algorithm>
#include <optional>

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include "proxy/filter_code.hpp"

namespace probate::proxy {

namespace ip = boost::asio::ip;

namespace {

constexpr std::uint32_t kV4SourceAt = 12;
constexpr std::uint32_t kV6SourceAt = 8;
constexpr std::uint32_t kBlockBits = 5;
constexpr std::uint32_t kInBlock = (1u << kBlockBits) - 1;

// In instructions.
constexpr std::size_t kPerBlock = 3;
constexpr std::size_t kPerV6 = 9;
constexpr std::size_t kAnyway = 15;

// A listener of both hears IPv4 as IPv4.
std::optional<std::uint32_t> v4_of(const ip::address& source) {
  if (source.is_v4()) return source.to_v4().to_uint();
  if (!source.to_v6().is_v4_mapped()) return std::nullopt;
  return ip::make_address_v4(ip::v4_mapped, source.to_v6()).to_uint();
}

std::uint32_t word_at(const ip::address_v6::bytes_type& bytes, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t i = at; i < at + 4; ++i) word = word << 8 | bytes[i];
  return word;
}

}  // namespace

std::size_t SynGate::instructions() const {
  return kAnyway + kPerBlock * v4_.size() + kPerV6 * v6_.size();
}

bool SynGate::has_room_for(const Address& source) const {
  const auto v4 = v4_of(source);
  if (v4 && v4_.contains(*v4 >> kBlockBits)) return true;
  if (!v4 && v6_.contains(source.to_v6().to_bytes())) return true;
  return instructions() + (v4 ? kPerBlock : kPerV6) <= kProgramMax;
}

bool SynGate::shut(DeviceId device, const Address& source) {
  if (shut_.contains(device) || !has_room_for(source)) return false;
  shut_.emplace(device, source);
  const auto v4 = v4_of(source);
  if (!v4) return ++v6_[source.to_v6().to_bytes()] == 1;
  Members& block = v4_[*v4 >> kBlockBits];
  block.mask |= 1u << (*v4 & kInBlock);
  return ++block.users[*v4 & kInBlock] == 1;
}

bool SynGate::open(DeviceId device) {
  const auto found = shut_.find(device);
  if (found == shut_.end()) return false;
  const Address source = found->second;
  shut_.erase(found);
  const auto v4 = v4_of(source);
  if (!v4) {
    const auto place = v6_.find(source.to_v6().to_bytes());
    if (--place->second > 0) return false;
    v6_.erase(place);
    return true;
  }
  const auto block = v4_.find(*v4 >> kBlockBits);
  if (--block->second.users[*v4 & kInBlock] > 0) return false;
  block->second.users.erase(*v4 & kInBlock);
  block->second.mask &= ~(1u << (*v4 & kInBlock));
  if (block->second.mask == 0) v4_.erase(block);
  return true;
}

// IPv4: of the source's block, whether its bit is set. IPv6: one address after the other.
std::vector<sock_filter> SynGate::program() const {
  using namespace filter;
  if (v4_.empty() && v6_.empty()) return {};
  const auto blocks = static_cast<std::uint32_t>(kPerBlock * v4_.size());
  std::vector<sock_filter> code{load_byte(in_network_header(0)),
                                shift_right(4),
                                if_equal(6, 0, 1),
                                skip(blocks + 10),
                                load_word(in_network_header(kV4SourceAt)),
                                {BPF_ALU | BPF_AND | BPF_K, 0, 0, kInBlock},
                                {BPF_MISC | BPF_TAX, 0, 0, 0},
                                load_word(in_network_header(kV4SourceAt)),
                                shift_right(kBlockBits)};
  std::uint32_t left = blocks;
  for (const auto& [block, members] : v4_) {
    left -= static_cast<std::uint32_t>(kPerBlock);
    code.insert(code.end(), {if_equal(block, 0, 2), load(members.mask), skip(left + 1)});
  }
  code.insert(code.end(), {give(kPass),
                           {BPF_ALU | BPF_RSH | BPF_X, 0, 0, 0},
                           if_any_of(1, 0, 1),
                           give(kDrop),
                           give(kPass)});
  for (const auto& [bytes, users] : v6_) {
    for (std::uint32_t part = 0; part < 4; ++part) {
      const auto no = static_cast<std::uint8_t>(kPerV6 - 2 * (part + 1));
      code.push_back(load_word(in_network_header(kV6SourceAt + 4 * part)));
      code.push_back(if_equal(word_at(bytes, 4 * std::size_t{part}), 0, no));
    }
    code.push_back(give(kDrop));
  }
  code.push_back(give(kPass));
  return code;
}

}  // namespace probate::proxy
