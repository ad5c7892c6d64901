#include "backend/workload/importer.h"

#include "backend/common/log.h"

#include <algorithm>

namespace backend {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kAccountsAtOnce = 5'000, kFollowsAtOnce = 5'000, kPostsAtOnce = 1'000;
constexpr std::int64_t kSaveEvery = 5'000; // lines
constexpr int kSlots = 4;
constexpr auto kImportCall = 60s;
constexpr auto kTick = 50ms;

// Paused ones do nothing either. What is not known yet is not told.
bool nobodyWorks(const SnapshotPtr& snapshot)
{
    if (!snapshot || snapshot->engines.empty()) return false;
    return std::none_of(snapshot->engines.begin(), snapshot->engines.end(),
                        [](const auto& engine) { return engine.workers > 0 && !engine.paused; });
}

Deadline callDeadline()
{
    return Deadline::after(kImportCall);
}

Error cancelled()
{
    return {ErrorCode::Cancelled, "the import was cancelled; run it again to go on where it stopped", false};
}

std::string bodyOf(const ActivityLog& log, const ActivityLine& line)
{
    const std::string target = "@" + ImportIds::handleOf(log.users[line.target]);
    switch (line.kind) {
    case ActivityKind::Retweet:
        return "RT " + target;
    case ActivityKind::Mention:
        return "Talking about " + target;
    case ActivityKind::Reply:
        return target + " yes, I saw it too";
    }
    return target;
}

double secondsSince(SteadyClock::time_point at)
{
    return std::chrono::duration<double>(SteadyClock::now() - at).count();
}

} // namespace

