#include "backend/workload/synthetic.h"

#include <algorithm>
#include <cmath>

namespace backend {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kRowsAtOnce = 2'500;
constexpr auto kDeedCall = 2s; // of one deed
constexpr auto kBulkCall = 30s;
constexpr auto kDay = 600s; // the crowd's day
constexpr auto kSampleWindow = 5s;
constexpr auto kIdle = 100ms;
constexpr double kLongestSleep = 1; // seconds: other rates may be wanted by then
constexpr std::size_t kRemembered = 2'000;
constexpr std::string_view kCrowd = "synthetic crowd "; // what the directory remembers crowds by

void sleepUntil(SteadyClock::time_point at, const std::stop_token& stop)
{
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_until(lock, stop, at, [] { return false; });
}

// Of this moment of the crowd's day.
double rhythmNow()
{
    const double sinceEpoch =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    const double days = sinceEpoch / std::chrono::duration<double>(kDay).count();
    return dailyRhythm(days - std::floor(days));
}

Deadline deedDeadline()
{
    return Deadline::after(kDeedCall);
}

} // namespace

SyntheticWorkload::SyntheticWorkload(Engine& engine, SyntheticOptions options)
    : m_engine(engine)
    , m_options(options)
    , m_popular(options.users)
{
    m_status.wanted = options.rates;
    m_status.running = m_status.begun = options.begin;
    m_status.crowdThere = options.crowdThere;
    m_thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

SyntheticWorkload::~SyntheticWorkload() = default;

WorkloadStatus SyntheticWorkload::status() const
{
    const std::lock_guard lock(m_mutex);
    auto out = m_status;
    out.rhythm = rhythmNow();
    return out;
}

void SyntheticWorkload::setRates(const WorkloadRates& rates)
{
    const std::lock_guard lock(m_mutex);
    m_status.wanted = rates;
}

void SyntheticWorkload::setRunning(bool running)
{
    const std::lock_guard lock(m_mutex);
    m_status.running = running;
    if (running) m_status.begun = true;
    m_asked.notify_all();
    if (m_status.phase == "running" || m_status.phase == "stopped")
        m_status.phase = running ? "running" : "stopped";
}

void SyntheticWorkload::setPhase(const std::string& phase, double fraction)
{
    const std::lock_guard lock(m_mutex);
    m_status.phase = phase;
    m_status.phaseFraction = fraction;
    m_status.error.clear(); // it got further
}

void SyntheticWorkload::awaitBegin(const std::stop_token& stop)
{
    std::unique_lock lock(m_mutex);
    m_asked.wait(lock, stop, [this] { return m_status.begun; });
}

void SyntheticWorkload::run(const std::stop_token& stop)
{
    awaitBegin(stop);
    if (stop.stop_requested()) return;
    // A node that is down while the crowd is made is waited for.
    for (Result<void> made = makeCrowd(stop); !made && !stop.stop_requested(); made = makeCrowd(stop)) {
        {
            const std::lock_guard lock(m_mutex);
            m_status.phase = "failed";
            m_status.error = made.error().message;
        }
        sleepUntil(SteadyClock::now() + 2s, stop);
    }
    if (stop.stop_requested()) return;
    setPhase(status().running ? "running" : "stopped", 1);
    std::vector<std::jthread> deeds;
    for (const auto deed : {kPost, kRead, kRead, kFollow})
        deeds.emplace_back([this, deed, &stop](const std::stop_token&) { repeat(deed, stop); });
    while (!stop.stop_requested()) {
        sample();
        sleepUntil(SteadyClock::now() + 500ms, stop);
    }
}

bool SyntheticWorkload::isCrowd(const std::string& import)
{
    return import.starts_with(kCrowd);
}

Result<void> SyntheticWorkload::makeCrowd(const std::stop_token& stop)
{
    // Remembered like an import, under a name of its own: a kept cluster finds its crowd again.
    const std::string name =
        std::string(kCrowd) + std::to_string(m_options.seed) + " of " + std::to_string(m_options.users);
    const auto now =
        std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    ROOKERY_ASSIGN(auto record, m_engine.operations().openImport(name, 1, now - kIdEpochUnixMs,
                                                                 Deadline::after(kBulkCall)));
    const int shards = m_engine.shardCount();
    const std::int64_t begin = record.timeShiftMs - 60'000;
    m_ids.clear();
    for (int i = 0; i < m_options.users; ++i)
        m_ids.push_back(UserId{makeRawId(begin + i / shards, i % shards, record.idSlots.front())});
    if (record.phase != "done") {
        ROOKERY_TRY(makeUsers(stop));
        ROOKERY_TRY(makeFollows(stop));
        record.phase = "done";
        ROOKERY_TRY(m_engine.operations().saveImport(record, Deadline::after(kBulkCall)));
    }
    const std::lock_guard lock(m_mutex);
    m_status.users = m_options.users;
    m_status.follows =
        std::int64_t(crowdFollows(m_options.users, m_options.followsPerUser, m_options.seed).size());
    m_status.error.clear();
    return {};
}

Result<void> SyntheticWorkload::makeUsers(const std::stop_token& stop)
{
    std::vector<BulkUser> batch;
    for (int i = 0; i < m_options.users; ++i) {
        batch.push_back({userId(i), crowdHandle(i), crowdDisplayName(i)});
        if (batch.size() < kRowsAtOnce && i + 1 < m_options.users) continue;
        if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "the demo is closing");
        ROOKERY_TRY(m_engine.operations().bulkCreateUsers(batch, Deadline::after(kBulkCall)));
        batch.clear();
        setPhase("creating accounts", double(i + 1) / m_options.users);
        const std::lock_guard lock(m_mutex);
        m_status.users = i + 1;
    }
    return {};
}

