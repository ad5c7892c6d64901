#include "backend/audit/audit_checks.h"

#include "backend/cache/raw_timeline.h"

#include <algorithm>
#include <unordered_set>

namespace backend {
namespace {

constexpr std::size_t kBatch = 2'000;
constexpr std::size_t kListed = 1'000;
constexpr std::int64_t kClockMarginUs =
    1'000'000; // between two nodes' clocks, and of a change from its beginning to its commit

const std::vector<AuditedPost> kNoPosts;

const std::vector<AuditedPost>& postsOf(const AuditData& data, UserId author)
{
    const auto found = data.posts.find(author);
    return found == data.posts.end() ? kNoPosts : found->second;
}

std::string listed(const std::vector<PostId>& ids)
{
    std::string text = std::to_string(ids.size()) + ":";
    for (std::size_t i = 0; i < std::min<std::size_t>(ids.size(), 5); ++i)
        text += " " + std::to_string(ids[i].value);
    return ids.size() > 5 ? text + " …" : text;
}

std::string words(const Counters& c)
{
    return std::to_string(c.followers) + " followers, " + std::to_string(c.following) + " following, " +
           std::to_string(c.posts) + " posts";
}

} // namespace

std::int64_t AuditChecks::Expected::everAtOrAbove(PostId floor) const
{
    const auto from = std::lower_bound(visible.begin(), visible.end(), floor,
                                       [](const AuditedPost& p, PostId id) { return p.id < id; });
    return (visible.end() - from) +
           std::count_if(past.begin(), past.end(), [&](PostId id) { return id >= floor; });
}

void AuditChecks::differ(const char* subject, std::int64_t id, std::string detail)
{
    ++m_report.differencesTotal;
    if (m_report.differences.size() < kListed)
        m_report.differences.push_back({subject, id, std::move(detail)});
}

Result<void> AuditChecks::run(const AuditProgress& progress, Deadline deadline)
{
    for (const auto& difference : m_data.mirror)
        differ(difference.subject.c_str(), difference.id, difference.detail);
    const auto& users = m_data.users;
    for (std::size_t first = 0; first < users.size(); first += kBatch) {
        if (progress) progress("comparing timelines", double(first) / double(users.size()));
        const std::span<const UserId> batch(users.data() + first, std::min(kBatch, users.size() - first));
        ROOKERY_TRY(checkHomes(batch, deadline));
        ROOKERY_TRY(checkAuthors(batch, deadline));
    }
    ROOKERY_TRY(checkPublic(deadline));
    if (m_data.quiet) {
        if (progress) progress("recounting", 0);
        ROOKERY_TRY(checkCounters(deadline));
    }
    checkLedgers();
    return {};
}

AuditChecks::Expected AuditChecks::expectedHome(UserId reader) const
{
    Expected expected;
    expected.visible = postsOf(m_data, reader);
    if (const auto edges = m_data.follows.find(reader); edges != m_data.follows.end())
        for (const auto& edge : edges->second) {
            const auto& posts = postsOf(m_data, edge.followee);
            const auto mergedTo = m_inputs.pulled ? m_inputs.pulled->mergedTo(edge.followee) : PostId{};
            if (edge.following && mergedTo)
                for (const auto& post : posts) // those that pages merge are there or not
                    expected.visible.push_back({post.id, post.deleted || post.id <= mergedTo});
            else if (edge.following)
                expected.visible.insert(expected.visible.end(), posts.begin(), posts.end());
            else
                for (const auto& post : posts) {
                    if (post.id <= edge.keptTo)
                        expected.visible.push_back(post);
                    else
                        expected.past.push_back(post.id);
                }
        }
    std::sort(expected.visible.begin(), expected.visible.end(),
              [](const auto& a, const auto& b) { return a.id < b.id; });
    return expected;
}

Result<void> AuditChecks::checkHomes(std::span<const UserId> readers, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto raws,
                   readRawTimelines(m_redis, *m_inputs.map, TimelineFamily::Home, readers, deadline));
    for (std::size_t i = 0; i < readers.size(); ++i) {
        if (m_data.dormant.contains(readers[i])) {
            ++m_report.timelinesAbsent;
            if (m_data.quiet && (raws[i].valid() || !raws[i].ids.empty()))
                differ("home timeline", readers[i].value, "is kept although its reader is dormant");
            continue;
        }
        if (!raws[i].valid()) {
            ++m_report.timelinesAbsent;
            continue;
        }
        ++m_report.timelinesWarm;
        m_report.entries += std::int64_t(raws[i].ids.size());
        checkTimeline("home timeline", readers[i].value, raws[i], expectedHome(readers[i]));
    }
    return {};
}

Result<void> AuditChecks::checkAuthors(std::span<const UserId> authors, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto raws,
                   readRawTimelines(m_redis, *m_inputs.map, TimelineFamily::Author, authors, deadline));
    for (std::size_t i = 0; i < authors.size(); ++i)
        if (raws[i].valid())
            checkTimeline("author timeline", authors[i].value, raws[i], {postsOf(m_data, authors[i]), {}});
    return {};
}

