#include "app/bench/population.h"

#include <algorithm>

using namespace backend;

namespace app {
namespace {

constexpr std::size_t kRowsAtOnce = 2'500;
constexpr std::size_t kBodyBytes = 120;
// Users are older than prepared posts, those than what is posted while measuring.
constexpr std::int64_t kUsersBackMs = 10'800'000, kPostsBackMs = 7'200'000;
constexpr std::int64_t kPostSpacingMs = 500;

} // namespace

std::string benchBody(int number)
{
    std::string body = "Post " + std::to_string(number) + " of the bench: ";
    body.resize(kBodyBytes, '.');
    return body;
}

Result<Population> Population::open(BenchRun& run)
{
    const auto now =
        std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count() -
        kIdEpochUnixMs;
    ROOKERY_ASSIGN(const auto record, run.operations().openImport("bench", 1, now, callDeadline()));
    return Population(run, record.timeShiftMs, record.idSlots.front());
}

Result<std::vector<UserId>> Population::makeUsers(int count)
{
    const int shards = m_run.map().shardCount;
    std::vector<UserId> ids;
    std::vector<BulkUser> batch;
    for (int i = 0; i < count; ++i, ++m_users) {
        ids.push_back(
            UserId{makeRawId(m_beginMs - kUsersBackMs + m_users / shards, m_users % shards, m_slot)});
        batch.push_back({ids.back(), "b" + std::to_string(m_users), "Bench user " + std::to_string(m_users)});
        if (batch.size() < kRowsAtOnce && i + 1 < count) continue;
        ROOKERY_TRY(m_run.goOn());
        ROOKERY_TRY(m_run.operations().bulkCreateUsers(batch, bulkDeadline()));
        batch.clear();
    }
    return ids;
}

Result<void> Population::follow(std::span<const BulkFollow> follows)
{
    while (!follows.empty()) {
        ROOKERY_TRY(m_run.goOn());
        const auto some = follows.first(std::min(follows.size(), 2 * kRowsAtOnce));
        ROOKERY_TRY(m_run.operations().bulkFollow(some, bulkDeadline()));
        follows = follows.subspan(some.size());
    }
    return {};
}

Result<std::vector<Post>> Population::post(std::span<const UserId> authors, int each)
{
    std::vector<Post> posts;
    for (int k = 0; k < each; ++k, ++m_times)
        for (std::size_t i = 0; i < authors.size(); ++i) {
            // Authors of one shard one after the other: an id per millisecond, shard and slot.
            const auto inShard = std::int64_t(i) / m_run.map().shardCount;
            const auto at = m_beginMs - kPostsBackMs + m_times * kPostSpacingMs + inShard;
            posts.push_back(
                {PostId{makeRawId(at, authors[i].shard(), m_slot)}, authors[i], benchBody(m_times)});
        }
    ROOKERY_TRY(write(posts));
    return posts;
}

Result<void> Population::postLongAgo(UserId author, int count)
{
    std::vector<Post> posts;
    for (int i = 0; i < count; ++i)
        posts.push_back({PostId{makeRawId(m_beginMs - kPostsBackMs - count + i, author.shard(), m_slot)},
                         author, benchBody(i)});
    return write(posts);
}

Result<void> Population::write(std::span<const Post> posts)
{
    while (!posts.empty()) {
        ROOKERY_TRY(m_run.goOn());
        const auto some = posts.first(std::min(posts.size(), kRowsAtOnce));
        ROOKERY_TRY(m_run.operations().bulkPost(some, bulkDeadline()));
        posts = posts.subspan(some.size());
    }
    return {};
}

} // namespace app
