// What one engine counts: cumulative, lock-free, cheap enough for every delivery. Owned by the engine, shared
// by reference with everything in it; the monitor publishes copies. Thread-safe.
#pragma once

#include "backend/common/histogram.h"
#include "backend/common/hot_readers.h"
#include "backend/domain/feed_failures.h"
#include "backend/domain/ids.h"
#include "backend/domain/task.h"

#include <array>
#include <atomic>
#include <cstdint>

namespace backend {

enum class CacheKind { HomeTimeline, AuthorTimeline, PublicTimeline, PostObject, UserObject, Counters };
inline constexpr std::array kCacheKindNames{"home timeline", "author timeline", "public timeline",
                                            "post object",   "user object",     "counters"};

struct MetricCounter
{
    std::atomic<std::int64_t> value{0};
    void add(std::int64_t n = 1) { value.fetch_add(n, std::memory_order_relaxed); }
    std::int64_t get() const { return value.load(std::memory_order_relaxed); }
};

struct EngineMetrics
{
    std::array<MetricCounter, kCacheKindNames.size()> cacheHits, cacheMisses;
    // Of the misses: those that asked PostgreSQL, and those that waited for somebody else who did.
    std::array<MetricCounter, kCacheKindNames.size()> flightsLed, flightsJoined;
    std::array<MetricCounter, kMaxShards> deliveries; // by the reader's logical shard
    std::array<MetricCounter, kMaxShards> reads; // home, author and profile reads by the user's logical shard
    // posts: written through this engine, whoever delivers them
    // rebuilds: timelines whose newest part was built and published
    // readThroughs: home and author pages that had to ask PostgreSQL for posts
    MetricCounter posts, deletes, follows, unfollows, pages, rebuilds, readThroughs;
    // Calls of the Feed as their callers saw them; see feed/counted_feed.h. Pages that lack something count
    // as answered, too.
    MetricCounter publicPages, partialPages, writes; // answered
    std::array<MetricCounter, kFailureReasonNames.size()> failedReads, failedWrites;
    MetricCounter aheadsAsked, aheadsDone; // reads ahead of readers who page on, done or given up
    std::array<MetricCounter, kTaskKinds.size() + 1> tasksDone, tasksFailed; // index = int(TaskKind)
    HotReaderCounts hotReaders; // of home timeline pages that readers asked for
    DelayRecorder fanoutDelay;  // commit to delivery, one count per delivery
    std::array<DelayRecorder, kTaskKinds.size() + 1> taskWait, taskRun; // see QueueKindTimes
    std::atomic<double> borrowedIdMilliseconds{0};

    void hit(CacheKind kind, std::int64_t n = 1) { cacheHits[std::size_t(kind)].add(n); }
    void miss(CacheKind kind, std::int64_t n = 1) { cacheMisses[std::size_t(kind)].add(n); }
    void led(CacheKind kind, std::int64_t n = 1) { flightsLed[std::size_t(kind)].add(n); }
    void joined(CacheKind kind, std::int64_t n = 1) { flightsJoined[std::size_t(kind)].add(n); }
};

} // namespace backend
