// What was read of the whole cluster, judged: the directory's tables, and its nodes beside each other.
#include "backend/operations/examination.h"

#include <algorithm>
#include <cmath>

namespace backend {
namespace {

constexpr int kAssumedConnections =
    24; // of an engine that does not tell: as many as one with the default pools
constexpr int kDirectoryConnections = 4;
constexpr int kConnectionsOfAWorker = 2; // its queue's and its handlers'

std::string listed(const std::vector<int>& shards)
{
    std::string out;
    for (std::size_t i = 0; i < shards.size() && i < 8; ++i)
        out += (i > 0 ? ", " : "") + std::to_string(shards[i]);
    return out + (shards.size() > 8 ? " …" : "");
}

void judgePlacement(const ShardMap& map, Role role, std::vector<CheckFinding>& findings)
{
    std::vector<int> holes, misplaced;
    for (int shard = 0; shard < map.shardCount; ++shard) {
        const auto* node = map.node(map.placement(role)[std::size_t(shard)]);
        if (!node)
            holes.push_back(shard);
        else if ((node->kind == NodeKind::Redis) != (role == Role::Timelines))
            misplaced.push_back(shard);
    }
    const std::string name(toString(role));
    const auto tell = [&](const std::vector<int>& shards, const std::string& where,
                          const std::string& advice) {
        if (shards.empty()) return;
        findings.push_back({Severity::Error,
                            "",
                            "directory.shard_map",
                            std::to_string(shards.size()) + " logical shards of " + name + " are placed on " +
                                where + ": " + listed(shards),
                            advice,
                            {}});
    };
    const std::string restore = "restore directory.placements from a backup";
    tell(holes, "no node", "no engine opens like this: " + restore);
    tell(misplaced, "the wrong kind of server", restore);
}

class Judgement
{
public:
    Judgement(const DirectoryFacts& directory, const std::vector<NodeFacts>& nodes,
              const DoctorLimits& limits)
        : m_directory(directory)
        , m_nodes(nodes)
        , m_limits(limits)
    {
    }

    std::vector<CheckFinding> run()
    {
        checkClocks();
        checkSameServer();
        if (m_directory.enginesKnown) {
            checkConnections();
            checkWorkers();
        }
        return std::move(m_found);
    }

private:
    void add(Severity severity, const std::string& node, std::string check, std::string measured,
             std::string advice, std::string command = {})
    {
        m_found.push_back(
            {severity, node, std::move(check), std::move(measured), std::move(advice), std::move(command)});
    }

