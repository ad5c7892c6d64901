#include "app/bench/measurements.h"

#include <optional>
#include <thread>

using namespace backend;

namespace app {
namespace {

constexpr int kQuietAuthors = 16;
constexpr int kFewestBusy = 50; // samples without which a p99 says nothing
constexpr int kLookEvery = 25;  // samples between two looks whether the fan-out still runs

struct Quiet
{
    std::vector<UserId> authors;
    std::size_t next = 0;
};

// Posts one in so long; their times in ms. Ends early once `under` is no longer under way.
Result<std::vector<double>> postPaced(BenchRun& run, Quiet& quiet, std::optional<PostId> under)
{
    std::vector<double> times;
    auto at = std::chrono::steady_clock::now();
    for (int i = 0; i < run.sizes().postsPerRound; ++i) {
        ROOKERY_TRY(run.goOn());
        if (under && i % kLookEvery == 0) {
            ROOKERY_ASSIGN(const auto ledger, run.monitor().ledger(*under, callDeadline()));
            if (ledger.chunksPlanned > 0 && ledger.complete()) break; // unplanned, its fan-out is still ahead
        }
        std::this_thread::sleep_until(at);
        at = std::max(at, std::chrono::steady_clock::now()) +
             std::chrono::microseconds(run.sizes().postGapMicroseconds);
        const Stopwatch watch;
        ROOKERY_TRY(run.feed().post(quiet.authors[quiet.next++ % quiet.authors.size()], benchBody(i),
                                    callDeadline()));
        times.push_back(watch.milliseconds());
    }
    return times;
}

Result<std::vector<double>> postWhileBusy(BenchRun& run, Quiet& quiet, UserId celebrity)
{
    std::optional<PostId> last;
    for (int i = 0; i < run.sizes().busyPosts; ++i) {
        ROOKERY_ASSIGN(const auto post, run.feed().post(celebrity, benchBody(i), callDeadline()));
        last = post.id;
    }
    ROOKERY_ASSIGN(auto times, postPaced(run, quiet, last));
    ROOKERY_TRY(run.drain());
    return times;
}

void reportTimes(BenchReport& report, const std::string& state, const std::string& label,
                 const std::vector<double>& times, const std::string& note)
{
    const auto add = [&](const std::string& name, double fraction) {
        report.add({"post." + state + "." + name + "_ms",
                    "Feed::post " + label + ", " + name,
                    "ms",
                    {},
                    std::int64_t(times.size()),
                    note},
                   quantile(times, fraction));
    };
    add("p50", 0.50);
    add("p99", 0.99);
}

} // namespace

Result<void> measurePosting(BenchRun& run, Population& population, UserId celebrity, int audience)
{
    Quiet quiet;
    ROOKERY_ASSIGN(quiet.authors, population.makeUsers(kQuietAuthors));
    const auto busyLabel = "during a fan-out to " + withThousands(audience);
    const auto gap = "authors without followers, one post in " +
                     std::to_string(run.sizes().postGapMicroseconds / 1'000) + " ms";
    run.step("post latency: warming up");
    ROOKERY_TRY(postPaced(run, quiet, {}));
    ROOKERY_TRY(run.drain());
    for (int round = 0; round < run.sizes().rounds; ++round) {
        run.step("post latency, round " + std::to_string(round + 1));
        ROOKERY_ASSIGN(const auto idle, postPaced(run, quiet, {}));
        ROOKERY_TRY(run.drain());
        ROOKERY_ASSIGN(const auto busy, postWhileBusy(run, quiet, celebrity));
        reportTimes(run.report(), "idle", "idle", idle, gap);
        reportTimes(run.report(), "busy", busyLabel, busy,
                    gap + ", after " + std::to_string(run.sizes().busyPosts) + " posts to " +
                        withThousands(audience) + " followers; only while they are being delivered");
        if (int(busy.size()) < std::min(kFewestBusy, run.sizes().postsPerRound)) continue;
        run.report().addRatio("post_p99_busy_vs_idle", quantile(busy, 0.99) / quantile(idle, 0.99),
                              "p99 of Feed::post " + busyLabel + " / p99 on the idle engine");
    }
    run.report().noRatio("post_p99_busy_vs_idle",
                         "the fan-out ended before enough posts could be timed beside it");
    return run.requireNoDeadLetters();
}

} // namespace app
