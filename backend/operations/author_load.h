// What an author's posts and its followers' visits come to, measured in one way for whoever decides by it
// (FanoutPlanner) and whoever tells what a decision costs (readFanoutCosts), and the rule itself. It compares
// what a post costs when it is pushed, one delivery per warm follower, with what it costs when it is pulled,
// one merge per visit: an author is pulled who posts more often than its followers come, times the cost ratio
// (Silberstein et al., "Feeding Frenzy", SIGMOD 2010); a fixed number of followers is a setting. Stateless;
// any thread.
#pragma once

#include "backend/common/deadline.h"
#include "backend/common/result.h"
#include "backend/domain/fanout_policy.h"
#include "backend/operations/fanout_planner_settings.h"
#include "backend/store/shard_sql.h"

#include <map>
#include <set>
#include <vector>

namespace backend {

// What is known of one author.
struct AuthorLoad
{
    UserId author;
    std::int64_t followers = 0;
    double postsPerDay = 0;  // see readPostsPerDay
    double visitsPerDay = 0; // see readAudiences
};

// Whether the author should be pulled, given whether it is. A quarter more or less changes nothing.
[[nodiscard]] bool wantsPull(const AuthorLoad& load, const PushThreshold& threshold,
                             const FanoutPlannerSettings& settings, bool pulledNow);

inline constexpr std::chrono::days kPostsCounted{7};

// Over how many days an author's posts are counted: the last seven; of an author that is younger since it
// joined, at least one.
[[nodiscard]] double daysCounted(UserId author, TimePoint now);

// Posts a day over these days. Counted by id range, of each author 100,000 at most. Authors by logical shard;
// every one of them is in the answer.
[[nodiscard]] Result<std::map<UserId, double>>
readPostsPerDay(SqlSession& sql, const std::map<int, std::vector<std::int64_t>>& authors, TimePoint now,
                Deadline deadline);

// Of an author's followers, by a sample.
struct AudienceLoad
{
    double warmShare = 0;    // of the followers looked at
    double visitsPerDay = 0; // of an average warm one; 0 without any
};

struct AudienceLoads
{
    std::map<UserId, AudienceLoad> authors; // those with a follower
    std::int64_t readers = 0;               // whose last visits were read
};

// Ids grow with time: the first ones of an author are the oldest accounts, and those come least. So some from
// each of several places spread over all of its followers' ids, and of these `sample` by a hash: the same
// ones at every look, so that chance moves nobody over. Among followers who are mostly dormant the search for
// warm ones goes on for a while. How often a reader comes is told by how long ago they came: with visits at
// random the mean age of the last one is the mean time between two. Authors by logical shard; readers on
// `silentShards` are not asked: an average of those that are known.
[[nodiscard]] Result<AudienceLoads> readAudiences(SqlSession& sql,
                                                  const std::map<int, std::vector<std::int64_t>>& authors,
                                                  int sample, Deadline deadline,
                                                  const std::set<int>& silentShards = {});

} // namespace backend
