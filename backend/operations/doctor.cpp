#include "backend/operations/doctor.h"

#include "backend/operations/examination.h"

#include <algorithm>
#include <future>
#include <mutex>

namespace backend {
namespace {

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

// What is known so far, told each time a node was looked at. Not yet judged: the cluster as a whole.
class Telling
{
public:
    Telling(const std::vector<NodeEndpoint>& nodes, const CheckupSink& sink)
        : m_sink(sink)
    {
        for (const auto& node : nodes) {
            auto& checkup = m_soFar.nodes.emplace_back();
            checkup.id = node.id;
            checkup.name = node.name;
            checkup.kind = node.kind;
            checkup.awaited = true;
        }
    }

    void take(const NodeFacts& facts)
    {
        if (!m_sink) return;
        const std::scoped_lock lock(m_mutex);
        for (auto& node : m_soFar.nodes)
            if (node.id == facts.checkup.id) node = facts.checkup;
        tell(facts.findings.list);
    }
    void take(const DirectoryFacts& directory)
    {
        if (!m_sink) return;
        const std::scoped_lock lock(m_mutex);
        m_soFar.clusterName = directory.clusterName;
        m_soFar.environment = directory.environment;
        tell(directory.findings);
    }

private:
    void tell(const std::vector<CheckFinding>& more)
    {
        m_soFar.findings.insert(m_soFar.findings.end(), more.begin(), more.end());
        arrange(m_soFar.findings, m_soFar.nodes);
        m_sink(m_soFar);
    }

    const CheckupSink& m_sink;
    std::mutex m_mutex;
    Checkup m_soFar;
};

// One look at all of them, each on a thread of its own: none waits for another.
class Looking
{
public:
    Looking(const ExaminedCluster& cluster, std::vector<NodeEndpoint> nodes, const DoctorInputs& inputs,
            const WallClock& clock, Deadline deadline, const CheckupSink& soFar)
        : m_cluster(cluster)
        , m_nodes(std::move(nodes))
        , m_telling(m_nodes, soFar)
    {
        for (const auto& node : m_nodes)
            m_running.push_back(std::async(std::launch::async, [this, &node, &inputs, &clock, deadline] {
                const auto its = deadline.earlier(inputs.limits.nodeTime);
                auto facts = node.kind == NodeKind::Postgres
                                 ? examinePostgres(node, m_cluster, inputs, clock, its)
                                 : examineRedis(node, m_cluster, inputs, clock, its);
                m_telling.take(facts);
                return facts;
            }));
    }

    void tell(const DirectoryFacts& directory) { m_telling.take(directory); }
    std::vector<NodeFacts> finish()
    {
        std::vector<NodeFacts> out;
        for (auto& one : m_running)
            out.push_back(one.get());
        return out;
    }

private:
    const ExaminedCluster m_cluster;
    const std::vector<NodeEndpoint> m_nodes;
    Telling m_telling;
    std::vector<std::future<NodeFacts>> m_running; // last: they use all of the above
};

struct Examined
{
    DirectoryFacts directory;
    std::vector<NodeFacts> nodes;
};

// Without an engine nobody knows the nodes before the directory tells them.
Examined directoryFirst(const DoctorInputs& inputs, const WallClock& clock, Deadline deadline,
                        const CheckupSink& soFar)
{
    // Some of the time is for the nodes: a silent directory must not make all of them look silent.
    auto directory = examineDirectory(
        inputs, deadline.earlier(std::min(inputs.limits.nodePatience, deadline.remaining() / 2)));
    Looking looking(directory.cluster,
                    directory.cluster.known ? directory.cluster.map.nodes : inputs.knownNodes, inputs, clock,
                    deadline, soFar);
    looking.tell(directory);
    return {std::move(directory), looking.finish()};
}

bool sameCluster(const ExaminedCluster& a, const ExaminedCluster& b)
{
    const auto sameNode = [](const NodeEndpoint& x, const NodeEndpoint& y) {
        return x.id == y.id && x.name == y.name && x.kind == y.kind && x.address == y.address;
    };
    return a.map.epoch == b.map.epoch && a.directoryNode == b.directoryNode && a.throwAway == b.throwAway &&
           std::equal(a.map.nodes.begin(), a.map.nodes.end(), b.map.nodes.begin(), b.map.nodes.end(),
                      sameNode);
}

Examined allAtOnce(const DoctorInputs& inputs, const WallClock& clock, Deadline deadline,
                   const CheckupSink& soFar)
{
    const auto& known = *inputs.known;
    const ExaminedCluster cluster{true, isThrowAway(known.environment), known.map, known.directoryNode};
    DirectoryFacts directory;
    {
        Looking looking(cluster, known.map.nodes, inputs, clock, deadline, soFar);
        directory = examineDirectory(inputs, deadline.earlier(inputs.limits.nodePatience));
        looking.tell(directory);
        auto nodes = looking.finish();
        if (!directory.cluster.known || sameCluster(directory.cluster, cluster))
            return {std::move(directory), std::move(nodes)};
    }
    // The directory tells of another cluster than the engine still works by.
    Looking again(directory.cluster, directory.cluster.map.nodes, inputs, clock, deadline, soFar);
    again.tell(directory);
    return {std::move(directory), again.finish()};
}

} // namespace

Checkup examineCluster(const DoctorInputs& inputs, const WallClock& clock, Deadline deadline,
                       const CheckupSink& soFar)
{
    const auto until = deadline.keepingBack(2 * kPoolsEnd);
    auto [directory, nodes] =
        inputs.known ? allAtOnce(inputs, clock, until, soFar) : directoryFirst(inputs, clock, until, soFar);
    Checkup out;
    out.clusterName = directory.clusterName;
    out.environment = directory.environment;
    out.findings = std::move(directory.findings);
    for (const auto& facts : nodes) {
        out.nodes.push_back(facts.checkup);
        out.findings.insert(out.findings.end(), facts.findings.list.begin(), facts.findings.list.end());
    }
    auto judged = judgeCluster(directory, nodes, inputs.limits);
    out.findings.insert(out.findings.end(), std::make_move_iterator(judged.begin()),
                        std::make_move_iterator(judged.end()));
    arrange(out.findings, out.nodes);
    return out;
}

} // namespace backend
