#include "backend/operations/restorer.h"

#include "backend/common/log.h"
#include "backend/fanout/push_counters.h"
#include "backend/operations/directory_lock.h"
#include "backend/store/post_store.h"
#include "backend/store/user_store.h"

#include <algorithm>
#include <array>
#include <limits>
#include <thread>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr auto kRestoreCall = 2s;    // a stop waits for one call at most
constexpr int kRestoredAtOnce = 500; // readers looked at in one step
constexpr auto kFill = 500ms, kFillAgain = 5'000ms;
constexpr int kFirstPage = 20;                           // posts of a timeline whose bodies are filled in
constexpr std::int64_t kRestorerLock = 0x726f6f6b657279; // of the directory's advisory locks
// Readers seen in the last hour come first, on all shards, then those of the last day, week, and all others.
constexpr std::array<std::string_view, 5> kSeen{"now()", "now() - interval '1 hour'",
                                                "now() - interval '1 day'", "now() - interval '7 days'",
                                                "'-infinity'"};
constexpr std::size_t kWindows = kSeen.size() - 1;

std::string windowText(std::size_t window)
{
    return (window == 0 ? std::string() : " AND last_seen_at < " + std::string(kSeen[window])) +
           " AND last_seen_at >= " + std::string(kSeen[window + 1]);
}

} // namespace

// One look at the readers of some nodes. Its connections go back after each step, so that it holds none while
// it waits.
struct Restorer::Sweep
{
    std::stop_token stop;
    std::map<int, std::string> lives{}; // run_id by node, when it began
    bool afterLoss = false;             // of nodes that began another life
    std::chrono::steady_clock::time_point notBefore = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point begun = notBefore, noFillsBefore = notBefore;

    Result<void> goOn() const
    {
        if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "the engine stops");
        return {};
    }
};

Restorer::Restorer(const FeedServices& services, Directory& directory, TimelineBuilder& builder,
                   RestorerSettings settings)
    : m_services(services)
    , m_directory(directory)
    , m_builder(builder)
    , m_settings(settings)
    , m_thread("restorer", settings.every, [this](const std::stop_token& stop) { step(stop); })
{
}

RestoreProgress Restorer::progress() const
{
    const std::lock_guard lock(m_mutex);
    return m_progress;
}