Result<void> AuditChecks::checkPublic(Deadline deadline)
{
    std::vector<UserId> owners;
    for (int shard = 0; shard < m_inputs.map->shardCount; ++shard)
        owners.push_back(Timelines::publicOwner(shard));
    ROOKERY_ASSIGN(const auto raws,
                   readRawTimelines(m_redis, *m_inputs.map, TimelineFamily::Public, owners, deadline));
    for (std::size_t shard = 0; shard < owners.size(); ++shard)
        if (raws[shard].valid())
            checkTimeline("public timeline", std::int64_t(shard), raws[shard],
                          {m_data.postsOfShard[shard], {}});
    return {};
}

void AuditChecks::checkTimeline(const char* subject, std::int64_t id, const RawTimeline& raw,
                                const Expected& expected)
{
    if (!raw.oddities.empty()) differ(subject, id, "odd content: " + raw.oddities.front());
    const PostId floor = raw.floor->id, horizon{m_data.judgedUpTo};
    std::vector<PostId> stored;
    for (const auto post : raw.ids)
        if (post >= floor) stored.push_back(post);

    std::vector<PostId> missing, extra;
    auto have = stored.begin();
    for (const auto& post : expected.visible) {
        if (post.id < floor) continue;
        while (have != stored.end() && *have < post.id)
            extra.push_back(*have++);
        const bool there = have != stored.end() && *have == post.id;
        if (there)
            ++have; // deleted ones may stay until they are reclaimed
        else if (!post.deleted && post.id <= horizon)
            missing.push_back(post.id);
    }
    extra.insert(extra.end(), have, stored.end());
    std::erase_if(extra, [&](PostId post) { return post > horizon; });
    if (!missing.empty()) differ(subject, id, "missing " + listed(missing));
    // An ended edge whose removal still waits in the queue explains an extra entry.
    if (!extra.empty() && m_data.quiet) differ(subject, id, "extra " + listed(extra));
    checkFloor(subject, id, raw, expected);
}

// The floor lies no higher than the cap-th newest entry ever due, unless age put it there or the timeline is
// still to become deeper.
void AuditChecks::checkFloor(const char* subject, std::int64_t id, const RawTimeline& raw,
                             const Expected& expected)
{
    const PostId floor = raw.floor->id;
    if (!raw.floor->whole || floor.value == 0 || expected.everAtOrAbove(floor) >= m_inputs.cap) return;
    auto newest = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()) -
                  m_inputs.ageShift;
    if (!raw.ids.empty()) newest = std::max(newest, raw.ids.back().time());
    if (floor.time() <= newest - m_inputs.age + Milliseconds(1)) return;
    differ(subject, id, "floor " + std::to_string(floor.value) + " is higher than cap and age explain");
}

Result<void> AuditChecks::checkCounters(Deadline deadline)
{
    const auto& users = m_data.users;
    for (std::size_t first = 0; first < users.size(); first += kBatch) {
        const std::span<const UserId> batch(users.data() + first, std::min(kBatch, users.size() - first));
        ROOKERY_ASSIGN(const auto cached, readRawCounters(m_redis, *m_inputs.map, batch, deadline));
        for (std::size_t i = 0; i < batch.size(); ++i) {
            Counters recounted;
            if (const auto found = m_data.followers.find(batch[i]); found != m_data.followers.end())
                recounted.followers = found->second.following;
            if (const auto found = m_data.follows.find(batch[i]); found != m_data.follows.end())
                recounted.following = std::count_if(found->second.begin(), found->second.end(),
                                                    [](const auto& e) { return e.following; });
            const auto& posts = postsOf(m_data, batch[i]);
            recounted.posts =
                std::count_if(posts.begin(), posts.end(), [](const auto& p) { return !p.deleted; });
            const auto found = m_data.counters.find(batch[i]);
            const auto stored = found == m_data.counters.end() ? AuditedCounters{} : found->second;
            ++m_report.countersChecked;
            if (stored.counters != recounted)
                differ("counters", batch[i].value,
                       words(stored.counters) + "; recounted " + words(recounted));
            if (cached[i] && cached[i]->counters != stored.counters)
                differ("redis counters", batch[i].value,
                       words(cached[i]->counters) + "; PostgreSQL has " + words(stored.counters));
        }
    }
    return {};
}

void AuditChecks::checkLedgers()
{
    for (const auto& row : m_data.ledger) {
        if (row.post.value > m_data.judgedUpTo && !m_data.quiet) continue;
        if (!m_data.quiet && (row.rows == 0 || row.rows != row.chunksPlanned))
            continue; // its tasks may still be at work
        ++m_report.ledgersChecked;
        if (row.rows == 0) {
            differ("ledger", row.post.value, "has no rows");
            continue;
        }
        if (row.rows != row.chunksPlanned || row.lastChunk != row.chunksPlanned - 1)
            differ("ledger", row.post.value,
                   std::to_string(row.rows) + " rows of " + std::to_string(row.chunksPlanned) + " planned");
        if (row.audience != row.accounted)
            differ("ledger", row.post.value,
                   "audience " + std::to_string(row.audience) + ", accounted for " +
                       std::to_string(row.accounted));
        const auto found = m_data.followers.find(row.author);
        const auto followers = found == m_data.followers.end() ? AuditedFollowers{} : found->second;
        if (followers.changedUnixUs + kClockMarginUs < row.plannedUnixUs &&
            row.audience != followers.following + 1)
            differ("ledger", row.post.value,
                   "audience " + std::to_string(row.audience) + ", recounted " +
                       std::to_string(followers.following + 1));
    }
}

} // namespace backend
