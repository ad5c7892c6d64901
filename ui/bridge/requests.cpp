#include "ui/bridge/requests.h"

#include <algorithm>
#include <charconv>

namespace ui::requests {
namespace {

using backend::Deadline;
using backend::Engine;
using backend::Result;

constexpr std::chrono::seconds kLookTime{3}; // somebody is waiting in front of the screen
constexpr std::chrono::seconds kChangeTime{10};
constexpr std::chrono::seconds kCompareTime{20};  // reads a whole timeline, and what differs again
constexpr std::chrono::seconds kLongLookTime{60}; // in the background
constexpr std::chrono::seconds kCheckTime{20};    // of the doctor, who gives each node a few seconds

Deadline soon()
{
    return Deadline::after(kLookTime);
}
Deadline later()
{
    return Deadline::after(kChangeTime);
}

std::optional<backend::UserId> idFrom(const std::string& text)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value <= 0) return std::nullopt;
    return backend::UserId{value};
}

} // namespace

Result<std::vector<backend::User>> searchUsers(Engine& engine, const std::string& prefix, int limit)
{
    return engine.feed().searchUsers(prefix, limit, soon());
}

Result<std::vector<std::string>> lateAuthors(Engine& engine, int most)
{
    backend::PageQuery query;
    query.limit = 4 * most;
    ROOKERY_ASSIGN(const auto page, engine.feed().publicPage(query, soon()));
    std::vector<std::string> out;
    for (const auto& entry : page.entries) {
        const bool known = std::find(out.begin(), out.end(), entry.authorHandle) != out.end();
        if (!known && !entry.authorHandle.empty() && int(out.size()) < most)
            out.push_back(entry.authorHandle);
    }
    return out;
}

Result<UserOverview> findUser(Engine& engine, const std::string& handleOrId)
{
    const auto handle = handleOrId.starts_with('@') ? handleOrId.substr(1) : handleOrId;
    if (handle.empty()) return backend::fail(backend::ErrorCode::InvalidArgument, "enter a handle or an id");
    // A handle may consist of digits only: it goes first.
    auto byHandle = engine.feed().userByHandle(handle, soon());
    if (byHandle) return userOverview(engine, *byHandle);
    const auto id = idFrom(handle);
    if (byHandle.error().code != backend::ErrorCode::NotFound || !id || handleOrId.starts_with('@'))
        return backend::fail(byHandle.error());
    return userOverview(engine, *id);
}

Result<UserOverview> userOverview(Engine& engine, backend::UserId user)
{
    ROOKERY_ASSIGN(auto profile, engine.feed().profile(user, soon()));
    ROOKERY_ASSIGN(auto location, engine.monitor().locate(user));
    return UserOverview{std::move(profile), std::move(location)};
}

Result<backend::TimelinePage> homePage(Engine& engine, backend::UserId reader,
                                       const backend::PageQuery& query)
{
    return engine.feed().homePage(reader, query, soon());
}

Result<backend::TimelinePage> authorPage(Engine& engine, backend::UserId author,
                                         const backend::PageQuery& query)
{
    return engine.feed().authorPage(author, query, soon());
}

Result<Delays> deliveryDelays(Engine& engine, backend::UserId reader,
                              const std::vector<backend::PostId>& posts)
{
    return engine.monitor().deliveryDelays(reader, posts, soon());
}

Result<backend::DeliveryLedger> ledger(Engine& engine, backend::PostId post)
{
    return engine.monitor().ledger(post, soon());
}

Result<backend::EdgePage> followers(Engine& engine, backend::UserId user, backend::UserId after, int limit)
{
    return engine.feed().followers(user, after, limit, soon());
}

Result<backend::EdgePage> following(Engine& engine, backend::UserId user, backend::UserId after, int limit)
{
    return engine.feed().following(user, after, limit, soon());
}

Result<Explained> explain(Engine& engine, backend::PostId post, const std::string& reader)
{
    ROOKERY_ASSIGN(auto found, findUser(engine, reader));
    ROOKERY_ASSIGN(auto explanation, engine.operations().explain(post, found.profile.user.id, later()));
    std::string author; // a name only makes it easier to read
    if (explanation.author)
        if (const auto profile = engine.feed().profile(explanation.author, soon()))
            author = profile->user.handle;
    return Explained{std::move(explanation), std::move(found.profile.user), std::move(author)};
}

Result<backend::TimelineComparison> compareTimeline(Engine& engine, backend::UserId reader)
{
    return engine.operations().compareTimeline(reader, Deadline::after(kCompareTime));
}

Result<backend::TimelineRepairReport> repairTimeline(Engine& engine, backend::UserId reader)
{
    backend::TimelineAuditQuery query;
    query.scope = backend::TimelineAuditQuery::Scope::Reader;
    query.reader = reader;
    return engine.operations().repairTimelines(query, Deadline::after(kCompareTime));
}

Result<void> pauseWorkers(Engine& engine, int engineSlot)
{
    return engine.operations().pauseWorkers(engineSlot, later());
}

Result<void> resumeWorkers(Engine& engine, int engineSlot)
{
    return engine.operations().resumeWorkers(engineSlot, later());
}

