// What the engine tells of its queue beyond the snapshot, on real servers: dead letters by signature and page
// by page, payloads of which only the begin is ever fetched, frozen sets, waits and runs, the last hour by
// kind, and what each worker did when.
#include <QTest>

#include "backend/engine/open_engine.h"
#include "backend/queue/dead_letter_reader.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"

#include <algorithm>
#include <cmath>
#include <set>

using namespace backend;
using namespace tests;

class QueueDetailsTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase() { m_engine.reset(); }
    void cleanup() { everywhere("DELETE FROM queue.dead_letters"); }
    void groupsAreOfAllNodes();
    void pagesReachTheEndOnce();
    void aPageReadsNoMoreThanItShows();
    void setsAreFrozen();
    void outcomesCountWhatWasThere();
    void hugePayloadsAreNeverFetched();
    void readOnlyLooksButChangesNothing();
    void silentNodesAreNamed();
    void waitsAndRunsAreMeasured();
    void retriesAndRevivedOnesAreNoWaits();
    void theLastHourIsKeptByKind();
    void spansTellWhatWorkersDid();

private:
    std::unique_ptr<OpenEngine> open(int workers, bool readOnly = false)
    {
        auto options = engineOptions(m_directory, workers);
        options.readOnly = readOnly;
        return take(openEngine(options, soon()));
    }
    Operations& operations() { return m_engine->operations(); }
    void on(int node, const std::string& sql, const SqlParameters& parameters = {})
    {
        const auto connection = take(m_engine->pools().all().at(node)->lease(soon()));
        take(connection->execute(sql, parameters, soon()));
    }
    void everywhere(const std::string& sql)
    {
        for (const auto& [node, pool] : m_engine->pools().all())
            on(node, sql);
    }
    // Letters first … last on a node, letter i having died i minutes after the others' begin; several at a
    // time share a moment.
    void bury(int node, int first, int last, const std::string& signature, int together = 1)
    {
        on(node,
           "INSERT INTO queue.dead_letters (id, kind, shard, payload, error, signature, attempts, created_at,"
           " died_at) SELECT i, 3, 0, '{}', 'error ' || i, $3, 8, timestamptz '2026-01-01 00:00+00',"
           " timestamptz '2026-01-02 00:00+00' + (i / $4::int) * interval '1 minute'"
           " FROM generate_series($1::int, $2::int) AS i",
           {sqlParameter(first), sqlParameter(last), signature, sqlParameter(together)});
    }

    static QueueKindTimes timesOf(OpenEngine& engine, TaskKind kind)
    {
        const auto details = take(engine.monitor().queueDetails(soon()));
        for (const auto& times : details.kinds)
            if (times.kind == kind) return times;
        return {kind};
    }
    struct RowsRead
    {
        std::int64_t scanned = 0, byIndex = 0;
    };
    // Of the dead letters, what the transaction that is open has read so far.
    static RowsRead rowsRead(SqlConnection& connection)
    {
        const auto rows = take(connection.execute(
            "SELECT coalesce(seq_tup_read, 0), coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
            " WHERE schemaname = 'queue' AND relname = 'dead_letters'",
            {}, soon()));
        return {rows.integer(0, 0), rows.integer(0, 1)};
    }

    std::unique_ptr<PrivateCluster> m_cluster;
    NodeEndpoint m_directory;
    std::unique_ptr<OpenEngine> m_engine;
    int m_one = 0, m_two = 0; // PostgreSQL nodes
};

void QueueDetailsTest::initTestCase()
{
    m_cluster = PrivateCluster::start(2, 1);
    m_directory = makeCluster(m_cluster->servers());
    m_engine = open(2);
    QCOMPARE(m_engine->pools().all().size(), std::size_t(2));
    m_one = m_engine->pools().all().begin()->first;
    m_two = m_engine->pools().all().rbegin()->first;
}

