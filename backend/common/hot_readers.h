// Who reads most in each logical shard, in bounded memory: per shard the counters of Metwally, Agrawal and
// El Abbadi, "Efficient Computation of Frequent and Top-k Elements in Data Streams" (2005), which never count
// less than there was and know by how much they may be over. They count in periods; what is told is of the
// present one and the one before. Owned by EngineMetrics; thread-safe.
#pragma once

#include "backend/domain/ids.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace backend {

class HotReaderCounts
{
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::minutes kPeriod{5};
    // A shard that is read takes 3 KB: 0.2 MB with 64 shards, 13 MB with 4096.
    static constexpr std::size_t kCounters = 64;

    struct Reader
    {
        UserId reader;
        std::int64_t atLeast = 0, atMost = 0;
    };
    struct View
    {
        Clock::time_point since;
        std::int64_t total = 0;
        std::vector<Reader> readers; // of whom anything is certain, most first
    };

    explicit HotReaderCounts(Clock::time_point begin = Clock::now());

    void add(UserId reader, Clock::time_point now = Clock::now());
    View of(int shard, Clock::time_point now = Clock::now()) const;

private:
    struct Counter
    {
        UserId reader;
        std::int64_t count = 0, over = 0; // of `count` so many may be of others
    };
    struct Period
    {
        std::vector<Counter> counters;
        std::int64_t total = 0;

        void add(UserId reader);
        const Counter* find(UserId reader) const;
        std::int64_t leastCount() const; // what an absent one can have at most
    };
    struct Shard
    {
        std::int64_t number = 0; // of the present period
        Period present, before;

        void advanceTo(std::int64_t period);
    };
    std::int64_t periodOf(Clock::time_point now) const { return (now - m_begin) / kPeriod; }
    std::mutex& mutexOf(int shard) const { return m_mutexes[std::size_t(shard) % m_mutexes.size()]; }

    const Clock::time_point m_begin;
    mutable std::array<std::mutex, 64> m_mutexes; // each guards every 64th shard
    mutable std::array<std::unique_ptr<Shard>, kMaxShards> m_shards;
};

} // namespace backend
