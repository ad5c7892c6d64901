// The public page: merged from all logical shards at most once in a while, never by a scan, and what is
// deleted is gone from it at once, kept or not. Beside it, since it has the old posts: what an author's page
// reads.
#include <QTest>

#include "backend/cache/redis_client.h"
#include "backend/cache/timeline_keys.h"
#include "backend/cache/timelines.h"
#include "backend/engine/open_engine.h"
#include "backend/store/post_store.h"
#include "backend/store/postgres_pool.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"
#include "tests/support/recording_pool.h"

#include <algorithm>
#include <regex>
#include <thread>

using namespace backend;
using namespace tests;
using namespace std::chrono_literals;

namespace {

constexpr int kOldPosts = 30'000;

// The plan of a statement as the server would run it with these values; `options`: of EXPLAIN.
std::string plan(SqlConnection& connection, const SqlStatement& statement, const std::string& mode,
                 const std::string& options = {})
{
    std::string values;
    for (const auto& parameter : statement.parameters)
        values += (values.empty() ? "'" : ", '") + parameter.value() + "'";
    take(connection.executeScript("SET plan_cache_mode = " + mode + "; PREPARE looked_at AS " + statement.sql,
                                  soon()));
    const auto rows =
        take(connection.execute("EXPLAIN " + options + " EXECUTE looked_at (" + values + ")", {}, soon()));
    take(connection.executeScript("DEALLOCATE looked_at", soon()));
    std::string text;
    for (std::size_t r = 0; r < rows.size(); ++r)
        text += std::string(rows.text(r, 0)) + "\n";
    return text;
}

// Rows that a statement takes from tables and indexes, shown or not.
std::int64_t rowsRead(SqlConnection& connection, const SqlStatement& statement, const std::string& mode)
{
    const auto text = plan(connection, statement, mode, "(ANALYZE, COSTS off, TIMING off, SUMMARY off)");
    std::int64_t rows = 0;
    const auto each = [&text](const std::regex& pattern, const auto& take) {
        for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at)
            take(*at);
    };
    each(std::regex(" Scan[^\n]*actual rows=(\\d+) loops=(\\d+)"),
         [&](const std::smatch& found) { rows += std::stoll(found[1]) * std::stoll(found[2]); });
    each(std::regex("Rows Removed by [^:]*: (\\d+)"),
         [&](const std::smatch& found) { rows += std::stoll(found[1]); });
    return rows;
}

} // namespace

class PublicPageTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void noStatementScans();
    void pagesToTheEndReadNoMoreThanTheyShow();
    void authorsPagesReadWhatTheyShowHoweverDeep();
    void twoReadsInAWhileCostOneMerge();
    void deletesShowInKeptPagesAtOnce();

private:
    std::unique_ptr<OpenEngine> open(Milliseconds publicPageAge, int workers);
    SqlRows onPosts(const std::string& text);
    SqlPools recordingPools(std::vector<SqlStatement>& sent);
    std::int64_t looked(OpenEngine& engine); // at one shard's public timeline in Redis, by all engines
    static std::vector<PostId> page(OpenEngine& engine, int limit);

    std::unique_ptr<PrivateCluster> m_cluster;
    NodeEndpoint m_directory;
    std::unique_ptr<OpenEngine> m_engine; // keeps its page for longer than any test
    User m_author;
    std::string m_schema; // that of the author's posts, where most of the rows are
    std::vector<PostId> m_posts;
};

std::unique_ptr<OpenEngine> PublicPageTest::open(Milliseconds publicPageAge, int workers)
{
    auto options = engineOptions(m_directory, workers); // nobody else reads posts
    options.publicPageAge = publicPageAge;
    return take(openEngine(options, soon()));
}

// One shard has many posts of long ago, all shards together some of today.
void PublicPageTest::initTestCase()
{
    m_cluster = PrivateCluster::start(2, 3);
    m_directory = makeCluster(m_cluster->servers());
    m_engine = open(1h, 2);
    auto& feed = m_engine->feed();
    m_author = take(feed.createUser({"author", "Author"}, soon()));
    QVERIFY(drain(*m_engine));
    for (int i = 0; i < 60; ++i)
        m_posts.push_back(take(feed.post(m_author.id, "of today", soon())).id);
    QVERIFY(drain(*m_engine));
    const int shard = m_author.id.shard();
    const auto table = shardTable(Role::Posts, shard, "posts");
    m_schema = table.substr(0, table.find('.'));
    onPosts("INSERT INTO " + table + " SELECT ((1000000 + n)::bigint << " +
            std::to_string(kShardBits + kSlotBits) + ") | " + std::to_string(makeRawId(0, shard, 1)) + ", " +
            std::to_string(m_author.id.value) + ", 'of long ago' FROM generate_series(1, " +
            std::to_string(kOldPosts) + ") AS n");
    take(take(makePostgresPool({1, "owner", NodeKind::Postgres, m_cluster->node("pg-2").ownerAddress},
                               {1, 1, 5s})
                  ->lease(soon()))
             ->execute("ANALYZE " + table, {}, soon()));
    // Built anew, it knows of its age floor.
    RedisClient redis(m_cluster->endpoints());
    take(redis.command(m_engine->shardMaps().current()->timelinesNode[std::size_t(shard)],
                       {"DEL", timelineFloorKey(TimelineFamily::Public, Timelines::publicOwner(shard))},
                       soon()));
}