void QueueDetailsTest::groupsAreOfAllNodes()
{
    bury(m_one, 1, 30, "redis-# is full");
    bury(m_two, 1, 20, "redis-# is full");
    bury(m_two, 100, 102, "no such user");
    const auto groups = take(operations().deadLetterGroups(soon()));
    QVERIFY(groups.complete);
    QVERIFY(groups.unread.empty());
    QCOMPARE(groups.groups.size(), std::size_t(2));
    const auto& full = groups.groups[0];
    QCOMPARE(full.signature, std::string("redis-# is full"));
    QCOMPARE(full.count, std::int64_t(50));
    QCOMPARE(full.kinds.size(), std::size_t(1));
    QVERIFY(full.kinds[0].first == TaskKind::DeliverChunk);
    QCOMPARE(full.firstError, std::string("error 1"));
    QCOMPARE(full.lastError, std::string("error 30"));
    QVERIFY(full.lastDiedAt - full.firstDiedAt == std::chrono::minutes(29));
    QCOMPARE(full.mostAttempts, 8);
    QCOMPARE(groups.groups[1].count, std::int64_t(3));
}

// Ties in time, on one node and between both, included.
void QueueDetailsTest::pagesReachTheEndOnce()
{
    bury(m_one, 1, 60, "a", 7);
    bury(m_two, 31, 90, "a", 7);
    bury(m_two, 200, 220, "b");
    DeadLetterQuery query;
    query.signature = "a";
    query.limit = 13;
    std::set<TaskRef> seen;
    std::vector<DeadLetterCursor> order;
    for (int pages = 0; pages < 20; ++pages) {
        const auto page = take(operations().deadLetterPage(query, soon()));
        for (const auto& letter : page.letters) {
            QVERIFY(seen.insert(letter.ref).second);
            QVERIFY(order.empty() || order.back().diedAt >= letter.diedAt);
            order.push_back({letter.diedAt, letter.ref});
        }
        if (!page.more) break;
        query.after = order.back();
    }
    QCOMPARE(seen.size(), std::size_t(120));
    query.after.reset();
    query.limit = 0;
    QVERIFY(!operations().deadLetterPage(query, soon()));
}

void QueueDetailsTest::setsAreFrozen()
{
    bury(m_one, 1, 10, "a");
    bury(m_two, 1, 5, "a");
    const auto listed = take(operations().deadLetterGroups(soon())).groups.at(0);
    bury(m_two, 50, 59, "a"); // died later
    const auto set = take(operations().deadLetterSet("a", listed.lastDiedAt, soon()));
    QVERIFY(set.complete);
    QCOMPARE(std::int64_t(set.tasks.size()), listed.count);
    QCOMPARE(take(operations().discardDeadLetters(set.tasks, soon())), 15);
    const auto left = take(operations().deadLetterGroups(soon())).groups.at(0);
    QCOMPARE(left.count, std::int64_t(10));
    QCOMPARE(left.firstError, std::string("error 50"));
}

void QueueDetailsTest::outcomesCountWhatWasThere()
{
    bury(m_one, 1, 4, "a");
    const auto set = take(operations().deadLetterSet("a", TimePoint::max(), soon()));
    on(m_one, "DELETE FROM queue.dead_letters WHERE id = 2");
    QCOMPARE(set.tasks.size(), std::size_t(4));
    QCOMPARE(take(operations().discardDeadLetters(set.tasks, soon())), 3);
}

