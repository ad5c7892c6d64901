#include "app/bench/measurements.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

using namespace backend;

namespace app {
namespace {

constexpr int kReaders = 4; // at once

Result<void> voidAll(BenchRun& run, const std::vector<UserId>& readers)
{
    RedisBatch batch(run.redis());
    for (const auto reader : readers)
        run.timelines().voidFloor(batch, TimelineFamily::Home, reader);
    return batch.run(bulkDeadline());
}

// Everybody comes for one entry; the first to ask for a void timeline builds it.
Result<void> readAll(BenchRun& run, const std::vector<UserId>& readers)
{
    PageQuery query;
    query.limit = 1;
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::optional<Error> failure;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < kReaders; ++t)
            threads.emplace_back([&] {
                for (auto i = next++; i < readers.size() && !run.stop().stop_requested(); i = next++)
                    if (const auto page = run.feed().homePage(readers[i], query, callDeadline()); !page) {
                        const std::lock_guard lock(mutex);
                        failure = page.error();
                    }
            });
    }
    ROOKERY_TRY(run.goOn());
    if (failure) return fail(*failure);
    return {};
}

Result<void> requireBuilt(BenchRun& run, const std::vector<UserId>& readers)
{
    ROOKERY_ASSIGN(const auto floors,
                   run.timelines().floors(run.redis(), TimelineFamily::Home, readers, callDeadline()));
    for (const auto& floor : floors)
        if (!floor) return fail(ErrorCode::Internal, "a timeline whose rebuild was timed is still void");
    return {};
}

} // namespace

Result<void> measureRebuild(BenchRun& run, const PageWorld& world)
{
    for (int round = 0; round < run.sizes().rounds; ++round) {
        run.step("rebuilding timelines, round " + std::to_string(round + 1));
        ROOKERY_TRY(voidAll(run, world.readers));
        const Stopwatch watch;
        ROOKERY_TRY(readAll(run, world.readers));
        const double seconds = watch.seconds();
        ROOKERY_TRY(requireBuilt(run, world.readers));
        run.report().add({"rebuild.timelines_per_s",
                          "Rebuild of void timelines",
                          "timelines/s",
                          {},
                          std::int64_t(world.readers.size()),
                          "their newest part built from PostgreSQL when their readers come, " +
                              std::to_string(kReaders) + " at once, each from " +
                              std::to_string(world.writers.size()) + " followees"},
                         double(world.readers.size()) / seconds);
    }
    return {};
}

} // namespace app