SqlRows PublicPageTest::onPosts(const std::string& text)
{
    SqlSession session(m_engine->pools(), m_engine->shardMaps());
    return take(session.runOne(Role::Posts, m_author.id.shard(), {text, {}}, soon()));
}

std::int64_t PublicPageTest::looked(OpenEngine& engine)
{
    if (!laterSnapshots(engine.monitor())) throw std::runtime_error("no snapshots come");
    for (const auto& counts : engine.monitor().snapshot()->caches)
        if (counts.name == "public timeline") return counts.hits + counts.misses;
    throw std::runtime_error("no such family of keys");
}

std::vector<PostId> PublicPageTest::page(OpenEngine& engine, int limit)
{
    PageQuery query;
    query.limit = limit;
    std::vector<PostId> ids;
    for (const auto& entry : take(engine.feed().publicPage(query, soon())).entries)
        ids.push_back(entry.id);
    return ids;
}

SqlPools PublicPageTest::recordingPools(std::vector<SqlStatement>& sent)
{
    std::map<int, std::unique_ptr<SqlPool>> recording;
    for (const auto& node : m_cluster->endpoints())
        if (node.kind == NodeKind::Postgres)
            recording.emplace(node.id,
                              std::make_unique<RecordingPool>(makePostgresPool(node, {2, 8, 5s}), sent));
    return SqlPools(std::move(recording));
}

// Of home and author pages below the floor: no OFFSET in disguise.
void PublicPageTest::authorsPagesReadWhatTheyShowHoweverDeep()
{
    constexpr int kLimit = 20;
    std::vector<SqlStatement> sent;
    const auto pools = recordingPools(sent);
    SqlSession session(pools, m_engine->shardMaps());
    const int shard = m_author.id.shard();
    auto connection =
        take(take(m_engine->pools().pool(m_engine->shardMaps().current()->postsNode[std::size_t(shard)]))
                 ->lease(soon()));
    const std::vector<PostSource> sources{m_author.id};
    for (const int depth : {0, 100, kOldPosts / 2, kOldPosts - 100}) {
        sent.clear();
        IdRange range;
        if (depth > 0) range.before = PostId{makeRawId(1'000'000 + kOldPosts - depth, shard, 1)};
        QCOMPARE(take(PostStore::newestOf(session, sources, range, kLimit, soon())).size(),
                 std::size_t(kLimit));
        QVERIFY(!sent.empty());
        for (const auto& statement : sent)
            for (const auto* mode : {"force_custom_plan", "force_generic_plan"}) {
                const auto rows = rowsRead(*connection, statement, mode);
                QVERIFY2(rows > 0 && rows <= 2 * kLimit,
                         (std::to_string(rows) + " rows at " + std::to_string(depth) + "\n" +
                          plan(*connection, statement, mode))
                             .c_str());
            }
    }
    take(connection->executeScript("RESET plan_cache_mode", soon()));
}

// The statements that the store really sends, with the plans that the server has for them.
void PublicPageTest::noStatementScans()
{
    std::vector<SqlStatement> sent;
    const auto pools = recordingPools(sent);
    SqlSession session(pools, m_engine->shardMaps());
    const std::vector<int> shards{m_author.id.shard()};
    const PostId middle{makeRawId(1'000'000 + kOldPosts / 2, shards[0], 1)};
    const std::vector<UserId> hidden{UserId{1}, UserId{2}};
    for (const auto& range :
         {IdRange{}, IdRange{middle, {}}, IdRange{{}, middle}, IdRange{m_posts[0], middle}})
        for (const auto& without : {std::vector<UserId>(), hidden})
            QCOMPARE(
                take(PostStore::newestOfShards(session, shards, range, 50, soon(), without)).posts.size(),
                std::size_t(50));
    QCOMPARE(sent.size(), std::size_t(8));
    const int node = m_engine->shardMaps().current()->postsNode[std::size_t(shards[0])];
    auto connection = take(take(m_engine->pools().pool(node))->lease(soon()));
    for (const auto& statement : sent)
        for (const auto* mode : {"force_custom_plan", "force_generic_plan"}) {
            const auto text = plan(*connection, statement, mode);
            QVERIFY2(text.find("Index Scan Backward using posts_pkey") != std::string::npos &&
                         text.find("Seq Scan") == std::string::npos && text.find("Sort") == std::string::npos,
                     (statement.sql + "\n" + text).c_str());
        }
    take(connection->executeScript("RESET plan_cache_mode", soon()));
    const auto indexes =
        onPosts("SELECT string_agg(pg_get_indexdef(indexrelid), '; ' ORDER BY 1) FROM pg_index"
                " WHERE indrelid = '" +
                m_schema + ".posts'::regclass");
    const auto text = std::string(indexes.text(0, 0));
    QVERIFY2(std::count(text.begin(), text.end(), ';') == 1 && text.find("(id)") != std::string::npos &&
                 text.find("(author_id, id)") != std::string::npos,
             text.c_str());
}

