// The demo's synthetic workload and the replay of a recorded log, as the desktop and rookeryctl control them.
// Implementations live in backend/workload; all calls are thread-safe and return at once.
#pragma once

#include "backend/domain/ids.h"

#include <optional>
#include <string>
#include <utility>

namespace backend {

struct WorkloadRates // per second, wanted; 0 stops that kind
{
    double postsPerSecond = 20, readsPerSecond = 60, followsPerSecond = 1;
};

struct WorkloadStatus
{
    bool running = false;
    bool begun = true;        // false: its crowd is made, or found again, once it is set running
    bool crowdThere = false;  // was made in former times
    std::string phase;        // "creating accounts", "following", "running", "stopped", "failed"
    double phaseFraction = 0; // 0 … 1 while creating
    WorkloadRates wanted;
    WorkloadRates actual{0, 0, 0}; // over the last few seconds, daily rhythm included
    double rhythm = 1; // part of the wanted rates that is asked for at this hour of its day; 1 on average
    std::int64_t users = 0, follows = 0; // made so far
    std::string error;
};

class WorkloadControl
{
public:
    virtual ~WorkloadControl() = default;
    virtual WorkloadStatus status() const = 0;
    virtual void setRates(const WorkloadRates& rates) = 0;
    virtual void setRunning(bool running) = 0;
};

enum class ReplayPhase { Reading, Accounts, Follows, Posts, Done, Cancelled, Failed };

struct ReplayStatus
{
    ReplayPhase phase = ReplayPhase::Reading;
    std::string file;
    std::int64_t linesTotal = 0, linesDone = 0;
    std::int64_t malformedLines = 0;
    std::string firstMalformed;                        // "line 17: …"
    std::int64_t accounts = 0, follows = 0, posts = 0; // done so far
    std::int64_t accountsTotal = 0, followsTotal = 0, postsTotal = 0;
    double ratePerSecond = 0; // of the present phase
    std::optional<double> secondsLeft;
    std::optional<std::int64_t> tasksLeft;  // all posts are in; these tasks are still to deliver them
    std::optional<std::int64_t> tasksAhead; // so many are unfinished that posting waits for them
    bool nobodyDelivers = false;            // no worker runs in the whole cluster
    double speed = 0;                       // 60 = one hour a minute; 0 = as fast as it goes
    std::string error;
    double fraction() const // of the present phase
    {
        const auto [done, total] = phase == ReplayPhase::Accounts  ? std::pair{accounts, accountsTotal}
                                   : phase == ReplayPhase::Follows ? std::pair{follows, followsTotal}
                                   : phase == ReplayPhase::Posts   ? std::pair{posts, postsTotal}
                                                                   : std::pair{linesDone, linesTotal};
        return total > 0 ? double(done) / double(total) : 0;
    }
};

class ReplayControl
{
public:
    virtual ~ReplayControl() = default;
    virtual ReplayStatus status() const = 0;
    virtual void cancel() = 0; // what is done stays; running it again goes on where it stopped
};

} // namespace backend
