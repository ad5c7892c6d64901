#include "app/bench/cpu_watch.h"
#include "app/bench/measurements.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <span>
#include <thread>

using namespace backend;

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr int kPosters = 4;
constexpr int kSlices =
    3; // of a round: engine and reference change places, so that what disturbs one meets the other
constexpr std::size_t kLedgersRead = 200; // of a round's posts

// What one audience took in one round.
struct Took
{
    double bareSeconds = 0, engineSeconds = 0;
    double bareCpuSeconds = 0, engineCpuSeconds = 0;
    std::int64_t bareCommands = 0, deliveries = 0;

    double barePerSecond() const { return double(bareCommands) / bareSeconds; }
    double enginePerSecond() const { return double(deliveries) / engineSeconds; }
    double microsecondsPerDelivery() const { return engineSeconds * 1e6 / double(deliveries); }
};

// An engine that has borrowed too many ids asks to come again.
Result<Post> postPatiently(Feed& feed, UserId author, const std::string& body, const std::stop_token& stop)
{
    auto posted = feed.post(author, body, callDeadline());
    while (!posted && posted.error().code == ErrorCode::Overloaded && !stop.stop_requested()) {
        std::this_thread::sleep_for(5ms);
        posted = feed.post(author, body, callDeadline());
    }
    return posted;
}

// Each author posts so often, the authors in turn, from several threads.
Result<std::vector<PostId>> postAll(BenchRun& run, const std::vector<UserId>& authors, int postsEach)
{
    const int wanted = int(authors.size()) * postsEach;
    std::vector<PostId> posts{std::size_t(wanted)};
    std::atomic<int> next = 0;
    std::mutex mutex;
    std::optional<Error> failure;
    {
        std::vector<std::jthread> posters;
        for (int t = 0; t < std::min(kPosters, wanted); ++t)
            posters.emplace_back([&] {
                for (int i = next++; i < wanted && !run.stop().stop_requested(); i = next++) {
                    const auto post = postPatiently(run.feed(), authors[std::size_t(i) % authors.size()],
                                                    benchBody(i), run.stop());
                    if (post) {
                        posts[std::size_t(i)] = post->id;
                        continue;
                    }
                    const std::lock_guard lock(mutex);
                    if (!failure) failure = post.error();
                    next = wanted;
                }
            });
    }
    ROOKERY_TRY(run.goOn());
    if (failure) return fail(*failure);
    return posts;
}

Result<void> timeBare(BenchRun& run, PreparedGroup& prepared, const Audience& audience, int posts, Took& took)
{
    const auto entries = prepared.plain.nextEntries(posts);
    const auto sets =
        prepared.plain.keys().first(std::size_t(audience.followers) * std::size_t(audience.authors));
    const double cpuBefore = ownCpuSeconds();
    const Stopwatch watch;
    ROOKERY_TRY(run.bare().addToAll(sets, entries, run.stop()));
    took.bareSeconds += watch.seconds();
    took.bareCpuSeconds += ownCpuSeconds() - cpuBefore;
    took.bareCommands += std::int64_t(sets.size()) * posts;
    return prepared.plain.trim(run, sets.size());
}

Result<void> timeEngine(BenchRun& run, const std::vector<UserId>& authors, const Audience& audience,
                        int posts, Took& took)
{
    const double cpuBefore = ownCpuSeconds();
    const Stopwatch watch;
    ROOKERY_ASSIGN(const auto ids, postAll(run, authors, posts));
    ROOKERY_TRY(run.drain());
    took.engineSeconds += watch.seconds();
    took.engineCpuSeconds += ownCpuSeconds() - cpuBefore;
    took.deliveries += std::int64_t(ids.size()) * (audience.followers + 1);
    return requireDelivered(run, ids, audience.followers);
}

Result<Took> timeBoth(BenchRun& run, PreparedGroup& prepared, std::size_t which, int posts, bool engineFirst)
{
    const auto& audience = prepared.group.audiences[which];
    Took took;
    for (int slice = 0; slice < kSlices; ++slice, engineFirst = !engineFirst) {
        const int some = posts * (slice + 1) / kSlices - posts * slice / kSlices;
        if (some == 0) continue;
        if (!engineFirst) ROOKERY_TRY(timeBare(run, prepared, audience, some, took));
        ROOKERY_TRY(timeEngine(run, prepared.authors[which], audience, some, took));
        if (engineFirst) ROOKERY_TRY(timeBare(run, prepared, audience, some, took));
    }
    return took;
}

