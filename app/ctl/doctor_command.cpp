// doctor: prints what the backend found out about a cluster. No engine is opened: the doctor also tells why
// none opens.
#include "app/ctl/findings.h"
#include "app/ctl/support.h"

#include "backend/common/config.h"
#include "backend/domain/finding_groups.h"
#include "backend/operations/doctor.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

using namespace backend;

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr auto kDoctorPatience = 30s;

// Where the directory is, and the nodes that a file names: they are looked at when the directory does not
// answer.
DoctorInputs inputsOf(const ClusterConfig& config)
{
    DoctorInputs inputs;
    inputs.directory = {0, "directory", NodeKind::Postgres, config.directoryAddress};
    int id = 0;
    for (const auto& node : config.postgres)
        inputs.knownNodes.push_back({++id, node.name, NodeKind::Postgres, node.address});
    for (const auto& node : config.redis)
        inputs.knownNodes.push_back({++id, node.name, NodeKind::Redis, node.address});
    return inputs;
}

nlohmann::json toJson(const Checkup& checkup)
{
    auto nodes = nlohmann::json::array();
    for (const auto& node : checkup.nodes) {
        nodes.push_back({{"id", node.id},
                         {"name", node.name},
                         {"kind", toString(node.kind)},
                         {"answered", node.answered},
                         {"version", node.version}});
        if (node.clockUncertaintyMs < 0) continue;
        nodes.back()["round_trip_ms"] = node.roundTripMs;
        nodes.back()["clock_ahead_ms"] = node.clockAheadMs;
        nodes.back()["clock_uncertainty_ms"] = node.clockUncertaintyMs;
    }
    return {{"healthy", checkup.healthy()},
            {"cluster", checkup.clusterName},
            {"environment", checkup.environment},
            {"errors", checkup.count(Severity::Error)},
            {"warnings", checkup.count(Severity::Warning)},
            {"notes", checkup.count(Severity::Note)},
            {"nodes", std::move(nodes)},
            {"findings", findingsJson(checkup.findings)}};
}

void print(const NodeCheckup& node)
{
    if (!node.answered)
        std::printf("  %-14s does not answer\n", node.name.c_str());
    else if (node.clockUncertaintyMs < 0)
        std::printf("  %-14s %s\n", node.name.c_str(), node.version.c_str());
    else
        std::printf("  %-14s %-32s %8.2f ms   clock %+.1f ms ± %.1f\n", node.name.c_str(),
                    node.version.c_str(), node.roundTripMs, node.clockAheadMs, node.clockUncertaintyMs);
}

void print(const Checkup& checkup)
{
    if (checkup.clusterName.empty())
        std::printf("the directory does not tell which cluster this is\n");
    else
        std::printf("cluster %s (%s)\n", checkup.clusterName.c_str(), checkup.environment.c_str());
    for (const auto& node : checkup.nodes)
        print(node);
    printFindings(stdout, checkup.findings);
    const auto listed = [&](Severity severity) { return countGroups(checkup.findings, severity); };
    std::printf("\n%zu errors, %zu warnings, %zu notes\n", listed(Severity::Error), listed(Severity::Warning),
                listed(Severity::Note));
}

} // namespace

int runDoctor(const ClusterChoice& cluster, bool json)
{
    std::shared_ptr<OpenedSession> demo; // its servers run as long as it is open
    auto file = cluster.config;
    if (cluster.demo) {
        auto session = openWithSteps(optionsOf(cluster, "ctl"));
        if (!session) return failed(session.error());
        demo = std::move(*session);
        file = demo->configFile();
    }
    const auto config = readClusterToml(file);
    if (!config) return failed(config.error());
    const auto checkup =
        examineCluster(inputsOf(*config), SystemWallClock(), Deadline::after(kDoctorPatience));
    if (json)
        std::printf("%s\n", toJson(checkup).dump(2).c_str());
    else
        print(checkup);
    return checkup.healthy() ? kOk : kFailed;
}

} // namespace app
