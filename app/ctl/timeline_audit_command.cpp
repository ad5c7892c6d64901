// Home timelines held against PostgreSQL while the cluster works, and repaired; keys that nobody needs.
#include "app/ctl/support.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <random>

using namespace backend;

namespace app {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr auto kTimelineAuditPatience = 24h; // of a whole cluster, slowly

Json toJson(const TimelineAuditReport& report)
{
    auto differences = Json::array();
    for (const auto& one : report.differences) {
        std::vector<std::int64_t> posts;
        for (const auto post : one.posts)
            posts.push_back(post.value);
        differences.push_back({{"reader", one.reader.value},
                               {"shard", one.shard},
                               {"node", one.node},
                               {"kind", toString(one.fault)},
                               {"posts_total", one.postsTotal},
                               {"posts", posts},
                               {"detail", one.detail},
                               {"explained", one.explained}});
    }
    return {{"clean", report.clean()},
            {"started_at", isoTime(report.startedAt)},
            {"finished_at", isoTime(report.finishedAt)},
            {"readers", report.readers},
            {"verified", report.verified},
            {"differing", report.differing},
            {"dormant", report.dormant},
            {"cold", report.cold},
            {"undecided", report.undecided},
            {"entries", report.entries},
            {"hidden_entries", report.hidden},
            {"stopped_because", report.stoppedBecause},
            {"differences_total", report.differencesTotal},
            {"differences", std::move(differences)}};
}

Json toJson(const TimelineRepairReport& report)
{
    auto out = toJson(report.found);
    out["repaired"] = report.repaired;
    out["not_repaired"] = report.notRepaired;
    out["repairs"] = Json::array();
    for (const auto& one : report.repairs)
        out["repairs"].push_back(
            {{"reader", one.reader.value}, {"repaired", one.repaired}, {"message", one.message}});
    return out;
}

void print(const TimelineAuditReport& report)
{
    std::printf("%ld readers: %ld home timelines verified, with %ld entries; %ld dormant, %ld without a "
                "timeline, %ld undecided\n",
                long(report.readers), long(report.verified), long(report.entries), long(report.dormant),
                long(report.cold), long(report.undecided));
    for (const auto& one : report.differences) {
        std::printf("%ld on %s (shard %d), %s: %s", long(one.reader.value), one.node.c_str(), one.shard,
                    std::string(toString(one.fault)).c_str(), one.detail.c_str());
        for (std::size_t i = 0; i < one.posts.size(); ++i)
            std::printf("%s %ld", i ? "" : ":", long(one.posts[i].value));
        std::printf("%s\n", one.postsTotal > std::int64_t(one.posts.size()) ? " …" : "");
        if (!one.explained.empty()) std::printf("    %s\n", one.explained.c_str());
    }
    if (report.differencesTotal > std::int64_t(report.differences.size()))
        std::printf("… and %ld more\n",
                    long(report.differencesTotal - std::int64_t(report.differences.size())));
    if (report.clean())
        std::puts("no differences");
    else
        std::printf("%ld timelines differ\n", long(report.differing));
    if (!report.stoppedBecause.empty()) std::printf("not all: %s\n", report.stoppedBecause.c_str());
}

void print(const TimelineRepairReport& report)
{
    print(report.found);
    for (const auto& one : report.repairs)
        std::printf("%ld: %s\n", long(one.reader.value),
                    one.repaired ? "repaired" : ("not repaired: " + one.message).c_str());
    std::printf("%ld repaired, %ld not\n", long(report.repaired), long(report.notRepaired));
}

Result<TimelineAuditQuery> queryOf(const TimelineAuditCommand& command, Engine& engine)
{
    using Scope = TimelineAuditQuery::Scope;
    TimelineAuditQuery query;
    if (!command.user.empty()) {
        query.scope = Scope::Reader;
        ROOKERY_ASSIGN(query.reader, readerOf(engine, command.user, Deadline::after(30s)));
    } else if (command.shard >= 0) {
        query.scope = Scope::Shard;
        query.shard = command.shard;
    } else if (command.sample > 0) {
        query.scope = Scope::Sample;
        query.sample = command.sample;
        query.seed = command.seed ? command.seed : std::random_device{}();
        if (!command.json)
            std::printf("sample with --seed %llu\n", static_cast<unsigned long long>(query.seed));
    }
    return query;
}

Json toJson(const OrphanReport& report)
{
    auto groups = Json::array();
    for (const auto& group : report.groups)
        groups.push_back({{"node", group.node},
                          {"family", group.family},
                          {"reason", toString(group.reason)},
                          {"keys", group.keys},
                          {"bytes", group.bytes},
                          {"removed", group.removed},
                          {"examples", group.examples}});
    return {{"started_at", isoTime(report.startedAt)},
            {"finished_at", isoTime(report.finishedAt)},
            {"keys", report.keys},
            {"foreign", report.foreign},
            {"expiring", report.expiring},
            {"orphans", report.orphans},
            {"removed", report.removed},
            {"groups", std::move(groups)}};
}

void print(const OrphanReport& report)
{
    std::printf("%ld keys, of which %ld expire by themselves and %ld are not Rookery's\n", long(report.keys),
                long(report.expiring), long(report.foreign));
    for (const auto& group : report.groups) {
        std::printf("%s, %s, %s: %ld keys, %ld bytes, %ld removed\n", group.node.c_str(),
                    group.family.c_str(), std::string(toString(group.reason)).c_str(), long(group.keys),
                    long(group.bytes), long(group.removed));
        for (const auto& key : group.examples)
            std::printf("    %s\n", key.c_str());
    }
    if (report.orphans == 0)
        std::puts("no orphans");
    else
        std::printf("%ld orphans, %ld removed\n", long(report.orphans), long(report.removed));
}

template <class Report>
void show(const Report& report, bool json)
{
    if (json)
        std::printf("%s\n", toJson(report).dump(2).c_str());
    else
        print(report);
}

} // namespace

