// Monitor of FakeEngine: what was set, cut to what is asked for.
#include "tests/support/fake_engine.h"
#include "tests/support/fake_values.h"

#include <algorithm>
#include <iterator>

namespace tests {

using namespace fake_values;

// --- script

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

// --- calls

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
            price.bytesPerTimeline = out.bytesPerTimeline.mean * std::min(cap, out.cap) / out.cap;
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

backend::Result<backend::CacheDetails> FakeEngine::cacheDetails(Deadline)
{
    if (const auto error = enter("cacheDetails")) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    return m_cacheDetails;
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
