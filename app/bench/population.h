// Makes what a bench measures on: users, follows, posts by Operations' bulk calls, and timelines that are full already.
// One thread.
#pragma once

#include "app/bench/bench_run.h"

#include <span>
#include <string>
#include <vector>

namespace app {

class Population
{
public:
    [[nodiscard]] static backend::Result<Population> open(BenchRun& run);

    // Over all shards in turn, ids ascending.
    [[nodiscard]] backend::Result<std::vector<backend::UserId>> makeUsers(int count);
    [[nodiscard]] backend::Result<void> follow(std::span<const backend::BulkFollow> follows);
    // One post of each author, newer than all before. Its tasks are then in the queue.
    [[nodiscard]] backend::Result<std::vector<backend::Post>> postOnceEach(std::span<const backend::UserId> authors);
    // Puts entries into the readers' timelines through backend::Timelines, the way follows are backfilled: reader i gets
    // entries + i mod (spread + 1), ids of posts that nobody wrote and nobody reads, older than what is posted from now on.
    [[nodiscard]] backend::Result<std::int64_t> fillTimelines(std::span<const backend::UserId> readers, int entries, int spread);

private:
    Population(BenchRun& run, std::int64_t beginMs, int slot) : m_run(run), m_beginMs(beginMs), m_slot(slot) {}
    backend::Result<void> fillSome(std::span<const backend::UserId> readers, std::span<const std::size_t> sizes,
                                   const std::vector<backend::PostId>& ids);

    BenchRun& m_run;
    std::int64_t m_beginMs; // of ids
    int m_slot;
    int m_users = 0, m_posts = 0;
};

std::string benchBody(int number); // of a post: 120 bytes

} // namespace app
