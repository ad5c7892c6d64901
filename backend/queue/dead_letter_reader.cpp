#include "backend/queue/dead_letter_reader.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

namespace backend {
namespace {

constexpr std::int64_t kLookedAt = 100'000;
constexpr int kMostGroups = 1'000;
constexpr int kErrorRead = 1'000;   // characters, in lists
constexpr int kPayloadListed = 256; // the same

// The first and last id of a signature are found by comparing (time, id) as arrays.
constexpr const char* kGroups =
    "WITH looked AS MATERIALIZED (SELECT id, kind, signature, attempts,"
    "   (extract(epoch FROM died_at) * 1000000)::bigint AS died FROM queue.dead_letters"
    "   ORDER BY died_at DESC, id DESC LIMIT $1::bigint),"
    " grouped AS (SELECT signature, kind, count(*) AS letters, min(attempts) AS least, max(attempts) AS most,"
    "   min(ARRAY[died, id]) AS first, max(ARRAY[died, id]) AS last FROM looked GROUP BY signature, kind"
    "   ORDER BY count(*) DESC, signature, kind LIMIT $3::int)"
    " SELECT signature, kind, letters, least, most, first[1], last[1],"
    "   (SELECT left(error, $2::int) FROM queue.dead_letters AS d WHERE d.id = first[2]),"
    "   (SELECT left(error, $2::int) FROM queue.dead_letters AS d WHERE d.id = last[2]) FROM grouped";

void join(DeadLetterGroup& group, const SqlRows& rows, std::size_t r)
{
    const auto first = timeOfUnixMicroseconds(rows.integer(r, 5)),
               last = timeOfUnixMicroseconds(rows.integer(r, 6));
    const int least = int(rows.integer(r, 3)), most = int(rows.integer(r, 4));
    const bool fresh = group.count == 0;
    group.count += rows.integer(r, 2);
    group.kinds.emplace_back(TaskKind(rows.integer(r, 1)), rows.integer(r, 2));
    group.leastAttempts = fresh ? least : std::min(group.leastAttempts, least);
    group.mostAttempts = std::max(group.mostAttempts, most);
    if (fresh || first < group.firstDiedAt) {
        group.firstDiedAt = first;
        group.firstError = rows.isNull(r, 7) ? std::string() : std::string(rows.text(r, 7));
    }
    if (fresh || last > group.lastDiedAt) {
        group.lastDiedAt = last;
        group.lastError = rows.isNull(r, 8) ? std::string() : std::string(rows.text(r, 8));
    }
}

constexpr auto kAll = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kEndOfTime = 253'402'300'799'000'000; // the year 9999, which PostgreSQL's times hold

std::int64_t microsecondsOf(TimePoint at)
{
    return std::min<std::int64_t>(at.time_since_epoch().count(), kEndOfTime);
}

// A moment in SQL, from microseconds as a cursor holds them; died_at has no finer ones.
std::string momentOf(const std::string& parameter)
{
    return "timestamptz 'epoch' + " + parameter + "::bigint * interval '1 microsecond'";
}

// What of a node comes after the cursor, as microseconds and the highest id at exactly that time.
std::pair<std::int64_t, std::int64_t> startOf(const DeadLetterQuery& query, int node)
{
    const std::int64_t until = query.until ? microsecondsOf(*query.until) : kEndOfTime;
    if (!query.after) return {until, kAll};
    const auto& after = *query.after;
    const auto at = after.diedAt.time_since_epoch().count();
    if (at > until) return {until, kAll};
    if (node < after.ref.node) return {at, kAll};
    return {at, node == after.ref.node ? after.ref.id - 1 : 0};
}

// A number of characters was read, which may be more bytes than may be shown.
std::string cutTo(std::string text, std::size_t bytes)
{
    if (text.size() <= bytes) return text;
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80)
        --bytes;
    text.resize(bytes);
    return text;
}

} // namespace

