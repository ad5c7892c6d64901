#include "backend/operations/doctor.h"

#include "backend/operations/examination.h"

#include <algorithm>
#include <future>

namespace backend {
namespace {

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
    // Some of the time is for the nodes: a silent directory must not make all of them look silent.
    const auto until = deadline.keepingBack(2 * kPoolsEnd);
    auto directory =
        examineDirectory(inputs, until.earlier(std::min(inputs.limits.nodePatience, until.remaining() / 2)));
    auto endpoints = directory.cluster.known ? directory.cluster.map.nodes : inputs.knownNodes;
    const auto nodes = examineNodes(endpoints, directory.cluster, inputs, clock, until);

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
