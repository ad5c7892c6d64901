// Recounts users' counters on a live cluster and holds PostgreSQL's and Redis' against that. Edges are
// counted in one statement with their counters and tasks; posts lie on another node and are judged only while
// no task is about them. What differs is looked at again before it is told, that of all shards together.
// Keyset pages of users, bounded in memory. Thread-safe.
#pragma once

#include "backend/domain/counter_audit.h"
#include "backend/feed/feed_services.h"
#include "backend/store/counter_store.h"

#include <functional>
#include <span>
#include <vector>

namespace backend {

class CounterAuditor
{
public:
    explicit CounterAuditor(const FeedServices& services)
        : m_services(services)
    {
    }

    // Called before each user's counters are set right; when it fails they are not.
    using BeforeChanges = std::function<Result<void>()>;
    // The report has what was found, and done, also when it fails; when the time is up it tells so and all is
    // well. With `beforeChanges` what has drifted is set right, user by user, unless it changes at that
    // moment. NotFound when there is no such user, InvalidArgument when there is no such shard.
    [[nodiscard]] Result<void> audit(const CounterAuditQuery& query, const BeforeChanges& beforeChanges,
                                     CounterAuditReport& report, Deadline deadline) const;

private:
    struct Look;
    struct Audit; // one, under way
    Result<std::vector<Look>> look(SqlSession& sql, int shard, std::vector<RecountedEdges> edges,
                                   Deadline deadline) const;
    Result<std::vector<Look>> lookAgain(SqlSession& sql, int shard, const std::vector<Look>& before,
                                        Deadline deadline) const;
    Result<bool> reconciled(SqlSession& sql, const Look& look, Deadline deadline) const;
    void tell(const Look& look, Audit& audit) const;
    Result<void> firstLook(SqlSession& sql, int shard, std::vector<RecountedEdges> edges, Audit& audit) const;
    Result<void> settleOnce(Audit& audit) const;
    Result<void> settle(Audit& audit) const;
    Result<void> ofShard(int shard, Audit& audit) const;
    Result<void> ofUser(UserId user, Audit& audit) const;
    Result<void> ofAll(const CounterAuditQuery& query, Audit& audit) const;

    const FeedServices& m_services;
};

} // namespace backend