Result<DeadLetterGroups> readDeadLetterGroups(SqlConnection& connection, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows, connection.execute(kGroups,
                                                       {sqlParameter(kLookedAt), sqlParameter(kErrorRead),
                                                        sqlParameter(kMostGroups)},
                                                       deadline));
    std::map<std::string, DeadLetterGroup> groups;
    std::int64_t letters = 0;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        auto& group = groups[std::string(rows.text(r, 0))];
        join(group, rows, r);
        letters += rows.integer(r, 2);
    }
    DeadLetterGroups out;
    out.complete = letters < kLookedAt && rows.size() < std::size_t(kMostGroups);
    for (auto& [signature, group] : groups) {
        group.signature = signature;
        out.groups.push_back(std::move(group));
    }
    return out;
}

Result<std::vector<DeadLetter>> readDeadLetters(SqlConnection& connection, int node,
                                                const DeadLetterQuery& query, Deadline deadline)
{
    const auto [at, id] = startOf(query, node);
    ROOKERY_ASSIGN(const auto rows,
                   connection.execute(
                       "SELECT id, kind, shard, left(payload, $5::int), left(error, $6::int), attempts,"
                       " (extract(epoch FROM created_at) * 1000000)::bigint,"
                       " (extract(epoch FROM died_at) * 1000000)::bigint, octet_length(payload)"
                       " FROM queue.dead_letters WHERE signature = $1 AND (died_at, id) <= (" +
                           momentOf("$2") + ", $3::bigint) ORDER BY died_at DESC, id DESC LIMIT $4::int",
                       {query.signature, sqlParameter(at), sqlParameter(id), sqlParameter(query.limit + 1),
                        sqlParameter(kPayloadListed), sqlParameter(kErrorRead)},
                       deadline));
    std::vector<DeadLetter> letters;
    for (std::size_t r = 0; r < rows.size(); ++r)
        letters.push_back({{node, rows.integer(r, 0)},
                           TaskKind(rows.integer(r, 1)),
                           int(rows.integer(r, 2)),
                           std::string(rows.text(r, 3)),
                           std::string(rows.text(r, 4)),
                           query.signature,
                           int(rows.integer(r, 5)),
                           timeOfUnixMicroseconds(rows.integer(r, 6)),
                           timeOfUnixMicroseconds(rows.integer(r, 7)),
                           rows.integer(r, 8)});
    return letters;
}

Result<std::vector<DeadLetterCursor>> readDeadLetterRefs(SqlConnection& connection, int node,
                                                         const std::string& signature, TimePoint until,
                                                         Deadline deadline)
{
    ROOKERY_ASSIGN(const auto rows,
                   connection.execute(
                       "SELECT id, (extract(epoch FROM died_at) * 1000000)::bigint FROM queue.dead_letters"
                       " WHERE signature = $1 AND died_at <= " +
                           momentOf("$2") + " ORDER BY died_at DESC, id DESC LIMIT $3::int",
                       {signature, sqlParameter(microsecondsOf(until)), sqlParameter(kDeadLettersAtOnce + 1)},
                       deadline));
    std::vector<DeadLetterCursor> out;
    for (std::size_t r = 0; r < rows.size(); ++r)
        out.push_back({timeOfUnixMicroseconds(rows.integer(r, 1)), {node, rows.integer(r, 0)}});
    return out;
}

Result<DeadLetterPayload> readDeadLetterPayload(SqlConnection& connection, std::int64_t id, Deadline deadline)
{
    ROOKERY_ASSIGN(
        const auto rows,
        connection.execute("SELECT left(payload, $2::int), octet_length(payload) FROM queue.dead_letters"
                           " WHERE id = $1::bigint",
                           {sqlParameter(id), sqlParameter(kPayloadPreviewBytes)}, deadline));
    if (rows.empty())
        return fail(ErrorCode::NotFound, "task " + std::to_string(id) +
                                             " is no dead letter any more: it was retried or discarded");
    return DeadLetterPayload{cutTo(std::string(rows.text(0, 0)), std::size_t(kPayloadPreviewBytes)),
                             rows.integer(0, 1)};
}

bool isNewer(const DeadLetterCursor& a, const DeadLetterCursor& b)
{
    return std::tie(a.diedAt, a.ref) > std::tie(b.diedAt, b.ref);
}

} // namespace backend