// Both of one letter and of 256: what comes over is bounded, however large they are.
void QueueDetailsTest::hugePayloadsAreNeverFetched()
{
    constexpr std::int64_t kBytes = 100LL * 1024 * 1024;
    bury(m_one, 1, 2, "a");
    on(m_one, "UPDATE queue.dead_letters SET payload = repeat('x', $1::int) WHERE id = 1",
       {sqlParameter(kBytes)});
    // Letters of several bytes, that no cut may halve: 3 × 43,690 bytes, and 1.
    on(m_one, "UPDATE queue.dead_letters SET payload = 'x' || repeat('€', 50000) WHERE id = 2");
    const auto huge = take(operations().deadLetterPayload({m_one, 1}, soon()));
    QCOMPARE(huge.bytes, kBytes);
    QCOMPARE(std::int64_t(huge.preview.size()), kPayloadPreviewBytes);
    const auto wide = take(operations().deadLetterPayload({m_one, 2}, soon()));
    QCOMPARE(wide.bytes, std::int64_t(150'001));
    QCOMPARE(wide.preview.size(), std::size_t(1 + 3 * 21'845)); // the most whole letters in 65,536 bytes
    QVERIFY(QString::fromStdString(wide.preview).endsWith(u'€'));

    DeadLetterQuery query;
    query.signature = "a";
    for (const auto& letter : take(operations().deadLetterPage(query, soon())).letters) {
        QVERIFY(letter.payload.size() <= 3 * 256);
        QVERIFY(letter.payloadBytes >= 150'001);
    }
    for (const auto& letter : take(operations().deadLetters(10, soon())))
        QVERIFY(letter.payload.size() <= 3 * 4'096);
    const auto none = operations().deadLetterPayload({m_one, 77}, soon());
    QVERIFY(!none && none.error().code == ErrorCode::NotFound);
}

void QueueDetailsTest::readOnlyLooksButChangesNothing()
{
    bury(m_one, 1, 3, "a");
    const auto reader = open(0, true);
    auto& looking = reader->operations();
    QCOMPARE(take(looking.deadLetterGroups(soon())).groups.at(0).count, std::int64_t(3));
    const auto set = take(looking.deadLetterSet("a", TimePoint::max(), soon()));
    QVERIFY(take(looking.deadLetterPayload(set.tasks[0], soon())).bytes > 0);
    const auto retried = looking.retryDeadLetters(set.tasks, soon());
    QVERIFY(!retried && retried.error().code == ErrorCode::ReadOnly);
    const auto discarded = looking.discardDeadLetters(set.tasks, soon());
    QVERIFY(!discarded && discarded.error().code == ErrorCode::ReadOnly);
    QCOMPARE(take(operations().deadLetterGroups(soon())).groups.at(0).count, std::int64_t(3));
    // Nothing was measured while it looks: no zeros.
    QVERIFY(take(reader->monitor().queueDetails(soon())).kinds.empty());
}

void QueueDetailsTest::silentNodesAreNamed()
{
    bury(m_one, 1, 3, "a");
    bury(m_two, 1, 4, "a");
    // The table of one node is out of reach: its letters are not taken for none.
    const auto lock = take(m_engine->pools().all().at(m_one)->lease(soon()));
    auto transaction = take(SqlTransaction::begin(*lock, soon()));
    take(lock->execute("LOCK TABLE queue.dead_letters IN ACCESS EXCLUSIVE MODE", {}, soon()));
    const auto groups =
        take(operations().deadLetterGroups(Deadline::after(std::chrono::milliseconds(1'500))));
    QCOMPARE(groups.unread.size(), std::size_t(1));
    QVERIFY2(groups.unread[0].find(':') != std::string::npos, groups.unread[0].c_str());
    // The one that hangs leaves time for the other.
    QCOMPARE(groups.groups.at(0).count, std::int64_t(4));
    // A set that is not whole is no set.
    QVERIFY(
        !operations().deadLetterSet("a", TimePoint::max(), Deadline::after(std::chrono::milliseconds(500))));
}

void QueueDetailsTest::aPageReadsNoMoreThanItShows()
{
    bury(m_one, 1, 3'000, "common");
    bury(m_one, 5'001, 5'040, "rare", 7);
    everywhere("ANALYZE queue.dead_letters");
    const auto connection = take(m_engine->pools().all().at(m_one)->lease(soon()));
    for (const std::string signature : {"common", "rare"}) {
        DeadLetterQuery query;
        query.signature = signature;
        query.limit = 10;
        for (int page = 0; page < 3; ++page) {
            take(connection->begin(soon()));
            const auto before = rowsRead(*connection);
            const auto letters = take(readDeadLetters(*connection, m_one, query, soon()));
            const auto after = rowsRead(*connection);
            take(connection->commit(soon()));
            QCOMPARE(letters.size(), std::size_t(11));
            QCOMPARE(after.scanned - before.scanned, std::int64_t(0));
            QVERIFY2(after.byIndex - before.byIndex <= 11, std::to_string(after.byIndex).c_str());
            query.after = {letters[9].diedAt, letters[9].ref};
        }
    }
}

// What is tried again at once and again, and what a person gives back after two days, waited for no worker.
void QueueDetailsTest::retriesAndRevivedOnesAreNoWaits()
{
    QVERIFY(drain(*m_engine));
    QVERIFY(laterSnapshots(m_engine->monitor(), 4)); // and all of it is told
    const auto waits = [&] { return timesOf(*m_engine, TaskKind::DeliverChunk).waits; };
    const auto before = waits();
    const auto give = [&](const std::string& payload, int attempts) {
        on(m_one,
           "INSERT INTO queue.tasks (kind, shard, rank, expires_at, created_at, payload, attempts)"
           " VALUES (3, 0, 0, now() + interval '1 day', now() - interval '2 days', $1, $2::int)",
           {payload, sqlParameter(attempts)});
    };
    const auto dead = [&] { return take(operations().deadLetters(10, soon())); };
    give("no JSON", 7); // its last attempt
    QTRY_COMPARE_WITH_TIMEOUT(dead().size(), std::size_t(1), 60'000);
    QTRY_COMPARE_WITH_TIMEOUT(waits(), before + 1, 60'000); // its first claim
    QCOMPARE(take(operations().retryDeadLetters(std::vector<TaskRef>{dead()[0].ref}, soon())), 1);
    QTRY_COMPARE_WITH_TIMEOUT(dead().size(), std::size_t(1), 60'000); // run and buried again
    give("no JSON either", 7);
    QTRY_COMPARE_WITH_TIMEOUT(dead().size(), std::size_t(2), 60'000);
    QTRY_VERIFY_WITH_TIMEOUT(waits() >= before + 2, 60'000);
    QCOMPARE(waits(), before + 2);
}

// By all engines, so an engine without workers knows them, too; of the time in which it looked.
void QueueDetailsTest::waitsAndRunsAreMeasured()
{
    auto& feed = m_engine->feed();
    const auto author = take(feed.createUser({"measured", "M"}, soon())).id;
    QVERIFY(drain(*m_engine));
    const auto looking = open(0, true);
    QTRY_VERIFY_WITH_TIMEOUT(!looking->monitor().snapshot()->engines.empty(), 60'000);
    const auto looked = looking->monitor().snapshot()->sequence;
    QTRY_VERIFY_WITH_TIMEOUT(looking->monitor().snapshot()->sequence > looked + 2, 60'000);
    for (int i = 0; i < 20; ++i)
        take(feed.post(author, "post " + std::to_string(i), soon()));
    for (auto* engine : {m_engine.get(), looking.get()})
        QTRY_VERIFY_WITH_TIMEOUT(timesOf(*engine, TaskKind::PostCreated).runs >= 20, 60'000);
    // And what the other engine's workers did, second by second.
    const auto told = [&] {
        const auto now =
            std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
        const auto spans =
            take(looking->monitor().workerSpans(now - std::chrono::minutes(1), now, 100, soon()));
        return std::any_of(spans.lanes.begin(), spans.lanes.end(), [](const auto& lane) {
            return !lane.engine.empty() &&
                   std::any_of(lane.tallies.begin(), lane.tallies.end(),
                               [](const auto& tally) { return tally.tasks > 0 && !tally.parts.empty(); });
        });
    };
    QTRY_VERIFY_WITH_TIMEOUT(told(), 60'000);
    const auto posts = timesOf(*looking, TaskKind::PostCreated);
    QCOMPARE(posts.waits, std::int64_t(20));
    QCOMPARE(posts.runs, std::int64_t(20));
    QVERIFY(posts.waitP50Ms > 0 && posts.waitP99Ms >= posts.waitP50Ms);
    QVERIFY(posts.runP50Ms > 0 && posts.runP99Ms >= posts.runP50Ms);
    QVERIFY(posts.waitP99Ms < 60'000);
}

void QueueDetailsTest::theLastHourIsKeptByKind()
{
    const auto read = [&] {
        const auto now =
            std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
        return take(m_engine->monitor().queueHistory(now - std::chrono::minutes(5), now, 300, soon()));
    };
    QTRY_VERIFY_WITH_TIMEOUT(read().at.size() >= 3, 60'000);
    const auto history = read();
    QCOMPARE(history.kinds.size(), kTaskKinds.size());
    QVERIFY(std::is_sorted(history.at.begin(), history.at.end()));
    for (const auto& kind : history.kinds) {
        QCOMPARE(kind.unfinished.size(), history.at.size());
        QCOMPARE(kind.arrivalsPerSecond.size(), history.at.size());
        QCOMPARE(kind.drainPerSecond.size(), history.at.size());
    }
    QTRY_VERIFY_WITH_TIMEOUT(!std::isnan(read().kinds[0].unfinished.back()), 60'000);
    const auto now =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    const auto few = take(m_engine->monitor().queueHistory(now - std::chrono::minutes(5), now, 2, soon()));
    QVERIFY(few.at.size() <= 4); // two steps, each begun before the window or not over yet at most
}

void QueueDetailsTest::spansTellWhatWorkersDid()
{
    auto& feed = m_engine->feed();
    const auto author = take(feed.createUser({"spanning", "S"}, soon())).id;
    for (int i = 0; i < 20; ++i)
        take(feed.post(author, "post " + std::to_string(i), soon()));
    QVERIFY(drain(*m_engine));
    const auto spans = [&](int most) {
        const auto now =
            std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
        return take(m_engine->monitor().workerSpans(now - std::chrono::minutes(5),
                                                    now + std::chrono::minutes(1), most, soon()));
    };
    const auto all = spans(10'000);
    QCOMPARE(all.lanes.size(), std::size_t(2));
    QVERIFY(all.end < all.begin + std::chrono::minutes(6)); // not later than now
    std::int64_t posts = 0;
    for (const auto& lane : all.lanes) {
        QVERIFY(lane.tallies.empty());
        QVERIFY(!lane.until);
        auto last = TimePoint{};
        for (const auto& span : lane.spans) {
            QVERIFY(span.begin >= last && span.end >= span.begin); // one thing at a time
            last = span.end;
            if (span.state != WorkerState::Running) continue;
            QVERIFY(!span.node.empty() && span.tasks > 0);
            if (span.kind == TaskKind::PostCreated) posts += span.tasks;
        }
    }
    QVERIFY(posts >= 20);

    // Too many for what is asked for: shares, and no time is lost or made up.
    double exact = 0, summed = 0;
    for (const auto& lane : all.lanes)
        for (const auto& span : lane.spans)
            exact += std::chrono::duration<double>(span.end - span.begin).count();
    const auto few = spans(1);
    for (const auto& lane : few.lanes) {
        QVERIFY(lane.tallies.size() <= 2);
        for (const auto& tally : lane.tallies)
            for (const auto& part : tally.parts)
                summed += part.seconds;
        for (const auto& span : lane.spans)
            summed += std::chrono::duration<double>(span.end - span.begin).count();
    }
    QVERIFY2(summed > 0.5 * exact, qPrintable(QString("%1 of %2").arg(summed).arg(exact)));

    // A pause is seen while it lasts; a worker that is gone keeps its lane.
    take(operations().pauseWorkers(-1, soon()));
    QTRY_VERIFY_WITH_TIMEOUT(spans(10'000).lanes[0].spans.back().state == WorkerState::Paused, 60'000);
    take(operations().resumeWorkers(-1, soon()));
    take(operations().setWorkerCount(-1, 1, soon()));
    QTRY_VERIFY_WITH_TIMEOUT(spans(10'000).lanes[1].until.has_value(), 60'000);
    QVERIFY(!spans(10'000).lanes[0].until);
}

QTEST_GUILESS_MAIN(QueueDetailsTest)
#include "queue_details_test.moc"
