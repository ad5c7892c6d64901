#include "backend/operations/doctor.h"

#include "backend/operations/examination.h"

#include <algorithm>
#include <future>

namespace backend {
namespace {

constexpr int kAssumedConnections =
    22; // of an engine that does not tell: as many as one with the default pools
constexpr int kDirectoryConnections = 4;
constexpr int kConnectionsOfAWorker = 2; // its queue's and its handlers'

// Every node on a thread of its own: none waits for another.
std::vector<NodeFacts> examineNodes(const std::vector<NodeEndpoint>& nodes, const ExaminedCluster& cluster,
                                    const DoctorInputs& inputs, const WallClock& clock, Deadline deadline)
{
    std::vector<std::future<NodeFacts>> running;
    for (const auto& node : nodes)
        running.push_back(std::async(std::launch::async, [&] {
            const auto patience = deadline.earlier(inputs.limits.nodePatience);
            return node.kind == NodeKind::Postgres ? examinePostgres(node, cluster, inputs, clock, patience)
                                                   : examineRedis(node, cluster, inputs, clock, patience);
        }));
    std::vector<NodeFacts> out;
    for (auto& one : running)
        out.push_back(one.get());
    return out;
}

class Judgement
{
public:
    Judgement(const DirectoryFacts& directory, const std::vector<NodeFacts>& nodes,
              const DoctorInputs& inputs)
        : m_directory(directory)
        , m_nodes(nodes)
        , m_inputs(inputs)
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
            if (isSkewed(node.clockAheadMs, node.clockUncertaintyMs, m_inputs.limits.clockSkew))
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
        if (isSkewed(apart, latest->clockUncertaintyMs + earliest->clockUncertaintyMs,
                     m_inputs.limits.clockSkew))
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
            if (engine.heartbeatAgeSeconds * 1'000 > double(m_inputs.limits.heartbeat.count())) continue;
            (engine.paused ? paused : workers) += engine.workersWanted;
        }
        if (workers > 0) return;
        std::int64_t waiting = 0;
        for (const auto& facts : m_nodes)
            waiting += std::max<std::int64_t>(facts.unfinishedTasks, 0);
        const std::string tasks = waiting > 0 ? std::to_string(waiting) + " tasks wait" : "no task waits yet";
        const auto severity = waiting > 0 ? Severity::Warning : Severity::Note;
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
    const DoctorInputs& m_inputs;
    std::vector<CheckFinding> m_found;
};

// The cluster's own first, then by node in their order, the worst first.
void arrange(std::vector<CheckFinding>& findings, const std::vector<NodeCheckup>& nodes)
{
    const auto place = [&](const CheckFinding& finding) {
        for (std::size_t i = 0; i < nodes.size(); ++i)
            if (nodes[i].name == finding.node) return i + 1;
        return std::size_t(0);
    };
    std::stable_sort(findings.begin(), findings.end(), [&](const auto& a, const auto& b) {
        return std::pair(place(a), -int(a.severity)) < std::pair(place(b), -int(b.severity));
    });
}

} // namespace

Checkup examineCluster(const DoctorInputs& inputs, const WallClock& clock, Deadline deadline)
{
    auto directory = examineDirectory(inputs, deadline.earlier(inputs.limits.nodePatience));
    auto endpoints = directory.cluster.known ? directory.cluster.map.nodes : inputs.knownNodes;
    const auto nodes = examineNodes(endpoints, directory.cluster, inputs, clock, deadline);

    Checkup out;
    out.clusterName = directory.clusterName;
    out.environment = directory.environment;
    out.findings = std::move(directory.findings);
    for (const auto& facts : nodes) {
        out.nodes.push_back(facts.checkup);
        out.findings.insert(out.findings.end(), facts.findings.list.begin(), facts.findings.list.end());
    }
    auto judged = Judgement(directory, nodes, inputs).run();
    out.findings.insert(out.findings.end(), std::make_move_iterator(judged.begin()),
                        std::make_move_iterator(judged.end()));
    arrange(out.findings, out.nodes);
    return out;
}

} // namespace backend
