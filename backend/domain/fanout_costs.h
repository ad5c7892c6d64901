// What pushing and merging cost on this cluster, author by author, by the rule of the planner: an author's
// posts cost a delivery per warm follower when pushed, and a merge per visit of such a follower when pulled.
// Plain values, read from PostgreSQL.
#pragma once

#include "backend/domain/fanout_policy.h"

#include <cstdint>
#include <string>
#include <vector>

namespace backend {

struct AuthorCost
{
    UserId author;
    std::int64_t followers = 0;
    double warmShare = 0;    // of the followers looked at
    double postsPerDay = 0;  // as the planner counts them: over `daysCounted`
    double visitsPerDay = 0; // of an average warm follower
    double weight = 1;       // how many authors it stands for
    bool pulled = false;     // today
    double daysCounted = 7;  // the last seven; of a younger author since it joined, at least one
};

struct FanoutCosts
{
    TimePoint takenAt;
    PushThreshold threshold;           // today's
    std::int64_t autoFollowers = 0;    // with fewer, the automatic choice always pushes
    double mergeCost = 0;              // of merging one author into one page, in deliveries
    std::int64_t authors = 0;          // with at least one follower
    std::int64_t pulledAuthors = 0;    // today
    std::int64_t followersSampled = 0; // whose last visits were read
    double postsKnownSeconds = 0; // how far back the oldest post lies, at most the seven days; 0: no post
    // Nodes that did not answer, each as why; the authors of their logical shards are in none of the above.
    std::vector<std::string> missing;
    int shardsMissing = 0;          // logical shards whose authors are not in it
    std::vector<AuthorCost> sample; // descending by followers: the largest, and some of the others by chance
};

} // namespace backend