Importer::Importer(Engine& engine, ImportOptions options)
    : m_engine(engine)
    , m_options(std::move(options))
{
    m_status.file = m_options.file.string();
    m_status.speed = m_options.speed;
    m_thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Importer::~Importer() = default;

void Importer::cancel()
{
    m_thread.request_stop();
}

ReplayStatus Importer::status() const
{
    const bool idle = nobodyWorks(m_engine.monitor().snapshot());
    const std::lock_guard lock(m_mutex);
    auto status = m_status;
    const double elapsed = secondsSince(m_phaseAt);
    const auto done = status.phase == ReplayPhase::Accounts  ? status.accounts
                      : status.phase == ReplayPhase::Follows ? status.follows
                      : status.phase == ReplayPhase::Posts   ? status.posts
                                                             : status.linesDone;
    const bool ended = status.phase == ReplayPhase::Done || status.phase == ReplayPhase::Cancelled ||
                       status.phase == ReplayPhase::Failed;
    if (!ended && elapsed > 0) status.ratePerSecond = double(done - m_phaseFrom) / elapsed;
    const double fraction = status.fraction();
    if (!ended && status.ratePerSecond > 0 && fraction > 0 && fraction < 1)
        status.secondsLeft = (double(done) / fraction - double(done)) / status.ratePerSecond;
    status.nobodyDelivers = status.phase == ReplayPhase::Posts && idle;
    if (status.tasksAhead && idle) status.secondsLeft.reset();
    if (status.phase == ReplayPhase::Posts && m_lastPostAt)
        status.secondsLeft = std::max(0.0, -secondsSince(*m_lastPostAt)); // a log is not evenly busy
    return status;
}

ImportTimings Importer::timings() const
{
    const std::lock_guard lock(m_mutex);
    return m_timings;
}

void Importer::begin(ReplayPhase phase)
{
    const std::lock_guard lock(m_mutex);
    m_status.phase = phase;
    m_phaseAt = SteadyClock::now();
    m_phaseFrom = phase == ReplayPhase::Posts ? m_status.posts : 0;
}

void Importer::progressed(std::int64_t ReplayStatus::*counter, std::int64_t done)
{
    const std::lock_guard lock(m_mutex);
    m_status.*counter = done;
}

void Importer::tellTasks(std::optional<std::int64_t> ReplayStatus::*what, std::optional<std::int64_t> tasks)
{
    const std::lock_guard lock(m_mutex);
    m_status.*what = tasks;
}

// As much later than planned as the next post is.
void Importer::expectEnd(SteadyClock::time_point planned, SteadyClock::time_point next)
{
    const std::lock_guard lock(m_mutex);
    m_lastPostAt = planned + std::max(SteadyClock::duration(0), SteadyClock::now() - next);
}

void Importer::run(const std::stop_token& stop)
{
    Result<void> done;
    try {
        done = import(stop);
    } catch (const std::exception& e) {
        done = fail(ErrorCode::Internal, std::string("the import failed: ") + e.what());
    }
    const std::lock_guard lock(m_mutex);
    if (done) {
        m_status.phase = ReplayPhase::Done;
    } else if (done.error().code == ErrorCode::Cancelled) {
        m_status.phase = ReplayPhase::Cancelled;
        m_status.error = done.error().message;
    } else {
        m_status.phase = ReplayPhase::Failed;
        m_status.error = done.error().message;
    }
}

Result<void> Importer::import(const std::stop_token& stop)
{
    const auto timed = [&](double ImportTimings::*seconds, auto step) -> Result<void> {
        const auto at = SteadyClock::now();
        const auto done = (this->*step)(stop);
        const std::lock_guard lock(m_mutex);
        m_timings.*seconds = secondsSince(at);
        return done;
    };
    ROOKERY_TRY(timed(&ImportTimings::readingSeconds, &Importer::prepare));
    if (m_record.phase == "done") return {};
    if (m_record.phase == "accounts") {
        ROOKERY_TRY(timed(&ImportTimings::accountsSeconds, &Importer::makeAccounts));
        ROOKERY_TRY(save("follows", 0));
    }
    if (m_record.phase == "follows") {
        ROOKERY_TRY(timed(&ImportTimings::followsSeconds, &Importer::makeFollows));
        ROOKERY_TRY(save("posts", 0));
    }
    ROOKERY_TRY(timed(&ImportTimings::postsSeconds, &Importer::makePosts));
    ROOKERY_TRY(timed(&ImportTimings::drainSeconds, &Importer::drain));
    return save("done", m_record.linesDone);
}

Result<void> Importer::save(const std::string& phase, std::int64_t linesDone)
{
    m_record.phase = phase;
    m_record.linesDone = linesDone;
    return m_engine.operations().saveImport(m_record, callDeadline());
}

Result<void> Importer::prepare(const std::stop_token& stop)
{
    begin(ReplayPhase::Reading);
    ROOKERY_ASSIGN(m_log, readActivityLog(
                              m_options.file,
                              [this](std::int64_t n) { progressed(&ReplayStatus::linesDone, n); }, stop));
    const auto now =
        std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    // Ends just before now, so that posts made meanwhile are newer than all of the log's.
    const std::int64_t shift = m_options.keepTimes ? 0 : now - (m_log.lastSecond + 2) * 1'000;
    ROOKERY_ASSIGN(m_record, m_engine.operations().openImport(m_log.sha256, kSlots, shift, callDeadline()));
    if (m_record.timeShiftMs == 0)
        ROOKERY_TRY(
            m_engine.operations().setAgeShift(Milliseconds(now - m_log.lastSecond * 1'000), callDeadline()));
    m_ids.emplace(m_log, m_record.idSlots, m_record.timeShiftMs, m_engine.shardCount());
    findPairs();
    const std::lock_guard lock(m_mutex);
    m_status.followsTotal = std::int64_t(m_pairs.size());
    m_status.linesTotal = m_status.linesDone = m_log.linesTotal;
    m_status.malformedLines = m_log.malformedLines;
    m_status.firstMalformed = m_log.firstMalformed;
    m_status.accountsTotal = std::int64_t(m_log.users.size());
    m_status.postsTotal = std::int64_t(m_log.lines.size());
    if (m_record.phase != "accounts") m_status.accounts = m_status.accountsTotal;
    if (m_record.phase == "posts" || m_record.phase == "done") m_status.follows = m_status.followsTotal;
    if (m_record.phase == "posts") m_status.posts = m_record.linesDone;
    if (m_record.phase == "done") m_status.posts = m_status.postsTotal;
    return {};
}

Result<void> Importer::makeAccounts(const std::stop_token& stop)
{
    begin(ReplayPhase::Accounts);
    std::vector<BulkUser> batch;
    for (std::size_t i = 0; i < m_log.users.size(); ++i) {
        const auto handle = ImportIds::handleOf(m_log.users[i]);
        batch.push_back({m_ids->user(std::uint32_t(i)), handle, handle});
        if (batch.size() < kAccountsAtOnce && i + 1 < m_log.users.size()) continue;
        if (stop.stop_requested()) return fail(cancelled());
        ROOKERY_TRY(m_engine.operations().bulkCreateUsers(batch, callDeadline()));
        batch.clear();
        progressed(&ReplayStatus::accounts, std::int64_t(i + 1));
    }
    return {};
}

// Who interacts with somebody follows them. Nobody follows themselves.
void Importer::findPairs()
{
    for (const auto& line : m_log.lines)
        if (line.actor != line.target) m_pairs.push_back((std::uint64_t(line.actor) << 32) | line.target);
    std::sort(m_pairs.begin(), m_pairs.end());
    m_pairs.erase(std::unique(m_pairs.begin(), m_pairs.end()), m_pairs.end());
}

Result<void> Importer::makeFollows(const std::stop_token& stop)
{
    begin(ReplayPhase::Follows);
    std::vector<BulkFollow> batch;
    for (std::size_t i = 0; i < m_pairs.size(); ++i) {
        batch.push_back(
            {m_ids->user(std::uint32_t(m_pairs[i] >> 32)), m_ids->user(std::uint32_t(m_pairs[i]))});
        if (batch.size() < kFollowsAtOnce && i + 1 < m_pairs.size()) continue;
        if (stop.stop_requested()) return fail(cancelled());
        ROOKERY_TRY(m_engine.operations().bulkFollow(batch, callDeadline()));
        batch.clear();
        progressed(&ReplayStatus::follows, std::int64_t(i + 1));
    }
    return {};
}

bool Importer::waitUntil(SteadyClock::time_point at, const std::stop_token& stop)
{
    while (SteadyClock::now() < at && !stop.stop_requested())
        std::this_thread::sleep_for(std::min<SteadyClock::duration>(kTick, at - SteadyClock::now()));
    return !stop.stop_requested();
}

Result<void> Importer::keepQueueShort(const std::stop_token& stop)
{
    for (;;) {
        ROOKERY_ASSIGN(const auto unfinished, m_engine.monitor().unfinishedTasks(callDeadline()));
        if (unfinished < m_options.queueLimit) {
            tellTasks(&ReplayStatus::tasksAhead, {});
            return {};
        }
        tellTasks(&ReplayStatus::tasksAhead, unfinished);
        if (stop.stop_requested()) return fail(cancelled());
        std::this_thread::sleep_for(kTick);
    }
}

Result<void> Importer::makePosts(const std::stop_token& stop)
{
    begin(ReplayPhase::Posts);
    // Ids depend on all lines before: those already done are counted through, not posted again.
    for (std::int64_t i = 0; i < m_record.linesDone; ++i)
        m_ids->nextPost(m_log.lines[std::size_t(i)]);

    const auto startedAt = SteadyClock::now();
    const std::int64_t total = std::int64_t(m_log.lines.size());
    const std::int64_t startSecond =
        m_record.linesDone < total ? m_log.lines[std::size_t(m_record.linesDone)].unixSeconds : 0;
    const auto timeOf = [&](const ActivityLine& line) {
        return startedAt + std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(
                               double(line.unixSeconds - startSecond) / m_options.speed));
    };
    std::vector<Post> batch;
    std::int64_t saved = m_record.linesDone;
    for (std::int64_t i = m_record.linesDone; i < total; ++i) {
        const auto& line = m_log.lines[std::size_t(i)];
        batch.push_back({m_ids->nextPost(line), m_ids->user(line.actor), bodyOf(m_log, line)});
        const bool secondEnds =
            i + 1 == total || m_log.lines[std::size_t(i + 1)].unixSeconds != line.unixSeconds;
        const bool due = m_options.speed > 0 && secondEnds;
        if (batch.size() < kPostsAtOnce && i + 1 < total && !due) continue;
        if (m_options.speed > 0) {
            expectEnd(timeOf(m_log.lines.back()), timeOf(line));
            waitUntil(timeOf(line), stop);
        } else {
            ROOKERY_TRY(keepQueueShort(stop));
        }
        if (stop.stop_requested()) {
            ROOKERY_TRY(save("posts", i + 1 - std::int64_t(batch.size())));
            return fail(cancelled());
        }
        ROOKERY_TRY(m_engine.operations().bulkPost(batch, callDeadline()));
        batch.clear();
        progressed(&ReplayStatus::posts, i + 1);
        if (i + 1 - saved >= kSaveEvery || i + 1 == total) {
            ROOKERY_TRY(save("posts", i + 1));
            saved = i + 1;
        }
    }
    return {};
}

Result<void> Importer::drain(const std::stop_token& stop)
{
    for (;;) {
        ROOKERY_ASSIGN(const auto unfinished, m_engine.monitor().unfinishedTasks(callDeadline()));
        tellTasks(&ReplayStatus::tasksLeft, unfinished);
        if (unfinished == 0) return {};
        if (stop.stop_requested()) return fail(cancelled());
        std::this_thread::sleep_for(kTick);
    }
}

} // namespace backend