// The same from the outside: what the server counted while an engine built the public timeline and paged far
// down. On a machine so slow that a build is begun anew, the next pass tells; reading ever more from page to
// page would show in each.
void PublicPageTest::pagesToTheEndReadNoMoreThanTheyShow()
{
    struct Counted
    {
        std::int64_t scans = 0, indexScans = 0, entries = 0;
    };
    const auto counted = [&] {
        const auto rows = onPosts(
            "SELECT t.seq_scan, t.idx_scan, (SELECT sum(i.idx_tup_read) FROM pg_stat_user_indexes AS i"
            " WHERE i.relid = t.relid) FROM pg_stat_user_tables AS t WHERE t.schemaname = '" +
            m_schema + "' AND t.relname = 'posts'");
        return Counted{rows.integer(0, 0), rows.integer(0, 1), rows.integer(0, 2)};
    };
    constexpr int kPages = 30, kLimit = 100, kPasses = 3;
    std::int64_t read = 0;
    for (int pass = 0; pass < kPasses; ++pass) {
        const auto before = counted();
        PageQuery query;
        query.limit = kLimit;
        std::vector<PostId> seen;
        for (int i = 0; i < kPages; ++i) {
            const auto page = take(m_engine->feed().publicPage(query, soon()));
            QVERIFY(!page.partial && page.next);
            for (const auto& entry : page.entries)
                seen.push_back(entry.id);
            query.before = page.next;
        }
        QVERIFY(std::is_sorted(seen.rbegin(), seen.rend()));
        QCOMPARE(seen.size(), std::size_t(kPages * kLimit));
        QVERIFY(std::equal(m_posts.rbegin(), m_posts.rend(), seen.begin()));
        // A server tells its statistics when it likes.
        QTRY_VERIFY_WITH_TIMEOUT((onPosts("SELECT 1"), counted().indexScans - before.indexScans >= kPages),
                                 60'000);
        const auto after = counted();
        QCOMPARE(after.scans, before.scans);
        read = after.entries - before.entries;
        // Twice: statistics may come in two parts, and bodies are looked up by id.
        if (read < 4 * kPages * kLimit) return;
    }
    QFAIL(qPrintable(QStringLiteral("%1 index entries were read").arg(read)));
}

void PublicPageTest::twoReadsInAWhileCostOneMerge()
{
    const int shards = m_engine->shardMaps().current()->shardCount;
    const auto reader = open(1h, 0);
    const auto before = looked(*m_engine);
    const auto first = page(*reader, 20);
    QCOMPARE(first.size(), std::size_t(20));
    QTRY_COMPARE_WITH_TIMEOUT(looked(*m_engine) - before, std::int64_t(shards), 60'000); // each shard once
    const auto newer = take(m_engine->feed().post(m_author.id, "meanwhile", soon())).id;
    QVERIFY(drain(*m_engine));
    for (int i = 0; i < 5; ++i)
        QVERIFY(page(*reader, 20) == first); // as it was merged, for as long as it is kept
    QCOMPARE(looked(*m_engine) - before, std::int64_t(shards));
    QCOMPARE(page(*reader, 10).front(), newer); // a page of another size is another page
    QTRY_COMPARE_WITH_TIMEOUT(looked(*m_engine) - before, std::int64_t(2 * shards), 60'000);

    const auto shortly = open(200ms, 0);
    const auto then = looked(*m_engine);
    for (int i = 0; i < 3; ++i) {
        QCOMPARE(page(*shortly, 20).front(), newer);
        std::this_thread::sleep_for(300ms);
    }
    // … and no longer than that.
    QTRY_COMPARE_WITH_TIMEOUT(looked(*m_engine) - then, std::int64_t(3 * shards), 60'000);
    m_posts.push_back(newer);
}

// No worker runs: nobody but the call itself and the pages can have hidden anything.
void PublicPageTest::deletesShowInKeptPagesAtOnce()
{
    const auto one = open(1h, 0), other = open(1h, 0);
    QVERIFY(pauseAll(*m_engine));
    QVERIFY(page(*one, 20) == page(*other, 20)); // both keep it now
    for (int i = 0; i < 3; ++i) {
        const auto gone = m_posts.back();
        m_posts.pop_back();
        take((i % 2 ? *other : *one).feed().deletePost(gone, soon()));
        for (auto* engine : {one.get(), other.get()}) {
            const auto shown = page(*engine, 20);
            QVERIFY(std::find(shown.begin(), shown.end(), gone) == shown.end());
            QVERIFY(std::equal(shown.begin(), shown.end(), m_posts.rbegin())); // and filled up from below
            QCOMPARE(shown.size(), std::size_t(20));
        }
    }
    QCOMPARE(take(m_engine->monitor().unfinishedTasks(soon())), std::int64_t(3)); // nobody has touched them
    take(m_engine->operations().resumeWorkers(-1, soon()));
    QVERIFY(drain(*m_engine));
}

QTEST_GUILESS_MAIN(PublicPageTest)
#include "public_page_test.moc"
