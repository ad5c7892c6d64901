// Stops an engine at its fault points until others have done its work and undone what it was about to do,
// holds it there while something changes, and takes servers away from one at work: what it then still does
// brings nothing back, and nothing is lost.
#include "tests/integration/fault_cluster.h"
#include "tests/support/child_signal.h"
#include "tests/support/fixed_maps.h"

#include <QElapsedTimer>

#include <signal.h>

using namespace backend;
using namespace tests;

class FaultStopsTest : public QObject, private FaultCluster
{
    Q_OBJECT

private slots:
    void initTestCase() { prepare(); }
    void cleanupTestCase() { QVERIFY(m_ledgersHeld > 0 || m_ledgerLooks == 0); }
    void cleanup() { forgetStrike(); }

    void stoppedPastItsLease_data();
    void stoppedPastItsLease();
    void stoppedForLongItDeliversNothing();
    void whoTakesOverEndsTheConnections();
    void pagesWhileOnlyTheNewestPartIsThere();
    void edgesChangeWhileATimelineBecomesDeeper_data();
    void edgesChangeWhileATimelineBecomesDeeper();
    void redisNodeFlushed();
    void redisNodeKilledAndBackEmpty();
    void postgresRestarted_data();
    void postgresRestarted();

private:
    std::unique_ptr<QProcess> startForGood(); // it works until it is told to finish
    void isAtWork(QProcess& victim);          // and gets on
    std::size_t redisClientsNamed(const std::string& name);
    void undoEverything(std::size_t posts);
};

std::unique_ptr<QProcess> FaultStopsTest::startForGood()
{
    return start({}, "on");
}

