// An author with very many followers, made in bulk the first time, posts a few times.
#include "backend/workload/scenario_people.h"

#include <algorithm>
#include <cstdio>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kImport = "demo scenario celebrity"; // what the directory remembers the fans by
constexpr std::int64_t kUsual = 100'000;
constexpr std::int64_t kFansAtOnce = 2'500;
constexpr int kBulkTries = 15; // of calls that are short, so that a stop is obeyed soon
constexpr int kPosts = 8;
constexpr auto kBetween = 2s;
constexpr auto kPatience = 60s; // for the last deliveries

class CelebrityPosts final : public ScenarioPlay
{
public:
    Result<void> play(ScenarioRun& run) override;
    Result<void> undo(ScenarioRun& run) override;

private:
    Result<void> makeFans(ScenarioRun& run, std::int64_t wanted);
    Result<void> addFans(ScenarioRun& run, std::int64_t from, std::int64_t to);
    Result<void> pushEverybody(ScenarioRun& run);
    Result<void> postAndWatch(ScenarioRun& run, int number);
    Result<void> follow(ScenarioRun& run, PostId post, Milliseconds most, const std::string& what);
    UserId userId(std::int64_t index) const; // 0 is the celebrity
    static std::string handleOf(std::int64_t index);

    int m_shards = 1;
    ImportRecord m_record;
    std::optional<PushThreshold> m_threshold; // as it was, where it was changed
};

// Again while a node is slow, until it is stopped.
Result<void> insist(ScenarioRun& run, const std::function<Result<BulkResult>()>& call)
{
    auto done = call();
    for (int i = 1; !done && done.error().retryable && i < kBulkTries; ++i) {
        if (!run.wait(100ms)) return fail(ErrorCode::Cancelled, "stopped");
        done = call();
    }
    if (!done) return fail(std::move(done.error()));
    return {};
}

UserId CelebrityPosts::userId(std::int64_t index) const
{
    // In the milliseconds before the first start, the highest below it.
    const std::int64_t begin = m_record.timeShiftMs - kMostFollowers / m_shards - 60'000;
    return UserId{makeRawId(begin + index / m_shards, int(index % m_shards), m_record.idSlots.front())};
}

std::string CelebrityPosts::handleOf(std::int64_t index)
{
    if (index == 0) return "celebrity";
    char text[32];
    std::snprintf(text, sizeof text, "fan_%07lld", static_cast<long long>(index));
    return text;
}

Result<void> CelebrityPosts::play(ScenarioRun& run)
{
    const std::int64_t wanted = run.size > 0 ? run.size : kUsual;
    run.about("@" + handleOf(0));
    ROOKERY_TRY(makeFans(run, wanted));
    ROOKERY_TRY(pushEverybody(run));
    for (int number = 1; number <= kPosts; ++number)
        ROOKERY_TRY(postAndWatch(run, number));
    return {};
}

Result<void> CelebrityPosts::makeFans(ScenarioRun& run, std::int64_t wanted)
{
    const auto now =
        std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    auto& operations = run.engine.operations();
    m_shards = run.engine.shardCount();
    ROOKERY_ASSIGN(m_record,
                   operations.openImport(std::string(kImport), 1, now - kIdEpochUnixMs, scenarioDeadline()));
    const auto began = std::chrono::steady_clock::now();
    const auto had = m_record.linesDone;
    while (m_record.linesDone < wanted) {
        const auto to = std::min(wanted, m_record.linesDone + kFansAtOnce);
        run.tell(ScenarioState::Preparing,
                 "giving @celebrity followers: " + grouped(m_record.linesDone) + " of " + grouped(wanted),
                 double(m_record.linesDone) / double(wanted));
        ROOKERY_TRY(addFans(run, m_record.linesDone + 1, to));
        m_record.linesDone = to;
        ROOKERY_TRY(operations.saveImport(m_record, scenarioDeadline()));
        if (run.stopped()) {
            run.log("Stopped with " + grouped(to) + " followers; the next start goes on from there.");
            return fail(ErrorCode::Cancelled, "stopped");
        }
    }
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (had > wanted)
        run.log("@celebrity keeps the " + grouped(had) +
                " followers of an earlier run: posts go to all of them.");
    if (had < wanted)
        run.log("@celebrity has " + grouped(wanted) + " followers; making " + grouped(wanted - had) +
                " took " + seconds(took) + ".");
    return {};
}

