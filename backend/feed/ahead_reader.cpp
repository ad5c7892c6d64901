#include "backend/feed/ahead_reader.h"

#include "backend/common/log.h"
#include "backend/store/edge_store.h"
#include "backend/store/post_store.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr auto kReadCall = 1s;              // a stop waits for one read at most
constexpr Milliseconds kWait{20};           // for what is being read: it would be read twice
constexpr std::size_t kMostReadAhead = 100; // further readers read their pages themselves
constexpr int kAskedShare = 4; // of the caller's time, for what is asked before it is sure to be needed
constexpr int kLeft = 6; // pages below the one that is shown, or more is read: who is quick needs no more

} // namespace

AheadReader::AheadReader(const FeedServices& services)
    : m_services(services)
    , m_thread([this](const std::stop_token& stop) { run(stop); })
{
}

AheadReader::Asked::Asked(const FeedServices& services, UserId reader, Deadline deadline)
    : m_reader(reader)
    , m_sql(services.pools, services.maps)
{
    if (const auto started = EdgeStore::startHomeSources(m_sql, reader, deadline)) m_started = *started;
}

std::optional<std::vector<PostSource>> AheadReader::Asked::take()
{
    auto* const started = std::exchange(m_started, nullptr);
    if (!started) return {};
    auto sources = EdgeStore::finishHomeSources(*started, m_reader);
    return sources ? std::optional(std::move(*sources)) : std::nullopt;
}

std::unique_ptr<AheadReader::Asked> AheadReader::ask(UserId reader, PostId before, Deadline deadline)
{
    const auto known = m_windows.of(reader);
    if (!known || !known->continuedBy(before)) return nullptr;
    return std::make_unique<Asked>(m_services, reader, deadline.earlier(deadline.remaining() / kAskedShare));
}

Result<AheadReader::Page> AheadReader::page(SqlSession& sql, RedisClient& redis, UserId reader, PostId before,
                                            int limit, Asked* asked, Deadline deadline)
{
    auto taken = asked ? asked->take() : std::nullopt;
    Result<std::vector<PostSource>> followed =
        taken ? std::move(*taken) : EdgeStore::homeSources(sql, reader, deadline);
    ROOKERY_ASSIGN(auto sources, std::move(followed));
    auto known = m_windows.of(reader);
    auto there = known ? known->below(before, limit, sources) : std::nullopt;
    if (known && !there && known->continuedBy(before) && waitFor(reader, deadline)) {
        known = m_windows.of(reader);
        there = known ? known->below(before, limit, sources) : std::nullopt;
    }
    if (there) {
        const Page page{{there->begin(), there->end()}, there->size() < std::size_t(limit), known->lives};
        if (!known->end && !known->below(before, (1 + kLeft) * limit, sources))
            later({reader, known, before, limit});
        return page;
    }
    Window window{std::move(sources), before, {}, 1, false, {}};
    const bool continued = known && known->continuedBy(before);
    if (continued) window.lives = livesOf(redis, window.sources, deadline);
    ROOKERY_ASSIGN(window.posts, PostStore::newestOf(sql, window.sources, {before, {}}, limit, deadline));
    m_services.metrics.readThroughs.add();
    window.end = window.posts.size() < std::size_t(limit);
    Page page{window.posts, window.end, {}};
    const bool goesOn = continued && !window.end && !window.lives.empty();
    const auto kept = m_windows.keep(reader, std::move(window));
    if (goesOn) later({reader, kept, before, limit});
    return page;
}

// Asked for in the middle of a read: what is being read is then told of before it is needed.
void AheadReader::later(Job job)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_jobs.size() >= kMostReadAhead || !m_asked.insert(job.reader).second) return;
        m_jobs.push_back(std::move(job));
    }
    m_services.metrics.aheadsAsked.add();
    m_wake.notify_one();
}

bool AheadReader::waitFor(UserId reader, Deadline deadline)
{
    std::unique_lock lock(m_mutex);
    if (!m_asked.contains(reader)) return false;
    m_read.wait_until(lock, deadline.earlier(kWait).at(), [&] { return !m_asked.contains(reader); });
    return true;
}

void AheadReader::run(const std::stop_token& stop)
{
    std::unique_lock lock(m_mutex);
    while (m_wake.wait(lock, stop, [&] { return !m_jobs.empty(); })) {
        if (stop.stop_requested()) return;
        const auto job = std::move(m_jobs.front());
        m_jobs.pop_front();
        lock.unlock();
        try {
            std::ignore = extend(job); // what fails its reader reads, and is told of why it failed
        } catch (const std::exception& e) {
            log::error(std::string("reading ahead: ") + e.what());
        }
        lock.lock();
        m_asked.erase(job.reader);
        m_read.notify_all();
        m_services.metrics.aheadsDone.add(); // whoever sees it may ask again
    }
}

// Nothing when its reader has gone elsewhere meanwhile, or follows others.
Result<void> AheadReader::extend(const Job& job)
{
    const auto deadline = Deadline::after(kReadCall);
    if (m_windows.of(job.reader) != job.window) return {};
    const auto& from = *job.window;
    SqlSession sql(m_services.pools, m_services.maps);
    ROOKERY_ASSIGN(auto redis, m_services.redis.leaseHasty(deadline));
    Window window{from.sources, job.cursor, {}, std::min(2 * from.pages, ReadAhead::kMostPages), false, {}};
    window.lives = livesOf(*redis, window.sources, deadline);
    ROOKERY_ASSIGN(const auto sources, EdgeStore::homeSources(sql, job.reader, deadline));
    if (sources != from.sources || window.lives != from.lives) return {};
    const int wanted = std::max(job.limit, std::min(job.limit * window.pages, ReadAhead::kMostPosts));
    ROOKERY_ASSIGN(auto posts,
                   PostStore::newestOf(sql, window.sources, {from.posts.back().id, {}}, wanted, deadline));
    window.end = posts.size() < std::size_t(wanted);
    std::copy_if(from.posts.begin(), from.posts.end(), std::back_inserter(window.posts),
                 [&](const Post& post) { return post.id < job.cursor; });
    std::move(posts.begin(), posts.end(), std::back_inserter(window.posts));
    m_windows.keep(job.reader, std::move(window), job.window);
    return {};
}

std::map<int, std::string> AheadReader::livesOf(RedisClient& redis, const std::vector<PostSource>& sources,
                                                Deadline deadline) const
{
    std::map<int, std::string> lives;
    const auto map = m_services.maps.current();
    for (const auto& source : sources) {
        const int node = map->timelinesNode[std::size_t(source.author.shard())];
        if (lives.contains(node)) continue;
        auto life = redis.runId(node, deadline);
        if (!life) return {};
        lives.emplace(node, std::move(*life));
    }
    return lives;
}

} // namespace backend