// It acknowledges more than it had when this was asked, and has not been told to finish: what comes now
// strikes it in the middle of its deeds.
void FaultStopsTest::isAtWork(QProcess& victim)
{
    const auto acknowledged = [&] {
        QFile file(QString::fromStdString(log()));
        return file.open(QIODevice::ReadOnly) ? file.readAll().count("\npost ") : 0;
    };
    const auto before = acknowledged();
    QTRY_VERIFY2_WITH_TIMEOUT(acknowledged() >= before + 10, "the victim gets nothing done", 60'000);
    QCOMPARE(victim.state(), QProcess::Running);
    QVERIFY(!victim.readAllStandardOutput().contains("drained"));
}

std::size_t FaultStopsTest::redisClientsNamed(const std::string& name)
{
    std::size_t found = 0;
    for (const char* redis : {"redis-1", "redis-2", "redis-3", "redis-4"}) {
        const auto node = m_cluster->node(redis);
        RedisClient client({node});
        found += std::size_t(
            QByteArray::fromStdString(take(client.command(node.id, {"CLIENT", "LIST"}, soon())).text)
                .count(QByteArray::fromStdString(" name=" + name + " ")));
    }
    return found;
}

// Does the work of a stopped engine, then deletes that many posts, which it may have in its hands, and turns
// round the test's own edges.
void FaultStopsTest::undoEverything(std::size_t posts)
{
    m_model.read(log());
    lapseLeases();
    const auto session = connectTo(m_config, 2);
    auto& feed = session->engine().feed();
    QVERIFY(drainSooner(session->engine(), *session->auditInputs().pools));
    Deeds deeds(log());
    for (const auto post : m_model.newest(posts))
        QVERIFY(deeds.remove(feed, post));
    for (std::size_t reader = kActors; reader < kUsers; ++reader)
        for (std::size_t author = 0; author < kActors; ++author) {
            const bool ends = m_model.follows(m_users[reader], m_users[author]);
            QVERIFY(ends ? deeds.unfollow(feed, m_users[reader], m_users[author])
                         : deeds.follow(feed, m_users[reader], m_users[author]));
        }
    QVERIFY(drainSooner(session->engine(), *session->auditInputs().pools));
}

void FaultStopsTest::stoppedPastItsLease_data()
{
    QTest::addColumn<QString>("point");
    for (const char* point : {"plan.read",
                              "deliver.chunk_read",
                              "deliver.before_pipeline",
                              "deliver.before_look",
                              "deliver.between_looks",
                              "deliver.after_look",
                              "complete.before_commit",
                              "counter.before",
                              "backfill.before_pipeline",
                              "rebuild.before_fill",
                              "rebuild.after_publish",
                              "deepen.before_step",
                              "deepen.after_step",
                              "delete.before_reclaim",
                              "reader.voided",
                              "reader.copied",
                              "reader.woken",
                              "account.edges_ended",
                              "account.posts_removed",
                              "pulled.read",
                              "pulled.before_pipeline",
                              "pulled.after_pipeline"})
        QTest::newRow(point) << QString(point);
}

// Others do its work meanwhile, and undo what it was about to do. When it goes on it must not bring any of it
// back.
void FaultStopsTest::stoppedPastItsLease()
{
    QFETCH(QString, point);
    if (point.startsWith("rebuild.") || point.startsWith("deepen.") || point == "reader.woken")
        flush("redis-" + std::to_string(1 + m_seed % 4));
    if (point.startsWith("reader.")) nobodyWasSeen();
    const bool pulled = point.startsWith("pulled.");
    if (pulled) beginToPull();
    if (pulled) endPulling();
    const bool seldom = pulled || point.startsWith("delete.") || point.startsWith("reader.") ||
                        point.startsWith("account.") || point.startsWith("deliver.chunk_");
    const auto victim = start("stop:" + point + (seldom ? ":1" : ":2"));
    QVERIFY(victim->waitForStarted());
    QTRY_VERIFY2_WITH_TIMEOUT(hasStruck(point), "it did not come to this point", 60'000);
    undoEverything(10);
    if (QTest::currentTestFailed()) return;
    QVERIFY(signalChild(*victim, SIGCONT));
    finish(*victim);
    if (pulled) nobodyIsMerged();
    if (QTest::currentTestFailed()) return;
    everythingIsRight();
}

// The look after a delivery takes back what came too late, but an engine that was away for long may die
// before it looks. So it must not deliver at all what it read that long ago.
void FaultStopsTest::stoppedForLongItDeliversNothing()
{
    for (std::size_t reader = kActors; reader < kUsers; ++reader) {
        const auto session = connectTo(m_config, 2);
        Deeds deeds(log());
        for (std::size_t author = 0; author < kActors; ++author)
            QVERIFY(deeds.follow(session->engine().feed(), m_users[reader], m_users[author]));
        QVERIFY(drain(session->engine()));
    }
    const auto victim = start("stop:deliver.chunk_read:4");
    QVERIFY(victim->waitForStarted());
    QTRY_VERIFY2_WITH_TIMEOUT(hasStruck("deliver.chunk_read"), "it did not come to this point", 60'000);
    QElapsedTimer stopped;
    stopped.start();
    undoEverything(0);
    if (QTest::currentTestFailed()) return;
    QTest::qWait(std::max(0, 10'500 - int(stopped.elapsed()))); // longer than any lease
    for (const char* node : {"pg-1", "pg-2"})
        take(m_cluster->servers().pauseNode(node)); // it cannot look
    QVERIFY(signalChild(*victim, SIGCONT));
    QTest::qWait(1'000);
    victim->kill();
    QVERIFY(victim->waitForFinished());
    for (const char* node : {"pg-1", "pg-2"})
        take(m_cluster->servers().resumeNode(node));
    everythingIsRight();
}

// What a stopped engine still had on the wire must not arrive after others do its work.
void FaultStopsTest::whoTakesOverEndsTheConnections()
{
    const auto victim = start("stop:deliver.before_pipeline:4");
    QVERIFY(victim->waitForStarted());
    QTRY_VERIFY2_WITH_TIMEOUT(hasStruck("deliver.before_pipeline"), "it did not come to this point", 60'000);
    const auto owners = onEveryPostgres("SELECT DISTINCT lease_owner FROM queue.tasks WHERE state = 1");
    QVERIFY(!owners.empty());
    const auto sessions = "SELECT pid FROM pg_stat_activity WHERE application_name = '" + owners[0] + "'";
    QVERIFY(onEveryPostgres(sessions).size() >= 2); // its workers' and keepers', on both nodes
    QVERIFY(redisClientsNamed(owners[0]) >= 4);
    undoEverything(0);
    if (QTest::currentTestFailed()) return;
    QTRY_VERIFY_WITH_TIMEOUT(onEveryPostgres(sessions).empty(), 60'000);
    QCOMPARE(redisClientsNamed(owners[0]), std::size_t(0));
    QVERIFY(signalChild(*victim, SIGCONT));
    finish(*victim);
    everythingIsRight();
}

// The victim has built timelines and is held before it reads more than their newest part. An engine that
// changes nothing reads them: what a reader sees first comes from Redis, the rest is whole all the same.
void FaultStopsTest::pagesWhileOnlyTheNewestPartIsThere()
{
    std::unique_ptr<QProcess> victim;
    std::shared_ptr<app::OpenedSession> session;
    std::vector<UserId> readers;
    // The first that is to become deeper may be an author's, and whoever is read meanwhile of few posts: then
    // a later one.
    for (int attempt = 0; attempt < 5 && readers.empty(); ++attempt) {
        session.reset();
        if (victim) {
            QVERIFY(QFile::remove(struck()));
            finish(*victim);
        }
        for (int node = 1; node <= 4; ++node)
            flush("redis-" + std::to_string(node));
        victim = start("hold:deepen.after_begin:" + QString::number(1 + 3 * attempt), "40");
        QVERIFY(victim->waitForStarted());
        QTRY_VERIFY2_WITH_TIMEOUT(hasStruck("deepen.after_begin"), "it did not come to this point", 60'000);
        QByteArray said;
        const auto drained = [&] { return (said += victim->readAllStandardOutput()).contains("drained"); };
        QTRY_VERIFY2_WITH_TIMEOUT(drained(), "its other threads do not finish", 120'000);
        app::SessionOptions options;
        options.kind = app::SessionOptions::Kind::Connect;
        options.configFile = m_config;
        options.readOnly = true;
        session = take(app::openSession(options, [](const SessionProgress&) {}, {}));
        readers = halfBuilt(*session, TimelineFamily::Home);
    }
    QVERIFY(!readers.empty());
    auto& feed = session->engine().feed();
    m_model.read(log());
    for (const auto reader : readers) {
        std::vector<PostId> found;
        std::vector<EntrySource> sources;
        PageQuery query{.before = {}, .after = {}, .limit = 20};
        do {
            const auto page = take(feed.homePage(reader, query, soon()));
            QVERIFY(!page.partial);
            for (const auto& entry : page.entries) {
                found.push_back(entry.id);
                sources.push_back(entry.source);
            }
            query.before = page.next;
        } while (query.before && found.size() < 200);
        auto expected = m_model.home(reader);
        expected.resize(std::min(expected.size(), found.size()));
        QVERIFY(found == expected);
        const auto below = std::find(sources.begin(), sources.end(), EntrySource::ReadThrough);
        QVERIFY(below - sources.begin() >= 20); // the first page at least
        QVERIFY(std::all_of(below, sources.end(), [](auto one) { return one == EntrySource::ReadThrough; }));
        QVERIFY(below != sources.end());
    }
    QVERIFY(halfBuilt(*session, TimelineFamily::Home) == readers); // all the time
    const auto findings = auditFindings(*session);
    QVERIFY2(findings.empty(), findings.c_str());
    QVERIFY(QFile::remove(struck()));
    finish(*victim);
    everythingIsRight();
}

void FaultStopsTest::edgesChangeWhileATimelineBecomesDeeper_data()
{
    QTest::addColumn<bool>("follows");
    QTest::newRow("unfollow") << false;
    QTest::newRow("follow") << true;
}

// The test deepens, by what it read before the edge changed. The victim's worker has read the floor down to
// which it brings the timeline in line, and is held: if the floor came down now, posts of whom nobody follows
// any more would lie above it, or those of the new followee be missing.
void FaultStopsTest::edgesChangeWhileATimelineBecomesDeeper()
{
    QFETCH(bool, follows);
    const auto reader = m_users[kUsers - 1], author = m_users[0];
    Deeds deeds(log());
    std::vector<PostId> before; // the reader's, newest first
    {
        const auto session = connectTo(m_config, 2);
        auto& feed = session->engine().feed();
        QVERIFY(follows ? deeds.unfollow(feed, reader, author) : deeds.follow(feed, reader, author));
        QVERIFY(drainSooner(session->engine(), *session->auditInputs().pools));
        PageQuery query{.before = {}, .after = {}, .limit = 60};
        for (const auto& entry : take(feed.homePage(reader, query, soon())).entries)
            before.push_back(entry.id);
        QCOMPARE(before.size(), std::size_t(60));
    }
    const auto victim = start("hold:backfill.before_pipeline:1", "work");
    QVERIFY(victim->waitForReadyRead(90'000));

    const auto session = connectTo(m_config, 0);
    const FixedMaps maps(session->auditInputs().map);
    const Timelines timelines(maps, {});
    RedisClient redis(m_cluster->endpoints());
    constexpr auto kHome = TimelineFamily::Home;
    take(timelines.drop(redis, kHome, reader, soon()));
    const auto build = take(timelines.beginBuild(redis, kHome, reader, Milliseconds(0), soon()));
    QVERIFY(take(timelines.finishBuild(redis, kHome, reader, build.token, std::span(before).first(20),
                                       {before[19], false}, soon())));
    const auto deepening = take(timelines.beginDeepening(redis, kHome, reader, Milliseconds(0), soon()));
    QVERIFY(deepening.start == Timelines::Start::Begun);
    auto& feed = session->engine().feed();
    QVERIFY(follows ? deeds.follow(feed, reader, author) : deeds.unfollow(feed, reader, author));
    QTRY_VERIFY2_WITH_TIMEOUT(hasStruck("backfill.before_pipeline"), "it did not come to this point", 60'000);
    QVERIFY(!take(timelines.deepen(redis, kHome, reader, deepening.token, std::span(before).subspan(20),
                                   {before.back(), false}, soon())));
    QVERIFY(QFile::remove(struck()));
    finish(*victim);
    everythingIsRight();
}

void FaultStopsTest::redisNodeFlushed()
{
    const auto victim = startForGood();
    QVERIFY(victim->waitForReadyRead(90'000));
    for (int i = 0; i < 12; ++i) {
        isAtWork(*victim);
        if (QTest::currentTestFailed()) return;
        flush("redis-" + std::to_string(1 + i % 4));
    }
    isAtWork(*victim);
    if (QTest::currentTestFailed()) return;
    finish(*victim);
    everythingIsRight();
}

void FaultStopsTest::redisNodeKilledAndBackEmpty()
{
    const auto victim = startForGood();
    QVERIFY(victim->waitForReadyRead(90'000));
    for (const char* node : {"redis-1", "redis-3"}) {
        isAtWork(*victim);
        if (QTest::currentTestFailed()) return;
        take(m_cluster->servers().killNode(node));
        isAtWork(*victim); // also without that node
        if (QTest::currentTestFailed()) return;
        take(m_cluster->servers().restartNode(node));
    }
    isAtWork(*victim);
    if (QTest::currentTestFailed()) return;
    finish(*victim);
    everythingIsRight();
}

void FaultStopsTest::postgresRestarted_data()
{
    QTest::addColumn<QString>("node");
    QTest::addColumn<bool>("immediately");
    for (const char* node : {"pg-1", "pg-2"})
        for (const bool immediately : {false, true})
            QTest::addRow("%s %s", node, immediately ? "immediately" : "fast")
                << QString(node) << immediately;
}

void FaultStopsTest::postgresRestarted()
{
    QFETCH(QString, node);
    QFETCH(bool, immediately);
    const auto victim = startForGood();
    QVERIFY(victim->waitForReadyRead(90'000));
    isAtWork(*victim);
    if (QTest::currentTestFailed()) return;
    if (immediately) ::kill(pid_t(m_cluster->node(node.toStdString()).pid), SIGQUIT);
    take(m_cluster->servers().restartNode(node.toStdString()));
    isAtWork(*victim); // it is again
    if (QTest::currentTestFailed()) return;
    finish(*victim);
    everythingIsRight();
}

QTEST_GUILESS_MAIN(FaultStopsTest)
#include "fault_stops_test.moc"
#include "tests/support/fixed_maps.h"
