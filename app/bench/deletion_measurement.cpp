#include "app/bench/measurements.h"

#include <algorithm>
#include <thread>

using namespace backend;

namespace app {
namespace {

constexpr int kOthers = 16;
constexpr const char* kDeletingRatio = "post_p99_deleting_vs_idle";

struct Others
{
    std::vector<UserId> authors;
    std::size_t next = 0;
};
struct Sample
{
    std::vector<double> commits, deliveries; // ms
};

// Authors with one reader, who follows them all.
Result<Others> makeOthers(BenchRun& run, Population& population)
{
    Others others;
    ROOKERY_ASSIGN(others.authors, population.makeUsers(kOthers));
    ROOKERY_ASSIGN(const auto readers, population.makeUsers(1));
    std::vector<BulkFollow> follows;
    for (const auto author : others.authors)
        follows.push_back({readers.front(), author});
    ROOKERY_TRY(population.follow(follows));
    ROOKERY_TRY(run.drain());
    return others;
}

// Posts one in so long.
Result<Sample> post(BenchRun& run, Others& others)
{
    Sample sample;
    std::vector<PostId> posts;
    auto at = std::chrono::steady_clock::now();
    for (int i = 0; i < run.sizes().deletionSamples; ++i) {
        ROOKERY_TRY(run.goOn());
        std::this_thread::sleep_until(at);
        at = std::max(at, std::chrono::steady_clock::now()) +
             std::chrono::microseconds(run.sizes().postGapMicroseconds);
        const Stopwatch watch;
        ROOKERY_ASSIGN(const auto made, run.feed().post(others.authors[others.next++ % others.authors.size()],
                                                        benchBody(i), callDeadline()));
        sample.commits.push_back(watch.milliseconds());
        posts.push_back(made.id);
    }
    ROOKERY_ASSIGN(sample.deliveries, deliveryTimes(run, posts));
    return sample;
}

void report(BenchRun& run, const std::string& state, const std::string& label, const Sample& sample)
{
    const auto note = std::to_string(kOthers) + " authors with one follower, one post in " +
                      std::to_string(run.sizes().postGapMicroseconds / 1'000) + " ms";
    const auto add = [&](const std::string& name, const std::string& what, const std::vector<double>& times) {
        for (const auto& [quantileName, fraction] : {std::pair{"p50", 0.50}, {"p99", 0.99}})
            run.report().add({"deletion." + state + "." + name + "." + quantileName + "_ms",
                              what + " " + label + ", " + quantileName,
                              "ms",
                              {},
                              std::int64_t(times.size()),
                              note},
                             quantile(times, fraction));
    };
    add("post", "Feed::post", sample.commits);
    add("delivery", "commit to delivery", sample.deliveries);
}

// How many posts of the account are deleted by now.
Result<std::int64_t> deletedPosts(BenchRun& run, UserId account)
{
    ROOKERY_ASSIGN(const auto deletions, run.operations().accountDeletions(10, callDeadline()));
    for (const auto& one : deletions)
        if (one.user == account) return one.posts;
    return std::int64_t(0); // its first task has not run yet
}

Result<void> requireGone(BenchRun& run, UserId account)
{
    ROOKERY_ASSIGN(const auto deleted, deletedPosts(run, account));
    if (deleted == run.sizes().deletedPosts) return {};
    return fail(ErrorCode::Internal, "of the deleted account's " + withThousands(run.sizes().deletedPosts) +
                                         " posts " + withThousands(deleted) + " are deleted");
}

} // namespace

Result<void> measureDeletion(BenchRun& run, Population& population)
{
    const int count = run.sizes().deletedPosts;
    const auto label = "while " + withThousands(count) + " posts are deleted";
    run.step("deletion: making an account with " + withThousands(count) + " posts");
    ROOKERY_ASSIGN(auto others, makeOthers(run, population));
    ROOKERY_ASSIGN(const auto leavers, population.makeUsers(1));
    const auto account = leavers.front();
    ROOKERY_TRY(population.postLongAgo(account, count));
    ROOKERY_TRY(run.drain());
    run.report().prepared.push_back("An account with " + withThousands(count) +
                                    " posts, which nobody follows: bulkPost.");
    run.step("deletion: warming up");
    ROOKERY_TRY(post(run, others));
    ROOKERY_TRY(run.drain());
    std::vector<Sample> idle;
    for (int round = 0; round < run.sizes().rounds; ++round) {
        run.step("posts before a deletion, round " + std::to_string(round + 1));
        ROOKERY_ASSIGN(const auto sample, post(run, others));
        idle.push_back(sample);
        ROOKERY_TRY(run.drain());
    }

    ROOKERY_TRY(run.feed().deleteUser(account, callDeadline()));
    for (int round = 0; round < run.sizes().rounds; ++round) {
        run.step("posts beside a deletion, round " + std::to_string(round + 1));
        ROOKERY_ASSIGN(const auto beside, post(run, others));
        ROOKERY_ASSIGN(const auto deleted, deletedPosts(run, account));
        if (deleted >= count) break; // it was over before this round was
        report(run, "idle", "before a deletion", idle[std::size_t(round)]);
        report(run, "deleting", label, beside);
        run.report().addRatio(
            kDeletingRatio, quantile(beside.commits, 0.99) / quantile(idle[std::size_t(round)].commits, 0.99),
            "p99 of others' Feed::post " + label + " / p99 before that");
    }
    run.report().noRatio(kDeletingRatio, "the account was gone before enough posts could be timed beside it");
    run.step("deletion: until nothing is left of the account");
    ROOKERY_TRY(run.drain());
    ROOKERY_TRY(requireGone(run, account));
    return run.requireNoDeadLetters();
}

} // namespace app
