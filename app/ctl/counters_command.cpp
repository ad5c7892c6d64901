// Counters recounted while the cluster works, and reconciled.
#include "app/ctl/support.h"

#include <nlohmann/json.hpp>

#include <cstdio>

using namespace backend;

namespace app {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr auto kCountersPatience = 24h; // of a whole cluster, slowly

Json toJson(const Counters& counters)
{
    return {{"followers", counters.followers}, {"following", counters.following}, {"posts", counters.posts}};
}

Json toJson(const CounterAuditReport& report)
{
    auto drifts = Json::array();
    for (const auto& one : report.drifts)
        drifts.push_back({{"user", one.user.value},
                          {"stored", toJson(one.stored)},
                          {"recounted", toJson(one.recounted)},
                          {"cached", one.cached ? toJson(*one.cached) : Json()},
                          {"lost_follows", one.lostFollows},
                          {"detail", one.detail},
                          {"reconciled", one.reconciled},
                          {"message", one.message}});
    return {{"clean", report.clean()},
            {"started_at", isoTime(report.startedAt)},
            {"finished_at", isoTime(report.finishedAt)},
            {"users", report.users},
            {"undecided", report.undecided},
            {"drifted", report.drifted},
            {"reconciled", report.reconciled},
            {"stopped_because", report.stoppedBecause},
            {"drifts", std::move(drifts)}};
}

void print(const CounterAuditReport& report, bool reconcile)
{
    for (const auto& one : report.drifts)
        std::printf("%ld: %s%s\n", long(one.user.value), one.detail.c_str(),
                    !reconcile       ? ""
                    : one.reconciled ? "; reconciled"
                                     : ("; not reconciled: " + one.message).c_str());
    if (report.drifted > std::int64_t(report.drifts.size()))
        std::printf("… and %ld more\n", long(report.drifted - std::int64_t(report.drifts.size())));
    std::printf("%ld users recounted, %ld drifted, %ld reconciled; of %ld the queue has still to count posts "
                "or follows\n",
                long(report.users), long(report.drifted), long(report.reconciled), long(report.undecided));
    if (!report.stoppedBecause.empty()) std::printf("not all: %s\n", report.stoppedBecause.c_str());
}

} // namespace

int runCounters(const CountersCommand& command)
{
    auto options = optionsOf(command.cluster, "ctl");
    options.readOnly = !command.cluster.demo && !command.reconcile;
    auto session = openWithSteps(options);
    if (!session) return failed(session.error());
    auto& engine = (*session)->engine();
    CounterAuditQuery query;
    query.shard = command.shard;
    if (!command.user.empty()) {
        const auto user = readerOf(engine, command.user, Deadline::after(30s));
        if (!user) return failed(user.error());
        query.user = *user;
    }
    auto& operations = engine.operations();
    const auto report = command.reconcile
                            ? operations.reconcileCounters(query, Deadline::after(kCountersPatience))
                            : operations.auditCounters(query, Deadline::after(kCountersPatience));
    if (!report) return failed(report.error());
    if (command.json)
        std::printf("%s\n", toJson(*report).dump(2).c_str());
    else
        print(*report, command.reconcile);
    return report->clean() && report->stoppedBecause.empty() ? kOk : kFailed;
}

} // namespace app
