// Makes what a bench measures on by Operations' bulk calls: users, follows, posts. One thread.
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
    // So many posts of each author, in turn, all newer than those before. Their tasks are then in the queue.
    [[nodiscard]] backend::Result<std::vector<backend::Post>> post(std::span<const backend::UserId> authors,
                                                                   int each);
    // So many posts of one author, a millisecond apart, older than any of the above. Once an author.
    [[nodiscard]] backend::Result<void> postLongAgo(backend::UserId author, int count);

private:
    Population(BenchRun& run, std::int64_t beginMs, int slot)
        : m_run(run)
        , m_beginMs(beginMs)
        , m_slot(slot)
    {
    }
    [[nodiscard]] backend::Result<void> write(std::span<const backend::Post> posts);

    BenchRun& m_run;
    std::int64_t m_beginMs; // of ids
    int m_slot;
    int m_users = 0, m_times = 0;
};

std::string benchBody(int number); // of a post: 120 bytes

} // namespace app
