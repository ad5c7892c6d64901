// Ends, stops and surprises an engine at each of its fault points, on servers that outlive it, and holds what
// is there afterwards against what was acknowledged and against a recomputation from PostgreSQL: nothing
// lost, nothing double, counters and ledger exact.
#include <QDir>
#include <QDirIterator>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include "app/session/demo_cluster.h"
#include "backend/cache/raw_timeline.h"
#include "backend/common/config.h"
#include "backend/store/postgres_pool.h"
#include "tests/integration/deeds.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"

#include <signal.h>

using namespace backend;
using namespace tests;

namespace {

constexpr int kUsers = 30, kActors = 20; // the last ones are the test's own readers

const std::vector<std::string> kPoints{"post.before_commit",
                                       "post.after_commit",
                                       "delete.before_commit",
                                       "delete.after_commit",
                                       "delete.after_tombstone",
                                       "follow.before_commit",
                                       "follow.after_commit",
                                       "unfollow.before_commit",
                                       "unfollow.after_commit",
                                       "claim.before",
                                       "claim.after",
                                       "plan.read",
                                       "plan.split",
                                       "plan.done",
                                       "deliver.between_entries",
                                       "deliver.before_pipeline",
                                       "deliver.before_look",
                                       "deliver.between_looks",
                                       "deliver.after_look",
                                       "deliver.chunk_done",
                                       "deliver.chunk_read",
                                       "complete.before_commit",
                                       "complete.after_commit",
                                       "counter.before",
                                       "counter.after",
                                       "delete.removed",
                                       "delete.before_reclaim",
                                       "edge.after_followers",
                                       "edge.after_count",
                                       "backfill.before_pipeline",
                                       "backfill.after_pipeline",
                                       "rebuild.after_begin",
                                       "rebuild.before_fill",
                                       "rebuild.between_fills",
                                       "rebuild.before_publish",
                                       "rebuild.after_publish",
                                       "deepen.after_begin",
                                       "deepen.before_step",
                                       "deepen.after_step",
                                       "reader.voided",
                                       "reader.marked",
                                       "reader.copied",
                                       "reader.dropped",
                                       "reader.woken",
                                       "user.before_commit",
                                       "user.after_commit",
                                       "account.before_commit",
                                       "account.after_commit",
                                       "account.edges_ended",
                                       "account.posts_deleted",
                                       "account.posts_removed",
                                       "account.before_close",
                                       "account.names_free",
                                       "housekeeping.before_forget",
                                       "housekeeping.after_forget",
                                       "pulled.ended",
                                       "pulled.enqueued",
                                       "pulled.read",
                                       "pulled.between_readers",
                                       "pulled.before_pipeline",
                                       "pulled.after_pipeline",
                                       "pulled.looked"};

struct FixedMaps final : ShardMapSource
{
    explicit FixedMaps(std::shared_ptr<const ShardMap> fixed)
        : map(std::move(fixed))
    {
    }
    std::shared_ptr<const ShardMap> current() const override { return map; }
    std::shared_ptr<const ShardMap> map;
};

bool programHolds(const QString& program, const QByteArray& bytes)
{
    QFile file(program);
    if (!file.open(QIODevice::ReadOnly)) throw std::runtime_error("there is no " + program.toStdString());
    return file.readAll().contains(bytes);
}

} // namespace

class FaultPointsTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanup();

    void shippedProgramsHoldNone();
    void everyPointIsListed();
    void killed_data();
    void killed();
    void killedBesidePulledAuthors();
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
    std::unique_ptr<QProcess> start(const QString& fault, const QString& deeds = "120");
    std::unique_ptr<QProcess> startForGood(); // it works until it is told to finish
    void isAtWork(QProcess& victim);          // and gets on
    void finish(QProcess& victim);
    std::vector<UserId> halfBuilt(app::OpenedSession& session, TimelineFamily family);
    std::vector<std::string> onEveryPostgres(const std::string& sql); // the first column of all rows
    std::vector<std::string> onDirectory(const std::string& sql);
    void beginToPull();    // the first user, whom all follow
    void endPulling();     // long ago
    void nobodyIsMerged(); // once what ends has ended
    std::size_t redisClientsNamed(const std::string& name);
    void lapseLeases()
    {
        onEveryPostgres("UPDATE queue.tasks SET lease_until = clock_timestamp() WHERE state = 1");
    }
    bool drainSooner(app::OpenedSession& session);
    void flush(const std::string& redis);
    void makeMarksToForget();
    void nobodyWasSeen(); // for two months: whoever comes next makes all readers dormant
    void undoEverything(std::size_t posts);
    void everythingIsRight();
    std::string log() const { return m_place.filePath("log").toStdString(); }
    QString struck() const { return m_place.filePath("struck"); }
    bool hasStruck(const QString& point) const
    {
        QFile file(struck());
        return file.open(QIODevice::ReadOnly) && file.readAll() == point.toUtf8() + "\n";
    }

    QTemporaryDir m_place;
    std::unique_ptr<PrivateCluster> m_cluster;
    NodeEndpoint m_directory;
    std::filesystem::path m_config;
    std::vector<UserId> m_users;
    DeedsModel m_model;
    int m_seed = 0;
};

