// What the tests of Timelines share: two private Redis nodes, a client, short ways to deliver, read and look.
// Owned by one test; its thread.
#pragma once

#include "tests/support/redis_fixture.h"

#include <algorithm>
#include <sstream>

namespace tests {

class TimelinesFixture
{
protected:
    static constexpr auto kHome = backend::TimelineFamily::Home;
    static constexpr std::int64_t kDay = 86'400'000;
    static constexpr std::int64_t kNow = 5'000 * kDay; // ids' milliseconds

    backend::Timelines timelines(backend::TimelineLimits limits = {}) const
    {
        return backend::Timelines(*m_redis, limits);
    }
    static backend::Deadline soon() { return RedisFixture::soon(); }
    int node(backend::UserId owner) const
    {
        return m_redis->current()->timelinesNode[std::size_t(owner.shard())];
    }
    std::string runId(backend::UserId owner) { return *m_client->runId(node(owner), soon()); }

    void deliver(const backend::Timelines& to, backend::UserId owner,
                 const std::vector<backend::PostId>& posts, backend::TimelineFamily family = kHome)
    {
        backend::RedisBatch batch(*m_client);
        std::vector<backend::SizeCheck> checks;
        for (const auto post : posts)
            to.addEntry(batch, checks, family, owner, post);
        if (const auto done = batch.run(soon()); !done) throw std::runtime_error(done.error().message);
        to.addUpkeep(batch, checks);
        if (const auto done = batch.run(soon()); !done) throw std::runtime_error(done.error().message);
    }
    void setFloor(backend::UserId owner, backend::PostId floor)
    {
        m_redis->redis(node(owner), {"SET", backend::timelineFloorKey(kHome, owner),
                                     backend::floorValue(floor, runId(owner))});
    }
    backend::TimelineSlice read(const backend::Timelines& from, backend::UserId owner,
                                std::optional<backend::PostId> before = {},
                                std::optional<backend::PostId> after = {}, int limit = 10'000,
                                backend::TimelineFamily family = kHome)
    {
        auto slice = from.read(*m_client, family, owner, before, after, limit, soon());
        if (!slice) throw std::runtime_error(slice.error().message);
        return *slice;
    }
    // The open one first, then the closed ones, newest first.
    std::vector<std::string> segmentKeys(backend::UserId owner)
    {
        const auto open = backend::timelineKey(kHome, owner);
        std::istringstream note(
            m_redis->redis(node(owner), {"GET", backend::timelineSegmentsKey(kHome, owner)}));
        std::vector<std::string> keys{open};
        if (int low = 0, high = 0; note >> low >> high)
            for (int k = high; k >= low; --k)
                keys.push_back(open + ":" + std::to_string(k));
        return keys;
    }
    std::vector<std::int64_t> segments(backend::UserId owner)
    {
        std::vector<std::int64_t> sizes;
        for (const auto& key : segmentKeys(owner))
            sizes.push_back(std::stoll(m_redis->redis(node(owner), {"ZCARD", key})));
        return sizes;
    }
    std::int64_t stored(backend::UserId owner)
    {
        std::int64_t all = 0;
        for (const auto size : segments(owner))
            all += size;
        return all;
    }
    backend::Result<void> backfill(const backend::Timelines& to, backend::UserId owner,
                                   const std::vector<backend::PostId>& posts, backend::PostId downTo,
                                   const std::string& run)
    {
        backend::RedisBatch batch(*m_client);
        to.backfill(batch, kHome, owner, posts, downTo, run);
        return batch.run(soon());
    }

    void start() { m_redis = std::make_unique<RedisFixture>(2, 4); }
    void reset()
    {
        m_redis->reset();
        m_client = std::make_unique<backend::RedisClient>(m_redis->nodes());
    }
    static std::vector<backend::PostId> descending(std::vector<backend::PostId> ids)
    {
        std::sort(ids.rbegin(), ids.rend());
        return ids;
    }

    std::unique_ptr<RedisFixture> m_redis;
    std::unique_ptr<backend::RedisClient> m_client;
};

} // namespace tests
