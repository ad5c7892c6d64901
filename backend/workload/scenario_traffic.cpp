// Scenarios that are nothing but traffic: thousands of posts deleted at once, one logical shard that gets
// everything.
#include "backend/workload/scenario_people.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace backend {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

// --- delete storm

constexpr std::int64_t kUsualPosts = 4'000, kMostPosts = 50'000;
constexpr double kReadsBeside = 60;
constexpr std::int64_t kFewTasks = 100; // the demo's own traffic always has some under way
constexpr auto kDelivering = 60s, kReclaiming = 120s;

class DeleteStorm final : public ScenarioPlay
{
public:
    Result<void> play(ScenarioRun& run) override;
    Result<void> undo(ScenarioRun& run) override;

private:
    Result<void> write(ScenarioRun& run, const std::vector<UserId>& authors, std::int64_t count);
    Result<void> deleteAll(ScenarioRun& run, ScenarioState state);

    std::vector<PostId> m_posts; // that stand
};

Result<void> DeleteStorm::play(ScenarioRun& run)
{
    ROOKERY_ASSIGN(const auto people, somePeople(run));
    const auto count = std::min(run.size > 0 ? run.size : kUsualPosts, kMostPosts);
    run.about("post_deleted");
    ROOKERY_TRY(write(run, people, count));
    waitForQueue(run, kFewTasks, kDelivering, [&](std::int64_t left) {
        run.tell(ScenarioState::Preparing, "delivering them: " + grouped(left) + " tasks left", -1);
    });
    if (run.stopped()) return fail(ErrorCode::Cancelled, "stopped");
    const ReadTraffic readers(run, people, kReadsBeside);
    const auto began = SteadyClock::now();
    ROOKERY_TRY(deleteAll(run, ScenarioState::Running));
    const auto since = [&] { return std::chrono::duration<double>(SteadyClock::now() - began).count(); };
    run.log(grouped(count) + " posts are deleted and hidden everywhere after " + seconds(since()) + ".");
    const bool drained = waitForQueue(run, kFewTasks, kReclaiming, [&](std::int64_t left) {
        run.tell(ScenarioState::Running, "reclaiming their space: " + grouped(left) + " tasks left", -1);
    });
    if (drained)
        run.log("Their space is reclaimed after " + seconds(since()) + "; " + grouped(readers.pages()) +
                " pages were read meanwhile, " + grouped(readers.readThrough()) +
                " of them from PostgreSQL.");
    return {};
}

Result<void> DeleteStorm::write(ScenarioRun& run, const std::vector<UserId>& authors, std::int64_t count)
{
    std::mutex mutex;
    m_posts.reserve(std::size_t(count));
    return sideBySide(
        run, count,
        [&](std::int64_t index) -> Result<void> {
            const auto author = authors[std::size_t(index * 7919) % authors.size()];
            ROOKERY_ASSIGN(const auto post, run.engine.feed().post(author, "This will not stand for long.",
                                                                   scenarioDeadline()));
            const std::lock_guard lock(mutex);
            m_posts.push_back(post.id);
            return {};
        },
        [&](std::int64_t done) {
            run.tell(ScenarioState::Preparing, "posting " + grouped(done) + " of " + grouped(count),
                     double(done) / double(count));
        });
}

Result<void> DeleteStorm::deleteAll(ScenarioRun& run, ScenarioState state)
{
    const auto posts = m_posts;
    ROOKERY_TRY(sideBySide(
        run, std::int64_t(posts.size()),
        [&](std::int64_t index) {
            return run.engine.feed().deletePost(posts[std::size_t(index)], scenarioDeadline());
        },
        [&](std::int64_t done) {
            run.tell(state, "deleting " + grouped(done) + " of " + grouped(std::int64_t(posts.size())),
                     double(done) / double(posts.size()));
        }));
    m_posts.clear();
    return {};
}

// Stopped before the end: what it had posted goes all the same. Deleting a post again does nothing.
Result<void> DeleteStorm::undo(ScenarioRun& run)
{
    if (m_posts.empty() || run.stopped()) return {};
    const auto count = m_posts.size();
    ROOKERY_TRY(deleteAll(run, ScenarioState::Undoing));
    run.log("Stopped: the " + grouped(std::int64_t(count)) + " posts that were made for it are deleted.");
    return {};
}

// --- hot shard

constexpr double kHotReads = 300;
constexpr auto kHotPost = 100ms; // between two posts

class HotShard final : public ScenarioPlay
{
public:
    Result<void> play(ScenarioRun& run) override;
};

// Where most of these people live.
int fullestShard(const std::vector<UserId>& people)
{
    std::map<int, int> count;
    for (const auto user : people)
        ++count[user.shard()];
    return std::max_element(count.begin(), count.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
}

Result<void> HotShard::play(ScenarioRun& run)
{
    ROOKERY_ASSIGN(const auto people, somePeople(run));
    const int shard = fullestShard(people);
    const auto there = onShards(people, [shard](int one) { return one == shard; });
    const auto length = std::min(run.size > 0 ? run.size : kUsualSeconds, kMostSeconds);
    run.about("shard " + std::to_string(shard));
    run.log(grouped(std::int64_t(there.size())) + " accounts of logical shard " + std::to_string(shard) +
            " get all of it: " + grouped(std::int64_t(kHotReads)) + " reads/s and 10 posts/s.");
    const ReadTraffic readers(run, there, kHotReads);
    const auto began = SteadyClock::now();
    std::int64_t posts = 0;
    for (auto next = began; SteadyClock::now() - began < std::chrono::seconds(length); next += kHotPost) {
        const auto author = there[std::size_t(posts) % there.size()];
        if (run.engine.feed().post(author, "Everybody is here.", scenarioDeadline())) ++posts;
        const double passed = std::chrono::duration<double>(SteadyClock::now() - began).count();
        run.tell(ScenarioState::Running,
                 grouped(readers.pages()) + " pages read, " + grouped(posts) + " posts; " +
                     std::to_string(std::max<std::int64_t>(0, length - std::int64_t(passed))) + " s left",
                 passed / double(length));
        next = std::max(next, SteadyClock::now() - kHotPost);
        const auto left = std::chrono::duration_cast<Milliseconds>(next + kHotPost - SteadyClock::now());
        if (!run.wait(left)) break;
    }
    run.log(grouped(readers.pages()) + " pages were read and " + grouped(posts) + " posts made, " +
            grouped(readers.failed()) + " reads failed.");
    return {};
}

} // namespace

std::unique_ptr<ScenarioPlay> deleteStorm()
{
    return std::make_unique<DeleteStorm>();
}

std::unique_ptr<ScenarioPlay> hotShard()
{
    return std::make_unique<HotShard>();
}

} // namespace backend