Result<void> setWorkerCount(Engine& engine, int engineSlot, int count)
{
    return engine.operations().setWorkerCount(engineSlot, count, later());
}

Result<std::vector<backend::DeadLetter>> deadLetters(Engine& engine, int limit)
{
    return engine.operations().deadLetters(limit, soon());
}

Result<int> retryDeadLetters(Engine& engine, const std::vector<backend::TaskRef>& tasks)
{
    return engine.operations().retryDeadLetters(tasks, later());
}

Result<int> discardDeadLetters(Engine& engine, const std::vector<backend::TaskRef>& tasks)
{
    return engine.operations().discardDeadLetters(tasks, later());
}

Result<backend::Capacity> capacity(Engine& engine, const std::vector<int>& caps)
{
    return engine.monitor().capacity(caps, Deadline::after(kLongLookTime));
}

Result<backend::CacheDetails> cacheDetails(Engine& engine)
{
    return engine.monitor().cacheDetails(soon());
}

Result<backend::FanoutCosts> fanoutCosts(Engine& engine)
{
    return engine.operations().fanoutCosts(Deadline::after(kLongLookTime));
}

Result<void> setPushThreshold(Engine& engine, const backend::PushThreshold& threshold)
{
    return engine.operations().setPushThreshold(threshold, later());
}

std::vector<backend::HistoryPoint> longestHistory(Engine& engine)
{
    constexpr int kMost = 720;
    const auto& monitor = engine.monitor();
    const auto now =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    // The step follows the span that is asked for: asked again from where something is known.
    auto begin = now - std::chrono::days(30);
    std::vector<backend::HistoryPoint> kept;
    for (int round = 0; round < 2; ++round) {
        auto range = monitor.historyRange(begin, now, kMost);
        if (!range || range->mean.empty()) break;
        begin = range->mean.front().at;
        kept = std::move(range->mean);
    }
    const auto recent = monitor.history(now - std::chrono::hours(1));
    const bool further = !kept.empty() && (recent.empty() || kept.front().at < recent.front().at);
    return further ? kept : recent;
}

Result<backend::DeadLetterGroups> deadLetterGroups(Engine& engine)
{
    return engine.operations().deadLetterGroups(soon());
}

Result<backend::DeadLetterPage> deadLetterPage(Engine& engine, const backend::DeadLetterQuery& query)
{
    return engine.operations().deadLetterPage(query, soon());
}

Result<backend::DeadLetterSet> deadLetterSet(Engine& engine, const std::string& signature,
                                             backend::TimePoint until)
{
    return engine.operations().deadLetterSet(signature, until, soon());
}

Result<backend::DeadLetterPayload> deadLetterPayload(Engine& engine, backend::TaskRef task)
{
    return engine.operations().deadLetterPayload(task, soon());
}

Result<QueueOverTime> queueOverTime(Engine& engine, backend::TimePoint begin, backend::TimePoint end,
                                    int points, int spans)
{
    auto& monitor = engine.monitor();
    QueueOverTime out;
    ROOKERY_ASSIGN(out.details, monitor.queueDetails(soon()));
    ROOKERY_ASSIGN(out.history, monitor.queueHistory(begin, end, points, soon()));
    ROOKERY_ASSIGN(out.workers, monitor.workerSpans(begin, end, spans, soon()));
    return out;
}

Result<backend::ShardHistory> shardHistory(Engine& engine, backend::BalanceMetric metric,
                                           backend::TimePoint begin, backend::TimePoint end, int most)
{
    return engine.monitor().shardHistory(metric, begin, end, most);
}

Result<backend::ShardDetails> shardDetails(Engine& engine, int shard, const backend::ShardDetailsSink& soFar)
{
    return engine.monitor().shardDetails(shard, soon(), soFar);
}

Result<backend::NodeDetails> nodeDetails(Engine& engine, int node)
{
    return engine.monitor().nodeDetails(node, soon());
}

Result<MonitorFigures> monitorFigures(Engine& engine)
{
    return MonitorFigures{engine.monitor().probedNodes(), engine.monitor().ownCost()};
}

Result<backend::Checkup> doctor(Engine& engine, const backend::CheckupSink& soFar)
{
    return engine.operations().doctor(Deadline::after(kCheckTime), soFar);
}

Result<bool> historyKept(Engine& engine)
{
    const auto now =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    const auto range = engine.monitor().historyRange(now - std::chrono::seconds(1), now, 1);
    if (range) return true;
    if (range.error().code == backend::ErrorCode::NotFound) return false;
    return backend::fail(range.error());
}

Result<backend::HistoryRange> historyRange(Engine& engine, backend::TimePoint begin, backend::TimePoint end,
                                           int most)
{
    return engine.monitor().historyRange(begin, end, most);
}

Result<backend::EventPage> events(Engine& engine, const backend::EventQuery& query)
{
    return engine.monitor().events(query, soon());
}

backend::ShardReport shardReport(Engine& engine, const backend::ClusterSnapshot& snapshot)
{
    return engine.monitor().shardReport(snapshot);
}

std::string render(Engine& engine, const backend::ShardReport& report, backend::ReportFormat format)
{
    return engine.monitor().render(report, format);
}

} // namespace ui::requests
