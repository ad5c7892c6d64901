#include "tests/support/fake_engine.h"

#include <algorithm>
#include <thread>

namespace tests {
namespace {

using namespace std::chrono_literals;

backend::TimePoint now()
{
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string text(std::int64_t value)
{
    return std::to_string(value);
}

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

FakeEngine::FakeEngine()
    : m_snapshot(fakeSnapshot(1))
{
}

// --- script

void FakeEngine::setSequenceAdvances(bool advances)
{
    const std::scoped_lock lock(m_mutex);
    m_sequenceAdvances = advances;
}

void FakeEngine::setSnapshot(backend::ClusterSnapshot snapshot)
{
    const std::scoped_lock lock(m_mutex);
    m_snapshot = std::move(snapshot);
}

void FakeEngine::setHistory(std::vector<backend::HistoryPoint> history)
{
    const std::scoped_lock lock(m_mutex);
    m_history = std::move(history);
}

void FakeEngine::setKept(std::optional<backend::HistoryRange> kept)
{
    const std::scoped_lock lock(m_mutex);
    m_kept = std::move(kept);
}

void FakeEngine::addEvent(backend::Event event)
{
    const std::scoped_lock lock(m_mutex);
    m_events.push_back(std::move(event));
    std::sort(m_events.begin(), m_events.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
}

void FakeEngine::setEventsMissing(const std::string& why)
{
    const std::scoped_lock lock(m_mutex);
    m_eventsMissing = why;
}

void FakeEngine::setReadOnly(bool readOnly)
{
    const std::scoped_lock lock(m_mutex);
    m_readOnly = readOnly;
    m_snapshot.readOnly = readOnly;
}

void FakeEngine::addUser(const backend::User& user, const backend::Counters& counters, bool warm)
{
    const std::scoped_lock lock(m_mutex);
    m_users[user.id] = Member{user, counters, warm, {}, {}, {}, {}};
}

void FakeEngine::setHome(backend::UserId reader, std::vector<backend::TimelineEntry> newestFirst)
{
    const std::scoped_lock lock(m_mutex);
    m_users.at(reader).home = std::move(newestFirst);
}

void FakeEngine::setAuthor(backend::UserId author, std::vector<backend::TimelineEntry> newestFirst)
{
    const std::scoped_lock lock(m_mutex);
    m_users.at(author).author = std::move(newestFirst);
}

void FakeEngine::setLedger(const backend::DeliveryLedger& ledger)
{
    const std::scoped_lock lock(m_mutex);
    m_ledgers[ledger.post] = ledger;
}

void FakeEngine::setDelay(backend::PostId post, backend::DeliveryDelay delay)
{
    const std::scoped_lock lock(m_mutex);
    m_delays[post] = delay;
}

void FakeEngine::setDeadLetters(std::vector<backend::DeadLetter> letters)
{
    const std::scoped_lock lock(m_mutex);
    m_deadLetters = std::move(letters);
}

void FakeEngine::failWith(const std::string& call, backend::Error error)
{
    const std::scoped_lock lock(m_mutex);
    m_failures[call] = std::move(error);
}

void FakeEngine::clearFailure(const std::string& call)
{
    const std::scoped_lock lock(m_mutex);
    m_failures.erase(call);
}

void FakeEngine::hold(const std::string& call)
{
    const std::scoped_lock lock(m_mutex);
    m_held.insert(call);
}

void FakeEngine::release(const std::string& call)
{
    const std::scoped_lock lock(m_mutex);
    m_held.erase(call);
    m_released.notify_all();
}

void FakeEngine::releaseAll()
{
    const std::scoped_lock lock(m_mutex);
    m_held.clear();
    m_released.notify_all();
}

// --- record

std::vector<std::string> FakeEngine::calls() const
{
    const std::scoped_lock lock(m_mutex);
    return m_calls;
}

int FakeEngine::count(const std::string& call) const
{
    const std::scoped_lock lock(m_mutex);
    const auto found = m_counts.find(call);
    return found == m_counts.end() ? 0 : found->second;
}

int FakeEngine::asked() const
{
    const std::scoped_lock lock(m_mutex);
    int out = 0;
    for (const auto& [name, count] : m_counts)
        out += count;
    return out;
}

std::vector<backend::TaskRef> FakeEngine::retried() const
{
    const std::scoped_lock lock(m_mutex);
    return m_retried;
}

std::vector<backend::TaskRef> FakeEngine::discarded() const
{
    const std::scoped_lock lock(m_mutex);
    return m_discarded;
}

backend::ClusterSnapshot FakeEngine::lastSnapshot() const
{
    const std::scoped_lock lock(m_mutex);
    return m_snapshot;
}

std::optional<backend::Error> FakeEngine::enter(const std::string& name, const std::string& arguments) const
{
    std::unique_lock lock(m_mutex);
    ++m_counts[name];
    if (name != "snapshot" && name != "history")
        m_calls.push_back(arguments.empty() ? name : name + " " + arguments);
    const std::string exactly = name + " " + arguments;
    m_released.wait(
        lock, [&] { return !m_held.contains(name) && !m_held.contains(exactly) && !m_held.contains("*"); });
    for (const auto& key : {exactly, name, std::string("*")})
        if (const auto found = m_failures.find(key); found != m_failures.end()) return found->second;
    return std::nullopt;
}

backend::Result<void> FakeEngine::change(const std::string& name, const std::string& arguments)
{
    if (auto error = enter(name, arguments)) return backend::fail(*error);
    if (readOnly()) return backend::fail(backend::ErrorCode::ReadOnly, name + ": this engine is read-only");
    return {};
}

bool FakeEngine::readOnly() const
{
    const std::scoped_lock lock(m_mutex);
    return m_readOnly;
}

int FakeEngine::shardCount() const
{
    const std::scoped_lock lock(m_mutex);
    return m_snapshot.shardCount;
}

// --- Feed

backend::Result<backend::User> FakeEngine::createUser(const backend::NewUser& user, Deadline)
{
    ROOKERY_TRY(change("createUser", user.handle));
    return backend::User{backend::UserId{backend::makeRawId(1, 0, 0)}, user.handle, user.displayName, now()};
}

backend::Result<backend::Post> FakeEngine::post(backend::UserId author, std::string_view body, Deadline)
{
    ROOKERY_TRY(change("post", text(author.value)));
    return backend::Post{backend::PostId{backend::makeRawId(2, author.shard(), 0)}, author,
                         std::string(body)};
}

backend::Result<void> FakeEngine::deletePost(backend::PostId post, Deadline)
{
    return change("deletePost", text(post.value));
}

backend::Result<void> FakeEngine::deleteUser(backend::UserId user, Deadline)
{
    return change("deleteUser", text(user.value));
}

backend::Result<void> FakeEngine::follow(backend::UserId follower, backend::UserId followee, Deadline)
{
    return change("follow", text(follower.value) + " " + text(followee.value));
}

backend::Result<void> FakeEngine::unfollow(backend::UserId follower, backend::UserId followee, Deadline)
{
    return change("unfollow", text(follower.value) + " " + text(followee.value));
}

// REQUIRES: m_mutex held.
backend::Result<backend::TimelinePage> FakeEngine::page(const std::vector<backend::TimelineEntry>& entries,
                                                        const backend::PageQuery& query) const
{
    backend::TimelinePage out;
    for (const auto& entry : entries) {
        if (query.before && entry.id >= *query.before) continue;
        if (query.after && entry.id <= *query.after) continue;
        if (int(out.entries.size()) == query.limit) {
            out.next = out.entries.back().id;
            break;
        }
        out.entries.push_back(entry);
        out.partial = out.partial || entry.bodyMissing;
    }
    return out;
}

backend::Result<backend::TimelinePage> FakeEngine::homePage(backend::UserId reader,
                                                            const backend::PageQuery& query, Deadline)
{
    if (auto error = enter("homePage", text(reader.value))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    const auto found = m_users.find(reader);
    if (found == m_users.end())
        return backend::fail(backend::ErrorCode::NotFound, "no user " + text(reader.value));
    return page(found->second.home, query);
}

backend::Result<backend::TimelinePage> FakeEngine::authorPage(backend::UserId author,
                                                              const backend::PageQuery& query, Deadline)
{
    if (auto error = enter("authorPage", text(author.value))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    const auto found = m_users.find(author);
    if (found == m_users.end())
        return backend::fail(backend::ErrorCode::NotFound, "no user " + text(author.value));
    return page(found->second.author, query);
}

backend::Result<backend::TimelinePage> FakeEngine::publicPage(const backend::PageQuery& query, Deadline)
{
    if (auto error = enter("publicPage")) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    return page({}, query);
}

backend::Result<backend::Profile> FakeEngine::profile(backend::UserId user, Deadline)
{
    if (auto error = enter("profile", text(user.value))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    const auto found = m_users.find(user);
    if (found == m_users.end())
        return backend::fail(backend::ErrorCode::NotFound, "no user " + text(user.value));
    return backend::Profile{found->second.user, found->second.counters, found->second.warm, now() - 1h};
}

backend::Result<backend::Counters> FakeEngine::counters(backend::UserId user, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto found, profile(user, deadline));
    return found.counters;
}

backend::Result<backend::UserId> FakeEngine::userByHandle(std::string_view handle, Deadline)
{
    if (auto error = enter("userByHandle", std::string(handle))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    for (const auto& [id, member] : m_users)
        if (member.user.handle == handle) return id;
    return backend::fail(backend::ErrorCode::NotFound, "no user with the handle " + std::string(handle));
}

backend::Result<std::vector<backend::User>> FakeEngine::searchUsers(std::string_view prefix, int limit,
                                                                    Deadline)
{
    if (auto error = enter("searchUsers", std::string(prefix))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    std::vector<backend::User> out;
    for (const auto& [id, member] : m_users)
        if (member.user.handle.starts_with(prefix) || text(id.value) == prefix) out.push_back(member.user);
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.handle < b.handle; });
    if (int(out.size()) > limit) out.resize(std::size_t(limit));
    return out;
}

backend::EdgePage FakeEngine::edges(const std::vector<backend::User>& all, backend::UserId after, int limit)
{
    const auto begin = std::upper_bound(all.begin(), all.end(), after, // there may be a million
                                        [](backend::UserId a, const auto& user) { return a < user.id; });
    const auto end = begin + std::min<std::ptrdiff_t>(limit, all.end() - begin);
    backend::EdgePage out;
    out.users.assign(begin, end);
    if (end != all.end()) out.next = out.users.back().id;
    return out;
}

backend::Result<backend::EdgePage> FakeEngine::followers(backend::UserId user, backend::UserId after,
                                                         int limit, Deadline)
{
    if (auto error = enter("followers", text(user.value))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    const auto found = m_users.find(user);
    return found == m_users.end() ? backend::EdgePage{} : edges(found->second.followers, after, limit);
}

backend::Result<backend::EdgePage> FakeEngine::following(backend::UserId user, backend::UserId after,
                                                         int limit, Deadline)
{
    if (auto error = enter("following", text(user.value))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    const auto found = m_users.find(user);
    return found == m_users.end() ? backend::EdgePage{} : edges(found->second.following, after, limit);
}

// --- Operations

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

backend::Result<std::vector<backend::DeadLetter>> FakeEngine::deadLetters(int limit, Deadline)
{
    if (auto error = enter("deadLetters", text(limit))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    auto out = m_deadLetters;
    if (int(out.size()) > limit) out.resize(std::size_t(limit));
    return out;
}

backend::Result<int> FakeEngine::retryDeadLetters(std::span<const backend::TaskRef> tasks, Deadline)
{
    ROOKERY_TRY(change("retryDeadLetters", text(std::int64_t(tasks.size()))));
    return takeLetters(tasks, m_retried);
}

backend::Result<int> FakeEngine::discardDeadLetters(std::span<const backend::TaskRef> tasks, Deadline)
{
    ROOKERY_TRY(change("discardDeadLetters", text(std::int64_t(tasks.size()))));
    return takeLetters(tasks, m_discarded);
}

int FakeEngine::takeLetters(std::span<const backend::TaskRef> tasks, std::vector<backend::TaskRef>& into)
{
    const std::scoped_lock lock(m_mutex);
    const auto taken = std::erase_if(m_deadLetters, [&](const backend::DeadLetter& letter) {
        return std::find(tasks.begin(), tasks.end(), letter.ref) != tasks.end();
    });
    into.insert(into.end(), tasks.begin(), tasks.end());
    return int(taken);
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
                  "chunk 0, which covers the reader's id, was delivered 12 ms after posting by task "
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

void FakeEngine::setFollowers(backend::UserId user, std::vector<backend::User> ascending)
{
    const std::scoped_lock lock(m_mutex);
    m_users.at(user).followers = std::move(ascending);
}

void FakeEngine::setFollowing(backend::UserId user, std::vector<backend::User> ascending)
{
    const std::scoped_lock lock(m_mutex);
    m_users.at(user).following = std::move(ascending);
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

// --- Monitor

backend::SnapshotPtr FakeEngine::snapshot() const
{
    enter("snapshot");
    const std::scoped_lock lock(m_mutex);
    if (m_sequenceAdvances) {
        ++m_snapshot.sequence;
        m_snapshot.takenAt = now();
    }
    return std::make_shared<const backend::ClusterSnapshot>(m_snapshot);
}

std::vector<backend::HistoryPoint> FakeEngine::history(backend::TimePoint since) const
{
    enter("history");
    const std::scoped_lock lock(m_mutex);
    std::vector<backend::HistoryPoint> out;
    std::copy_if(m_history.begin(), m_history.end(), std::back_inserter(out),
                 [since](const auto& point) { return point.at >= since; });
    return out;
}

backend::Result<backend::HistoryRange> FakeEngine::historyRange(backend::TimePoint begin,
                                                                backend::TimePoint end, int) const
{
    if (const auto error = enter("historyRange")) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    if (!m_kept)
        return backend::fail(backend::ErrorCode::NotFound,
                             "history is not kept on disk here; only the last hour is known");
    backend::HistoryRange out;
    out.step = m_kept->step;
    const auto copy = [&](const auto& from, auto& to) {
        std::copy_if(from.begin(), from.end(), std::back_inserter(to),
                     [&](const auto& point) { return point.at >= begin && point.at < end; });
    };
    copy(m_kept->mean, out.mean);
    copy(m_kept->min, out.min);
    copy(m_kept->max, out.max);
    return out;
}

backend::Result<backend::EventPage> FakeEngine::events(const backend::EventQuery& query, Deadline)
{
    std::string asked = query.before ? "before" : query.after ? "after" : "newest";
    if (query.begin) asked += " within";
    for (const auto kind : query.kinds)
        asked += " " + text(int(kind));
    if (!query.text.empty()) asked += " \"" + query.text + "\"";
    if (const auto error = enter("events", asked)) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    backend::EventPage page;
    page.missing = m_eventsMissing;
    for (auto it = m_events.rbegin(); it != m_events.rend(); ++it) {
        const auto& key = it->key;
        if ((query.begin && key.at < *query.begin) || (query.end && key.at >= *query.end)) continue;
        if ((query.before && key >= *query.before) || (query.after && key <= *query.after)) continue;
        if (!query.kinds.empty() &&
            std::find(query.kinds.begin(), query.kinds.end(), it->kind) == query.kinds.end())
            continue;
        if (it->what.find(query.text) == std::string::npos) continue;
        if (int(page.events.size()) == query.limit) {
            page.next = page.events.back().key;
            break;
        }
        page.events.push_back(*it);
    }
    return page;
}

backend::Result<backend::DeliveryLedger> FakeEngine::ledger(backend::PostId post, Deadline)
{
    if (auto error = enter("ledger", text(post.value))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    const auto found = m_ledgers.find(post);
    if (found == m_ledgers.end())
        return backend::fail(backend::ErrorCode::NotFound, "no ledger of " + text(post.value));
    return found->second;
}

backend::Result<std::vector<std::optional<backend::DeliveryDelay>>>
FakeEngine::deliveryDelays(backend::UserId reader, std::span<const backend::PostId> posts, Deadline)
{
    if (auto error = enter("deliveryDelays", text(reader.value))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    std::vector<std::optional<backend::DeliveryDelay>> out;
    for (const auto post : posts) {
        const auto found = m_delays.find(post);
        out.push_back(found == m_delays.end() ? std::nullopt : std::optional(found->second));
    }
    return out;
}

backend::Result<backend::UserLocation> FakeEngine::locate(backend::UserId user) const
{
    if (auto error = enter("locate", text(user.value))) return backend::fail(*error);
    const auto id = text(user.value), shard = text(user.shard());
    return backend::UserLocation{user.shard(),
                                 "pg-1",
                                 "pg-2",
                                 "redis-" + text(user.shard() % 8 + 1),
                                 "redis-cli -s /run/redis.sock ZUNION 2 {" + shard + "}:home:" + id + " {" +
                                     shard + "}:home:" + id + ":1 AGGREGATE MIN | head -n 20",
                                 "SELECT id FROM posts_" + shard + ".posts WHERE author_id = " + id,
                                 "SELECT id, body FROM posts_" + shard + ".posts WHERE author_id = " + id};
}

// Only what the desktop needs to show that it hands the report on; the real one has its own tests.
backend::ShardReport FakeEngine::shardReport(const backend::ClusterSnapshot& snapshot) const
{
    enter("shardReport");
    backend::ShardReport report;
    report.clusterName = snapshot.clusterName;
    report.environment = snapshot.environment;
    report.takenAt = snapshot.takenAt;
    report.shardCount = snapshot.shardCount;
    for (const auto& shard : snapshot.shards)
        report.rows.push_back({shard, "pg-1", "pg-2", "redis-1"});
    for (const auto metric : backend::kBalanceMetrics) {
        std::vector<double> values;
        for (const auto& shard : snapshot.shards)
            values.push_back(backend::valueOf(shard, metric));
        backend::ShardReportBalance balance;
        balance.metric = metric;
        balance.byShard = backend::summarize(values, 0);
        balance.nodes = backend::loadByNode(snapshot, metric);
        report.balance.push_back(balance);
    }
    report.nodes = snapshot.nodes;
    return report;
}

std::string FakeEngine::render(const backend::ShardReport& report, backend::ReportFormat format) const
{
    enter("render");
    const char* name = format == backend::ReportFormat::Csv    ? "csv"
                       : format == backend::ReportFormat::Json ? "json"
                                                               : "html";
    return std::string(name) + " report of " + report.clusterName + "\n";
}

backend::Result<std::int64_t> FakeEngine::unfinishedTasks(Deadline)
{
    if (auto error = enter("unfinishedTasks")) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    return m_snapshot.queueUnfinished;
}

backend::Result<backend::Capacity> FakeEngine::capacity(std::span<const int> caps, Deadline)
{
    std::string asked;
    for (const int cap : caps)
        asked += (asked.empty() ? "" : ",") + text(cap);
    if (const auto error = enter("capacity", asked)) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    if (m_capacity) {
        auto out = *m_capacity;
        for (const int cap : caps) {
            backend::CapPrice price;
            price.cap = cap;
            price.basis = cap >= out.cap ? "uncut" : cap % 100 == 0 ? "weighed" : "between";
            price.bytesPerTimeline = 50.0 * std::min(cap, out.cap);
            price.bytes = price.bytesPerTimeline * double(out.timelines);
            price.readersPerGiB = 1024.0 * 1024 * 1024 / price.bytesPerTimeline;
            price.cutReaders = cap < out.cap ? double(out.timelines) / 4 : 0;
            out.caps.push_back(price);
        }
        return out;
    }
    backend::Capacity out;
    out.cap = 800;
    out.notMeasured = "nothing is there to be weighed";
    return out;
}

void FakeEngine::setCapacity(backend::Capacity capacity)
{
    const std::scoped_lock lock(m_mutex);
    m_capacity = std::move(capacity);
}

void FakeEngine::setCacheDetails(backend::CacheDetails details)
{
    const std::scoped_lock lock(m_mutex);
    m_cacheDetails = std::move(details);
}

void FakeEngine::setFanoutCosts(backend::FanoutCosts costs)
{
    const std::scoped_lock lock(m_mutex);
    m_fanoutCosts = std::move(costs);
}

backend::Result<backend::CacheDetails> FakeEngine::cacheDetails(Deadline)
{
    if (const auto error = enter("cacheDetails")) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    return m_cacheDetails;
}

backend::Result<backend::FanoutCosts> FakeEngine::fanoutCosts(Deadline)
{
    if (const auto error = enter("fanoutCosts")) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    return m_fanoutCosts;
}

// --- dead letters by signature, times, workers over time

void FakeEngine::addDeadLetter(backend::DeadLetter letter)
{
    const std::scoped_lock lock(m_mutex);
    m_deadLetters.push_back(std::move(letter));
}

void FakeEngine::setUnreadNodes(std::vector<std::string> nodes)
{
    const std::scoped_lock lock(m_mutex);
    m_unreadNodes = std::move(nodes);
}

void FakeEngine::setQueueDetails(backend::QueueDetails details)
{
    const std::scoped_lock lock(m_mutex);
    m_queueDetails = std::move(details);
}

void FakeEngine::setQueueHistory(backend::QueueHistory history)
{
    const std::scoped_lock lock(m_mutex);
    m_queueHistory = std::move(history);
}

void FakeEngine::setWorkerSpans(backend::WorkerSpans spans)
{
    const std::scoped_lock lock(m_mutex);
    m_workerSpans = std::move(spans);
}

// The mutex is held.
std::vector<backend::DeadLetter> FakeEngine::lettersOf(const std::string& signature,
                                                       std::optional<backend::TimePoint> until) const
{
    std::vector<backend::DeadLetter> out;
    std::copy_if(m_deadLetters.begin(), m_deadLetters.end(), std::back_inserter(out),
                 [&](const auto& letter) {
                     return letter.signature == signature && (!until || letter.diedAt <= *until);
                 });
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
        return std::tie(a.diedAt, a.ref) > std::tie(b.diedAt, b.ref);
    });
    return out;
}

backend::Result<backend::DeadLetterGroups> FakeEngine::deadLetterGroups(Deadline)
{
    if (auto error = enter("deadLetterGroups")) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    std::set<std::string> signatures;
    for (const auto& letter : m_deadLetters)
        signatures.insert(letter.signature);
    backend::DeadLetterGroups out;
    out.unread = m_unreadNodes;
    for (const auto& signature : signatures) {
        const auto letters = lettersOf(signature, {});
        backend::DeadLetterGroup group;
        group.signature = signature;
        group.count = std::int64_t(letters.size());
        group.kinds = {{letters.front().kind, group.count}};
        group.firstDiedAt = letters.back().diedAt;
        group.lastDiedAt = letters.front().diedAt;
        group.firstError = letters.back().error;
        group.lastError = letters.front().error;
        group.leastAttempts = letters.back().attempts;
        group.mostAttempts = letters.front().attempts;
        out.groups.push_back(group);
    }
    std::stable_sort(out.groups.begin(), out.groups.end(),
                     [](const auto& a, const auto& b) { return a.count > b.count; });
    return out;
}

backend::Result<backend::DeadLetterPage> FakeEngine::deadLetterPage(const backend::DeadLetterQuery& query,
                                                                    Deadline)
{
    if (auto error = enter("deadLetterPage", query.signature)) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    backend::DeadLetterPage out;
    for (auto& letter : lettersOf(query.signature, query.until)) {
        if (query.after &&
            std::tie(letter.diedAt, letter.ref) >= std::tie(query.after->diedAt, query.after->ref))
            continue;
        out.more = int(out.letters.size()) == query.limit;
        if (out.more) break;
        out.letters.push_back(std::move(letter));
    }
    return out;
}

backend::Result<backend::DeadLetterSet> FakeEngine::deadLetterSet(const std::string& signature,
                                                                  backend::TimePoint until, Deadline)
{
    if (auto error = enter("deadLetterSet", signature)) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    backend::DeadLetterSet out;
    for (const auto& letter : lettersOf(signature, until))
        out.tasks.push_back(letter.ref);
    return out;
}

backend::Result<backend::DeadLetterPayload> FakeEngine::deadLetterPayload(backend::TaskRef task, Deadline)
{
    if (auto error = enter("deadLetterPayload", text(task.id))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    const auto found = std::find_if(m_deadLetters.begin(), m_deadLetters.end(),
                                    [&](const auto& letter) { return letter.ref == task; });
    if (found == m_deadLetters.end())
        return backend::fail(backend::ErrorCode::NotFound, "it is no dead letter any more");
    const auto bytes = std::max(found->payloadBytes, std::int64_t(found->payload.size()));
    auto preview = found->payload;
    preview.resize(std::size_t(std::min(bytes, backend::kPayloadPreviewBytes)), 'x');
    return backend::DeadLetterPayload{preview, bytes};
}

backend::Result<backend::QueueDetails> FakeEngine::queueDetails(Deadline)
{
    if (auto error = enter("queueDetails")) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    return m_queueDetails;
}

backend::Result<backend::QueueHistory> FakeEngine::queueHistory(backend::TimePoint, backend::TimePoint, int,
                                                                Deadline)
{
    if (auto error = enter("queueHistory")) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    return m_queueHistory;
}

backend::Result<backend::WorkerSpans> FakeEngine::workerSpans(backend::TimePoint begin,
                                                              backend::TimePoint end, int, Deadline)
{
    if (auto error = enter("workerSpans")) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    auto out = m_workerSpans;
    out.begin = begin;
    out.end = end;
    return out;
}

void FakeEngine::setNodeDetails(const backend::NodeDetails& details)
{
    const std::lock_guard lock(m_mutex);
    m_nodeDetails[details.node] = details;
}

void FakeEngine::setProbedNodes(std::vector<backend::ProbedNode> nodes)
{
    const std::lock_guard lock(m_mutex);
    m_probedNodes = std::move(nodes);
}

void FakeEngine::setOwnCost(backend::OwnCost cost)
{
    const std::lock_guard lock(m_mutex);
    m_ownCost = std::move(cost);
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

backend::Result<backend::NodeDetails> FakeEngine::nodeDetails(int node, Deadline)
{
    if (const auto error = enter("nodeDetails", text(std::int64_t(node)))) return backend::fail(*error);
    const std::lock_guard lock(m_mutex);
    if (const auto found = m_nodeDetails.find(node); found != m_nodeDetails.end()) return found->second;
    for (const auto& known : m_snapshot.nodes)
        if (known.id == node) return fakeNodeDetails(known);
    return backend::fail(backend::ErrorCode::NotFound, "no node " + text(std::int64_t(node)));
}

std::vector<backend::ProbedNode> FakeEngine::probedNodes() const
{
    enter("probedNodes");
    const std::lock_guard lock(m_mutex);
    return m_probedNodes;
}

backend::OwnCost FakeEngine::ownCost() const
{
    enter("ownCost");
    const std::lock_guard lock(m_mutex);
    return m_ownCost;
}

} // namespace tests