void FaultPointsTest::initTestCase()
{
    m_cluster = PrivateCluster::start(2, 4);
    const auto demo =
        take(app::prepareDemoCluster(m_cluster->servers(), Deadline::after(std::chrono::minutes(1))));
    m_directory = demo.directory;
    ClusterConfig config;
    config.name = "faults";
    config.environment = "demo";
    config.shards = app::kDemoShards;
    config.directoryAddress = demo.directory.address;
    config.timelineCap = 100; // small ones: timelines are trimmed, audiences are split
    config.fanoutChunk = 10;
    m_config = m_place.filePath("cluster.toml").toStdString();
    take(writeClusterToml(config, m_config));

    const auto session = connectTo(m_config, 4);
    auto& feed = session->engine().feed();
    for (int i = 0; i < kUsers; ++i) {
        m_users.push_back(take(feed.createUser({"u_" + std::to_string(i), "User"}, soon())).id);
        m_model.created(m_users.back());
    }
    Deeds deeds(log());
    for (const auto follower : m_users)
        for (std::size_t k = 0; k < kActors;
             ++k) // the first is followed by all, which makes more than one chunk
            if (follower != m_users[k] &&
                (k == 0 || follower == m_users[0] || (follower.value + std::int64_t(k)) % 2 == 0))
                QVERIFY(deeds.follow(feed, follower, m_users[k]));
    for (std::size_t i = 0; i < 150; ++i)
        QVERIFY(deeds.post(feed, m_users[i % kActors], "first." + std::to_string(i)));
    QVERIFY(drain(session->engine()));
}

void FaultPointsTest::cleanup()
{
    QFile::remove(struck());
}

std::unique_ptr<QProcess> FaultPointsTest::start(const QString& fault, const QString& deeds)
{
    auto victim = std::make_unique<QProcess>();
    victim->setProcessChannelMode(QProcess::ForwardedErrorChannel);
    auto environment = QProcessEnvironment::systemEnvironment();
    if (!fault.isEmpty()) environment.insert("ROOKERY_FAULT", fault + ":" + struck());
    victim->setProcessEnvironment(environment);
    victim->start(QStringLiteral(FAULT_VICTIM),
                  {QString::fromStdString(m_config.string()), QString::fromStdString(log()),
                   QString::number(++m_seed), deeds,
                   fault.contains("account.") || fault.contains("user.") ? "3" : "0"});
    return victim;
}

std::unique_ptr<QProcess> FaultPointsTest::startForGood()
{
    return start({}, "on");
}

// It acknowledges more than it had when this was asked, and has not been told to finish: what comes now
// strikes it in the middle of its deeds.
void FaultPointsTest::isAtWork(QProcess& victim)
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

// Owners of timelines of which only the newest part is there.
std::vector<UserId> FaultPointsTest::halfBuilt(app::OpenedSession& session, TimelineFamily family)
{
    const auto map = session.auditInputs().map;
    RedisClient client([&] {
        std::vector<NodeEndpoint> nodes;
        for (const auto& node : map->nodes)
            if (node.kind == NodeKind::Redis) nodes.push_back(node);
        return nodes;
    }());
    auto owners = m_users;
    if (family == TimelineFamily::Public) owners.clear();
    for (int shard = 0; family == TimelineFamily::Public && shard < map->shardCount; ++shard)
        owners.push_back(Timelines::publicOwner(shard));
    const auto raws = take(readRawTimelines(client, *map, family, owners, soon()));
    std::vector<UserId> found;
    for (std::size_t i = 0; i < owners.size(); ++i)
        if (raws[i].valid() && !raws[i].floor->whole) found.push_back(owners[i]);
    return found;
}