// Accounts from … to, both included, and their follows. Run again after a lost answer they change nothing.
Result<void> CelebrityPosts::addFans(ScenarioRun& run, std::int64_t from, std::int64_t to)
{
    std::vector<BulkUser> users;
    std::vector<BulkFollow> follows;
    if (from == 1) users.push_back({userId(0), handleOf(0), "Celebrity"});
    for (auto index = from; index <= to; ++index) {
        users.push_back({userId(index), handleOf(index), "Fan " + std::to_string(index)});
        follows.push_back({userId(index), userId(0)});
    }
    ROOKERY_TRY(
        insist(run, [&] { return run.engine.operations().bulkCreateUsers(users, scenarioDeadline()); }));
    return insist(run, [&] { return run.engine.operations().bulkFollow(follows, scenarioDeadline()); });
}

// An author who is pulled costs no delivery at all, and there would be nothing to see.
Result<void> CelebrityPosts::pushEverybody(ScenarioRun& run)
{
    auto& operations = run.engine.operations();
    ROOKERY_ASSIGN(const auto policy, operations.fanoutPolicy(scenarioDeadline()));
    if (policy.threshold.kind == PushThreshold::Kind::Never) return {};
    ROOKERY_TRY(operations.setPushThreshold({PushThreshold::Kind::Never, 0}, scenarioDeadline()));
    m_threshold = policy.threshold;
    run.log("The push threshold is \"never\" for the time of this scenario (it was \"" +
            toString(policy.threshold) + "\").");
    const auto pulled = [&](const FanoutPolicy& now) {
        return std::any_of(now.pulled.begin(), now.pulled.end(), [this](const auto& one) {
            return one.author == userId(0) && one.state != PullState::Ending;
        });
    };
    for (int i = 0; i < 50; ++i) { // engines obey within seconds
        ROOKERY_ASSIGN(const auto now, operations.fanoutPolicy(scenarioDeadline()));
        if (!pulled(now)) return {};
        run.tell(ScenarioState::Preparing, "waiting until @celebrity is pushed again", -1);
        if (!run.wait(200ms)) return fail(ErrorCode::Cancelled, "stopped");
    }
    return fail(
        ErrorCode::DeadlineExceeded,
        "@celebrity is still pulled after 10 s, and its posts would not be delivered: see that engines "
        "run, then start it again.");
}

Result<void> CelebrityPosts::postAndWatch(ScenarioRun& run, int number)
{
    const std::string what = "post " + std::to_string(number) + " of " + std::to_string(kPosts);
    run.tell(ScenarioState::Running, what, double(number - 1) / kPosts);
    ROOKERY_ASSIGN(
        const auto post,
        run.engine.feed().post(userId(0), "Good morning, all of you (" + what + ")", scenarioDeadline()));
    ROOKERY_TRY(
        follow(run, post.id, number < kPosts ? Milliseconds(kBetween) : Milliseconds(kPatience), what));
    return {};
}

// Tells how far the post's deliveries are, until they are complete or the time is up.
Result<void> CelebrityPosts::follow(ScenarioRun& run, PostId post, Milliseconds most, const std::string& what)
{
    const bool last = most > kBetween;
    bool told = false;
    for (const auto until = std::chrono::steady_clock::now() + most;
         std::chrono::steady_clock::now() < until;) {
        const auto ledger = run.engine.monitor().ledger(post, scenarioDeadline());
        if (ledger && ledger->audience > 0 && !told) {
            run.tell(ScenarioState::Running,
                     what + ": " + grouped(ledger->accounted()) + " of " + grouped(ledger->audience) +
                         " readers",
                     double(ledger->accounted()) / double(ledger->audience));
            if (ledger->complete() && ledger->lastDeliveryAt) {
                const std::chrono::duration<double> took = *ledger->lastDeliveryAt - ledger->committedAt;
                run.log("The " + what + " reached " + grouped(ledger->pushed) + " readers in " +
                        seconds(took.count()) + ".");
                told = true;
            }
        }
        if (told && last) return {};
        if (!run.wait(100ms)) return fail(ErrorCode::Cancelled, "stopped");
    }
    if (!told) run.log("The " + what + " is still being delivered.");
    return {};
}

Result<void> CelebrityPosts::undo(ScenarioRun& run)
{
    if (!m_threshold) return {};
    ROOKERY_ASSIGN(const auto now, run.engine.operations().fanoutPolicy(scenarioDeadline()));
    if (now.threshold.kind != PushThreshold::Kind::Never) {
        run.log("Somebody set the push threshold to \"" + toString(now.threshold) +
                "\" meanwhile: it stays.");
        return {};
    }
    ROOKERY_TRY(run.engine.operations().setPushThreshold(*m_threshold, scenarioDeadline()));
    run.log("The push threshold is \"" + toString(*m_threshold) + "\" again.");
    return {};
}

} // namespace

std::unique_ptr<ScenarioPlay> celebrityPosts()
{
    return std::make_unique<CelebrityPosts>();
}

} // namespace backend
