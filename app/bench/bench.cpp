#include "app/bench/bench.h"

#include "app/bench/bench_run.h"
#include "app/bench/cpu_watch.h"
#include "app/bench/machine_facts.h"
#include "app/bench/measurements.h"
#include "app/bench/requirements.h"

#include <algorithm>
#include <ctime>

using namespace backend;

namespace app {
namespace {

std::string nowUtc()
{
    const auto now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

bool wanted(const BenchOptions& options, std::string_view part)
{
    return options.parts.empty() ||
           std::find(options.parts.begin(), options.parts.end(), part) != options.parts.end();
}

Result<void> requireKnownParts(const BenchOptions& options)
{
    for (const auto& part : options.parts)
        if (std::find(kBenchParts.begin(), kBenchParts.end(), part) == kBenchParts.end())
            return fail(ErrorCode::Configuration,
                        "there is no part \"" + part +
                            "\"; choose of queue, pages, fanout, posting, deletion, dormant");
    return {};
}

// Pages and rebuild read what the queue's writers posted.
Result<void> measureQueueAndPages(BenchRun& run, Population& population, const BenchOptions& options)
{
    if (!wanted(options, "queue") && !wanted(options, "pages")) return {};
    ROOKERY_ASSIGN(const auto world, measureQueue(run, population));
    if (!wanted(options, "pages")) return {};
    ROOKERY_TRY(measurePages(run, world));
    return measureRebuild(run, world);
}

// Pages, queue and rebuild come while the first group's timelines fill the nodes, posting beside the largest
// audience; what needs no readers at the end.
Result<void> measureAll(BenchRun& run, const BenchOptions& options)
{
    ROOKERY_ASSIGN(auto population, Population::open(run));
    const auto& groups = run.sizes().groups;
    const bool fanout = wanted(options, "fanout");
    if (!fanout) ROOKERY_TRY(measureQueueAndPages(run, population, options));
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const bool first = i == 0, last = i + 1 == groups.size();
        if (!fanout && !(last && wanted(options, "posting"))) continue;
        ROOKERY_ASSIGN(auto prepared, prepareGroup(run, population, groups[i], first));
        if (fanout && first) ROOKERY_TRY(measureQueueAndPages(run, population, options));
        if (fanout) ROOKERY_TRY(measureFanout(run, prepared, first));
        ROOKERY_TRY(prepared.plain.drop(run));
        if (last && wanted(options, "posting")) ROOKERY_TRY(measurePosting(run, population, prepared));
    }
    if (wanted(options, "dormant")) ROOKERY_TRY(measureDormant(run, population));
    if (wanted(options, "deletion")) ROOKERY_TRY(measureDeletion(run, population));
    return {};
}

void completeRatios(BenchReport& report)
{
    for (const auto key : kRatioKeys)
        report.noRatio(std::string(key), "this run did not measure it");
}

void noteShrunken(BenchReport& report, const BenchSizes& wanted, const BenchSizes& fitted)
{
    for (std::size_t i = 0; i < wanted.groups.size(); ++i) {
        const auto &before = wanted.groups[i], &after = fitted.groups[i];
        if (after.entries < before.entries)
            report.prepared.push_back(
                "The " + withThousands(after.readers) + " timelines hold " + withThousands(after.entries) +
                " entries instead of " + withThousands(before.entries) +
                ": more do not fit into this machine's memory beside as many plain sets.");
    }
}

} // namespace

Result<BenchReport> runBench(const BenchOptions& options, const BenchProgress& progress, std::stop_token stop)
{
    const Stopwatch watch;
    const CpuWatch cpu;
    const auto loadBefore = loadAverage();
    ROOKERY_TRY(requireKnownParts(options));
    ROOKERY_TRY(requireEmpty(options.dataDirectory));
    ROOKERY_TRY(requireDisk(options.sizes, options.dataDirectory));
    auto fitted = options;
    ROOKERY_ASSIGN(fitted.sizes, fitIntoMemory(options.sizes, availableMemoryBytes()));

    ROOKERY_ASSIGN(const auto run, BenchRun::open(fitted, progress, std::move(stop)));
    auto& report = run->report();
    report.takenAt = nowUtc();
    ROOKERY_ASSIGN(report.machine, machineFacts(*run));
    report.machine.loadBefore = loadBefore;
    noteShrunken(report, options.sizes, fitted.sizes);
    ROOKERY_TRY(measureAll(*run, options));
    completeRatios(report);
    report.machine.loadAfter = loadAverage();
    report.machine.foreignCpuShare = cpu.foreignShare();
    report.seconds = watch.seconds();
    progress("ending the private servers");
    return std::move(report);
}

} // namespace app