    void checkClocks()
    {
        const NodeCheckup *earliest = nullptr, *latest = nullptr;
        for (const auto& facts : m_nodes) {
            const auto& node = facts.checkup;
            if (node.clockUncertaintyMs < 0) continue;
            if (isSkewed(node.clockAheadMs, node.clockUncertaintyMs, m_limits.clockSkew))
                add(Severity::Warning, node.name, "clock.skew",
                    "its clock is " + humanSeconds(std::abs(node.clockAheadMs) / 1'000) +
                        (node.clockAheadMs > 0 ? " ahead of" : " behind") + " this machine's, give or take " +
                        twoDigits(node.clockUncertaintyMs) + " ms",
                    "run NTP on both: delivery delays are measured between the machines' clocks");
            if (!earliest || node.clockAheadMs < earliest->clockAheadMs) earliest = &node;
            if (!latest || node.clockAheadMs > latest->clockAheadMs) latest = &node;
        }
        if (!earliest) return;
        const double apart = latest->clockAheadMs - earliest->clockAheadMs;
        if (isSkewed(apart, latest->clockUncertaintyMs + earliest->clockUncertaintyMs, m_limits.clockSkew))
            add(Severity::Warning, "", "clock.apart",
                "the clocks of " + latest->name + " and " + earliest->name + " are " +
                    humanSeconds(apart / 1'000) + " apart",
                "run NTP on both");
    }

    // Two names for one server: its shards' keys and schemas would be counted, moved and lost together.
    void checkSameServer()
    {
        for (std::size_t i = 0; i < m_nodes.size(); ++i)
            for (std::size_t k = i + 1; k < m_nodes.size(); ++k)
                if (!m_nodes[i].server.empty() && m_nodes[i].checkup.kind == m_nodes[k].checkup.kind &&
                    m_nodes[i].server == m_nodes[k].server)
                    add(Severity::Error, m_nodes[k].checkup.name, "node.same_server",
                        "it is the same server as " + m_nodes[i].checkup.name,
                        "give each node a server of its own in directory.nodes");
    }

    int wanted(int node) const
    {
        int sum = 0;
        for (const auto& engine : m_directory.engines)
            sum += (engine.connectionsPerNode > 0 ? engine.connectionsPerNode : kAssumedConnections) +
                   kConnectionsOfAWorker * engine.workersWanted +
                   (node == m_directory.cluster.directoryNode ? kDirectoryConnections : 0);
        return sum;
    }

    void checkConnections()
    {
        for (const auto& facts : m_nodes) {
            const int wants = wanted(facts.checkup.id);
            if (facts.connectionsForUs < 0 || wants <= facts.connectionsForUs) continue;
            const auto* endpoint = m_directory.cluster.map.node(facts.checkup.id);
            add(Severity::Warning, facts.checkup.name, "postgres.connections_wanted",
                "the pools of " + std::to_string(m_directory.engines.size()) + " engines may ask for " +
                    std::to_string(wants) + " connections, and it has " +
                    std::to_string(facts.connectionsForUs) + " (" + facts.connectionsLimit + ")",
                "raise the limit, or lower pools.connections and engine.workers: under load engines would be "
                "refused",
                endpoint ? alterSystem(*endpoint, "max_connections",
                                       std::to_string(std::max(200, wants * 5 / 4)), true)
                         : "");
        }
    }

    void checkWorkers()
    {
        int workers = 0, paused = 0;
        for (const auto& engine : m_directory.engines) {
            if (engine.heartbeatAgeSeconds * 1'000 > double(m_limits.heartbeat.count())) continue;
            (engine.paused ? paused : workers) += engine.workersWanted;
        }
        if (workers > 0) return;
        std::int64_t waiting = 0;
        for (const auto& facts : m_nodes)
            waiting += std::max<std::int64_t>(facts.unfinishedTasks, 0);
        const std::string tasks = waiting > 0 ? std::to_string(waiting) + " tasks wait" : "no task waits yet";
        const auto severity = waiting > 0 ? Severity::Error : Severity::Note; // posts reach nobody
        if (paused > 0)
            add(severity, "", "engine.paused",
                "all " + std::to_string(paused) + " workers are paused; " + tasks,
                "resume them in the desktop (Queue & workers)");
        else
            add(severity, "", "engine.none", "no engine with workers runs; " + tasks, "start one",
                "rookeryctl serve --config cluster.toml");
    }

    const DirectoryFacts& m_directory;
    const std::vector<NodeFacts>& m_nodes;
    const DoctorLimits& m_limits;
    std::vector<CheckFinding> m_found;
};

} // namespace

void judgePlacements(const ExaminedCluster& cluster, std::vector<CheckFinding>& findings)
{
    constexpr Role kPlaced[]{Role::Users, Role::Posts, Role::Timelines};
    for (const auto role : kPlaced)
        judgePlacement(cluster.map, role, findings);
    for (const auto& node : cluster.map.nodes) {
        const bool used =
            node.id == cluster.directoryNode ||
            std::any_of(std::begin(kPlaced), std::end(kPlaced), [&](Role role) {
                const auto& placement = cluster.map.placement(role);
                return std::find(placement.begin(), placement.end(), node.id) != placement.end();
            });
        if (!used)
            findings.push_back({Severity::Note,
                                "",
                                "directory.unused_node",
                                node.name + " holds no shard",
                                "nothing; it can take some, or go",
                                {}});
    }
}

void judgeHeartbeats(const std::vector<ExaminedEngine>& engines, const DoctorLimits& limits,
                     std::vector<CheckFinding>& findings)
{
    for (const auto& engine : engines)
        if (engine.heartbeatAgeSeconds * 1'000 > double(limits.heartbeat.count()))
            findings.push_back(
                {Severity::Warning,
                 "",
                 "engine.heartbeat",
                 "the engine " + engine.name + " (" + engine.role + ") has been silent for " +
                     humanSeconds(engine.heartbeatAgeSeconds),
                 "see whether it still runs there; the others have taken its tasks over, and it "
                 "is forgotten after ten minutes",
                 {}});
}

CheckFinding unreadableDirectory(const NodeEndpoint& directory, const Error& error)
{
    const bool none = error.code == ErrorCode::NotFound, newer = error.code == ErrorCode::SchemaTooNew;
    return {Severity::Error,
            directory.name,
            none    ? "directory.empty"
            : newer ? "directory.schema"
                    : "directory.unreadable",
            error.message,
            none    ? "make a cluster there, or correct directory.address"
            : newer ? "install the newer rookery"
                    : "running engines go on with the shard map they have; none can start until the "
                      "directory answers",
            none ? "rookeryctl cluster init --config cluster.toml" : ""};
}

std::vector<CheckFinding> judgeCluster(const DirectoryFacts& directory, const std::vector<NodeFacts>& nodes,
                                       const DoctorLimits& limits)
{
    return Judgement(directory, nodes, limits).run();
}

} // namespace backend
