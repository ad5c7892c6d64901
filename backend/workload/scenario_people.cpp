#include "backend/workload/scenario_people.h"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <optional>

namespace backend {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr int kFoundAtOnce = 200; // the most that one search gives
constexpr int kThreads = 4;
constexpr std::string_view kBeginnings = "abcdefghijklmnopqrstuvwxyz0123456789";

bool sleepFor(const std::stop_token& stop, SteadyClock::duration span)
{
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, span, [] { return false; });
    return !stop.stop_requested();
}

} // namespace

bool ScenarioRun::wait(Milliseconds span) const
{
    return sleepFor(stop, span);
}

std::string grouped(std::int64_t number)
{
    std::string text = std::to_string(number);
    for (auto at = std::int64_t(text.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3)
        text.insert(std::size_t(at), ",");
    return text;
}

std::string seconds(double number)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", number);
    return text;
}

Result<std::vector<UserId>> somePeople(ScenarioRun& run)
{
    std::vector<UserId> people;
    for (const char first : kBeginnings) {
        if (run.stopped()) return fail(ErrorCode::Cancelled, "stopped");
        ROOKERY_ASSIGN(const auto found, run.engine.feed().searchUsers(std::string(1, first), kFoundAtOnce,
                                                                       scenarioDeadline()));
        for (const auto& user : found)
            people.push_back(user.id);
    }
    if (people.empty())
        return fail(ErrorCode::NotFound,
                    "Nobody is in this demo yet: wait until its accounts are made, then start it again.");
    return people;
}

std::vector<UserId> onShards(const std::vector<UserId>& people, const std::function<bool(int shard)>& takes)
{
    std::vector<UserId> taken;
    std::copy_if(people.begin(), people.end(), std::back_inserter(taken),
                 [&](UserId user) { return takes(user.shard()); });
    return taken;
}

Result<void> sideBySide(ScenarioRun& run, std::int64_t count,
                        const std::function<Result<void>(std::int64_t index)>& deed,
                        const std::function<void(std::int64_t done)>& progress)
{
    std::atomic<std::int64_t> next = 0, done = 0;
    std::mutex mutex;
    std::optional<Error> wrong;
    const auto loseHope = [&](Error error) {
        const std::lock_guard lock(mutex);
        wrong = std::move(error);
        next = count;
    };
    const auto deeds = [&] {
        for (auto index = next++; index < count; index = next++) {
            auto outcome = deed(index);
            for (int attempt = 0; !outcome && outcome.error().retryable && attempt < 5; ++attempt) {
                if (!run.wait(200ms)) break;
                outcome = deed(index);
            }
            if (run.stopped()) return;
            if (!outcome) return loseHope(outcome.error());
            progress(++done);
        }
    };
    const auto work = [&] {
        try {
            deeds();
        } catch (const std::exception& problem) {
            loseHope({ErrorCode::Internal, std::string("This is a defect of the program: ") + problem.what(),
                      false});
        }
    };
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < kThreads; ++i)
            threads.emplace_back(work);
    }
    if (run.stopped()) return fail(ErrorCode::Cancelled, "stopped");
    if (wrong) return fail(*wrong);
    return {};
}

ReadTraffic::ReadTraffic(ScenarioRun& run, std::vector<UserId> readers, double perSecond)
    : m_engine(run.engine)
    , m_readers(std::move(readers))
{
    if (m_readers.empty()) return;
    for (auto& thread : m_threads)
        thread = std::jthread(
            [this, each = perSecond / double(m_threads.size())](const auto& stop) { read(stop, each); });
}

// All are told before the first is waited for: each may be in the middle of a call.
ReadTraffic::~ReadTraffic()
{
    for (auto& thread : m_threads)
        thread.request_stop();
}

void ReadTraffic::readOne(UserId reader)
{
    const auto page = m_engine.feed().homePage(reader, {}, scenarioDeadline());
    if (!page) {
        ++m_failed;
        return;
    }
    ++m_pages;
    m_readThrough += std::any_of(page->entries.begin(), page->entries.end(),
                                 [](const auto& entry) { return entry.source == EntrySource::ReadThrough; });
}

void ReadTraffic::read(const std::stop_token& stop, double perSecond)
{
    const auto gap =
        std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(1 / perSecond));
    auto next = SteadyClock::now();
    while (!stop.stop_requested()) {
        const auto index = std::size_t(m_next++) % m_readers.size();
        try {
            readOne(m_readers[index]);
        } catch (const std::exception&) { // out of memory, say: a page that failed
            ++m_failed;
        }
        next = std::max(next + gap, SteadyClock::now() - 100ms); // what cannot keep up does not pile up
        if (next > SteadyClock::now() && !sleepFor(stop, next - SteadyClock::now())) return;
    }
}

bool waitForQueue(ScenarioRun& run, std::int64_t few, Milliseconds most,
                  const std::function<void(std::int64_t left)>& progress)
{
    for (const auto until = SteadyClock::now() + most; SteadyClock::now() < until;) {
        const auto left = run.engine.monitor().unfinishedTasks(scenarioDeadline());
        if (left) progress(*left);
        if (left && *left <= few) return true;
        if (!run.wait(200ms)) return false;
    }
    return false;
}

} // namespace backend
