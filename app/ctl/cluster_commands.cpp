// cluster init, upgrade and show: they work on the directory alone and open no engine.
#include "app/ctl/findings.h"
#include "app/ctl/support.h"

#include "app/session/cluster_setup.h"
#include "backend/cache/redis_address.h"
#include "backend/cluster/directory.h"
#include "backend/common/config.h"
#include "backend/store/postgres_errors.h"
#include "backend/store/postgres_pool.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

using namespace backend;

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr auto kSetupPatience = 10min; // 4,096 shards take their time
constexpr auto kLookPatience = 10s;

std::string shownAddress(const NodeEndpoint& node)
{
    if (node.kind == NodeKind::Postgres) return withoutPassword(node.address);
    const auto address = parseRedisAddress(node.address);
    return address ? address->shown() : "an address that cannot be read";
}

int refuse(const ClusterSetup& setup, bool json)
{
    if (json)
        std::printf("%s\n", nlohmann::json{{"made", false},
                                           {"obstacles", findingsJson(setup.obstacles)},
                                           {"remarks", findingsJson(setup.remarks)}}
                                .dump(2)
                                .c_str());
    printFindings(stderr, setup.obstacles);
    std::fputc('\n', stderr);
    std::fprintf(stderr, "rookeryctl: nothing was changed: put %zu %s right first\n", setup.obstacles.size(),
                 setup.obstacles.size() == 1 ? "thing" : "things");
    return kFailed;
}

nlohmann::json nodesJson(const ClusterSetup& setup)
{
    auto nodes = nlohmann::json::array();
    for (const auto& node : setup.nodes)
        nodes.push_back({{"id", node.endpoint.id},
                         {"name", node.endpoint.name},
                         {"kind", toString(node.endpoint.kind)},
                         {"address", shownAddress(node.endpoint)},
                         {"version", node.version},
                         {"schemas", node.schemas}});
    return nodes;
}

void printNodes(const ClusterSetup& setup)
{
    for (const auto& node : setup.nodes) {
        const std::string what = node.endpoint.kind == NodeKind::Postgres
                                     ? std::to_string(node.schemas) + " schemas"
                                     : "timelines";
        std::printf("  %-14s %-32s %s\n", node.endpoint.name.c_str(), node.version.c_str(), what.c_str());
    }
}

long count(const std::vector<int>& placement, int node)
{
    return long(std::count(placement.begin(), placement.end(), node));
}

std::string rolesOf(const ShardMap& map, const ClusterSettings& settings, int node)
{
    std::string out = node == settings.directoryNode ? "directory" : "";
    for (const auto role : {Role::Users, Role::Posts, Role::Timelines})
        if (count(map.placement(role), node) > 0)
            out += (out.empty() ? "" : ", ") + std::string(toString(role));
    return out.empty() ? "none" : out;
}

struct ClusterView
{
    ClusterSettings settings;
    ShardMap map;
    std::vector<EngineRecord> engines;
};

Result<ClusterView> readCluster(const std::string& directoryAddress)
{
    const auto deadline = Deadline::after(kLookPatience);
    const auto pool =
        makePostgresPool({0, "directory", NodeKind::Postgres, directoryAddress}, {.maxConnections = 1});
    Directory directory(*pool);
    ClusterView view;
    ROOKERY_ASSIGN(view.settings, directory.settings(deadline));
    ROOKERY_ASSIGN(view.map, directory.loadShardMap(deadline));
    ROOKERY_ASSIGN(view.engines, directory.engines(deadline));
    return view;
}

nlohmann::json toJson(const ClusterView& view)
{
    auto nodes = nlohmann::json::array(), engines = nlohmann::json::array();
    for (const auto& node : view.map.nodes)
        nodes.push_back({{"id", node.id},
                         {"name", node.name},
                         {"kind", toString(node.kind)},
                         {"address", shownAddress(node)},
                         {"roles", rolesOf(view.map, view.settings, node.id)},
                         {"users_shards", count(view.map.usersNode, node.id)},
                         {"posts_shards", count(view.map.postsNode, node.id)},
                         {"timelines_shards", count(view.map.timelinesNode, node.id)}});
    for (const auto& engine : view.engines)
        engines.push_back({{"slot", engine.slot},
                           {"name", engine.name},
                           {"role", engine.role},
                           {"started_at", isoTime(engine.startedAt)},
                           {"heartbeat_age_seconds", engine.heartbeatAgeSeconds},
                           {"workers", engine.workersWanted},
                           {"paused", engine.paused}});
    return {{"cluster", view.settings.clusterName}, {"environment", view.settings.environment},
            {"cluster_id", view.settings.id},       {"epoch", view.map.epoch},
            {"shards", view.map.shardCount},        {"nodes", std::move(nodes)},
            {"engines", std::move(engines)}};
}