// One that works on is told to finish.
void FaultPointsTest::finish(QProcess& victim)
{
    victim.closeWriteChannel();
    QVERIFY2(victim.state() == QProcess::NotRunning || victim.waitForFinished(90'000),
             "the victim neither died nor drained its queue");
    QCOMPARE(victim.exitStatus(), QProcess::NormalExit);
    QCOMPARE(victim.exitCode(), 0);
}

std::vector<std::string> FaultPointsTest::onEveryPostgres(const std::string& sql)
{
    std::vector<std::string> out;
    const auto session = connectTo(m_config, 0);
    for (const auto& [node, pool] : session->auditInputs().pools->all()) {
        const auto connection = take(pool->lease(soon()));
        const auto rows = take(connection->execute(sql, {}, soon()));
        for (std::size_t r = 0; r < rows.size(); ++r)
            out.emplace_back(rows.text(r, 0));
    }
    return out;
}

std::vector<std::string> FaultPointsTest::onDirectory(const std::string& sql)
{
    const auto pool = makePostgresPool(m_directory, {1, 1, std::chrono::seconds(5)});
    const auto connection = take(pool->lease(soon()));
    const auto rows = take(connection->execute(sql, {}, soon()));
    std::vector<std::string> out;
    for (std::size_t r = 0; r < rows.size(); ++r)
        out.emplace_back(rows.text(r, 0));
    return out;
}

// Written as the planner would have, some time ago; the engine that then posts has planned already.
void FaultPointsTest::beginToPull()
{
    const auto session = connectTo(m_config, 4);
    QTest::qWait(1'500);
    onDirectory("WITH changed AS (INSERT INTO directory.pulled_authors (author, state, reason) VALUES (" +
                std::to_string(m_users[0].value) +
                ", 2, 'a test') ON CONFLICT (author) DO UPDATE SET state = 2, backfilling = false,"
                " merged_to = excluded.merged_to RETURNING 1) UPDATE directory.pulled_version"
                " SET version = version + 1");
    QTest::qWait(2'000); // every copy of the list knows
    Deeds deeds(log());
    for (int i = 0; i < 10; ++i)
        QVERIFY(deeds.post(session->engine().feed(), m_users[0], "pulled." + std::to_string(++m_seed)));
    QVERIFY(drain(session->engine()));
}

void FaultPointsTest::endPulling()
{
    onDirectory("WITH changed AS (UPDATE directory.pulled_authors SET state = 3, merged_to ="
                " (((extract(epoch FROM now()) * 1000)::bigint - 1262304000000 + 12000) << 22) - 1,"
                " changed_at = now() - interval '1 minute' RETURNING 1)"
                " UPDATE directory.pulled_version SET version = version + 1");
}

// Nobody who knew less is at work any more: what waits until all know need not.
void FaultPointsTest::nobodyIsMerged()
{
    const auto session = connectTo(m_config, 4);
    const auto rows = [&] {
        onDirectory("UPDATE directory.pulled_authors SET changed_at = now() - interval '1 minute'"
                    " WHERE state = 3");
        return onDirectory("SELECT author FROM directory.pulled_authors").size();
    };
    QTRY_COMPARE_WITH_TIMEOUT(rows(), std::size_t(0), 60'000);
}

std::size_t FaultPointsTest::redisClientsNamed(const std::string& name)
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

void FaultPointsTest::flush(const std::string& redis)
{
    const auto node = m_cluster->node(redis);
    RedisClient client({node});
    RedisBatch batch(client);
    batch.add(node.id, {"FLUSHALL"});
    take(batch.run(soon()));
}

// Nobody who was stopped is at work any more: what waits for its time need not.
bool FaultPointsTest::drainSooner(app::OpenedSession& session)
{
    for (int i = 0; i < 600; ++i) {
        if (take(session.engine().monitor().unfinishedTasks(soon())) == 0) return true;
        for (const auto& [node, pool] : session.auditInputs().pools->all()) {
            const auto connection = take(pool->lease(soon()));
            take(connection->execute(
                "UPDATE queue.tasks SET run_at = now() WHERE state = 2 AND run_at > now() + interval '2 s'",
                {}, soon()));
        }
        QTest::qWait(100);
    }
    return false;
}

// A fresh engine does what is left.
void FaultPointsTest::everythingIsRight()
{
    lapseLeases(); // whose holder is dead: waiting would show nothing more
    const auto session = connectTo(m_config, 4);
    QVERIFY(drainSooner(*session));
    m_model.read(log());
    const auto differences = m_model.compare(session->engine().feed());
    QVERIFY2(differences.empty(), differences.c_str());
    for (const auto family : {TimelineFamily::Home, TimelineFamily::Author, TimelineFamily::Public})
        QTRY_VERIFY2_WITH_TIMEOUT(halfBuilt(*session, family).empty(),
                                  "a timeline does not reach its full depth", 60'000);
    const auto findings = auditFindings(*session);
    QVERIFY2(findings.empty(), findings.c_str());
}

void FaultPointsTest::shippedProgramsHoldNone()
{
    const QStringList shipped{
        QStringLiteral(SHIPPED_PROGRAM),
#ifdef SHIPPED_DESKTOP
        QStringLiteral(SHIPPED_DESKTOP),
#endif
    };
    for (const auto& point : kPoints) {
        const auto text = QByteArray::fromStdString(point);
        QVERIFY2(programHolds(QStringLiteral(FAULT_VICTIM), text), point.c_str()); // they can be found
        for (const auto& program : shipped)
            QVERIFY2(!programHolds(program, text), qPrintable(program + ": " + text));
    }
    for (const auto& program : shipped)
        QVERIFY2(!programHolds(program, "ROOKERY_FAULT"), qPrintable(program));
}

void FaultPointsTest::everyPointIsListed()
{
    std::set<std::string> inSources;
    const QRegularExpression pattern("ROOKERY_FAULT_POINT(?:_AFTER)?\\(\"([^\"]+)\"");
    for (QDirIterator it(ROOKERY_SOURCE_DIR "/backend", {"*.cpp"}, QDir::Files, QDirIterator::Subdirectories);
         it.hasNext();) {
        QFile file(it.next());
        QVERIFY(file.open(QIODevice::ReadOnly));
        for (auto match = pattern.globalMatch(QString::fromUtf8(file.readAll())); match.hasNext();)
            inSources.insert(match.next().captured(1).toStdString());
    }
    QCOMPARE(inSources, std::set<std::string>(kPoints.begin(), kPoints.end()));
}

// Marks of applied effects, as old as they are after a day.
void FaultPointsTest::makeMarksToForget()
{
    const auto session = connectTo(m_config, 4);
    Deeds deeds(log());
    for (int i = 0; i < 20; ++i)
        QVERIFY(deeds.post(session->engine().feed(), m_users[std::size_t(i)],
                           "mark." + std::to_string(++m_seed)));
    QVERIFY(drain(session->engine()));
    for (const auto& [node, pool] : session->auditInputs().pools->all()) {
        const auto connection = take(pool->lease(soon()));
        for (int shard = 0; shard < app::kDemoShards; ++shard) {
            const auto table = shardTable(Role::Users, shard, "applied");
            const auto there =
                take(connection->execute("SELECT to_regclass('" + table + "') IS NOT NULL", {}, soon()));
            if (there.boolean(0, 0))
                take(connection->execute("UPDATE " + table + " SET expires_at = now() - interval '1 hour'",
                                         {}, soon()));
        }
    }
}

void FaultPointsTest::nobodyWasSeen()
{
    const auto session = connectTo(m_config, 0);
    for (const auto& [node, pool] : session->auditInputs().pools->all()) {
        const auto connection = take(pool->lease(soon()));
        for (int shard = 0; shard < app::kDemoShards; ++shard) {
            const auto table = shardTable(Role::Users, shard, "users");
            const auto there =
                take(connection->execute("SELECT to_regclass('" + table + "') IS NOT NULL", {}, soon()));
            if (there.boolean(0, 0))
                take(connection->execute("UPDATE " + table + " SET last_seen_at = now() - interval '60 days'",
                                         {}, soon()));
        }
    }
}

// Does the work of a stopped engine, then deletes that many posts, which it may have in its hands, and turns
// round the test's own edges.
void FaultPointsTest::undoEverything(std::size_t posts)
{
    m_model.read(log());
    lapseLeases();
    const auto session = connectTo(m_config, 4);
    auto& feed = session->engine().feed();
    QVERIFY(drainSooner(*session));
    Deeds deeds(log());
    for (const auto post : m_model.newest(posts))
        QVERIFY(deeds.remove(feed, post));
    for (std::size_t reader = kActors; reader < kUsers; ++reader)
        for (std::size_t author = 0; author < kActors; ++author) {
            const bool ends = m_model.follows(m_users[reader], m_users[author]);
            QVERIFY(ends ? deeds.unfollow(feed, m_users[reader], m_users[author])
                         : deeds.follow(feed, m_users[reader], m_users[author]));
        }
    QVERIFY(drainSooner(*session));
}

void FaultPointsTest::killed_data()
{
    QTest::addColumn<QString>("point");
    for (const auto& point : kPoints)
        QTest::newRow(point.c_str()) << QString::fromStdString(point);
}

void FaultPointsTest::killed()
{
    QFETCH(QString, point);
    if (point.startsWith("rebuild.") || point.startsWith("deepen."))
        flush("redis-" + std::to_string(1 + m_seed % 4));
    if (point == "reader.woken") flush("redis-" + std::to_string(1 + m_seed % 4));
    if (point.startsWith("reader.")) nobodyWasSeen();
    const bool house = point.startsWith("housekeeping.");
    if (house) makeMarksToForget();
    const bool pulled = point.startsWith("pulled.");
    if (pulled) beginToPull();
    if (pulled && point != "pulled.ended") endPulling();
    const bool seldom = house || pulled || point.startsWith("rebuild.") || point.startsWith("deepen.") ||
                        point.startsWith("delete.") || point.startsWith("reader.") ||
                        point.startsWith("account.") || point.startsWith("user.") ||
                        point.startsWith("deliver.chunk_"); // tasks go in batches
    const int passing = seldom ? 1 : 2 + m_seed % 3;
    const auto victim = start("kill:" + point + ":" + QString::number(passing), house ? "0" : "120");
    QVERIFY2(victim->waitForFinished(90'000), "it neither died nor drained its queue");
    QVERIFY2(hasStruck(point), "it did not come to this point");
    QCOMPARE(victim->exitStatus(), QProcess::CrashExit);
    if (pulled) nobodyIsMerged();
    if (QTest::currentTestFailed()) return;
    everythingIsRight();
}

// Some authors are pulled all the time, by the rule; at the end nobody is.
void FaultPointsTest::killedBesidePulledAuthors()
{
    const auto threshold = [&](const char* text) {
        onDirectory("INSERT INTO directory.settings (key, value) VALUES ('push_threshold', '" +
                    std::string(text) + "') ON CONFLICT (key) DO UPDATE SET value = excluded.value");
    };
    threshold("12");
    beginToPull();
    for (const char* point : {"plan.read", "plan.done", "deliver.before_pipeline", "deliver.before_look",
                              "complete.before_commit", "delete.removed", "edge.after_followers",
                              "backfill.before_pipeline", "rebuild.before_publish", "account.edges_ended"}) {
        cleanup();
        const QString name(point);
        if (name.startsWith("rebuild.")) flush("redis-" + std::to_string(1 + m_seed % 4));
        const bool seldom =
            name.startsWith("rebuild.") || name.startsWith("delete.") || name.startsWith("account.");
        const auto victim = start("kill:" + name + (seldom ? ":1" : ":3"));
        QVERIFY2(victim->waitForFinished(90'000), point);
        QVERIFY2(hasStruck(name), point);
        QVERIFY(!onDirectory("SELECT author FROM directory.pulled_authors WHERE state = 2").empty());
        everythingIsRight();
        if (QTest::currentTestFailed()) return;
    }
    threshold("never");
    nobodyIsMerged();
    if (QTest::currentTestFailed()) return;
    everythingIsRight();
    threshold("auto");
}

void FaultPointsTest::stoppedPastItsLease_data()
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
void FaultPointsTest::stoppedPastItsLease()
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
    ::kill(pid_t(victim->processId()), SIGCONT);
    finish(*victim);
    if (pulled) nobodyIsMerged();
    if (QTest::currentTestFailed()) return;
    everythingIsRight();
}

// The look after a delivery takes back what came too late, but an engine that was away for long may die
// before it looks. So it must not deliver at all what it read that long ago.
void FaultPointsTest::stoppedForLongItDeliversNothing()
{
    for (std::size_t reader = kActors; reader < kUsers; ++reader) {
        const auto session = connectTo(m_config, 4);
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
    ::kill(pid_t(victim->processId()), SIGCONT);
    QTest::qWait(1'000);
    victim->kill();
    QVERIFY(victim->waitForFinished());
    for (const char* node : {"pg-1", "pg-2"})
        take(m_cluster->servers().resumeNode(node));
    everythingIsRight();
}

// What a stopped engine still had on the wire must not arrive after others do its work.
void FaultPointsTest::whoTakesOverEndsTheConnections()
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
    QTRY_VERIFY_WITH_TIMEOUT(onEveryPostgres(sessions).empty(), 5'000);
    QCOMPARE(redisClientsNamed(owners[0]), std::size_t(0));
    ::kill(pid_t(victim->processId()), SIGCONT);
    finish(*victim);
    everythingIsRight();
}

// The victim has built timelines and is held before it reads more than their newest part. An engine that
// changes nothing reads them: what a reader sees first comes from Redis, the rest is whole all the same.
void FaultPointsTest::pagesWhileOnlyTheNewestPartIsThere()
{
    std::unique_ptr<QProcess> victim;
    std::shared_ptr<app::OpenedSession> session;
    std::vector<UserId> readers;
    // The first that is to become deeper may be an author's, and whoever is read meanwhile of few posts.
    for (int attempt = 0; attempt < 5 && readers.empty(); ++attempt) {
        session.reset();
        if (victim) {
            QVERIFY(QFile::remove(struck()));
            finish(*victim);
        }
        for (int node = 1; node <= 4; ++node)
            flush("redis-" + std::to_string(node));
        victim = start("hold:deepen.after_begin:1", "40");
        QVERIFY(victim->waitForStarted());
        QTRY_VERIFY2_WITH_TIMEOUT(hasStruck("deepen.after_begin"), "it did not come to this point", 60'000);
        QByteArray said;
        const auto drained = [&] { return (said += victim->readAllStandardOutput()).contains("drained"); };
        QTRY_VERIFY2_WITH_TIMEOUT(drained(), "its other threads do not finish", 90'000);
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

void FaultPointsTest::edgesChangeWhileATimelineBecomesDeeper_data()
{
    QTest::addColumn<bool>("follows");
    QTest::newRow("unfollow") << false;
    QTest::newRow("follow") << true;
}

// The test deepens, by what it read before the edge changed. The victim's worker has read the floor down to
// which it brings the timeline in line, and is held: if the floor came down now, posts of whom nobody follows
// any more would lie above it, or those of the new followee be missing.
void FaultPointsTest::edgesChangeWhileATimelineBecomesDeeper()
{
    QFETCH(bool, follows);
    const auto reader = m_users[kUsers - 1], author = m_users[0];
    Deeds deeds(log());
    std::vector<PostId> before; // the reader's, newest first
    {
        const auto session = connectTo(m_config, 4);
        auto& feed = session->engine().feed();
        QVERIFY(follows ? deeds.unfollow(feed, reader, author) : deeds.follow(feed, reader, author));
        QVERIFY(drainSooner(*session));
        PageQuery query{.before = {}, .after = {}, .limit = 60};
        for (const auto& entry : take(feed.homePage(reader, query, soon())).entries)
            before.push_back(entry.id);
        QCOMPARE(before.size(), std::size_t(60));
    }
    const auto victim = start("hold:backfill.before_pipeline:1", "work");
    QVERIFY(victim->waitForReadyRead(30'000));

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

void FaultPointsTest::redisNodeFlushed()
{
    const auto victim = startForGood();
    QVERIFY(victim->waitForReadyRead(30'000));
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

void FaultPointsTest::redisNodeKilledAndBackEmpty()
{
    const auto victim = startForGood();
    QVERIFY(victim->waitForReadyRead(30'000));
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

void FaultPointsTest::postgresRestarted_data()
{
    QTest::addColumn<QString>("node");
    QTest::addColumn<bool>("immediately");
    for (const char* node : {"pg-1", "pg-2"})
        for (const bool immediately : {false, true})
            QTest::addRow("%s %s", node, immediately ? "immediately" : "fast")
                << QString(node) << immediately;
}

void FaultPointsTest::postgresRestarted()
{
    QFETCH(QString, node);
    QFETCH(bool, immediately);
    const auto victim = startForGood();
    QVERIFY(victim->waitForReadyRead(30'000));
    isAtWork(*victim);
    if (QTest::currentTestFailed()) return;
    if (immediately) ::kill(pid_t(m_cluster->node(node.toStdString()).pid), SIGQUIT);
    take(m_cluster->servers().restartNode(node.toStdString()));
    isAtWork(*victim); // it is again
    if (QTest::currentTestFailed()) return;
    finish(*victim);
    everythingIsRight();
}

QTEST_GUILESS_MAIN(FaultPointsTest)
#include "fault_points_test.moc"
