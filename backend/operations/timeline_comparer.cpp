#include "backend/operations/timeline_comparer.h"

#include "backend/operations/timeline_auditor.h"
#include "backend/store/user_store.h"

#include <algorithm>
#include <unordered_map>

namespace backend {
namespace {

using namespace std::chrono_literals;
using State = TimelineComparison::State;

constexpr int kComparerLooksAgain = 2;        // at what differs,
constexpr auto kBetweenComparerLooks = 300ms; // so long apart

bool aboutContent(TimelineFault fault)
{
    return fault == TimelineFault::Missing || fault == TimelineFault::Extra;
}

} // namespace

TimelineComparer::TimelineComparer(const FeedServices& services, Deadline deadline)
    : m_services(services)
    , m_deadline(deadline)
    , m_rules(homeRules(services))
    , m_map(services.maps.current())
    , m_sql(services.pools, services.maps)
{
}

Result<TimelineComparison> TimelineComparer::compare(UserId reader)
{
    const auto unknown = [&] {
        return fail(ErrorCode::NotFound, "no user has the id " + std::to_string(reader.value));
    };
    if (reader.value <= 0 || reader.shard() >= m_map->shardCount) return unknown();
    m_out.reader = reader;
    m_out.shard = reader.shard();
    m_out.cap = m_rules.cap;
    if (const auto* node = m_map->node(m_map->timelinesNode[std::size_t(m_out.shard)]))
        m_out.node = node->name;
    ROOKERY_ASSIGN(m_redis, m_services.redis.lease(m_deadline));
    ROOKERY_TRY(look());
    if (!m_after.exists) return unknown();
    for (int again = 0; again < kComparerLooksAgain && m_out.state == State::Compared && !m_faults.empty();
         ++again) {
        if (!m_deadline.sleptWithin(kBetweenComparerLooks))
            return fail(
                ErrorCode::DeadlineExceeded,
                "the timeline seems to differ, and there was no time to look at it again; give it more",
                true);
        ROOKERY_TRY(lookAgain());
    }
    m_out.takenAt = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    m_out.inRedis = std::int64_t(m_raw.stored);
    if (m_out.state != State::Compared) return std::move(m_out);
    m_out.floor = m_raw.floor->id;
    m_out.inPostgres = std::count_if(m_after.posts.begin(), m_after.posts.end(),
                                     [](const AuditedPost& post) { return !post.deleted; });
    addEntries();
    addOthers();
    ROOKERY_TRY(addAuthors());
    return std::move(m_out);
}

Result<void> TimelineComparer::readRaw()
{
    const std::vector<UserId> owners{m_out.reader};
    ROOKERY_ASSIGN(auto raws, readRawTimelines(*m_redis, *m_map, TimelineFamily::Home, owners, m_deadline));
    m_raw = std::move(raws.front());
    return {};
}

Result<HomeTruth> TimelineComparer::truth()
{
    const auto pulled = m_services.pulled.current(m_deadline);
    return homeTruth(m_sql, *pulled, m_out.reader, m_raw.valid() ? m_raw.floor->id : PostId{},
                     postsToJudge(m_rules), m_rules.cap, m_deadline);
}

Result<void> TimelineComparer::look()
{
    ROOKERY_TRY(readRaw());
    ROOKERY_ASSIGN(m_after, truth());
    m_before = m_after;
    if (!m_after.warm)
        m_out.state = State::Dormant;
    else if (!m_raw.valid())
        m_out.state = State::NotKept;
    else
        m_faults = compareHome(m_raw, m_before, m_after, m_rules);
    return {};
}

// PostgreSQL, then the queue, then the timeline, then PostgreSQL once more: whatever was committed before the
// look at the queue has then either been done or is still to be done.
Result<void> TimelineComparer::lookAgain()
{
    ROOKERY_ASSIGN(m_before, truth());
    std::vector<PostId> posts;
    for (const auto& fault : m_faults)
        posts.insert(posts.end(), fault.posts.begin(), fault.posts.end());
    const std::vector<UserId> readers{m_out.reader};
    ROOKERY_ASSIGN(const auto work, outstandingWork(m_sql, m_services.pools, posts, readers, m_deadline));
    ROOKERY_TRY(readRaw());
    ROOKERY_ASSIGN(m_after, truth());
    if (!m_after.warm || !m_raw.valid()) { // dropped or being built at this moment
        m_out.state = m_after.warm ? State::NotKept : State::Dormant;
        return {};
    }
    m_faults = inBoth(m_faults, compareHome(m_raw, m_before, m_after, m_rules));
    takeAway(work);
    return {};
}

// What unfinished tasks are about; those of the reader's follows may concern any post.
void TimelineComparer::takeAway(const OutstandingWork& work)
{
    const bool edges = work.readers.contains(m_out.reader);
    std::erase_if(m_faults, [&](HomeFault& fault) {
        const bool content = aboutContent(fault.fault);
        if (!content && fault.fault != TimelineFault::Double) return false;
        std::erase_if(fault.posts,
                      [&](PostId post) { return (edges && content) || work.posts.contains(post); });
        return fault.posts.empty();
    });
}

std::map<PostId, EntryVerdict> TimelineComparer::verdictsOfFaults() const
{
    std::map<PostId, EntryVerdict> out;
    for (const auto& fault : m_faults) {
        for (const auto post : fault.posts) {
            const bool score =
                std::find(m_raw.oddScores.begin(), m_raw.oddScores.end(), post) != m_raw.oddScores.end();
            switch (fault.fault) {
            case TimelineFault::Missing:
                out[post] = EntryVerdict::Missing;
                break;
            case TimelineFault::Extra:
                out[post] = EntryVerdict::Extra;
                break;
            case TimelineFault::Double:
                out[post] = EntryVerdict::Double;
                break;
            case TimelineFault::OutOfOrder: // what does not belong there at all says more
                out.emplace(post, score ? EntryVerdict::WrongScore : EntryVerdict::OutOfOrder);
                break;
            case TimelineFault::FloorTooHigh:
            case TimelineFault::BeyondCap:
            case TimelineFault::Cold:
                break;
            }
        }
    }
    return out;
}

// Of all that either side has, newest first.
void TimelineComparer::addEntries()
{
    std::vector<PostId> all = m_raw.ids;
    for (const auto& post : m_after.posts)
        all.push_back(post.id);
    std::sort(all.rbegin(), all.rend());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    const PostId judged = std::max({m_raw.floor->id, m_before.from, m_after.from});
    const auto faults = verdictsOfFaults();
    const auto most = std::size_t(postsToJudge(m_rules));
    for (const auto post : all) {
        const bool between = post < judged && post >= m_raw.floor->id;
        if (between || m_out.entries.size() >= most)
            ++m_out.leftOut;
        else
            addEntry(post, faults);
    }
}

void TimelineComparer::addEntry(PostId post, const std::map<PostId, EntryVerdict>& faults)
{
    const auto* stored = m_after.find(post);
    ComparedEntry entry;
    entry.post = post;
    entry.inRedis = std::binary_search(m_raw.ids.begin(), m_raw.ids.end(), post);
    entry.inPostgres = stored != nullptr;
    const auto fault = faults.find(post);
    if (post < m_raw.floor->id)
        entry.verdict = EntryVerdict::BelowFloor;
    else if (fault != faults.end())
        entry.verdict = fault->second;
    else if (stored && stored->deleted)
        entry.verdict = EntryVerdict::Merged; // or deleted: addAuthors() tells
    else if (entry.inRedis != entry.inPostgres)
        entry.verdict = EntryVerdict::Waiting;
    if (entry.verdict == EntryVerdict::WrongScore || entry.verdict == EntryVerdict::OutOfOrder)
        entry.detail = scoreText(post);
    m_out.entries.push_back(std::move(entry));
}

std::string TimelineComparer::scoreText(PostId post) const
{
    for (std::size_t i = 0; i < m_raw.oddities.size(); ++i) {
        if (m_raw.oddPosts[i] != post) continue;
        const auto& text = m_raw.oddities[i]; // "score -5 of 00…", or a sentence about its segment
        const bool score = text.starts_with("score ");
        return score ? text.substr(0, text.find(" of ")) + ", should be " +
                           std::to_string(-unixMillisecondsOf(post.value))
                     : text;
    }
    return {};
}

void TimelineComparer::addOthers()
{
    for (const auto& fault : m_faults) {
        if (fault.fault == TimelineFault::FloorTooHigh || fault.fault == TimelineFault::BeyondCap)
            m_out.others.push_back({fault.fault, fault.detail});
        if (fault.fault != TimelineFault::OutOfOrder) continue;
        for (std::size_t i = 0; i < m_raw.oddities.size(); ++i)
            if (!m_raw.oddPosts[i]) m_out.others.push_back({fault.fault, m_raw.oddities[i]});
    }
}

// Whose posts they are, and which are deleted; one trip to the posts, one to the users.
Result<void> TimelineComparer::addAuthors()
{
    std::map<int, std::vector<std::int64_t>> byShard;
    for (const auto& entry : m_out.entries)
        if (entry.post.shard() < m_map->shardCount) byShard[entry.post.shard()].push_back(entry.post.value);
    std::vector<ShardStatement> statements;
    for (const auto& [shard, ids] : byShard)
        statements.push_back({shard,
                              {"SELECT id, author_id, deleted_at IS NOT NULL FROM " +
                                   shardTable(Role::Posts, shard, "posts") + " WHERE id = ANY($1::bigint[])",
                               {sqlArray(ids)}}});
    ROOKERY_ASSIGN(const auto results, m_sql.run(Role::Posts, statements, m_deadline));
    std::unordered_map<PostId, std::pair<UserId, bool>> posts;
    for (const auto& rows : results)
        for (std::size_t r = 0; r < rows.size(); ++r)
            posts[PostId{rows.integer(r, 0)}] = {UserId{rows.integer(r, 1)}, rows.boolean(r, 2)};
    std::vector<UserId> authors;
    for (auto& entry : m_out.entries) {
        const auto found = posts.find(entry.post);
        if (found == posts.end()) continue;
        entry.author = found->second.first;
        authors.push_back(entry.author);
        if (entry.verdict == EntryVerdict::Merged && found->second.second)
            entry.verdict = EntryVerdict::Deleted;
    }
    // Deleted and gone from Redis: nothing is left to tell.
    std::erase_if(m_out.entries, [](const ComparedEntry& entry) {
        return entry.verdict == EntryVerdict::Deleted && !entry.inRedis;
    });
    std::sort(authors.begin(), authors.end());
    authors.erase(std::unique(authors.begin(), authors.end()), authors.end());
    std::unordered_map<UserId, std::string> handles;
    for (const auto& one : UserStore::loadWhatAnswers(m_sql, authors, m_deadline))
        handles[one.user.id] = one.user.handle;
    for (auto& entry : m_out.entries)
        if (const auto handle = handles.find(entry.author); handle != handles.end())
            entry.authorHandle = handle->second;
    return {};
}

} // namespace backend
