// Holds Redis and the stored counters and ledgers against what was read from PostgreSQL. One audit pass; one
// thread.
#pragma once

#include "backend/audit/audit_data.h"
#include "backend/cache/redis_client.h"

namespace backend {

class AuditChecks
{
public:
    AuditChecks(const AuditInputs& inputs, const AuditData& data, RedisClient& redis, AuditReport& report)
        : m_inputs(inputs)
        , m_data(data)
        , m_redis(redis)
        , m_report(report)
    {
    }

    [[nodiscard]] Result<void> run(const AuditProgress& progress, Deadline deadline);

private:
    struct Expected
    {
        std::vector<AuditedPost> visible; // of the reader and whom it follows, ascending
        std::int64_t everAtOrAbove(PostId floor) const;
        std::vector<PostId> past; // of whom it followed once, any order
    };

    Result<void> checkHomes(std::span<const UserId> readers, Deadline deadline);
    Result<void> checkAuthors(std::span<const UserId> authors, Deadline deadline);
    Result<void> checkPublic(Deadline deadline);
    void checkTimeline(const char* subject, std::int64_t id, const struct RawTimeline& raw,
                       const Expected& expected);
    void checkFloor(const char* subject, std::int64_t id, const struct RawTimeline& raw,
                    const Expected& expected);
    Expected expectedHome(UserId reader) const;
    Result<void> checkCounters(Deadline deadline);
    void checkLedgers();
    void differ(const char* subject, std::int64_t id, std::string detail);

    const AuditInputs& m_inputs;
    const AuditData& m_data;
    RedisClient& m_redis;
    AuditReport& m_report;
};

} // namespace backend