Result<void> SyntheticWorkload::makeFollows(const std::stop_token& stop)
{
    const auto edges = crowdFollows(m_options.users, m_options.followsPerUser, m_options.seed);
    std::vector<BulkFollow> batch;
    for (std::size_t i = 0; i < edges.size(); ++i) {
        batch.push_back({userId(edges[i].first), userId(edges[i].second)});
        if (batch.size() < 2 * kRowsAtOnce && i + 1 < edges.size()) continue;
        if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "the demo is closing");
        ROOKERY_TRY(m_engine.operations().bulkFollow(batch, Deadline::after(kBulkCall)));
        batch.clear();
        setPhase("following", double(i + 1) / double(edges.size()));
        const std::lock_guard lock(m_mutex);
        m_status.follows = std::int64_t(i + 1);
    }
    return {};
}

double SyntheticWorkload::wantedRate(Deed deed) const
{
    const double rhythm = rhythmNow();
    const std::lock_guard lock(m_mutex);
    if (!m_status.running) return 0;
    const auto& wanted = m_status.wanted;
    return rhythm * (deed == kPost   ? wanted.postsPerSecond
                     : deed == kRead ? wanted.readsPerSecond / 2
                                     : wanted.followsPerSecond);
}

// Deeds come at random moments around the rate; what cannot keep up does not pile up.
void SyntheticWorkload::repeat(Deed deed, const std::stop_token& stop)
{
    std::mt19937_64 random(std::random_device{}());
    std::vector<PostId> own;
    std::deque<std::pair<UserId, UserId>> made;
    auto next = SteadyClock::now();
    int ahead = 0; // calls done beyond what was due: each takes its time, at the rate that is wanted by then
    while (!stop.stop_requested()) {
        const double rate = wantedRate(deed);
        if (rate <= 0) {
            sleepUntil(SteadyClock::now() + kIdle, stop);
            next = SteadyClock::now();
            continue;
        }
        const double gap = std::exponential_distribution<>(rate)(random);
        const bool due = gap <= kLongestSleep; // else later: what is to come does not depend on what was
        next += std::chrono::duration_cast<SteadyClock::duration>(
            std::chrono::duration<double>(std::min(gap, kLongestSleep)));
        next = std::max(next, SteadyClock::now() - kIdle);
        if (next > SteadyClock::now()) sleepUntil(next, stop);
        if (stop.stop_requested()) return;
        if (!due) continue;
        if (ahead > 0) {
            --ahead;
            continue;
        }
        const auto done = deed == kPost   ? postOrDelete(random, own)
                          : deed == kRead ? read(random)
                                          : followOrUnfollow(random, made);
        if (done) {
            m_done[std::size_t(deed)] += *done;
            ahead = std::max(0, *done - 1);
            continue;
        }
        {
            const std::lock_guard lock(m_mutex);
            m_status.error = done.error().message;
            m_failedAt = SteadyClock::now();
        }
        sleepUntil(SteadyClock::now() + kIdle, stop); // a cluster in trouble is not hammered
    }
}

