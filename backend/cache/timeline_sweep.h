// Counts what lies on one Redis node, by logical shard, a few keys at a time (SCAN), so that no step keeps
// the node busy. Bytes come from MEMORY USAGE on one key in 32 of each kind and size, scaled over the node:
// an estimate. A key that is there during a whole pass is counted, while Redis resizes its table perhaps
// twice. Owned by the sampler; one thread.
#pragma once

#include "backend/cache/redis_client.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace backend {

struct SweptShard
{
    std::int64_t timelines = 0; // home timelines with a valid floor
    std::int64_t entries = 0;   // of home timelines
    std::int64_t keys = 0;      // of every kind
    std::int64_t bytes = 0;     // of every kind, estimated
};

class TimelineSweep
{
public:
    TimelineSweep(int node, int shardCount);

    // Goes on over about `budgetKeys` keys. True when that ended a pass: shards() is new, the next step
    // begins the next pass. After an error the next step goes on where this one began; a restarted node
    // begins a new pass.
    [[nodiscard]] Result<bool> step(RedisClient& client, int budgetKeys, Deadline deadline);
    // Of the last whole pass, by logical shard; empty before the first has ended.
    const std::vector<SweptShard>& shards() const { return m_finished; }

private:
    enum Kind {
        HomeEntries,
        OtherEntries,
        HomeFloor,
        OtherTimelineKey,
        PostObject,
        UserObject,
        CountersObject,
        Foreign,
        Kinds
    };
    // Sorted sets are weighed by size (powers of two): Redis keeps small ones in a fifth of the space per
    // entry.
    static constexpr std::size_t kSizes = 24;
    static constexpr std::size_t kCells = Kinds * kSizes;
    struct Count
    {
        std::int64_t keys = 0, entries = 0;
    };
    struct ShardCounts
    {
        std::array<Count, kCells> cells{};
        std::int64_t validFloors = 0;
    };
    struct Sample
    {
        std::int64_t seen = 0; // weighed or not
        std::int64_t keys = 0, entries = 0, bytes = 0;
    };
    struct Visit
    {
        std::string_view key;
        int shard = -1;
        Kind kind = Foreign;
        std::size_t reply = 0; // to ZCARD or GET, where the kind has one
        std::int64_t entries = 0;
        bool validFloor = false;
        std::int64_t bytes = -1; // -1: not weighed
        std::size_t cell() const;
    };

    static Kind kindOf(std::string_view key, int& shard);
    static bool holdsEntries(Kind kind) { return kind == HomeEntries || kind == OtherEntries; }
    void beginPass(std::string runId);
    Result<void> visitAll(RedisClient& client, const std::vector<RedisReply>& keys, Deadline deadline);
    Result<std::vector<Visit>> measured(RedisClient& client, const std::vector<RedisReply>& keys,
                                        Deadline deadline) const;
    Result<void> weigh(RedisClient& client, std::vector<Visit>& visits, Deadline deadline) const;
    void finishPass();

    int m_node;
    std::string m_cursor = "0", m_runId;
    std::size_t m_shardCount;
    std::unordered_map<int, ShardCounts> m_counts; // only of shards that have keys here
    std::array<Sample, kCells> m_samples{};
    std::vector<SweptShard> m_finished;
};

} // namespace backend
