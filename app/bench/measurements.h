// The measurements of a bench: each prepares nothing but what is its own, runs its rounds, reference and
// engine in turn, checks that what it timed really happened, and adds figures and ratios to the run's report.
// One thread, that of the run.
#pragma once

#include "app/bench/bench_run.h"
#include "app/bench/plain_sets.h"
#include "app/bench/population.h"

#include <span>
#include <vector>

namespace app {

// A group of readers as it was prepared; `authors` by audience.
struct PreparedGroup
{
    ReaderGroup group;
    std::vector<backend::UserId> readers;
    std::vector<std::vector<backend::UserId>> authors;
    PlainSets plain;

    // Beyond the group's entries: 0, 10, 20 … up to its spread, reader after reader.
    static constexpr int kSpreadStep = 10;
    int extraEntries(std::size_t reader) const
    {
        return int(reader % std::size_t(group.spread / kSpreadStep + 1)) * kSpreadStep;
    }
};
// Users, follows, timelines filled by the engine's own fan-out, plain sets. Measures what they cost in memory
// (the first group gives the ratio) and how fast they were filled.
[[nodiscard]] backend::Result<PreparedGroup> prepareGroup(BenchRun& run, Population& population,
                                                          const ReaderGroup& group, bool first);

// Deliveries per second from the first post to the end of the last task, against bare ZADDs into as many
// plain sets.
[[nodiscard]] backend::Result<void> measureFanout(BenchRun& run, PreparedGroup& group, bool headline);

// The ledger says of these posts that they reached every follower and the author; an error otherwise. Looks
// at some.
[[nodiscard]] backend::Result<void> requireDelivered(BenchRun& run, std::span<const backend::PostId> posts,
                                                     int followers);

// Bytes per entry of timelines and plain sets that hold exactly the group's entries.
[[nodiscard]] backend::Result<void> measureMemory(BenchRun& run, const PreparedGroup& group);

// Feed::post by quiet authors, paced, and how long their few readers wait for it: on an idle engine and while
// posts to the group's largest audience fan out.
[[nodiscard]] backend::Result<void> measurePosting(BenchRun& run, Population& population,
                                                   const PreparedGroup& prepared);

// Posts of others, before an account with many posts is deleted and while it is taken apart: their commits
// and their deliveries.
[[nodiscard]] backend::Result<void> measureDeletion(BenchRun& run, Population& population);

// A post of an author with many dormant followers against one of an author whom nobody follows, from the call
// to the delivery.
[[nodiscard]] backend::Result<void> measureDormant(BenchRun& run, Population& population);

// From its commit to its last delivery, each in ms. Waits until all of them are delivered.
[[nodiscard]] backend::Result<std::vector<double>> deliveryTimes(BenchRun& run,
                                                                 std::span<const backend::PostId> posts);

// Writers with posts and readers who follow all of them, made through the queue: its tasks are timed
// meanwhile.
struct PageWorld
{
    std::vector<backend::UserId> readers, writers;
    std::vector<backend::Post> posts; // newest first
};
[[nodiscard]] backend::Result<PageWorld> measureQueue(BenchRun& run, Population& population);
// A page of 20 from warm caches against ZREVRANGE + MGET, and far down in PostgreSQL.
[[nodiscard]] backend::Result<void> measurePages(BenchRun& run, const PageWorld& world);
// Timelines per second when all are void and readers come.
[[nodiscard]] backend::Result<void> measureRebuild(BenchRun& run, const PageWorld& world);

std::string withThousands(std::int64_t number); // "100,000"

} // namespace app
