#include "app/bench/measurements.h"

#include <algorithm>
#include <functional>

using namespace backend;

namespace app {
namespace {

struct Drained
{
    std::int64_t tasks = 0;
    double perSecond = 0;
};

// Writes tasks while the workers are held, then lets them go: what is timed is their work alone.
Result<Drained> timeTasks(BenchRun& run, const std::function<Result<void>()>& write)
{
    ROOKERY_TRY(run.operations().pauseWorkers(-1, callDeadline()));
    const auto written = write();
    Drained drained;
    const auto waiting = run.monitor().unfinishedTasks(callDeadline());
    const Stopwatch watch;
    ROOKERY_TRY(run.operations().resumeWorkers(-1, callDeadline()));
    ROOKERY_TRY(written);
    ROOKERY_ASSIGN(drained.tasks, waiting);
    ROOKERY_TRY(run.drain());
    drained.perSecond = double(drained.tasks) / watch.seconds();
    return drained;
}

Result<void> timePosts(BenchRun& run, Population& population, PageWorld& world, int posts)
{
    ROOKERY_ASSIGN(const auto drained, timeTasks(run, [&]() -> Result<void> {
                       ROOKERY_ASSIGN(const auto some, population.post(world.writers, posts));
                       world.posts.insert(world.posts.end(), some.begin(), some.end());
                       return {};
                   }));
    run.report().add({"queue.post_created_tasks_per_s",
                      "Small tasks: posts without followers",
                      "tasks/s",
                      {},
                      drained.tasks,
                      "post_created of authors whom nobody follows, written by bulkPost while the workers "
                      "were held, from their "
                      "release until none is left: object cache, author, public and the author's own home "
                      "timeline, counter, ledger"},
                     drained.perSecond);
    run.report().addRatio(
        "queue_tasks_per_s", drained.perSecond,
        "tasks per second, post_created of authors without followers, workers held until all were written");
    return {};
}

Result<void> timeFollows(BenchRun& run, Population& population, const PageWorld& world,
                         std::span<const UserId> readers)
{
    ROOKERY_ASSIGN(const auto drained, timeTasks(run, [&]() -> Result<void> {
                       std::vector<BulkFollow> follows;
                       for (const auto reader : readers)
                           for (const auto writer : world.writers)
                               follows.push_back({reader, writer});
                       return population.follow(follows);
                   }));
    run.report().add({"queue.edge_changed_tasks_per_s",
                      "Follows of authors with posts",
                      "tasks/s",
                      {},
                      drained.tasks,
                      "edge_changed with the backfill of up to " + withThousands(run.sizes().postsPerWriter) +
                          " posts each, written by bulkFollow while the workers were held"},
                     drained.perSecond);
    return {};
}

} // namespace

Result<PageWorld> measureQueue(BenchRun& run, Population& population)
{
    const auto& sizes = run.sizes();
    PageWorld world;
    ROOKERY_ASSIGN(world.writers, population.makeUsers(sizes.writers));
    ROOKERY_ASSIGN(world.readers, population.makeUsers(sizes.pageReaders));
    const auto shareOf = [&](std::int64_t all, int round) {
        return int(all * (round + 1) / sizes.rounds - all * round / sizes.rounds);
    };
    for (int round = 0; round < sizes.rounds; ++round) {
        run.step("queue with small tasks, round " + std::to_string(round + 1));
        ROOKERY_TRY(timePosts(run, population, world, shareOf(sizes.postsPerWriter, round)));
    }
    auto rest = std::span<const UserId>(world.readers);
    for (int round = 0; round < sizes.rounds && !rest.empty(); ++round) {
        run.step("queue with follows, round " + std::to_string(round + 1));
        const auto some = rest.first(std::size_t(shareOf(sizes.pageReaders, round)));
        rest = rest.subspan(some.size());
        if (!some.empty()) ROOKERY_TRY(timeFollows(run, population, world, some));
    }
    std::sort(world.posts.begin(), world.posts.end(),
              [](const auto& a, const auto& b) { return a.id > b.id; });
    run.report().prepared.push_back(
        withThousands(sizes.pageReaders) + " page readers follow " + withThousands(sizes.writers) +
        " writers of " + withThousands(sizes.postsPerWriter) +
        " posts each (120 bytes): bulkPost, then bulkFollow, timelines backfilled by the engine's queue.");
    ROOKERY_TRY(run.requireNoDeadLetters());
    return world;
}

} // namespace app
