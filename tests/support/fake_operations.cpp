// Operations of FakeEngine, without dead letters. Each change is recorded, and shows where the next look
// would see it.
#include "tests/support/fake_engine.h"
#include "tests/support/fake_values.h"

#include <algorithm>

namespace tests {

using namespace fake_values;

namespace {

// As the engine would: built again from PostgreSQL.
backend::TimelineRepairReport repaired(backend::TimelineComparison& comparison)
{
    backend::TimelineRepairReport out;
    out.found.differing = comparison.faults() > 0 ? 1 : 0;
    const bool builds =
        out.found.differing > 0 || comparison.state == backend::TimelineComparison::State::NotKept;
    if (!builds) return out;
    out.repaired = 1;
    out.repairs.push_back({comparison.reader, true, {}});
    comparison.state = backend::TimelineComparison::State::Compared;
    std::erase_if(comparison.entries, [](const auto& entry) { return !entry.inPostgres; });
    for (auto& entry : comparison.entries) {
        entry.inRedis = true;
        entry.verdict = backend::EntryVerdict::Same;
    }
    comparison.others.clear();
    comparison.inRedis = comparison.inPostgres = std::int64_t(comparison.entries.size());
    return out;
}

} // namespace

// --- script

void FakeEngine::setTimelineAudit(backend::TimelineAuditReport report)
{
    const std::lock_guard lock(m_mutex);
    m_timelineAudit = std::move(report);
}

void FakeEngine::setOrphans(backend::OrphanReport report)
{
    const std::lock_guard lock(m_mutex);
    m_orphans = std::move(report);
}

void FakeEngine::setComparison(backend::TimelineComparison comparison)
{
    const std::scoped_lock lock(m_mutex);
    m_comparisons[comparison.reader] = std::move(comparison);
}

void FakeEngine::setExplanation(backend::Explanation explanation)
{
    const std::scoped_lock lock(m_mutex);
    m_explanations[{explanation.post, explanation.reader}] = std::move(explanation);
}

void FakeEngine::setFanoutCosts(backend::FanoutCosts costs)
{
    const std::scoped_lock lock(m_mutex);
    m_fanoutCosts = std::move(costs);
}

void FakeEngine::setCheckup(backend::Checkup checkup)
{
    const std::lock_guard lock(m_mutex);
    m_checkup = std::move(checkup);
}

void FakeEngine::setCheckupSoFar(backend::Checkup checkup)
{
    const std::lock_guard lock(m_mutex);
    m_checkupSoFar = std::move(checkup);
}

// --- calls

// Workers obey at once: the next snapshot shows it.
backend::Result<void> FakeEngine::pauseWorkers(int engineSlot, Deadline)
{
    ROOKERY_TRY(change("pauseWorkers", text(engineSlot)));
    const std::scoped_lock lock(m_mutex);
    for (auto& engine : m_snapshot.engines)
        if (engineSlot < 0 || engine.slot == engineSlot) engine.paused = true;
    return {};
}

backend::Result<void> FakeEngine::resumeWorkers(int engineSlot, Deadline)
{
    ROOKERY_TRY(change("resumeWorkers", text(engineSlot)));
    const std::scoped_lock lock(m_mutex);
    for (auto& engine : m_snapshot.engines)
        if (engineSlot < 0 || engine.slot == engineSlot) engine.paused = false;
    return {};
}

backend::Result<void> FakeEngine::setWorkerCount(int engineSlot, int count, Deadline)
{
    ROOKERY_TRY(change("setWorkerCount", text(engineSlot) + " " + text(count)));
    const std::scoped_lock lock(m_mutex);
    for (auto& engine : m_snapshot.engines)
        if (engineSlot < 0 || engine.slot == engineSlot) engine.workers = engine.workersWanted = count;
    return {};
}

// Delivered when it stands in the reader's home timeline.
backend::Result<backend::Explanation> FakeEngine::explain(backend::PostId post, backend::UserId reader,
                                                          Deadline)
{
    if (const auto error = enter("explain", text(post.value) + " " + text(reader.value)))
        return backend::fail(*error);
    const std::lock_guard lock(m_mutex);
    const auto member = m_users.find(reader);
    if (member == m_users.end())
        return backend::fail(backend::ErrorCode::NotFound, "no user has the id " + text(reader.value));
    if (const auto scripted = m_explanations.find({post, reader}); scripted != m_explanations.end())
        return scripted->second;
    backend::Explanation out{post, reader, {}, backend::ExplainAnswer::NoSuchPost, false, "no such post", {}};
    using Element = backend::ExplainElement;
    const auto at = post.time();
    for (const auto& entry : member->second.home)
        if (entry.id == post)
            out = {
                post,
                reader,
                entry.author,
                backend::ExplainAnswer::Delivered,
                true,
                "the post is in the reader's sorted set",
                {{at - std::chrono::hours(24), "the reader began to follow the author", Element::Followed},
                 {at, "posted by " + text(entry.author.value) + ", logical shard 3 on pg-2", Element::Posted},
                 {at + std::chrono::milliseconds(12),
                  "chunk 0, which covers the reader's id, was delivered 12 ms after commit by task "
                  "post_created 17 on pg-2, worker 2 of fake:1",
                  Element::Delivered},
                 {std::nullopt, "the post's id is in it", Element::Timeline}}};
    return out;
}

// One warning, so that there is something to show.
backend::Result<backend::Checkup> FakeEngine::doctor(Deadline, const backend::CheckupSink& soFar)
{
    if (const auto error = enter("doctor")) return backend::fail(*error);
    std::optional<backend::Checkup> part;
    {
        const std::scoped_lock lock(m_mutex);
        part = m_checkupSoFar;
    }
    if (part && soFar) soFar(*part);
    if (const auto error = enter("doctor: the rest")) return backend::fail(*error);
    if (const std::scoped_lock lock(m_mutex); m_checkup) return *m_checkup;
    backend::Checkup out;
    out.clusterName = "fake";
    out.findings.push_back(
        {backend::Severity::Warning, "redis-1", "redis.memory", "measured", "advice", "command"});
    return out;
}

backend::Result<backend::FanoutPolicy> FakeEngine::fanoutPolicy(Deadline)
{
    if (const auto error = enter("fanoutPolicy")) return backend::fail(*error);
    return backend::FanoutPolicy{};
}

backend::Result<void> FakeEngine::setPushThreshold(const backend::PushThreshold& threshold, Deadline)
{
    return change("setPushThreshold", backend::toString(threshold));
}

backend::Result<void> FakeEngine::deleteAccount(backend::UserId user, Deadline)
{
    return change("deleteAccount", text(user.value));
}

backend::Result<std::vector<backend::AccountDeletion>> FakeEngine::accountDeletions(int, Deadline)
{
    if (const auto error = enter("accountDeletions")) return backend::fail(*error);
    return std::vector<backend::AccountDeletion>{};
}

backend::Result<void> FakeEngine::rebuildTimeline(backend::UserId reader, Deadline)
{
    return change("rebuildTimeline", text(reader.value));
}

backend::Result<backend::TimelineAuditReport>
FakeEngine::auditTimelines(const backend::TimelineAuditQuery& query, Deadline)
{
    if (const auto error = enter("auditTimelines", text(query.reader.value))) return backend::fail(*error);
    const std::lock_guard lock(m_mutex);
    return m_timelineAudit;
}

backend::Result<backend::TimelineRepairReport>
FakeEngine::repairTimelines(const backend::TimelineAuditQuery& query, Deadline)
{
    ROOKERY_TRY(change("repairTimelines", text(query.reader.value)));
    const std::lock_guard lock(m_mutex);
    if (const auto compared = m_comparisons.find(query.reader); compared != m_comparisons.end())
        return repaired(compared->second);
    backend::TimelineRepairReport out;
    out.found = m_timelineAudit;
    for (const auto& difference : out.found.differences) {
        if (!out.repairs.empty() && out.repairs.back().reader == difference.reader) continue;
        out.repairs.push_back({difference.reader, true, {}});
        ++out.repaired;
    }
    m_timelineAudit.differing = m_timelineAudit.differencesTotal = 0;
    m_timelineAudit.differences.clear();
    return out;
}

backend::Result<backend::CounterAuditReport>
FakeEngine::auditCounters(const backend::CounterAuditQuery& query, Deadline)
{
    if (const auto error = enter("auditCounters", text(query.user.value))) return backend::fail(*error);
    return backend::CounterAuditReport{};
}

backend::Result<backend::CounterAuditReport>
FakeEngine::reconcileCounters(const backend::CounterAuditQuery& query, Deadline)
{
    ROOKERY_TRY(change("reconcileCounters", text(query.user.value)));
    return backend::CounterAuditReport{};
}

backend::Result<backend::TimelineComparison> FakeEngine::compareTimeline(backend::UserId reader, Deadline)
{
    if (const auto error = enter("compareTimeline", text(reader.value))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    if (const auto found = m_comparisons.find(reader); found != m_comparisons.end()) return found->second;
    return backend::fail(backend::ErrorCode::NotFound, "no user has the id " + text(reader.value));
}

backend::Result<backend::OrphanReport> FakeEngine::findOrphanKeys(const backend::OrphanQuery&, Deadline)
{
    if (const auto error = enter("findOrphanKeys")) return backend::fail(*error);
    const std::lock_guard lock(m_mutex);
    return m_orphans;
}

backend::Result<backend::OrphanReport> FakeEngine::removeOrphanKeys(const backend::OrphanQuery&, Deadline)
{
    ROOKERY_TRY(change("removeOrphanKeys", {}));
    const std::lock_guard lock(m_mutex);
    auto out = m_orphans;
    out.removed = out.orphans;
    for (auto& group : out.groups)
        group.removed = group.keys;
    m_orphans.orphans = 0;
    m_orphans.groups.clear();
    return out;
}

backend::Result<backend::BulkResult> FakeEngine::bulkCreateUsers(std::span<const backend::BulkUser> users,
                                                                 Deadline)
{
    ROOKERY_TRY(change("bulkCreateUsers", text(std::int64_t(users.size()))));
    return backend::BulkResult{std::int64_t(users.size()), 0};
}

backend::Result<backend::BulkResult> FakeEngine::bulkFollow(std::span<const backend::BulkFollow> follows,
                                                            Deadline)
{
    ROOKERY_TRY(change("bulkFollow", text(std::int64_t(follows.size()))));
    return backend::BulkResult{std::int64_t(follows.size()), 0};
}

backend::Result<backend::BulkResult> FakeEngine::bulkPost(std::span<const backend::Post> posts, Deadline)
{
    ROOKERY_TRY(change("bulkPost", text(std::int64_t(posts.size()))));
    return backend::BulkResult{std::int64_t(posts.size()), 0};
}

backend::Result<backend::ImportRecord> FakeEngine::openImport(const std::string& fileHash, int,
                                                              std::int64_t timeShiftMs, Deadline)
{
    ROOKERY_TRY(change("openImport", fileHash));
    backend::ImportRecord record;
    record.fileHash = fileHash;
    record.timeShiftMs = timeShiftMs;
    record.created = true;
    return record;
}

backend::Result<void> FakeEngine::setAgeShift(backend::Milliseconds shift, Deadline)
{
    return change("setAgeShift", text(shift.count()));
}

backend::Result<void> FakeEngine::saveImport(const backend::ImportRecord& record, Deadline)
{
    return change("saveImport", record.fileHash);
}

backend::Result<backend::FanoutCosts> FakeEngine::fanoutCosts(Deadline)
{
    if (const auto error = enter("fanoutCosts")) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    return m_fanoutCosts;
}

} // namespace tests
