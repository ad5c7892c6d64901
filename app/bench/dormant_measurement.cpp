#include "app/bench/measurements.h"

using namespace backend;

namespace app {
namespace {

constexpr const char* kDormantRatio = "dormant_post_vs_none";

// As the queue leaves them once they have gone to sleep; readers of their own they need not be.
Result<void> makeDormantFollowers(BenchRun& run, UserId author, int count)
{
    auto sql = run.sql();
    const int shard = author.shard();
    ROOKERY_TRY(
        sql.runOne(Role::Users, shard,
                   {"INSERT INTO " + shardTable(Role::Users, shard, "followers") +
                        " (followee, follower, state, version, warm, generation)"
                        " SELECT $1::bigint, 1000 + n, 1, 1, false, 2 FROM generate_series(1, $2::int) "
                        "AS n",
                    {sqlParameter(author.value), sqlParameter(count)}},
                   bulkDeadline()));
    ROOKERY_TRY(
        sql.runOne(Role::Users, shard,
                   {"UPDATE " + shardTable(Role::Users, shard, "counters") +
                        " SET followers = $2::bigint, version = version + 1 WHERE user_id = $1::bigint",
                    {sqlParameter(author.value), sqlParameter(count)}},
                   bulkDeadline()));
    return {};
}

// One post from the call to its last delivery, in ms; the next one only then.
Result<double> timePost(BenchRun& run, UserId author, int number, int dormant)
{
    ROOKERY_TRY(run.goOn());
    const Stopwatch watch;
    ROOKERY_ASSIGN(const auto post, run.feed().post(author, benchBody(number), callDeadline()));
    const double called = watch.milliseconds();
    ROOKERY_ASSIGN(const auto delivered, deliveryTimes(run, std::span(&post.id, 1)));
    ROOKERY_ASSIGN(const auto ledger, run.monitor().ledger(post.id, callDeadline()));
    if (ledger.pushed != 1 || ledger.skippedDormant != dormant)
        return fail(ErrorCode::Internal, "post " + std::to_string(post.id.value) + " passed over " +
                                             std::to_string(ledger.skippedDormant) + " dormant readers of " +
                                             std::to_string(dormant));
    return called + delivered.front();
}

Result<void> measureRound(BenchRun& run, UserId followed, UserId alone)
{
    const int dormant = run.sizes().dormantFollowers;
    std::vector<double> with, without;
    // In turn, and each first as often as second: what disturbs one meets the other.
    for (int i = 0; i < 2 * run.sizes().dormantPosts; ++i) {
        const bool many = (i % 4 == 0) || (i % 4 == 3);
        ROOKERY_ASSIGN(const double time, timePost(run, many ? followed : alone, i, many ? dormant : 0));
        (many ? with : without).push_back(time);
    }
    const std::string note = "from the call of Feed::post to the last delivery, one post after the other";
    const auto add = [&](const std::string& key, const std::string& label, const std::vector<double>& times) {
        run.report().add({key, label, "ms", {}, std::int64_t(times.size()), note}, median(times));
    };
    add("dormant.with.p50_ms", "post, " + withThousands(dormant) + " dormant followers, p50", with);
    add("dormant.none.p50_ms", "post, no followers, p50", without);
    run.report().addRatio(kDormantRatio, median(with) / median(without),
                          "p50 from the call to the delivery, an author with " + withThousands(dormant) +
                              " dormant followers / one without followers");
    return {};
}

} // namespace

Result<void> measureDormant(BenchRun& run, Population& population)
{
    const int dormant = run.sizes().dormantFollowers;
    run.step("dormant followers: making " + withThousands(dormant));
    // Nobody is pulled meanwhile: dormant readers of a pulled author are not asked for at all.
    ROOKERY_TRY(run.operations().setPushThreshold({PushThreshold::Kind::Never, 0}, callDeadline()));
    ROOKERY_ASSIGN(const auto authors, population.makeUsers(2));
    ROOKERY_TRY(makeDormantFollowers(run, authors[0], dormant));
    run.report().prepared.push_back("An author with " + withThousands(dormant) +
                                    " dormant followers, written as rows into the author's shard.");
    for (int i = 0; i < 3; ++i) { // to warm up
        ROOKERY_TRY(timePost(run, authors[0], i, dormant));
        ROOKERY_TRY(timePost(run, authors[1], i, 0));
    }
    for (int round = 0; round < run.sizes().rounds; ++round) {
        run.step("dormant followers, round " + std::to_string(round + 1));
        ROOKERY_TRY(measureRound(run, authors[0], authors[1]));
    }
    ROOKERY_TRY(run.operations().setPushThreshold({}, callDeadline()));
    ROOKERY_TRY(run.drain());
    return run.requireNoDeadLetters();
}

} // namespace app