int runTimelineAudit(const TimelineAuditCommand& command)
{
    if (!command.chosen()) {
        std::fputs("rookeryctl: say which home timelines to repair: --user, --shard, --sample or --all\n",
                   stderr);
        return kUsage;
    }
    auto options = optionsOf(command.cluster, "ctl");
    options.readOnly = !command.cluster.demo && !command.repair;
    auto session = openWithSteps(options);
    if (!session) return failed(session.error());
    auto& engine = (*session)->engine();
    if (command.cluster.demo) drain(engine.monitor());
    const auto query = queryOf(command, engine);
    if (!query) return failed(query.error());
    if (!command.repair) {
        const auto report =
            engine.operations().auditTimelines(*query, Deadline::after(kTimelineAuditPatience));
        if (!report) return failed(report.error());
        show(*report, command.json);
        return report->clean() && report->stoppedBecause.empty() ? kOk : kFailed;
    }
    const auto report = engine.operations().repairTimelines(*query, Deadline::after(kTimelineAuditPatience));
    if (!report) return failed(report.error());
    show(*report, command.json);
    return report->notRepaired == 0 && report->found.stoppedBecause.empty() ? kOk : kFailed;
}

int runOrphans(const OrphansCommand& command)
{
    auto options = optionsOf(command.cluster, "ctl");
    options.readOnly = !command.cluster.demo && !command.remove;
    auto session = openWithSteps(options);
    if (!session) return failed(session.error());
    auto& operations = (*session)->engine().operations();
    OrphanQuery query;
    query.keysPerSecond = command.keysPerSecond;
    const auto report = command.remove
                            ? operations.removeOrphanKeys(query, Deadline::after(kTimelineAuditPatience))
                            : operations.findOrphanKeys(query, Deadline::after(kTimelineAuditPatience));
    if (!report) return failed(report.error());
    show(*report, command.json);
    return report->orphans == report->removed ? kOk : kFailed;
}

} // namespace app