void Restorer::publish(bool running)
{
    const std::lock_guard lock(m_mutex);
    m_progress.running = running;
    m_progress.updatedAt =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

// Nodes that answer and are in another life than when they were last restored.
std::vector<int> Restorer::changedNodes(Deadline deadline)
{
    std::vector<int> changed;
    auto redis = m_services.redis.lease(deadline);
    if (!redis) return changed;
    const auto map = m_services.maps.current();
    for (const auto& node : map->nodes) {
        if (node.kind != NodeKind::Redis) continue;
        std::ignore = (*redis)->command(node.id, {"PING"},
                                        deadline.earlier(1s)); // a connection of a former life notices
        const auto life = (*redis)->runId(node.id, deadline.earlier(1s));
        if (!life) continue;
        const auto known = m_lives.find(node.id);
        if (known == m_lives.end() || known->second != *life) changed.push_back(node.id);
    }
    return changed;
}

void Restorer::step(const std::stop_token& stop)
{
    auto nodes = changedNodes(Deadline::after(kRestoreCall));
    const auto now = std::chrono::steady_clock::now();
    const bool everything = now - m_sweptAt >= m_settings.sweepEvery;
    if (nodes.empty() && !everything) return;
    const auto deadline = Deadline::after(kRestoreCall);
    const auto lock = DirectoryLock::tryTake(m_directory.pool(), kRestorerLock, deadline);
    if (!lock) return; // another engine is at it
    std::map<int, std::string> lives;
    if (auto redis = m_services.redis.lease(deadline))
        for (const int node : nodes)
            if (auto life = (*redis)->runId(node, deadline)) lives[node] = *life;
    const auto done = sweepAll(nodes, stop);
    {
        const std::lock_guard guard(m_mutex);
        m_progress.error = done ? std::string() : done.error().message;
    }
    publish(false);
    if (!done) {
        if (!stop.stop_requested()) log::warning("restoring goes on later: " + done.error().message);
        return;
    }
    for (const auto& [node, life] : lives)
        m_lives[node] = life;
    if (nodes.empty() || everything) m_sweptAt = std::chrono::steady_clock::now();
}

Result<void> Restorer::sweepAll(const std::vector<int>& nodes, const std::stop_token& stop)
{
    Sweep sweep{stop};
    sweep.afterLoss = !nodes.empty();
    if (auto redis = m_services.redis.lease(Deadline::after(kRestoreCall)))
        for (const auto& node : m_services.maps.current()->nodes)
            if (node.kind == NodeKind::Redis)
                if (auto life = (*redis)->runId(node.id, Deadline::after(kRestoreCall)))
                    sweep.lives[node.id] = *life;
    const auto map = m_services.maps.current();
    std::vector<int> shards;
    for (int shard = 0; shard < map->shardCount; ++shard)
        if (nodes.empty() ||
            std::find(nodes.begin(), nodes.end(), map->timelinesNode[std::size_t(shard)]) != nodes.end())
            shards.push_back(shard);

    RestoreProgress fresh;
    fresh.startedAt =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    for (const int node : nodes)
        if (const auto* known = map->node(node)) fresh.nodes.push_back(known->name);
    for (const int shard : shards) {
        SqlSession sql(m_services.pools, m_services.maps);
        ROOKERY_ASSIGN(
            const auto rows,
            sql.runOne(
                Role::Users, shard,
                {"SELECT count(*) FROM " + shardTable(Role::Users, shard, "users") + " WHERE warm", {}},
                Deadline::after(kRestoreCall)));
        fresh.readers += rows.integer(0, 0);
        ROOKERY_TRY(sweep.goOn());
    }
    {
        const std::lock_guard lock(m_mutex);
        m_progress = fresh;
    }
    publish(true);
    for (const int shard : shards)
        ROOKERY_TRY(restoreOne(sweep, TimelineFamily::Public, Timelines::publicOwner(shard)));
    for (std::size_t window = 0; window < kWindows; ++window)
        for (const int shard : shards)
            ROOKERY_TRY(sweepReaders(sweep, shard, window));
    if (const auto done = progress(); done.restored > 0)
        log::info("restored the timelines of " + std::to_string(done.restored) + " readers");
    return {};
}

Result<void> Restorer::sweepReaders(Sweep& sweep, int shard, std::size_t window)
{
    for (UserId after;;) {
        ROOKERY_TRY(sweep.goOn());
        const auto deadline = Deadline::after(kRestoreCall);
        std::vector<UserId> readers;
        {
            SqlSession sql(m_services.pools, m_services.maps);
            ROOKERY_ASSIGN(const auto rows,
                           sql.runOne(Role::Users, shard,
                                      {"SELECT id FROM " + shardTable(Role::Users, shard, "users") +
                                           " WHERE warm AND id > $1::bigint" + windowText(window) +
                                           " ORDER BY id LIMIT $2::int",
                                       {sqlParameter(after.value), sqlParameter(kRestoredAtOnce)}},
                                      deadline));
            for (std::size_t r = 0; r < rows.size(); ++r)
                readers.push_back(UserId{rows.integer(r, 0)});
        }
        if (readers.empty()) return {};
        after = readers.back();
        ROOKERY_ASSIGN(const auto lost, missing(readers, deadline));
        // Whoever was about to write counters when a node was lost may have written older ones since than
        // those that went with it: then nobody else would put them right for an hour.
        {
            SqlSession sql(m_services.pools, m_services.maps);
            ROOKERY_ASSIGN(auto redis, m_services.redis.lease(deadline));
            ROOKERY_TRY(pushCounters(sql, *redis, m_services.objects, sweep.afterLoss ? readers : lost,
                                     Deadline::after(kRestoreCall)));
        }
        addProgress(sweep, std::int64_t(readers.size() - lost.size()), 0);
        ROOKERY_TRY(restore(sweep, lost));
    }
}

void Restorer::addProgress(const Sweep& sweep, std::int64_t looked, std::int64_t restored)
{
    const std::lock_guard lock(m_mutex);
    m_progress.looked += looked;
    m_progress.restored += restored;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - sweep.begun;
    m_progress.perSecond = double(m_progress.looked) / std::max(took.count(), 0.001);
}

// Those of the readers who have no home timeline. What is only short is the deepener's.
Result<std::vector<UserId>> Restorer::missing(const std::vector<UserId>& readers, Deadline deadline)
{
    ROOKERY_ASSIGN(auto redis, m_services.redis.lease(deadline));
    std::vector<UserId> lost;
    for (const auto family : {TimelineFamily::Home, TimelineFamily::Author}) {
        ROOKERY_ASSIGN(const auto floors, m_services.timelines.floors(*redis, family, readers, deadline));
        for (std::size_t i = 0; i < readers.size(); ++i) {
            if (floors[i] && !floors[i]->whole) m_builder.deepenLater(family, readers[i]);
            if (!floors[i] && family == TimelineFamily::Home) lost.push_back(readers[i]);
        }
    }
    return lost;
}

// Profiles of many at once, timelines one by one in time.
Result<void> Restorer::restore(Sweep& sweep, const std::vector<UserId>& readers)
{
    if (readers.empty()) return {};
    const auto deadline = Deadline::after(kRestoreCall);
    {
        // A node that is lost in the middle is looked at from the start, or else those seen last would come
        // last.
        ROOKERY_ASSIGN(auto redis, m_services.redis.lease(deadline));
        const int node = m_services.timelines.nodeOf(TimelineFamily::Home, readers.front());
        ROOKERY_ASSIGN(const auto life, redis->runId(node, deadline));
        if (sweep.lives.try_emplace(node, life).first->second != life)
            return fail(ErrorCode::Unavailable, redis->nodeName(node) + " began another life meanwhile",
                        true);
    }
    {
        SqlSession sql(m_services.pools, m_services.maps);
        ROOKERY_ASSIGN(const auto users, UserStore::load(sql, readers, deadline));
        ROOKERY_ASSIGN(auto redis, m_services.redis.lease(deadline));
        RedisBatch batch(*redis);
        for (const auto& user : users)
            if (user) m_services.objects.fillUser(batch, user->user);
        ROOKERY_TRY(batch.run(deadline));
    }
    for (const auto reader : readers) {
        ROOKERY_TRY(sweep.goOn());
        std::this_thread::sleep_until(sweep.notBefore);
        sweep.notBefore = std::max(sweep.notBefore, std::chrono::steady_clock::now() - 100ms) +
                          std::chrono::microseconds(1'000'000 / std::max(m_settings.readersPerSecond, 1));
        ROOKERY_TRY(restoreOne(sweep, TimelineFamily::Home, reader));
        ROOKERY_TRY(restoreOne(sweep, TimelineFamily::Author, reader));
        addProgress(sweep, 1, 1);
    }
    return {};
}

Result<void> Restorer::restoreOne(Sweep& sweep, TimelineFamily family, UserId owner)
{
    ROOKERY_TRY(sweep.goOn());
    const auto deadline = Deadline::after(kRestoreCall);
    ROOKERY_ASSIGN(auto redis, m_services.redis.lease(deadline));
    const std::vector<UserId> owners{owner};
    ROOKERY_ASSIGN(const auto floors, m_services.timelines.floors(*redis, family, owners, deadline));
    if (!floors[0] || !floors[0]->whole) { // else a reader came meanwhile
        SqlSession sql(m_services.pools, m_services.maps);
        const auto built = m_builder.build(sql, *redis, family, owner, deadline, BuildFor::Upkeep);
        if (!built && built.error().code == ErrorCode::NotFound) return {}; // became dormant meanwhile
        ROOKERY_TRY(built);
    }
    // A node that is away costs the next readers a look into PostgreSQL, not the others their timelines.
    if (std::chrono::steady_clock::now() < sweep.noFillsBefore) return {};
    if (!fillObjects(family, owner, deadline.earlier(kFill)))
        sweep.noFillsBefore = std::chrono::steady_clock::now() + kFillAgain;
    return {};
}

// What the first page shows besides ids, as far as it is not there: many have it in common. Author timelines
// bring the newest posts of the node that was lost, home timelines those of others that it shows.
Result<void> Restorer::fillObjects(TimelineFamily family, UserId owner, Deadline deadline)
{
    ROOKERY_ASSIGN(auto redis, m_services.redis.lease(deadline));
    ROOKERY_ASSIGN(const auto page,
                   m_services.timelines.read(*redis, family, owner, {}, {}, kFirstPage, deadline));
    const auto cached = m_services.objects.posts(*redis, page.entries, deadline);
    std::vector<PostId> posts;
    std::vector<UserId> authors;
    for (std::size_t i = 0; i < page.entries.size(); ++i) {
        if (cached.posts[i].state == CachedPost::State::Missing) posts.push_back(page.entries[i]);
        if (cached.posts[i].state == CachedPost::State::Present)
            authors.push_back(cached.posts[i].post.author);
    }
    SqlSession sql(m_services.pools, m_services.maps);
    ROOKERY_ASSIGN(const auto stored, PostStore::load(sql, posts, deadline));
    RedisBatch batch(*redis);
    for (const auto& post : stored) {
        if (!post || post->deleted) continue;
        m_services.objects.fillPost(batch, post->post);
        authors.push_back(post->post.author);
    }
    std::sort(authors.begin(), authors.end());
    authors.erase(std::unique(authors.begin(), authors.end()), authors.end());
    const auto known = m_services.objects.users(*redis, authors, deadline);
    for (std::size_t i = authors.size(); i-- > 0;)
        if (known.users[i].state != CachedUser::State::Missing)
            authors.erase(authors.begin() + std::ptrdiff_t(i));
    ROOKERY_ASSIGN(const auto users, UserStore::load(sql, authors, deadline));
    for (const auto& user : users)
        if (user && !user->deleted) m_services.objects.fillUser(batch, user->user);
    return batch.run(deadline);
}

} // namespace backend
