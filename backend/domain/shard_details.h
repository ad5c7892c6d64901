// What is behind one logical shard: its unfinished tasks, and who writes and reads most in it. Each part
// comes with its own problem, so that a node that is down costs only its part; while it is asked for, a part
// names the node whose answer it waits for. Plain values.
#pragma once

#include "backend/domain/ids.h"
#include "backend/domain/task.h"

#include <functional>
#include <string>
#include <vector>

namespace backend {

inline constexpr int kMostShardTasks = 5'000; // looked at of each state, in the order in which they are due

struct ShardTaskCount
{
    TaskKind kind = TaskKind::UserCreated;
    std::int64_t ready = 0, running = 0, retry = 0;
    double oldestAgeSeconds = 0;
    std::int64_t unfinished() const { return ready + running + retry; }
};

// The shard's tasks that wait on one PostgreSQL node; kinds without any are left out.
struct ShardTasks
{
    int node = 0;
    std::string name;
    std::vector<ShardTaskCount> kinds;
    bool whole = true;    // false: the queue is so long that only its head was looked at
    bool awaited = false; // the node has not answered yet
    std::string problem;  // why the node's queue could not be read; empty: it was
};

struct HotAuthor
{
    UserId author;
    std::string handle;                                 // empty: see ShardDetails::namesProblem
    std::int64_t posts = 0, deliveries = 0, pulled = 0; // readers to merge it when they read
};

// By what the delivery ledger holds of posts written since then, most deliveries first.
struct HotAuthors
{
    TimePoint since; // later than asked for where the shard's posts are too many to look at
    std::int64_t posts = 0;
    std::vector<HotAuthor> authors;
    std::string awaited; // the node that has not answered yet; empty: none
    std::string problem; // why it is not known; empty: it is
};

struct HotReader
{
    UserId reader;
    std::string handle;
    std::int64_t atLeast = 0, atMost = 0; // home timeline pages; equal where the count is exact
};

// By the home timeline pages that readers asked of this engine since then; other engines' are not in it.
struct HotReaders
{
    TimePoint since;
    std::int64_t pages = 0;         // of all readers of the shard
    std::vector<HotReader> readers; // those of whom any page is certain, most first
};

struct ShardDetails
{
    int shard = 0;
    TimePoint takenAt;
    std::vector<ShardTasks> tasks; // by node
    HotAuthors authors;
    HotReaders readers;
    std::string namesAwaited; // the node that has not told all handles yet; empty: none
    std::string namesProblem; // why handles are missing; empty: none is
};

// Told what is known so far, each time more is, while a node keeps the rest waiting: from any thread, one at
// a time. Never told where all nodes answer at once.
using ShardDetailsSink = std::function<void(const ShardDetails&)>;

} // namespace backend
