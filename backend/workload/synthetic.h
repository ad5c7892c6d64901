// The demo's traffic: makes its crowd in bulk the first time, then posts, reads, follows, unfollows and
// deletes at the rates asked for, with a daily rhythm whose day lasts ten minutes. Through the engine's
// facade only. Owned by app/; threads of its own. status() and the setters from any thread.
#pragma once

#include "backend/domain/workload.h"
#include "backend/engine.h"
#include "backend/workload/crowd.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace backend {

struct SyntheticOptions
{
    int users = 5'000;
    double followsPerUser = 10;
    std::uint64_t seed = 20'120'704;
    WorkloadRates rates;
    bool begin = true;       // at once; else when it is set running
    bool crowdThere = false; // the cluster holds it already
};

class SyntheticWorkload final : public WorkloadControl
{
public:
    SyntheticWorkload(Engine& engine, SyntheticOptions options);
    ~SyntheticWorkload() override; // stops and joins, within one call's deadline

    static bool isCrowd(const std::string& import); // by the file hash under which the directory knows it

    WorkloadStatus status() const override;
    void setRates(const WorkloadRates& rates) override;
    void setRunning(bool running) override;

private:
    enum Deed { kPost, kRead, kFollow, kDeeds };

    void awaitBegin(const std::stop_token& stop);
    void run(const std::stop_token& stop);
    Result<void> makeCrowd(const std::stop_token& stop);
    Result<void> makeUsers(const std::stop_token& stop);
    Result<void> makeFollows(const std::stop_token& stop);
    void repeat(Deed deed, const std::stop_token& stop);
    // How many posts were written, calls read, edges changed: several, or none, as it comes.
    Result<int> postOrDelete(std::mt19937_64& random, std::vector<PostId>& own);
    Result<int> read(std::mt19937_64& random);
    Result<int> followOrUnfollow(std::mt19937_64& random, std::deque<std::pair<UserId, UserId>>& made);
    double wantedRate(Deed deed) const;
    void sample();
    void setPhase(const std::string& phase, double fraction);
    UserId userId(int index) const { return m_ids[std::size_t(index)]; }

    Engine& m_engine;
    const SyntheticOptions m_options;
    const PopularityPick m_popular;
    std::vector<UserId> m_ids; // written before the deeds begin
    std::array<std::atomic<std::int64_t>, kDeeds> m_done{};

    mutable std::mutex m_mutex; // guards all below
    std::condition_variable_any m_asked;
    WorkloadStatus m_status;
    struct Sample
    {
        std::chrono::steady_clock::time_point at;
        std::array<std::int64_t, kDeeds> done;
    };
    std::deque<Sample> m_samples;
    std::chrono::steady_clock::time_point m_failedAt{};
    std::jthread m_thread; // last: it uses all of the above
};

} // namespace backend