void reportRound(BenchReport& report, const ReaderGroup& group, const Audience& audience, const Took& took)
{
    const auto key = "fanout." + std::to_string(group.readers) + "_timelines.audience_" +
                     std::to_string(audience.followers) + ".";
    const auto label =
        "audience " + withThousands(audience.followers) + ", " + withThousands(group.entries) + " entries: ";
    const auto work = std::to_string(audience.authors * audience.posts) + " posts of " +
                      std::to_string(audience.authors) + " authors";
    report.add(
        {key + "bare_zadd_per_s",
         label + "bare ZADD",
         "commands/s",
         {},
         took.bareCommands,
         "hiredis, one client thread, pipelines of " + std::to_string(BarePipeline::kPipelineCommands) +
             ", two under way per node, plain sorted sets of " + withThousands(group.entries) + " entries"},
        took.barePerSecond());
    report.add({key + "engine_deliveries_per_s",
                label + "engine",
                "deliveries/s",
                {},
                took.deliveries,
                work + ", from the first Feed::post until no task is left; tasks and ledger included, "
                       "checked in the ledger"},
               took.enginePerSecond());
    report.add({key + "us_per_delivery", label + "cost", "µs/delivery", {}, took.deliveries, "wall time"},
               took.microsecondsPerDelivery());
    report.add(
        {key + "engine_vs_bare", label + "engine / bare", "ratio", {}, took.deliveries, "of the same round"},
        took.enginePerSecond() / took.barePerSecond());
    // Other programs lengthen both, but not alike: the engine is spread over more processes. What it uses
    // stays.
    const std::string cpuNote = "processor time of this program and all its servers, in steps of 10 ms: "
                                "other programs change it little";
    report.add({key + "bare_cpu_us", label + "bare ZADD, CPU", "µs/command", {}, took.bareCommands, cpuNote},
               took.bareCpuSeconds * 1e6 / double(took.bareCommands));
    report.add({key + "engine_cpu_us", label + "engine, CPU", "µs/delivery", {}, took.deliveries, cpuNote},
               took.engineCpuSeconds * 1e6 / double(took.deliveries));
}

} // namespace

Result<void> requireDelivered(BenchRun& run, std::span<const PostId> posts, int followers)
{
    const auto step = std::max<std::size_t>(1, posts.size() / kLedgersRead);
    for (std::size_t i = 0; i < posts.size(); i += step) {
        ROOKERY_ASSIGN(const auto ledger, run.monitor().ledger(posts[i], callDeadline()));
        if (!ledger.complete() || ledger.pushed != followers + 1)
            return fail(ErrorCode::Internal, "post " + std::to_string(posts[i].value) + " was pushed to " +
                                                 std::to_string(ledger.pushed) + " of " +
                                                 std::to_string(followers + 1) +
                                                 " readers: the fan-out that was timed did not happen");
    }
    return {};
}

Result<void> measureFanout(BenchRun& run, PreparedGroup& prepared, bool headline)
{
    const auto& group = prepared.group;
    run.step("fan-out to " + withThousands(group.readers) + " timelines: warming up");
    for (std::size_t k = 0; k < group.audiences.size(); ++k)
        ROOKERY_TRY(timeBoth(run, prepared, k, 1, false));
    for (int round = 0; round < run.sizes().rounds; ++round) {
        std::vector<Took> took;
        for (std::size_t k = 0; k < group.audiences.size(); ++k) {
            run.step("fan-out to an audience of " + withThousands(group.audiences[k].followers) + ", round " +
                     std::to_string(round + 1));
            ROOKERY_ASSIGN(const auto both,
                           timeBoth(run, prepared, k, group.audiences[k].posts, round % 2 == 1));
            reportRound(run.report(), group, group.audiences[k], both);
            took.push_back(both);
        }
        if (headline)
            run.report().addRatio(
                "fanout_vs_bare_zadd", took.back().enginePerSecond() / took.back().barePerSecond(),
                "deliveries/s of an audience of " + withThousands(group.audiences.back().followers) +
                    " through the whole engine / bare ZADDs/s into as many plain sets of " +
                    withThousands(group.entries) + " entries");
        if (!group.costRatio.empty())
            run.report().addRatio(
                group.costRatio,
                took.back().microsecondsPerDelivery() / took.front().microsecondsPerDelivery(),
                "time of one delivery to an audience of " + withThousands(group.audiences.back().followers) +
                    " / of " + withThousands(group.audiences.front().followers) + ", " +
                    withThousands(group.entries) + " entries in both");
    }
    return run.requireNoDeadLetters();
}

} // namespace app