void print(const ClusterView& view)
{
    std::printf("cluster %s (%s), %d logical shards, epoch %ld, id %s\n\n", view.settings.clusterName.c_str(),
                view.settings.environment.c_str(), view.map.shardCount, long(view.map.epoch),
                view.settings.id.c_str());
    std::printf("%3s  %-14s %-9s %6s %6s %10s  %-24s %s\n", "id", "node", "kind", "users", "posts",
                "timelines", "roles", "address");
    for (const auto& node : view.map.nodes)
        std::printf("%3d  %-14s %-9s %6ld %6ld %10ld  %-24s %s\n", node.id, node.name.c_str(),
                    std::string(toString(node.kind)).c_str(), count(view.map.usersNode, node.id),
                    count(view.map.postsNode, node.id), count(view.map.timelinesNode, node.id),
                    rolesOf(view.map, view.settings, node.id).c_str(), shownAddress(node).c_str());
    if (view.engines.empty())
        std::puts("\nno engine is registered");
    else
        std::printf("\n%4s  %-28s %-8s %7s %10s  %s\n", "slot", "engine", "role", "workers", "heartbeat",
                    "since");
    for (const auto& engine : view.engines)
        std::printf("%4d  %-28s %-8s %7d %8.1f s  %s%s\n", engine.slot, engine.name.c_str(),
                    engine.role.c_str(), engine.workersWanted, engine.heartbeatAgeSeconds,
                    isoTime(engine.startedAt).c_str(), engine.paused ? "  paused" : "");
}

} // namespace

int runClusterInit(const std::filesystem::path& config, bool json)
{
    const auto read = readClusterToml(config);
    if (!read) return failed(read.error());
    const auto setup = initClusterFrom(*read, Deadline::after(kSetupPatience));
    if (!setup) return failed(setup.error());
    if (!setup->obstacles.empty()) return refuse(*setup, json);
    if (json) {
        std::printf("%s\n", nlohmann::json{{"made", true},
                                           {"cluster", read->name},
                                           {"environment", read->environment},
                                           {"cluster_id", setup->clusterId},
                                           {"shards", setup->map.shardCount},
                                           {"resumed", setup->resumed},
                                           {"nodes", nodesJson(*setup)},
                                           {"remarks", findingsJson(setup->remarks)}}
                                .dump(2)
                                .c_str());
        return kOk;
    }
    std::printf("%s the cluster %s (%s): %d logical shards on %zu nodes, id %s\n",
                setup->resumed ? "finished" : "made", read->name.c_str(), read->environment.c_str(),
                setup->map.shardCount, setup->nodes.size(), setup->clusterId.c_str());
    printNodes(*setup);
    printFindings(stdout, setup->remarks);
    std::putchar('\n');
    std::printf("next: rookeryctl serve --config %s\n", config.c_str());
    return kOk;
}

int runClusterUpgrade(const std::filesystem::path& config, bool json)
{
    const auto read = readClusterToml(config);
    if (!read) return failed(read.error());
    const auto setup = upgradeClusterFrom(*read, Deadline::after(kSetupPatience));
    if (!setup) return failed(setup.error());
    if (json) {
        std::printf(
            "%s\n",
            nlohmann::json{{"cluster_id", setup->clusterId}, {"nodes", nodesJson(*setup)}}.dump(2).c_str());
        return kOk;
    }
    std::puts("every schema is at this program's version:");
    printNodes(*setup);
    return kOk;
}

int runClusterShow(const ClusterChoice& cluster, bool json)
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
    const auto view = readCluster(config->directoryAddress);
    if (!view) return failed(view.error());
    if (json)
        std::printf("%s\n", toJson(*view).dump(2).c_str());
    else
        print(*view);
    return kOk;
}

} // namespace app
