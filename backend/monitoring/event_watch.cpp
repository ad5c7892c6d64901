#include "backend/monitoring/event_watch.h"

#include "backend/monitoring/backlog_watch.h"
#include "backend/monitoring/call_watch.h"

#include <algorithm>
#include <utility>

namespace backend {
namespace {

constexpr double kSilentSeconds = 10; // a heartbeat comes every second
constexpr std::chrono::minutes kMayWake{15};
constexpr std::uint64_t kTroubleKnownFrom = 30; // snapshots, one a second: by then what is wrong has shown

std::string seconds(TimePoint::duration span)
{
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(span).count();
    if (whole < 120) return std::to_string(whole) + " s";
    if (whole < 7'200) return std::to_string(whole / 60) + " min";
    return std::to_string(whole / 3'600) + " h";
}

std::string counted(std::int64_t count, const std::string& one, const std::string& many)
{
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string joined(const std::vector<std::string>& names)
{
    std::string out;
    for (const auto& name : names)
        out += (out.empty() ? "" : ", ") + name;
    return out;
}

std::string startText(const EngineSnapshot& engine)
{
    return "Engine started: " + engine.role +
           (engine.workersWanted > 0 ? ", " + counted(engine.workersWanted, "worker", "workers")
                                     : ", without workers");
}

} // namespace

EventWatch::EventWatch(EventLog& log, std::string observer)
    : m_log(log)
    , m_observer(std::move(observer))
{
    recall();
}

// What is known of nodes and engines since an earlier process.
void EventWatch::recall()
{
    for (const auto& event : m_log.all()) {
        if (event.kind == EventKind::NodeLost || event.kind == EventKind::NodeBack)
            m_nodes[event.where] = {event.kind == EventKind::NodeLost, event.key.at, -1};
        else if (event.kind == EventKind::EngineStarted)
            m_engines[event.where] = {event.key.at, false, true, event.key.at};
        else if (event.kind == EventKind::EngineStopped)
            m_engines.erase(event.where);
        else if (event.kind == EventKind::CallsFail || event.kind == EventKind::CallsAnswered)
            m_calls[event.where] = {event.kind == EventKind::CallsFail, true, event.key.at};
        else if (event.kind == EventKind::WorkersBehind || event.kind == EventKind::WorkersCaughtUp)
            m_backlog = {event.kind == EventKind::WorkersBehind, true, event.key.at};
    }
}

std::vector<Event> EventWatch::look(const ClusterSnapshot& snapshot, bool enginesKnown,
                                    const RestoreProgress& ownRestore)
{
    m_new.clear();
    lookAtNodes(snapshot);
    if (enginesKnown) {
        lookAtEngines(snapshot);
        lookForGone(snapshot);
    }
    lookAtCalls(snapshot);
    lookAtBacklog(snapshot);
    if (ownRestore.startedAt != TimePoint())
        lookAtRestore(ownRestore, snapshot.takenAt);
    else if (snapshot.restore)
        lookAtRestore(*snapshot.restore, snapshot.takenAt);
    else if (m_restoring)
        lookAtRestore({}, snapshot.takenAt);
    return std::exchange(m_new, {});
}

std::vector<Event> EventWatch::end(TimePoint at)
{
    m_new.clear();
    if (m_engines.contains(m_observer)) tell(at, EventKind::EngineStopped, "Engine stopped", m_observer);
    return std::exchange(m_new, {});
}

void EventWatch::lookAtNodes(const ClusterSnapshot& snapshot)
{
    for (const auto& node : snapshot.nodes) {
        if (node.health == Health::Unknown) continue;
        auto& known = m_nodes[node.name];
        const bool down = node.health == Health::Down;
        if (down && !known.down) {
            tell(snapshot.takenAt, EventKind::NodeLost, "Lost: " + node.message, node.name);
            known = {true, snapshot.takenAt, -1};
        } else if (node.health == Health::Ok && known.down) {
            tell(snapshot.takenAt, EventKind::NodeBack,
                 "Back after " + seconds(snapshot.takenAt - known.since), node.name);
            known = {false, snapshot.takenAt, node.uptimeSeconds};
        }
        if (down || node.uptimeSeconds < 0) continue;
        if (node.uptimeSeconds + 1 < known.uptimeSeconds)
            tell(snapshot.takenAt, EventKind::NodeBack,
                 "Restarted, up for " +
                     seconds(std::chrono::microseconds(std::int64_t(node.uptimeSeconds * 1e6))),
                 node.name);
        known.uptimeSeconds = node.uptimeSeconds;
    }
}

void EventWatch::lookAtEngines(const ClusterSnapshot& snapshot)
{
    for (const auto& engine : snapshot.engines) {
        const bool silent = engine.heartbeatAgeSeconds > kSilentSeconds;
        auto known = m_engines.find(engine.name);
        // Another life under the same name, or one never heard of.
        if (known == m_engines.end() || (known->second.kept && known->second.startedAt != engine.startedAt)) {
            if (silent) continue;
            if (!tell(engine.startedAt, EventKind::EngineStarted, startText(engine), engine.name) &&
                lastWordIsStopped(engine.name))
                tell(snapshot.takenAt, EventKind::EngineStarted,
                     "Heartbeats again: it was not gone after all", engine.name);
            known = m_engines.insert_or_assign(engine.name, Engine{engine.startedAt, false, false, {}}).first;
        }
        auto& state = known->second;
        state.kept = false;
        if (silent && !state.silent)
            tell(snapshot.takenAt, EventKind::EngineStopped,
                 "No heartbeat for " + std::to_string(int(engine.heartbeatAgeSeconds)) +
                     " s: it hangs, was killed or cannot reach the directory. Others take its tasks over.",
                 engine.name);
        else if (!silent && state.silent)
            tell(snapshot.takenAt, EventKind::EngineStarted,
                 "Heartbeats again after " + seconds(snapshot.takenAt - state.since), engine.name);
        if (silent != state.silent) state.since = snapshot.takenAt;
        state.silent = silent;
    }
}

void EventWatch::lookForGone(const ClusterSnapshot& snapshot)
{
    for (auto it = m_engines.begin(); it != m_engines.end();) {
        const bool there = std::any_of(snapshot.engines.begin(), snapshot.engines.end(),
                                       [&](const auto& engine) { return engine.name == it->first; });
        // A silent one leaves the list before its row goes, and may wake up until then.
        const bool mayWake = it->second.silent && snapshot.takenAt - it->second.since < kMayWake;
        if (there || mayWake || it->first == m_observer) {
            ++it;
            continue;
        }
        if (!it->second.silent) // else its end was told
            tell(snapshot.takenAt, EventKind::EngineStopped,
                 it->second.kept ? "Engine stopped at some time before this: no engine was watching"
                                 : "Engine stopped",
                 it->first);
        it = m_engines.erase(it);
    }
}

void EventWatch::lookAtCalls(const ClusterSnapshot& snapshot)
{
    if (snapshot.failedReadsPerSecond < 0 || snapshot.ratesReadAt) return; // not known, or of before
    const auto &reads = snapshot.readsFail, &writes = snapshot.writesFail, &pages = snapshot.pagesPartial;
    const auto look = [&](const char* calls, const auto& trouble, std::string what, const char* over) {
        lookAt(trouble.has_value(), m_calls[calls], calls,
               {EventKind::CallsFail, EventKind::CallsAnswered, std::move(what), over}, snapshot);
    };
    look("reads", reads, reads ? failureText("reads", *reads) : "", "Reads are answered again");
    look("writes", writes, writes ? failureText("writes", *writes) : "", "Writes are answered again");
    look("pages", pages, pages ? partialText(*pages) : "", "Pages are whole again");
}

void EventWatch::lookAtBacklog(const ClusterSnapshot& snapshot)
{
    if (snapshot.drainPerSecond < 0 || snapshot.ratesReadAt || !snapshot.queueNotCounted.empty()) return;
    lookAt(snapshot.backlog.has_value(), m_backlog, "queue",
           {EventKind::WorkersBehind, EventKind::WorkersCaughtUp, backlogText(snapshot),
            "The workers keep up again"},
           snapshot);
}

void EventWatch::lookAt(bool lasts, Trouble& known, const std::string& where, const TroubleWords& words,
                        const ClusterSnapshot& snapshot)
{
    if (lasts && !known.lasts) {
        tell(snapshot.takenAt, words.begins, words.what, where);
        known = {true, false, snapshot.takenAt};
    } else if (lasts) {
        known.kept = false;
    } else if (known.lasts && (!known.kept || snapshot.sequence >= kTroubleKnownFrom)) {
        tell(snapshot.takenAt, words.ends, words.over + " after " + seconds(snapshot.takenAt - known.since),
             where);
        known = {};
    }
}

void EventWatch::lookAtRestore(const RestoreProgress& restore, TimePoint at)
{
    // A look at everything is routine, and so is one that finds nothing lost.
    const bool another = restore.startedAt != m_restore.startedAt && !restore.nodes.empty();
    const bool found = restore.restored > 0 || !restore.error.empty();
    if (m_restoring && (!restore.running || another)) {
        tellRestored(restore.startedAt == m_restore.startedAt ? restore : m_restore, at);
        m_restoring = false;
    }
    if (another && found) {
        tell(restore.startedAt, EventKind::RestoreBegun,
             "Rebuilding begins: " + counted(restore.readers, "reader", "readers") + " to look at",
             joined(restore.nodes));
        m_restore = restore;
        m_restoring = restore.running;
        if (!restore.running) tellRestored(restore, at); // over before it was seen
    } else if (m_restoring) {
        m_restore = restore;
    }
}

void EventWatch::tellRestored(const RestoreProgress& last, TimePoint at)
{
    const auto where = joined(m_restore.nodes);
    if (!last.error.empty())
        tell(at, EventKind::RestoreFinished, "Rebuilding broke off and goes on later: " + last.error, where,
             true);
    else
        tell(at, EventKind::RestoreFinished,
             "Timelines built again: " + counted(last.restored, "was", "were") + " missing among " +
                 counted(last.looked, "reader", "readers") + " looked at",
             where);
}

bool EventWatch::lastWordIsStopped(const std::string& engine) const
{
    bool stopped = false;
    for (const auto& event : m_log.all())
        if (event.where == engine &&
            (event.kind == EventKind::EngineStarted || event.kind == EventKind::EngineStopped))
            stopped = event.kind == EventKind::EngineStopped;
    return stopped;
}

bool EventWatch::tell(TimePoint at, EventKind kind, std::string what, std::string where, bool failed)
{
    Event event;
    event.key.at = at;
    event.kind = kind;
    event.failed = failed;
    event.what = std::move(what);
    event.who = m_observer;
    event.where = std::move(where);
    auto added = m_log.add(std::move(event));
    if (!added) return false;
    m_new.push_back(std::move(*added));
    return true;
}

} // namespace backend
