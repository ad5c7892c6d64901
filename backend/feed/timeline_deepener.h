// Brings timelines of which only the newest part was built to their full depth, step by step, so that no
// reader waits for what lies far below a page. That a timeline is to become deeper stands in its floor, in
// Redis: should an engine end in the middle, whoever next reads the timeline, or the next look of a restorer,
// goes on with it; until then pages below the floor come from PostgreSQL as ever. Thread-safe; has a thread
// of its own unless the engine is read-only. Owned by the engine.
#pragma once

#include "backend/feed/feed_services.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace backend {

class TimelineDeepener
{
public:
    explicit TimelineDeepener(const FeedServices& services);

    void requestStop() { m_thread.request_stop(); }

    // Soon, by the own thread; once however often it is asked for. Returns at once.
    void later(TimelineFamily family, UserId owner);

    // Now. False when somebody else is at it.
    [[nodiscard]] Result<bool> deepen(SqlSession& sql, RedisClient& redis, TimelineFamily family,
                                      UserId owner, Deadline deadline) const;

private:
    using Timeline = std::pair<TimelineFamily, UserId>;
    struct Job
    {
        Timeline timeline;
        int tries = 0;
    };
    void run(const std::stop_token& stop);
    void finish(Job job);
    Result<bool> deepenSoon(const Timeline& timeline) const;
    Result<bool> steps(SqlSession& sql, RedisClient& redis, TimelineFamily family, UserId owner,
                       const Timelines::Deepening& begun, Deadline deadline) const;

    const FeedServices& m_services;
    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::multimap<std::chrono::steady_clock::time_point, Job> m_jobs; // by when they are due
    std::set<Timeline> m_known;                                       // those of m_jobs and the one at hand
    std::jthread m_thread;                                            // last: it uses all of the above
};

} // namespace backend
