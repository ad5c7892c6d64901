// Values for model tests that are easy to recompute by eye.
#pragma once

#include "backend/domain/feed.h"
#include "backend/domain/snapshot.h"

#include <chrono>
#include <string>

namespace tests {

inline const backend::TimePoint kSampleTime{std::chrono::seconds(1'790'000'000)};

// Shards alternate between two nodes per role; shard s has 10·s timelines, 1,100·s entries and so on.
inline backend::ClusterSnapshot sampleSnapshot(int shards)
{
    backend::ClusterSnapshot out;
    out.takenAt = kSampleTime;
    out.clusterName = "sample";
    out.shardCount = shards;
    for (int id = 1; id <= 4; ++id) {
        backend::NodeSnapshot node;
        node.id = id;
        node.kind = id <= 2 ? backend::NodeKind::Postgres : backend::NodeKind::Redis;
        node.name = id <= 2 ? "pg-" + std::to_string(id) : "redis-" + std::to_string(id - 2);
        out.nodes.push_back(node);
    }
    for (int s = 0; s < shards; ++s) {
        backend::ShardSnapshot shard;
        shard.shard = s;
        shard.usersNode = 1;
        shard.postsNode = 2;
        shard.timelinesNode = 3 + s % 2;
        shard.users = 12 * s;
        shard.posts = 7 * s;
        shard.postgresBytes = 9'000 * s;
        shard.timelines = 10 * s;
        shard.entries = 1'100 * s;
        shard.bytes = 64'000 * s;
        shard.sweptAt = kSampleTime - std::chrono::seconds(s);
        shard.deliveriesPerSecond = 1.5 * s;
        shard.readsPerSecond = 0.5 * s;
        out.shards.push_back(shard);
    }
    return out;
}

inline backend::TimelineEntry sampleEntry(std::int64_t id)
{
    backend::TimelineEntry entry;
    entry.id = {id};
    entry.author = {1000 + id};
    entry.authorHandle = "author" + std::to_string(id);
    entry.body = "post " + std::to_string(id);
    return entry;
}

// Entries highest … lowest; `next` is set when more follow.
inline backend::TimelinePage samplePage(std::int64_t highest, std::int64_t lowest, bool more)
{
    backend::TimelinePage page;
    for (auto id = highest; id >= lowest; --id)
        page.entries.push_back(sampleEntry(id));
    if (more) page.next = backend::PostId{lowest};
    return page;
}

} // namespace tests
