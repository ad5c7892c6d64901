// Home timelines below their floors, for readers who page on: what comes next is read ahead of them by a
// thread of its own, several pages in one go and twice as many each time, since asking PostgreSQL for some
// pages costs hardly more than for one: most of it is beginning a plan for each author. Who came by a jump
// costs no more than their page; who is quicker than the thread waits for it a moment, then reads their page
// themselves. What a reader gets is true at the moment: whom they follow is asked anew for each page, and
// bodies are given as EarlierRead. Thread-safe. Owned by the page reader.
#pragma once

#include "backend/feed/feed_services.h"
#include "backend/feed/read_ahead.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>
#include <unordered_set>

namespace backend {

class AheadReader
{
public:
    explicit AheadReader(const FeedServices& services);

    void requestStop() { m_thread.request_stop(); }

    struct Page
    {
        std::vector<Post> posts; // newest first
        bool end = false;        // nothing lies below
        // Of the time when PostgreSQL said so; empty when that is now.
        std::map<int, std::string> lives;
    };
    // Whom a reader follows, on its way from PostgreSQL over a connection of its own.
    class Asked
    {
    public:
        Asked(const FeedServices& services, UserId reader, Deadline deadline);
        ~Asked() { std::ignore = take(); } // what was sent is answered before the connection is another's
        Asked(const Asked&) = delete;
        Asked& operator=(const Asked&) = delete;
        // Once; nothing when it could not be asked or did not come.
        std::optional<std::vector<PostSource>> take();

    private:
        UserId m_reader;
        SqlSession m_sql;
        SqlConnection* m_started = nullptr;
    };
    // For who reads on below `before`: their page will need it, and Redis can be asked meanwhile. Nothing for
    // everybody else.
    std::unique_ptr<Asked> ask(UserId reader, PostId before, Deadline deadline);

    // Of the reader and whom they follow, below `before`, the newest `limit`. For ids so old that no more of
    // them can come. `asked`: whom they follow, or null.
    [[nodiscard]] Result<Page> page(SqlSession& sql, RedisClient& redis, UserId reader, PostId before,
                                    int limit, Asked* asked, Deadline deadline);

private:
    using Window = ReadAhead::Window;
    struct Job
    {
        UserId reader;
        std::shared_ptr<const Window> window; // to be continued
        PostId cursor;                        // what lies above it is not needed any more
        int limit = 0;
    };
    void later(Job job);
    // Until nothing is being read for the reader, for a moment at most. False when nothing was.
    bool waitFor(UserId reader, Deadline deadline);
    void run(const std::stop_token& stop);
    Result<void> extend(const Job& job);
    std::map<int, std::string> livesOf(RedisClient& redis, const std::vector<PostSource>& sources,
                                       Deadline deadline) const;

    const FeedServices& m_services;
    ReadAhead m_windows;
    std::mutex m_mutex;
    std::condition_variable_any m_wake, m_read;
    std::deque<Job> m_jobs;
    std::unordered_set<UserId> m_asked; // the readers of m_jobs and of the one at hand
    std::jthread m_thread;              // last: it uses all of the above
};

} // namespace backend
