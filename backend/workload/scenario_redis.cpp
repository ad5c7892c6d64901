// Scenarios about one Redis node: it starts again with nothing in it, or it is dead until somebody brings it
// back. Either way the engine builds again what was lost.
#include "backend/workload/scenario_people.h"

#include <algorithm>

namespace backend {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr double kReads = 150; // by readers of the node, so that its loss is felt at once
constexpr auto kFirstLook = 5s;
constexpr auto kUnseen = 15s;     // the engine looks every 5 s; few readers are done between two snapshots
constexpr auto kRestoring = 120s; // as long as it is watched

const NodeSnapshot* find(const ClusterSnapshot& snapshot, const std::string& name)
{
    const auto found = std::find_if(snapshot.nodes.begin(), snapshot.nodes.end(),
                                    [&](const auto& node) { return node.name == name; });
    return found == snapshot.nodes.end() ? nullptr : &*found;
}

// The healthy Redis node that holds most: most is to be seen there.
Result<NodeSnapshot> fullestNode(ScenarioRun& run)
{
    for (const auto until = SteadyClock::now() + kFirstLook;;) { // a young engine has not looked at them yet
        const auto snapshot = run.engine.monitor().snapshot();
        const NodeSnapshot* fullest = nullptr;
        for (const auto& node : snapshot->nodes)
            if (node.kind == NodeKind::Redis && node.health == Health::Ok &&
                (!fullest || node.keys > fullest->keys))
                fullest = &node;
        if (fullest) return *fullest;
        if (SteadyClock::now() > until)
            return fail(ErrorCode::Unavailable,
                        "No Redis node is healthy now: wait until one is, then start it again.");
        if (!run.wait(200ms)) return fail(ErrorCode::Cancelled, "stopped");
    }
}

Result<std::vector<UserId>> readersOf(ScenarioRun& run, int node)
{
    ROOKERY_ASSIGN(const auto people, somePeople(run));
    const auto snapshot = run.engine.monitor().snapshot();
    return onShards(people, [&](int shard) {
        return std::size_t(shard) < snapshot->shards.size() &&
               snapshot->shards[std::size_t(shard)].timelinesNode == node;
    });
}

// Until the engine has looked at all of the node's readers: what was there before is there again.
void watchRestore(ScenarioRun& run, ScenarioState state, const std::string& name)
{
    const auto began = SteadyClock::now();
    const auto since = [&] { return SteadyClock::now() - began; };
    std::int64_t restored = -1; // as last seen: a snapshot tells of it only while it goes on
    while (since() < kRestoring) {
        const auto snapshot = run.engine.monitor().snapshot();
        const auto* node = find(*snapshot, name);
        const auto& restore = snapshot->restore;
        const bool ours =
            restore && std::find(restore->nodes.begin(), restore->nodes.end(), name) != restore->nodes.end();
        if (ours) restored = restore->restored;
        if (!ours && node && node->health == Health::Ok && (restored >= 0 || since() > kUnseen)) {
            const auto after = seconds(std::chrono::duration<double>(since()).count());
            if (restored < 0)
                run.log("No rebuilding of " + name + " was seen within " + after +
                        ": it was over between two looks, or another one goes first. Readers who come build "
                        "theirs at once.");
            else
                run.log(name + " holds its timelines again after " + after + ": " + grouped(restored) +
                        " were built anew, the others by readers who came first.");
            return;
        }
        if (ours && restore->readers > 0)
            run.tell(state,
                     "building timelines again: looked at " + grouped(restore->looked) + " of " +
                         grouped(restore->readers) + " readers",
                     double(restore->looked) / double(restore->readers));
        else
            run.tell(state, "waiting until the engine builds its timelines again", -1);
        if (!run.wait(200ms)) return;
    }
    run.log("The engine goes on building " + name +
            "'s timelines by itself: pages come from PostgreSQL until then.");
}

// --- cold cache

class ColdCache final : public ScenarioPlay
{
public:
    Result<void> play(ScenarioRun& run) override
    {
        ROOKERY_ASSIGN(const auto node, fullestNode(run));
        ROOKERY_ASSIGN(auto people, readersOf(run, node.id));
        run.about(node.name);
        run.tell(ScenarioState::Running, "starting " + node.name + " again", -1);
        const ReadTraffic readers(run, std::move(people), kReads);
        m_restarted = node.name;
        ROOKERY_TRY(run.servers.restartNode(node.name));
        m_restarted.clear();
        run.log(node.name + " started again with nothing in it; it held " + grouped(node.keys) + " keys.");
        watchRestore(run, ScenarioState::Running, node.name);
        if (run.stopped()) run.log("Not watched any longer; the engine goes on building by itself.");
        return {};
    }

    // It did not come up: once more, unless the session ends and its servers with it.
    Result<void> undo(ScenarioRun& run) override
    {
        if (m_restarted.empty() || run.stopped()) return {};
        return run.servers.restartNode(m_restarted);
    }

private:
    std::string m_restarted; // while it is not known to be there again
};

// --- killed Redis node

class KilledRedis final : public ScenarioPlay
{
public:
    Result<void> play(ScenarioRun& run) override;
    Result<void> undo(ScenarioRun& run) override;

private:
    std::string m_killed;
};

Result<void> KilledRedis::play(ScenarioRun& run)
{
    ROOKERY_ASSIGN(const auto node, fullestNode(run));
    ROOKERY_ASSIGN(auto people, readersOf(run, node.id));
    run.about(node.name);
    const ReadTraffic readers(run, std::move(people), kReads);
    m_killed = node.name;
    ROOKERY_TRY(run.servers.killNode(node.name));
    const auto began = SteadyClock::now();
    const auto since = [&] { return std::chrono::duration<double>(SteadyClock::now() - began).count(); };
    run.log(node.name + " was killed (SIGKILL) with " + grouped(node.keys) + " keys.");
    for (bool seen = false; !run.stopped();) {
        const auto snapshot = run.engine.monitor().snapshot();
        const auto* now = find(*snapshot, node.name);
        if (!seen && now && now->health == Health::Down) {
            seen = true;
            run.log("It is seen as down after " + seconds(since()) + ".");
        }
        run.tell(ScenarioState::Running,
                 node.name + " is dead; " + grouped(readers.readThrough()) + " of " +
                     grouped(readers.pages()) + " pages of its readers came from PostgreSQL, " +
                     grouped(readers.failed()) + " failed",
                 -1);
        run.wait(300ms);
    }
    run.log(node.name + " was dead for " + seconds(since()) + ": " + grouped(readers.pages()) +
            " pages of its readers were read, " + grouped(readers.readThrough()) + " from PostgreSQL, " +
            grouped(readers.failed()) + " failed.");
    return {};
}

Result<void> KilledRedis::undo(ScenarioRun& run)
{
    // When the session ends its servers do, too.
    if (m_killed.empty() || run.stopped()) return {};
    run.tell(ScenarioState::Undoing, "starting " + m_killed + " again", -1);
    ROOKERY_TRY(run.servers.restartNode(m_killed));
    run.log(m_killed + " is back, with nothing in it.");
    watchRestore(run, ScenarioState::Undoing, m_killed);
    return {};
}

} // namespace

std::unique_ptr<ScenarioPlay> coldCache()
{
    return std::make_unique<ColdCache>();
}

std::unique_ptr<ScenarioPlay> killedRedis()
{
    return std::make_unique<KilledRedis>();
}

} // namespace backend
