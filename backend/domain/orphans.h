// Keys on the Redis nodes that nobody will ever read or expire. Plain values.
#pragma once

#include "backend/domain/ids.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace backend {

enum class OrphanReason {
    ShardElsewhere, // the shard map has its logical shard on another node
    NoSuchOwner, // PostgreSQL has no such user or post, nor will it; or the account is deleted and done with
    DormantReader, // entries of a home timeline without a floor, whose reader is dormant
    NoExpiry,      // an object without the expiry it was written with
};

std::string_view toString(OrphanReason reason); // "shard_elsewhere" …

struct OrphanQuery
{
    int keysPerSecond = 20'000; // of each node, looked at
    int examples = 5;           // of each group
};

// Of one node, family and reason.
struct OrphanGroup
{
    std::string node;
    std::string family; // "home timeline", "author timeline", "public timeline", "post", "user", "counters"
    OrphanReason reason = OrphanReason::NoSuchOwner;
    std::int64_t keys = 0;
    std::int64_t bytes = 0;   // as MEMORY USAGE has it; scaled from a sample where there are many
    std::int64_t removed = 0; // of them
    std::vector<std::string> examples;
};

struct OrphanReport
{
    TimePoint startedAt, finishedAt;
    std::int64_t keys = 0;     // looked at
    std::int64_t foreign = 0;  // of no family of ours: never touched
    std::int64_t expiring = 0; // have an expiry: they go by themselves and are left alone
    std::int64_t orphans = 0, removed = 0;
    std::vector<OrphanGroup> groups;
};

} // namespace backend
