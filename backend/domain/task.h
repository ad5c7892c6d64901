// Units of asynchronous work. A task is written in the same transaction as the row that causes it, on the
// same node, and stays there. Plain values.
#pragma once

#include "backend/domain/ids.h"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace backend {

enum class TaskKind : int {
    UserCreated = 1, // make the user's rows in its shard (the handle is in the directory)
    PostCreated =
        2, // object cache, author and public timelines, posts counter, plan; small audiences deliver at once
    DeliverChunk = 3,   // one id range of the followers of one post's author
    EdgeChanged = 4,    // reconcile one (follower, followee) edge to its current state; backfill or removal
    PostDeleted = 5,    // tombstone, author and public timelines, posts counter
    ReclaimChunk = 6,   // take a deleted post's id out of one id range of home timelines
    ReaderChanged = 7,  // a reader became dormant: tell the copies beside the followees, drop the timeline
    AccountDeleted = 8, // the next small step of taking a deleted account apart
    PostsDeleted = 9,   // some posts of a deleted account: object cache, public timeline, posts counter
    BackfillPulled =
        10, // an author is pushed again: what was pulled, into the next followers' home timelines
};
inline constexpr std::array kTaskKinds{
    TaskKind::UserCreated,  TaskKind::PostCreated,   TaskKind::DeliverChunk,  TaskKind::EdgeChanged,
    TaskKind::PostDeleted,  TaskKind::ReclaimChunk,  TaskKind::ReaderChanged, TaskKind::AccountDeleted,
    TaskKind::PostsDeleted, TaskKind::BackfillPulled};

std::string_view toString(TaskKind kind); // "post_created" …

inline constexpr std::int64_t kParkedCounted = 20'000; // of what waits for a Redis node, in each queue

enum class TaskState { Ready, Running, Retry, Dead };

struct NewTask
{
    TaskKind kind;
    int shard = 0;             // logical shard of the row that causes it
    std::string payload;       // JSON object, see common/task_payloads.h
    Milliseconds rankDelay{0}; // later in fair order by this much (virtual time, not a wait)
    Milliseconds runAfter{0};  // not before now + this (a real wait)
    // Of work in bulk, which follows all that is small: whose turns it takes, an author's id or a flow below.
    // 0: small. Flows take turns, task by task; within one rankDelay only orders what is enqueued together.
    std::int64_t flow = 0;
    int units = 0; // above 0: held until the node's pace, which all such tasks share, lets it go
};

inline constexpr std::int64_t kReclaimFlow = 1; // of all authors: no user has this id

// A task's identity in the cluster: task ids are unique per node.
struct TaskRef
{
    int node = 0; // node id in the directory
    std::int64_t id = 0;
    auto operator<=>(const TaskRef&) const = default;
};

struct Task
{
    TaskRef ref;
    TaskKind kind = TaskKind::UserCreated;
    int shard = 0;
    std::string payload;
    int attempts = 0;    // 1 on the first run
    TimePoint createdAt; // commit time by the node's clock
    TimePoint expiresAt; // effects are refused after this; the task becomes a dead letter
    std::int64_t leaseToken = 0;
    // From its commit to its claim, by its node's clock; of first claims only: nobody knows when a retry
    // became ready, and what was a dead letter waited for a person.
    std::optional<std::chrono::microseconds> waited;
    bool expired = false; // by its node's clock when claimed, a minute early: it must not run any more
};

// How leases and the ledger name a worker: "<host:pid>/<number>", counted from 1; and how people are told:
// "worker 3 of host:pid".
std::string workerName(std::string_view engine, int index);
std::string workerText(std::string_view name);

struct DeadLetter
{
    TaskRef ref;
    TaskKind kind = TaskKind::UserCreated;
    int shard = 0;
    std::string payload;
    std::string error;     // of the last attempt
    std::string signature; // the error without ids and numbers, to group by
    int attempts = 0;
    TimePoint createdAt, diedAt;
    std::int64_t payloadBytes = -1; // of the whole payload, of which the begin may be all that was read
};

} // namespace backend
