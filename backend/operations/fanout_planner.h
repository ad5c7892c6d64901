// Decides author by author who is pushed and who is pulled, and moves authors over step by step: begin to
// merge, wait until every engine does, stop pushing; and back: push again, wait until every engine does,
// backfill by tasks what was pulled, merge on until then. The rule and what it goes by are author_load.h's.
// One engine of a cluster at a time, by a lock in the directory. Owned by the engine, on a thread of its own;
// every step is one transaction.
#pragma once

#include "backend/cluster/directory.h"
#include "backend/common/periodic_thread.h"
#include "backend/domain/fanout_policy.h"
#include "backend/feed/feed_services.h"
#include "backend/operations/author_load.h"

#include <optional>
#include <vector>

namespace backend {

class FanoutPlanner
{
public:
    static constexpr std::int64_t kLock = 0x726f6f6b706c61; // of the directory's advisory locks

    FanoutPlanner(const FeedServices& services, Directory& directory, FanoutPlannerSettings settings);

    // Of several such threads first all, then destroy: they end side by side.
    void requestStop() { m_thread.requestStop(); }

private:
    void step(const std::stop_token& stop);
    Result<void> advance(bool due, Deadline deadline);
    Result<void> plan(const FanoutPolicy& policy, const std::stop_token& stop);
    Result<std::vector<AuthorLoad>> loadsOf(int shard, std::int64_t minimum, const FanoutPolicy& policy,
                                            bool measured, const std::stop_token& stop);
    Result<void> measure(std::vector<AuthorLoad>& loads, const std::stop_token& stop);
    Result<void> change(const std::string& sql, const SqlParameters& parameters, Deadline deadline);

    const FeedServices& m_services;
    Directory& m_directory;
    const FanoutPlannerSettings m_settings;
    std::optional<PushThreshold> m_planned; // the threshold of the last look; of the thread
    std::chrono::steady_clock::time_point m_plannedAt{};
    PeriodicThread m_thread; // last: it uses all of the above
};

[[nodiscard]] Result<FanoutPolicy> readFanoutPolicy(Directory& directory, Deadline deadline);
// Obeyed by the next step of whichever engine plans.
[[nodiscard]] Result<void> savePushThreshold(Directory& directory, const PushThreshold& threshold,
                                             Deadline deadline);

} // namespace backend
