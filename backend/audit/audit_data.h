// What PostgreSQL holds, read in bulk, one shard schema after the other. Memory: about 40 bytes a post, 60 a
// follow. Owned by one audit pass; one thread.
#pragma once

#include "backend/audit/audit.h"
#include "backend/domain/feed.h"

#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace backend {

struct AuditedPost
{
    PostId id;
    bool deleted = false;
};

struct AuditedEdge
{
    UserId followee;
    bool following = false;
    std::int64_t version = 0;
    PostId keptTo;    // of an ended edge; 0: nothing is kept
    bool warm = true; // the copy of the reader's state, on the author's side
};

struct AuditedCounters
{
    bool stored = false;
    Counters counters;
    std::int64_t version = 0;
};

struct AuditedLedger
{
    PostId post;
    UserId author;
    std::int64_t rows = 0, chunksPlanned = 0, lastChunk = 0, audience = 0, accounted = 0;
    std::int64_t plannedUnixUs = 0;
};

struct AuditedFollowers // of one author, as the author's side has them
{
    std::int64_t following = 0;
    std::int64_t changedUnixUs = 0; // of the edge that changed last
};

struct AuditData
{
    std::vector<UserId> users;                                    // ascending
    std::unordered_set<UserId> dormant;                           // of them
    std::unordered_map<UserId, std::vector<AuditedPost>> posts;   // by author, ascending
    std::vector<std::vector<AuditedPost>> postsOfShard;           // ascending
    std::unordered_map<UserId, std::vector<AuditedEdge>> follows; // by follower
    std::unordered_map<UserId, AuditedFollowers> followers;       // by followee
    std::unordered_map<UserId, AuditedCounters> counters;
    std::vector<AuditedLedger> ledger;
    std::vector<AuditDifference> mirror; // where follows and followers disagree
    std::int64_t unfinishedTasks = 0, deadTasks = 0;
    std::int64_t judgedUpTo = 0; // posts with larger ids are left out of the judgement
    bool quiet = false;          // no task was unfinished: counters and edges are final
};

[[nodiscard]] Result<AuditData> loadAuditData(const AuditInputs& inputs, const AuditProgress& progress,
                                              Deadline deadline);

} // namespace backend
