// Imports a recorded activity log through the engine: accounts and follows in bulk, then every line as a
// post, at a chosen speed. Cancellable; a run after a cancel or a kill goes on where the last one stopped, a
// run after the end changes nothing. Owned by app/; a thread of its own. status() and cancel() from any
// thread.
#pragma once

#include "backend/domain/workload.h"
#include "backend/engine.h"
#include "backend/workload/activity_log.h"
#include "backend/workload/import_ids.h"

#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace backend {

struct ImportOptions
{
    std::filesystem::path file;
    double speed = 60;                // 60 = one hour a minute; 0 = as fast as it goes
    bool keepTimes = false;           // else times are shifted so that the log ends now
    std::int64_t queueLimit = 20'000; // unfinished tasks from which on posting as fast as it goes waits
};

// How long each phase took, for a final report.
struct ImportTimings
{
    double readingSeconds = 0, accountsSeconds = 0, followsSeconds = 0, postsSeconds = 0, drainSeconds = 0;
};

class Importer final : public ReplayControl
{
public:
    Importer(Engine& engine, ImportOptions options); // starts at once
    ~Importer() override;                            // cancels and joins

    ReplayStatus status() const override;
    void cancel() override;
    ImportTimings timings() const;

private:
    void run(const std::stop_token& stop);
    Result<void> import(const std::stop_token& stop);
    Result<void> prepare(const std::stop_token& stop);
    void findPairs();
    Result<void> makeAccounts(const std::stop_token& stop);
    Result<void> makeFollows(const std::stop_token& stop);
    Result<void> makePosts(const std::stop_token& stop);
    Result<void> drain(const std::stop_token& stop);
    Result<void> keepQueueShort(const std::stop_token& stop);
    bool waitUntil(std::chrono::steady_clock::time_point at, const std::stop_token& stop);
    Result<void> save(const std::string& phase, std::int64_t linesDone);
    void begin(ReplayPhase phase);
    void expectEnd(std::chrono::steady_clock::time_point planned, std::chrono::steady_clock::time_point next);
    void tellTasks(std::optional<std::int64_t> ReplayStatus::*what, std::optional<std::int64_t> tasks);
    void progressed(std::int64_t ReplayStatus::*counter, std::int64_t done);

    Engine& m_engine;
    const ImportOptions m_options;
    ActivityLog m_log; // of the thread alone, like the record and the ids
    std::vector<std::uint64_t>
        m_pairs; // follower << 32 | followee, as positions in the log's users; ascending
    ImportRecord m_record;
    std::optional<ImportIds> m_ids;

    mutable std::mutex m_mutex; // guards all below
    ReplayStatus m_status;
    ImportTimings m_timings;
    std::chrono::steady_clock::time_point m_phaseAt{};
    std::int64_t m_phaseFrom = 0;
    std::optional<std::chrono::steady_clock::time_point> m_lastPostAt; // with a speed, once posts began
    std::jthread m_thread;                                             // last: it uses all of the above
};

} // namespace backend
