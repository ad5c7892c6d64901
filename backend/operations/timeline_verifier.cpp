#include "backend/operations/timeline_verifier.h"

#include "backend/common/log.h"
#include "backend/operations/directory_lock.h"

#include <algorithm>
#include <random>
#include <thread>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kVerifierLock = 0x726f6f6b766572; // of the directory's advisory locks
constexpr auto kVerifierCall = 2s;                       // a stop waits for one call at most
constexpr int kVerifiedAtOnce = 50;                      // readers of a page
constexpr auto kBetweenShards = 20ms, kBetweenRounds = 1'000ms;
constexpr auto kLockLook = 10s;
constexpr auto kCountedAgain = 1h;
constexpr std::size_t kMostKnown = 100'000;

void pause(std::chrono::steady_clock::time_point until, const std::stop_token& stop)
{
    while (!stop.stop_requested() && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(
            std::min<std::chrono::steady_clock::duration>(20ms, until - std::chrono::steady_clock::now()));
}

std::string sentence(const TimelineDifference& difference)
{
    return "the home timeline of " + std::to_string(difference.reader.value) + " on " + difference.node +
           " differs from PostgreSQL, " + std::string(toString(difference.fault)) +
           (difference.posts.empty() ? "" : " post " + std::to_string(difference.posts.front().value)) +
           ": " + difference.detail + "; rookeryctl audit --user " + std::to_string(difference.reader.value) +
           " --repair builds it again";
}

} // namespace

TimelineVerifier::TimelineVerifier(const FeedServices& services, Directory& directory,
                                   VerifierSettings settings)
    : m_services(services)
    , m_directory(directory)
    , m_settings(std::move(settings))
    , m_auditor(services)
    , m_thread("verifier", m_settings.every, [this](const std::stop_token& stop) { step(stop); })
{
}

TimelineVerification TimelineVerifier::figures() const
{
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(m_mutex);
    auto out = m_figures;
    out.verifiedLastHour = m_verified.sum(now);
    out.differencesLastHour = m_differences.sum(now);
    return out;
}

void TimelineVerifier::setRunning(bool running)
{
    const std::lock_guard lock(m_mutex);
    m_figures.running = running;
}

void TimelineVerifier::step(const std::stop_token& stop)
{
    const auto deadline = Deadline::after(kVerifierCall);
    const auto lock = DirectoryLock::tryTake(m_directory.pool(), kVerifierLock, deadline);
    if (!lock) return; // another engine is at it
    setRunning(true);
    Result<void> round;
    while (round && !stop.stop_requested()) {
        const auto begun = std::chrono::steady_clock::now();
        round = goRound(*lock, stop);
        if (!round) break;
        {
            const std::lock_guard guard(m_mutex);
            ++m_figures.rounds;
            m_figures.lastRoundSeconds =
                std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
        }
        pause(std::chrono::steady_clock::now() + kBetweenRounds, stop);
    }
    setRunning(false);
    if (!round && !stop.stop_requested())
        log::warning("verifying timelines goes on later: " + round.error().message);
}

// From a logical shard chosen by chance: whoever takes over often must not always begin with the same ones.
Result<void> TimelineVerifier::goRound(const DirectoryLock& lock, const std::stop_token& stop)
{
    const int shards = m_services.maps.current()->shardCount;
    const int first = int(std::random_device{}() % unsigned(shards));
    auto lookAtLock = std::chrono::steady_clock::now() + kLockLook;
    for (int i = 0; i < shards && !stop.stop_requested(); ++i) {
        const int shard = (first + i) % shards;
        for (UserId after; !stop.stop_requested();) {
            const auto begun = std::chrono::steady_clock::now();
            if (begun >= lookAtLock) {
                if (!lock.stands(Deadline::after(kVerifierCall)))
                    return fail(ErrorCode::LeaseLost, "the directory's lock is lost", true);
                lookAtLock = begun + kLockLook;
            }
            ROOKERY_ASSIGN(const auto readers,
                           m_auditor.warmReaders(shard, after,
                                                 std::clamp(m_settings.readersPerSecond, 1, kVerifiedAtOnce),
                                                 Deadline::after(kVerifierCall)));
            if (readers.empty()) break;
            after = readers.back();
            ROOKERY_TRY(verify(readers, stop));
            pause(begun + std::chrono::microseconds(1'000'000 * std::int64_t(readers.size()) /
                                                    std::max(m_settings.readersPerSecond, 1)),
                  stop);
        }
        pause(std::chrono::steady_clock::now() + kBetweenShards, stop);
    }
    return {};
}

// A page that cannot be looked at now, because a node is silent, is passed over: the next round has it again.
Result<void> TimelineVerifier::verify(std::span<const UserId> readers, const std::stop_token& stop)
{
    TimelineAuditReport report;
    const auto findings = m_auditor.look(readers, report, Deadline::after(kVerifierCall), stop);
    if (!findings) {
        if (stop.stop_requested()) return {};
        log::debug("not verified: " + findings.error().message);
        return findings.error().code == ErrorCode::StaleShardMap ? fail(findings.error()) : Result<void>();
    }
    take(readers, report, findings->differing);
    if (m_settings.repair)
        for (const auto reader : findings->differing)
            if (const auto repaired = m_settings.repair(reader, Deadline::after(kVerifierCall)); !repaired)
                log::warning("the home timeline of " + std::to_string(reader.value) +
                             " could not be built again: " + repaired.error().message);
    return {};
}

// A timeline that stays broken is met again in every round: it counts, and is logged, once an hour.
void TimelineVerifier::take(std::span<const UserId> readers, const TimelineAuditReport& report,
                            const std::vector<UserId>& differing)
{
    const auto now = std::chrono::steady_clock::now();
    const auto among = [](const auto& some, UserId reader) {
        return std::find(some.begin(), some.end(), reader) != some.end();
    };
    for (const auto reader : readers)
        if (!among(differing, reader)) m_known.erase(reader);
    std::erase_if(m_known, [&](const auto& known) { return now - known.second >= kCountedAgain; });
    std::vector<UserId> fresh;
    for (const auto reader : differing)
        if (m_known.size() < kMostKnown && m_known.emplace(reader, now).second) fresh.push_back(reader);
    for (const auto& difference : report.differences)
        if (among(fresh, difference.reader)) log::warning(sentence(difference));
    const std::lock_guard lock(m_mutex);
    m_verified.add(now, report.verified);
    m_differences.add(now, std::int64_t(fresh.size()));
    m_figures.verifiedTotal += report.verified;
    m_figures.differences += std::int64_t(fresh.size());
    if (fresh.empty()) return;
    m_figures.lastDifferenceAt =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    m_figures.lastReader = fresh.back();
}

} // namespace backend
