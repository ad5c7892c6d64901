// doctor: looks at every node of a cluster and says what hurts and what to do about it.
#include "app/ctl/support.h"

#include "backend/cache/redis_info.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>

using namespace backend;

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr auto kCall = 3s;
constexpr double kSkewSeconds = 0.5, kOldTransactionSeconds = 300;
constexpr int kFewestConnections = 100;

struct Finding
{
    std::string node, level, text; // level: ok, warning, error
};

using Findings = std::vector<Finding>;

void checkPostgres(const NodeEndpoint& node, SqlPool& pool, Findings& findings)
{
    const auto deadline = Deadline::after(kCall);
    auto connection = pool.lease(deadline);
    if (!connection) {
        findings.push_back({node.name, "error", connection.error().message});
        return;
    }
    const auto before = std::chrono::system_clock::now();
    const auto rows = (*connection)->execute(
        "SELECT current_setting('server_version'), current_setting('max_connections')::int, current_setting('fsync'),"
        " current_setting('synchronous_commit'), current_setting('autovacuum'), extract(epoch FROM clock_timestamp()),"
        " coalesce((SELECT max(extract(epoch FROM now() - xact_start)) FROM pg_stat_activity WHERE backend_xmin IS NOT NULL), 0)",
        {}, deadline);
    if (!rows) {
        findings.push_back({node.name, "error", rows.error().message});
        return;
    }
    findings.push_back({node.name, "ok", "PostgreSQL " + std::string(rows->text(0, 0))});
    const auto warn = [&](bool when, std::string text) {
        if (when) findings.push_back({node.name, "warning", std::move(text)});
    };
    warn(rows->integer(0, 1) < kFewestConnections, "max_connections is " + std::to_string(rows->integer(0, 1))
                                                       + "; an engine with 4 workers needs about 40: raise it to 200");
    warn(rows->text(0, 2) != "on", "fsync is off: a power failure loses the database; turn it on unless the data is throw-away");
    warn(rows->text(0, 3) == "off", "synchronous_commit is off: a crash loses acknowledged posts; turn it on");
    warn(rows->text(0, 4) != "on", "autovacuum is off: the queue's tables bloat and claims become slow; turn it on");
    const double local = std::chrono::duration<double>(before.time_since_epoch()).count();
    warn(std::abs(rows->real(0, 5) - local) > kSkewSeconds, "its clock differs from this machine's by "
                                                                + std::to_string(rows->real(0, 5) - local) + " s; delays are measured between them: run NTP");
    warn(rows->real(0, 6) > kOldTransactionSeconds, "a transaction has been open for " + std::to_string(int(rows->real(0, 6)))
                                                        + " s and keeps dead rows of the queue; end it");
}

void checkRedis(const NodeEndpoint& node, RedisClient& redis, Findings& findings)
{
    const auto info = redisInfo(redis, node.id, Deadline::after(kCall));
    if (!info) {
        findings.push_back({node.name, "error", info.error().message});
        return;
    }
    findings.push_back({node.name, "ok", "Redis " + info->version});
    if (info->evictsTimelines())
        findings.push_back({node.name, "error", "maxmemory-policy is " + info->maxmemoryPolicy
                                                    + ": timelines would lose entries unnoticed; set noeviction or a volatile policy"});
}

} // namespace

int runDoctor(const ClusterChoice& cluster, bool json)
{
    auto options = optionsOf(cluster, "ctl");
    options.readOnly = true;
    auto session = openWithSteps(options);
    if (!session) return failed(session.error());
    const auto inputs = (*session)->auditInputs();
    std::vector<NodeEndpoint> redisNodes;
    for (const auto& node : inputs.map->nodes)
        if (node.kind == NodeKind::Redis) redisNodes.push_back(node);
    RedisClient redis(redisNodes);
    Findings findings;
    for (const auto& node : inputs.map->nodes) {
        if (node.kind == NodeKind::Redis) checkRedis(node, redis, findings);
        else if (const auto pool = inputs.pools->pool(node.id)) checkPostgres(node, **pool, findings);
    }

    bool bad = false;
    auto list = nlohmann::json::array();
    for (const auto& finding : findings) {
        bad = bad || finding.level == "error";
        list.push_back({{"node", finding.node}, {"level", finding.level}, {"finding", finding.text}});
        if (!json) std::printf("%-8s %-12s %s\n", finding.level.c_str(), finding.node.c_str(), finding.text.c_str());
    }
    if (json) std::printf("%s\n", nlohmann::json{{"healthy", !bad}, {"findings", list}}.dump(2).c_str());
    return bad ? kFailed : kOk;
}

} // namespace app