Result<int> SyntheticWorkload::postOrDelete(std::mt19937_64& random, std::vector<PostId>& own)
{
    if (!own.empty() && random() % 50 == 0) { // some regret it
        const auto victim = random() % own.size();
        const PostId post = own[victim];
        own.erase(own.begin() + std::ptrdiff_t(victim));
        ROOKERY_TRY(m_engine.feed().deletePost(post, deedDeadline()));
        return 0;
    }
    // The popular write more, but not as much more as they are followed.
    const int author = random() % 2 == 0 ? m_popular(random) : int(random() % std::uint64_t(m_options.users));
    ROOKERY_ASSIGN(const auto post, m_engine.feed().post(userId(author), crowdPost(random), deedDeadline()));
    if (own.size() < kRemembered) own.push_back(post.id);
    return 1;
}

Result<int> SyntheticWorkload::read(std::mt19937_64& random)
{
    const UserId reader = userId(int(random() % std::uint64_t(m_options.users)));
    PageQuery query;
    const auto dice = random() % 20;
    if (dice == 0) {
        ROOKERY_TRY(m_engine.feed().publicPage(query, deedDeadline()));
        return 1;
    }
    if (dice < 4) {
        const UserId author = userId(m_popular(random));
        ROOKERY_TRY(m_engine.feed().profile(author, deedDeadline()));
        ROOKERY_TRY(m_engine.feed().authorPage(author, query, deedDeadline()));
        return 2;
    }
    ROOKERY_ASSIGN(const auto page, m_engine.feed().homePage(reader, query, deedDeadline()));
    if (!page.next || random() % 4 != 0) return 1;
    query.before = page.next; // scrolls on
    ROOKERY_TRY(m_engine.feed().homePage(reader, query, deedDeadline()));
    return 2;
}

Result<int> SyntheticWorkload::followOrUnfollow(std::mt19937_64& random,
                                                std::deque<std::pair<UserId, UserId>>& made)
{
    if (made.size() > 20 && random() % 2 == 0) {
        const auto [follower, followee] = made.front();
        made.pop_front();
        ROOKERY_TRY(m_engine.feed().unfollow(follower, followee, deedDeadline()));
        return 1;
    }
    const UserId follower = userId(int(random() % std::uint64_t(m_options.users))),
                 followee = userId(m_popular(random));
    if (follower == followee) return 0;
    ROOKERY_TRY(m_engine.feed().follow(follower, followee, deedDeadline()));
    if (made.size() < kRemembered) made.emplace_back(follower, followee);
    return 1;
}

void SyntheticWorkload::sample()
{
    Sample now{SteadyClock::now(), {}};
    for (std::size_t i = 0; i < kDeeds; ++i)
        now.done[i] = m_done[i];
    const std::lock_guard lock(m_mutex);
    if (now.at - m_failedAt > kSampleWindow) m_status.error.clear(); // all has gone well since
    m_samples.push_back(now);
    while (m_samples.size() > 2 && now.at - m_samples.front().at > kSampleWindow)
        m_samples.pop_front();
    const auto& first = m_samples.front();
    const double seconds = std::chrono::duration<double>(now.at - first.at).count();
    if (seconds <= 0) return;
    const auto rate = [&](Deed deed) { return double(now.done[deed] - first.done[deed]) / seconds; };
    m_status.actual = {rate(kPost), rate(kRead), rate(kFollow)};
}

} // namespace backend
