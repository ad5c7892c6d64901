// One reader's timeline as Redis has it against what PostgreSQL says it should hold. Pure; any thread.
#pragma once

#include "backend/audit/home_truth.h"
#include "backend/cache/raw_timeline.h"
#include "backend/domain/timeline_audit.h"

#include <string>
#include <vector>

namespace backend {

struct HomeRules
{
    int cap = 800, segment = 102;
    int checkOneIn = 8; // deliveries for one on which a full segment is looked for
    std::chrono::hours age{24 * 30};
    TimePoint ageNow; // what age is counted back from
};

struct HomeFault
{
    TimelineFault fault = TimelineFault::Missing;
    std::vector<PostId> posts; // all of them; of a floor: where it lies
    std::string detail;
};

// How many posts a truth must reach back to judge whatever the rules allow a timeline to hold.
int postsToJudge(const HomeRules& rules);

// REQUIRES: raw.valid(). What PostgreSQL had before and after the timeline was read; only what both agree
// upon is held against it. The same truth twice for a first look.
[[nodiscard]] std::vector<HomeFault> compareHome(const RawTimeline& raw, const HomeTruth& before,
                                                 const HomeTruth& after, const HomeRules& rules);

// What of `faults` was found before as well, post by post.
[[nodiscard]] std::vector<HomeFault> inBoth(const std::vector<HomeFault>& before,
                                            std::vector<HomeFault> faults);

} // namespace backend
