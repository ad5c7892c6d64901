#include "app/bench/population.h"

#include <algorithm>
#include <map>

using namespace backend;

namespace app {
namespace {

constexpr std::size_t kAtOnce = 2'500, kFilledAtOnce = 128;
constexpr std::size_t kBodyBytes = 120;
// Users are older than prepared entries, those than prepared posts, those than what is posted while measuring.
constexpr std::int64_t kUsersBackMs = 7'200'000, kEntriesBackMs = 5'400'000, kPostsBackMs = 3'600'000;
constexpr std::int64_t kPostSpacingMs = 1'000;

} // namespace

std::string benchBody(int number)
{
    std::string body = "Post " + std::to_string(number) + " of the bench: ";
    body.resize(kBodyBytes, '.');
    return body;
}

Result<Population> Population::open(BenchRun& run)
{
    const auto now = std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count() - kIdEpochUnixMs;
    ROOKERY_ASSIGN(const auto record, run.operations().openImport("bench", 1, now, callDeadline()));
    return Population(run, record.timeShiftMs, record.idSlots.front());
}

Result<std::vector<UserId>> Population::makeUsers(int count)
{
    const int shards = m_run.map().shardCount;
    std::vector<UserId> ids;
    std::vector<BulkUser> batch;
    for (int i = 0; i < count; ++i, ++m_users) {
        ids.push_back(UserId{makeRawId(m_beginMs - kUsersBackMs + m_users / shards, m_users % shards, m_slot)});
        batch.push_back({ids.back(), "b" + std::to_string(m_users), "Bench user " + std::to_string(m_users)});
        if (batch.size() < kAtOnce && i + 1 < count) continue;
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
        const auto some = follows.first(std::min(follows.size(), 2 * kAtOnce));
        ROOKERY_TRY(m_run.operations().bulkFollow(some, bulkDeadline()));
        follows = follows.subspan(some.size());
    }
    return {};
}

Result<std::vector<Post>> Population::postOnceEach(std::span<const UserId> authors)
{
    std::vector<Post> posts;
    const auto at = m_beginMs - kPostsBackMs + m_posts++ * kPostSpacingMs;
    for (const auto author : authors) {
        // Authors of one shard one after the other: an id per millisecond, shard and slot.
        const auto inShard = std::int64_t(posts.size()) / m_run.map().shardCount;
        posts.push_back({PostId{makeRawId(at + inShard, author.shard(), m_slot)}, author, benchBody(m_posts)});
    }
    ROOKERY_TRY(m_run.goOn());
    ROOKERY_TRY(m_run.operations().bulkPost(posts, bulkDeadline()));
    return posts;
}

Result<std::int64_t> Population::fillTimelines(std::span<const UserId> readers, int entries, int spread)
{
    std::vector<PostId> ids; // ascending
    for (int i = 0; i < entries + spread; ++i)
        ids.push_back(PostId{makeRawId(m_beginMs - kEntriesBackMs + i * kPostSpacingMs, i % m_run.map().shardCount, m_slot)});
    std::int64_t filled = 0;
    std::vector<std::size_t> sizes;
    for (std::size_t i = 0; i < readers.size(); ++i) {
        sizes.push_back(std::size_t(entries) + i % std::size_t(spread + 1));
        filled += std::int64_t(sizes.back());
    }
    for (std::size_t at = 0; at < readers.size(); at += kFilledAtOnce) {
        const auto count = std::min(kFilledAtOnce, readers.size() - at);
        ROOKERY_TRY(m_run.goOn());
        ROOKERY_TRY(fillSome(readers.subspan(at, count), std::span(sizes).subspan(at, count), ids));
    }
    return filled;
}

Result<void> Population::fillSome(std::span<const UserId> readers, std::span<const std::size_t> sizes, const std::vector<PostId>& ids)
{
    RedisBatch batch(m_run.redis());
    for (std::size_t i = 0; i < readers.size(); ++i) {
        ROOKERY_ASSIGN(const auto runId, m_run.redis().runId(m_run.timelinesNode(readers[i].shard()), callDeadline()));
        const auto posts = std::span(ids).last(sizes[i]);
        m_run.timelines().backfill(batch, TimelineFamily::Home, readers[i], posts, posts.front(), runId);
    }
    ROOKERY_TRY(batch.run(bulkDeadline()));
    return {};
}

} // namespace app
