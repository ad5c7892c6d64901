#include "app/bench/measurements.h"

#include <chrono>
#include <optional>
#include <thread>

using namespace backend;

namespace app {
namespace {

constexpr int kQuietAuthors = 16;
constexpr std::size_t kEveryFollowed = 4; // of the quiet authors' posts, so many go to readers
constexpr int kFewestBusy = 50;           // samples without which a p99 says nothing
constexpr int kLookEvery = 25;            // samples between two looks whether the fan-out still runs

// Authors whom nobody follows and, for every fourth post, authors with a few readers.
struct Quiet
{
    std::vector<UserId> alone, followed;
    std::size_t next = 0;

    bool toReaders() const { return next % kEveryFollowed == 0; }
    UserId author() const
    {
        return toReaders() ? followed[next / kEveryFollowed % followed.size()] : alone[next % alone.size()];
    }
};

// In ms: of Feed::post, and from the commit to the last reader's timeline.
struct Times
{
    std::vector<double> post, delivery;
    bool enough(const BenchSizes& sizes) const
    {
        return int(post.size()) >= std::min(kFewestBusy, sizes.postsPerRound) && !delivery.empty();
    }
};

Result<Quiet> makeQuiet(BenchRun& run, Population& population, const std::vector<UserId>& readers)
{
    const auto each = std::size_t(run.sizes().quietReaders);
    if (readers.size() < each)
        return fail(ErrorCode::InvalidArgument,
                    "a group of the bench has too few readers for its quiet authors");
    Quiet quiet;
    ROOKERY_ASSIGN(quiet.alone, population.makeUsers(kQuietAuthors));
    ROOKERY_ASSIGN(quiet.followed, population.makeUsers(kQuietAuthors));
    std::vector<BulkFollow> follows;
    for (std::size_t a = 0; a < quiet.followed.size(); ++a)
        for (std::size_t k = 0; k < each; ++k)
            follows.push_back({readers[(a * each + k) % readers.size()], quiet.followed[a]});
    ROOKERY_TRY(population.follow(follows));
    return quiet;
}

// Posts one in so long, then waits until all is delivered. Ends early once `under` is no longer under way.
Result<Times> postPaced(BenchRun& run, Quiet& quiet, std::optional<PostId> under)
{
    Times times;
    std::vector<PostId> toReaders;
    auto at = std::chrono::steady_clock::now();
    for (int i = 0; i < run.sizes().postsPerRound; ++i, ++quiet.next) {
        ROOKERY_TRY(run.goOn());
        if (under && i % kLookEvery == 0) {
            ROOKERY_ASSIGN(const auto ledger, run.monitor().ledger(*under, callDeadline()));
            if (ledger.chunksPlanned > 0 && ledger.complete()) break; // unplanned, its fan-out is still ahead
        }
        std::this_thread::sleep_until(at);
        at = std::max(at, std::chrono::steady_clock::now()) +
             std::chrono::microseconds(run.sizes().postGapMicroseconds);
        const Stopwatch watch;
        ROOKERY_ASSIGN(const auto post, run.feed().post(quiet.author(), benchBody(i), callDeadline()));
        times.post.push_back(watch.milliseconds());
        if (quiet.toReaders()) toReaders.push_back(post.id);
    }
    ROOKERY_TRY(run.drain());
    ROOKERY_TRY(requireDelivered(run, toReaders, run.sizes().quietReaders));
    ROOKERY_ASSIGN(times.delivery, deliveryTimes(run, toReaders));
    return times;
}

Result<Times> postWhileBusy(BenchRun& run, Quiet& quiet, UserId celebrity)
{
    std::optional<PostId> last;
    for (int i = 0; i < run.sizes().busyPosts; ++i) {
        ROOKERY_ASSIGN(const auto post, run.feed().post(celebrity, benchBody(i), callDeadline()));
        last = post.id;
    }
    return postPaced(run, quiet, last);
}

void reportPostingTimes(BenchReport& report, const std::string& key, const std::string& label,
                        const std::vector<double>& times, const std::string& note)
{
    const auto add = [&](const std::string& name, double fraction) {
        report.add(
            {key + "." + name + "_ms", label + ", " + name, "ms", {}, std::int64_t(times.size()), note},
            quantile(times, fraction));
    };
    add("p50", 0.50);
    add("p99", 0.99);
}

void reportRatios(BenchReport& report, const Times& idle, const Times& busy, const std::string& busyLabel)
{
    const auto add = [&](const std::string& key, const std::string& what, double fraction,
                         std::vector<double> Times::*of) {
        report.addRatio(key, quantile(busy.*of, fraction) / quantile(idle.*of, fraction),
                        what + " " + busyLabel + " / " + what + " on the idle engine");
    };
    add("post_p99_busy_vs_idle", "p99 of Feed::post", 0.99, &Times::post);
    add("delivery_delay_busy_vs_idle", "median delay of another author's delivery", 0.50, &Times::delivery);
    add("delivery_delay_p99_busy_vs_idle", "p99 of another author's delivery", 0.99, &Times::delivery);
}

} // namespace

Result<void> measurePosting(BenchRun& run, Population& population, const PreparedGroup& prepared)
{
    const auto audience = prepared.group.audiences.back().followers;
    ROOKERY_ASSIGN(auto quiet, makeQuiet(run, population, prepared.readers));
    const auto busyLabel = "during a fan-out to " + withThousands(audience);
    const auto delivery = "Delivery to " + withThousands(run.sizes().quietReaders) + " ";
    const auto gap = "one post in " + std::to_string(run.sizes().postGapMicroseconds / 1'000) +
                     " ms, every fourth of an author with " + withThousands(run.sizes().quietReaders) +
                     " readers, the others of authors without";
    const auto beside = gap + ", after " + std::to_string(run.sizes().busyPosts) + " posts to " +
                        withThousands(audience) + " followers; only while they are being delivered";
    run.step("post latency: warming up");
    ROOKERY_TRY(postPaced(run, quiet, {}));
    for (int round = 0; round < run.sizes().rounds; ++round) {
        run.step("post latency, round " + std::to_string(round + 1));
        ROOKERY_ASSIGN(const auto idle, postPaced(run, quiet, {}));
        ROOKERY_ASSIGN(const auto busy, postWhileBusy(run, quiet, prepared.authors.back().front()));
        reportPostingTimes(run.report(), "post.idle", "Feed::post idle", idle.post, gap);
        reportPostingTimes(run.report(), "post.busy", "Feed::post " + busyLabel, busy.post, beside);
        reportPostingTimes(run.report(), "delivery.idle", delivery + "idle", idle.delivery, gap);
        reportPostingTimes(run.report(), "delivery.busy", delivery + busyLabel, busy.delivery, beside);
        if (busy.enough(run.sizes())) reportRatios(run.report(), idle, busy, busyLabel);
    }
    for (const auto* const key :
         {"post_p99_busy_vs_idle", "delivery_delay_busy_vs_idle", "delivery_delay_p99_busy_vs_idle"})
        run.report().noRatio(key, "the fan-out ended before enough posts could be timed beside it");
    return run.requireNoDeadLetters();
}

} // namespace app
