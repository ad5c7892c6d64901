// Commands that look and end: report, audit, explain.
#include "app/ctl/support.h"

#include "backend/audit/audit.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <thread>
#include <unistd.h>

using namespace backend;

namespace app {
namespace {

using namespace std::chrono_literals;

// The first snapshot in which every shard has been swept, or the best after a while.
SnapshotPtr fullSnapshot(Monitor& monitor)
{
    SnapshotPtr snapshot = monitor.snapshot();
    for (int i = 0; i < 150 && !stopSignalCame(); ++i) {
        snapshot = monitor.snapshot();
        const bool swept = !snapshot->shards.empty() &&
                           std::all_of(snapshot->shards.begin(), snapshot->shards.end(),
                                       [](const auto& s) { return s.timelines >= 0 && s.posts >= 0; });
        if (swept) break;
        std::this_thread::sleep_for(200ms);
    }
    return snapshot;
}

nlohmann::json toJson(const AuditReport& report)
{
    auto differences = nlohmann::json::array();
    for (const auto& d : report.differences)
        differences.push_back({{"subject", d.subject}, {"id", d.id}, {"detail", d.detail}});
    return {{"clean", report.clean()},
            {"started_at", isoTime(report.startedAt)},
            {"finished_at", isoTime(report.finishedAt)},
            {"timelines_checked", report.timelinesWarm},
            {"timelines_absent", report.timelinesAbsent},
            {"entries", report.entries},
            {"counters_checked", report.countersChecked},
            {"ledgers_checked", report.ledgersChecked},
            {"unfinished_tasks", report.unfinishedTasks},
            {"dead_letters", report.deadTasks},
            {"differences_total", report.differencesTotal},
            {"differences", std::move(differences)}};
}

void print(const AuditReport& report)
{
    std::printf("%ld home timelines with %ld entries, %ld absent; %ld counters, %ld ledgers; %ld tasks "
                "unfinished, %ld dead letters\n",
                long(report.timelinesWarm), long(report.entries), long(report.timelinesAbsent),
                long(report.countersChecked), long(report.ledgersChecked), long(report.unfinishedTasks),
                long(report.deadTasks));
    for (const auto& d : report.differences)
        std::printf("%s %ld: %s\n", d.subject.c_str(), long(d.id), d.detail.c_str());
    std::printf(report.clean() ? "no differences\n" : "%ld differences\n", long(report.differencesTotal));
}

} // namespace

int runReport(const ClusterChoice& cluster, const std::string& format, const std::filesystem::path& output)
{
    auto options = optionsOf(cluster, "ctl");
    options.readOnly = !cluster.demo;
    auto session = openWithSteps(options);
    if (!session) return failed(session.error());
    auto& monitor = (*session)->engine().monitor();
    const auto kind = format == "json"   ? ReportFormat::Json
                      : format == "html" ? ReportFormat::Html
                                         : ReportFormat::Csv;
    const auto text = monitor.render(monitor.shardReport(*fullSnapshot(monitor)), kind);
    if (output.empty()) {
        std::fwrite(text.data(), 1, text.size(), stdout);
        return std::fflush(stdout) == 0
                   ? kOk
                   : failed(
                         {ErrorCode::DiskFull, "the report could not be written to standard output", false});
    }
    std::ofstream file(output, std::ios::binary);
    file << text;
    file.close();
    if (!file)
        return failed({ErrorCode::DiskFull,
                       "the report could not be written to " + output.string() +
                           "; is the disk full or the folder read-only?",
                       false});
    return kOk;
}

int runAuditCommand(const ClusterChoice& cluster, bool json)
{
    auto options = optionsOf(cluster, "ctl");
    options.readOnly = !cluster.demo; // a private cluster has nobody else to finish its queue
    auto session = openWithSteps(options);
    if (!session) return failed(session.error());
    if (cluster.demo) drain((*session)->engine().monitor());
    const bool terminal = ::isatty(STDERR_FILENO) == 1;
    const auto progress = [&](const std::string& step, double fraction) {
        if (terminal) std::fprintf(stderr, "\r\033[K%s %.0f %%", step.c_str(), fraction * 100);
    };
    const auto report = runAudit((*session)->auditInputs(), progress, Deadline::after(1h));
    if (terminal) std::fputs("\r\033[K", stderr);
    if (!report) return failed(report.error());
    if (json)
        std::printf("%s\n", toJson(*report).dump(2).c_str());
    else
        print(*report);
    return report->clean() ? kOk : kFailed;
}

int runExplain(const ClusterChoice& cluster, std::int64_t post, const std::string& reader, bool json)
{
    auto options = optionsOf(cluster, "ctl");
    options.readOnly = !cluster.demo;
    auto session = openWithSteps(options);
    if (!session) return failed(session.error());
    auto& engine = (*session)->engine();
    const auto deadline = Deadline::after(30s);
    const auto id = readerOf(engine, reader, deadline);
    if (!id) return failed(id.error());
    const auto told = engine.operations().explain(PostId{post}, *id, deadline);
    if (!told) return failed(told.error());
    const bool fault = told->answer == ExplainAnswer::Missing || told->answer == ExplainAnswer::Extra ||
                       told->answer == ExplainAnswer::Stuck;
    if (json) {
        auto trail = nlohmann::json::array();
        for (const auto& step : told->trail) {
            trail.push_back({{"element", toString(step.element)}, {"what", step.what}});
            if (step.at) trail.back()["at"] = isoTime(*step.at);
        }
        std::printf("%s\n", nlohmann::json{{"post", post},
                                           {"reader", id->value},
                                           {"author", told->author.value},
                                           {"answer", toString(told->answer)},
                                           {"shown", told->shown},
                                           {"reason", told->reason},
                                           {"trail", trail}}
                                .dump(2)
                                .c_str());
    } else {
        std::printf("%s: %s\n", told->shown ? "shown" : "not shown", told->reason.c_str());
        for (const auto& step : told->trail)
            std::printf("  %-20s  %s\n", step.at ? isoTime(*step.at).c_str() : "now", step.what.c_str());
    }
    return fault ? kFailed : kOk;
}

} // namespace app
