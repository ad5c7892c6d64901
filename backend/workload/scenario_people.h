// Who takes part in a scenario and what they do: accounts found through the facade, readers on threads of
// their own, many deeds side by side. Used by one scenario's thread.
#pragma once

#include "backend/workload/scenario_play.h"

#include <array>
#include <atomic>
#include <thread>
#include <vector>

namespace backend {

inline constexpr Milliseconds kScenarioCall{2'000}; // of one deed: a stop waits for one at most

inline Deadline scenarioDeadline()
{
    return Deadline::after(kScenarioCall);
}

std::string grouped(std::int64_t number); // "1,234,567"
std::string seconds(double number);       // "1.2 s"

// Accounts of the cluster by the beginnings of their handles, up to some thousands. An error when there is
// nobody.
[[nodiscard]] Result<std::vector<UserId>> somePeople(ScenarioRun& run);
// Those of them whose logical shard is taken.
std::vector<UserId> onShards(const std::vector<UserId>& people, const std::function<bool(int shard)>& takes);

// Calls deed(0 … count-1) on several threads until all are done, one fails for good or it is stopped
// (Cancelled). A deed that fails because of a node is tried again. progress: after each, from any of them.
[[nodiscard]] Result<void> sideBySide(ScenarioRun& run, std::int64_t count,
                                      const std::function<Result<void>(std::int64_t index)>& deed,
                                      const std::function<void(std::int64_t done)>& progress);

// Home pages of these readers, so many a second, from construction until destruction.
class ReadTraffic
{
public:
    ReadTraffic(ScenarioRun& run, std::vector<UserId> readers, double perSecond);
    ~ReadTraffic();

    std::int64_t pages() const { return m_pages; }
    std::int64_t readThrough() const { return m_readThrough; } // with entries straight from PostgreSQL
    std::int64_t failed() const { return m_failed; }

private:
    void read(const std::stop_token& stop, double perSecond);
    void readOne(UserId reader);

    Engine& m_engine;
    const std::vector<UserId> m_readers;
    std::atomic<std::int64_t> m_next = 0, m_pages = 0, m_readThrough = 0, m_failed = 0;
    std::array<std::jthread, 3> m_threads; // last: they use all of the above
};

// Waits until no task or only a few are unfinished: false when stopped or not within `most`.
bool waitForQueue(ScenarioRun& run, std::int64_t few, Milliseconds most,
                  const std::function<void(std::int64_t left)>& progress);

} // namespace backend
