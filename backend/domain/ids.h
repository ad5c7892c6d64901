// Identities. An id is 63 bits: 41 bits of milliseconds since 2010-01-01 UTC, 12 bits of logical shard,
// 10 bits of generator slot. It is time-ordered and carries its shard, so no look-up finds a shard.
// Plain values: any thread.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>

namespace backend {

using TimePoint = std::chrono::sys_time<std::chrono::microseconds>; // UTC
using Milliseconds = std::chrono::milliseconds;

constexpr TimePoint timeOfUnixMicroseconds(std::int64_t microseconds)
{
    return TimePoint(std::chrono::microseconds(microseconds));
}

inline constexpr int kShardBits = 12;
inline constexpr int kSlotBits = 10;
inline constexpr int kMaxShards = 1 << kShardBits;
inline constexpr int kMaxSlots = 1 << kSlotBits;
// Milliseconds from the Unix epoch to 2010-01-01T00:00:00Z.
inline constexpr std::int64_t kIdEpochUnixMs = 1'262'304'000'000;

constexpr std::int64_t makeRawId(std::int64_t idMilliseconds, int shard, int slot)
{
    return (idMilliseconds << (kShardBits + kSlotBits)) | (std::int64_t(shard) << kSlotBits) | slot;
}
constexpr int shardOfRawId(std::int64_t raw)
{
    return int((raw >> kSlotBits) & (kMaxShards - 1));
}
constexpr int slotOfRawId(std::int64_t raw)
{
    return int(raw & (kMaxSlots - 1));
}
constexpr std::int64_t idMillisecondsOf(std::int64_t raw)
{
    return raw >> (kShardBits + kSlotBits);
}
constexpr std::int64_t unixMillisecondsOf(std::int64_t raw)
{
    return idMillisecondsOf(raw) + kIdEpochUnixMs;
}

template <class Tag>
struct Id
{
    std::int64_t value = 0;

    constexpr auto operator<=>(const Id&) const = default;
    constexpr explicit operator bool() const { return value != 0; }
    constexpr int shard() const { return shardOfRawId(value); }
    constexpr TimePoint time() const { return TimePoint(Milliseconds(unixMillisecondsOf(value))); }
};

using UserId = Id<struct UserTag>;
using PostId = Id<struct PostTag>;

} // namespace backend

template <class Tag>
struct std::hash<backend::Id<Tag>>
{
    std::size_t operator()(const backend::Id<Tag>& id) const noexcept
    {
        auto x =
            std::uint64_t(id.value); // splitmix64 finaliser: low bits of an id are the slot, nearly constant
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
        return std::size_t(x ^ (x >> 31));
    }
};
