// A kept cluster that is stopped and started again: after a clean stop it goes on with its timelines, after
// any other end it begins with empty Redis nodes, and in both cases every page is right.
#include "backend/cache/raw_timeline.h"
#include "tests/integration/helper_process.h"
#include "tests/support/child_signal.h"
#include "tests/support/demo_session.h"
#include "tests/support/social_model.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace backend;
using namespace tests;

class PlannedRestartTest : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void cleanup();

    void cleanStopKeepsTheTimelines();
    void killedLaterItBeginsEmpty();
    void queuedPostsAreDeliveredAfterwards();
    void nodesWithoutAGoodDumpBeginEmpty();
    void restartedNodeBeginsEmpty();
    void movedDirectoryIsFound();
    void newerClusterIsRefused();
    void unreadableDirectoryIsNotMadeAnew();

private:
    Feed& feed() { return m_session->engine().feed(); }
    void open(int workers = 4);
    void close() { m_session.reset(); }
    void makeCrowd();
    UserId user(const std::string& handle);
    void post(UserId author);
    std::vector<RawTimeline> homes();
    std::string nodeOf(UserId owner);
    void everythingIsRight();
    void workUntilKilled();
    std::vector<EmbeddedNode> redisNodes();
    QString file(const std::string& node, const char* name) const
    {
        return m_data + '/' + QString::fromStdString(node) + '/' + QLatin1StringView(name);
    }

    std::unique_ptr<QTemporaryDir> m_place;
    QString m_data;
    std::shared_ptr<app::OpenedSession> m_session;
    SocialModel m_model;
    std::vector<UserId> m_users;
};

void PlannedRestartTest::init()
{
    m_place = std::make_unique<QTemporaryDir>();
    // Started by root the servers run as another user, who must be able to pass.
    QFile::setPermissions(m_place->path(),
                          QFile::permissions(m_place->path()) | QFile::ReadOther | QFile::ExeOther);
    m_data = m_place->filePath("data");
    m_model = {};
    m_users.clear();
}

void PlannedRestartTest::cleanup()
{
    close();
    m_place.reset();
}

void PlannedRestartTest::open(int workers)
{
    m_session = openDemo({.dataDirectory = m_data.toStdString(), .workers = workers});
}

UserId PlannedRestartTest::user(const std::string& handle)
{
    const auto made = take(feed().createUser({handle, handle}, soon()));
    m_model.created(made.id);
    m_users.push_back(made.id);
    return made.id;
}

void PlannedRestartTest::post(UserId author)
{
    m_model.posted(take(feed().post(author, "text", soon())));
}

// Enough users that every Redis node holds some of their timelines.
void PlannedRestartTest::makeCrowd()
{
    for (int i = 0; i < 40; ++i)
        user("kept_" + std::to_string(i));
    for (std::size_t i = 0; i < m_users.size(); ++i)
        for (const std::size_t step : {1U, 3U, 7U}) {
            const UserId followee = m_users[(i + step) % m_users.size()];
            take(feed().follow(m_users[i], followee, soon()));
            m_model.followed(m_users[i], followee);
        }
    for (int round = 0; round < 3; ++round)
        for (const auto author : m_users)
            post(author);
    everythingIsRight(); // where a slow machine published none with its account, its reader has it built
    std::set<int> nodes;
    for (const auto one : m_users)
        nodes.insert(m_session->auditInputs().map->timelinesNode.at(std::size_t(one.shard())));
    QCOMPARE(nodes.size(), 8U);
}

std::vector<EmbeddedNode> PlannedRestartTest::redisNodes()
{
    auto nodes = m_session->servers()->nodes();
    std::erase_if(nodes, [](const auto& node) { return node.kind != NodeKind::Redis; });
    return nodes;
}

std::vector<RawTimeline> PlannedRestartTest::homes()
{
    const auto nodes = redisNodes();
    RedisClient client({nodes.begin(), nodes.end()});
    return take(
        readRawTimelines(client, *m_session->auditInputs().map, TimelineFamily::Home, m_users, soon()));
}

std::string PlannedRestartTest::nodeOf(UserId owner)
{
    const auto map = m_session->auditInputs().map;
    return map->node(map->timelinesNode.at(std::size_t(owner.shard())))->name;
}

void PlannedRestartTest::everythingIsRight()
{
    QVERIFY(drain(m_session->engine()));
    const auto idsOf = [](const TimelinePage& page) {
        std::vector<PostId> ids;
        for (const auto& entry : page.entries)
            ids.push_back(entry.id);
        return ids;
    };
    const PageQuery all{.before = {}, .after = {}, .limit = 200};
    for (const auto one : m_users) {
        QCOMPARE(idsOf(take(feed().homePage(one, all, soon()))), m_model.home(one));
        QCOMPARE(idsOf(take(feed().authorPage(one, all, soon()))), m_model.by(one));
        QCOMPARE(take(feed().counters(one, soon())), m_model.counters(one));
    }
    QCOMPARE(auditFindings(*m_session), std::string());
}

void PlannedRestartTest::cleanStopKeepsTheTimelines()
{
    open();
    makeCrowd();
    for (int round = 0; round < 2; ++round) { // the second time they are adopted timelines that are kept
        everythingIsRight();
        const auto before = homes();
        std::map<std::string, std::string> lives; // by node
        for (const auto& node : redisNodes())
            lives[node.name] = node.formerRunId;
        close();
        for (const auto& [name, life] : lives)
            QVERIFY(QFile::exists(file(name, "saved")));

        open(0); // nobody rebuilds anything
        for (const auto& node : redisNodes()) {
            QVERIFY(!node.formerRunId.empty());
            QVERIFY(node.formerRunId != lives[node.name]);
            QVERIFY(!QFile::exists(file(node.name, "saved")));
            QVERIFY(!QFile::exists(file(node.name, "dump.rdb")));
        }
        const auto after = homes();
        for (std::size_t i = 0; i < after.size(); ++i) {
            QVERIFY(before[i].valid());
            QVERIFY(after[i].valid());
            QVERIFY(after[i].nodeRunId != before[i].nodeRunId);
            QVERIFY(after[i].floor->id == before[i].floor->id);
            QCOMPARE(after[i].ids, before[i].ids);
        }
        everythingIsRight();
        const auto homeTimelines = [&]() -> CacheCounts {
            const auto snapshot = m_session->engine().monitor().snapshot();
            for (const auto& cache : snapshot->caches)
                if (cache.name == "home timeline") return cache;
            return {};
        };
        // A page that Redis was too slow for is neither: it is asked for again.
        const auto hits = [&] {
            for (const auto one : m_users)
                take(feed().homePage(one, {}, soon()));
            return homeTimelines().hits;
        };
        QTRY_VERIFY_WITH_TIMEOUT(hits() >= std::int64_t(m_users.size()), 60'000);
        QCOMPARE(homeTimelines().misses, 0);

        take(m_session->engine().operations().setWorkerCount(-1, 4, soon()));
        for (const auto author : m_users)
            post(author);
        const UserId newcomer = user("newcomer_" + std::to_string(round));
        take(feed().follow(newcomer, m_users[0], soon()));
        m_model.followed(newcomer, m_users[0]);
        take(feed().follow(m_users[1], newcomer, soon()));
        m_model.followed(m_users[1], newcomer);
        post(newcomer);
        everythingIsRight();
    }
}

// Users "user_0" … follow, post and delete in another process, which dies on the way.
void PlannedRestartTest::workUntilKilled()
{
    const QString log = m_place->filePath("log");
    QProcess victim;
    victim.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    victim.start(QStringLiteral(CRASH_VICTIM), {m_data, log, QStringLiteral("1"), QStringLiteral("auto")});
    QVERIFY(victim.waitForStarted());
    QVERIFY2(victim.waitForReadyRead(60'000), "the victim did not begin its work");
    QTRY_VERIFY_WITH_TIMEOUT(QFile(log).size() > 4'000, 60'000); // about a hundred deeds
    QCOMPARE(victim.state(), QProcess::Running);
    QVERIFY(signalChild(victim, SIGKILL));
    QVERIFY(victim.waitForFinished());
}

void PlannedRestartTest::killedLaterItBeginsEmpty()
{
    open();
    makeCrowd();
    const auto nodes = redisNodes();
    close();
    // What a disk could bring back that lost its power: the mark and the dump of the life before.
    for (const char* name : {"saved", "dump.rdb"})
        QVERIFY(QFile::copy(file("redis-1", name), m_place->filePath(name)));
    QVERIFY(QFile::copy(file("redis-2", "dump.rdb"), m_place->filePath("dump-2")));
    workUntilKilled();
    if (QTest::currentTestFailed()) return;
    for (const auto& node : nodes)
        QVERIFY(!QFile::exists(file(node.name, "saved")));
    for (const char* name : {"saved", "dump.rdb"})
        QVERIFY(QFile::copy(m_place->filePath(name), file("redis-1", name)));
    QVERIFY(QFile::copy(m_place->filePath("dump-2"), file("redis-2", "dump.rdb")));

    open(0);
    for (const auto& node : redisNodes()) {
        QCOMPARE(node.formerRunId, std::string());
        QCOMPARE(redis(QString::fromStdString(node.address), "DBSIZE"), QStringLiteral(":0"));
    }
    take(m_session->engine().operations().setWorkerCount(-1, 4, soon()));
    everythingIsRight();
}

void PlannedRestartTest::queuedPostsAreDeliveredAfterwards()
{
    open();
    makeCrowd();
    QVERIFY(pauseAll(m_session->engine()));
    for (const auto author : m_users)
        post(author);
    const PostId gone = m_model.by(m_users[0]).front();
    take(feed().deletePost(gone, soon()));
    m_model.deleted(gone);
    take(feed().unfollow(m_users[0], m_users[1], soon()));
    m_model.unfollowed(m_users[0], m_users[1]);
    QVERIFY(take(m_session->engine().monitor().unfinishedTasks(soon())) >= std::int64_t(m_users.size()));
    close();

    open(0);
    QVERIFY(take(m_session->engine().monitor().unfinishedTasks(soon())) >= std::int64_t(m_users.size()));
    for (const auto& home : homes())
        QVERIFY(home.valid());
    take(m_session->engine().operations().setWorkerCount(-1, 4, soon()));
    everythingIsRight();
}

void PlannedRestartTest::nodesWithoutAGoodDumpBeginEmpty()
{
    open();
    makeCrowd();
    const QString closed = m_data + "/redis-4"; // nobody can write a dump into it
    QVERIFY(QFile::setPermissions(closed, QFile::ReadOwner | QFile::ExeOwner));
    close();
    QVERIFY(QFile::setPermissions(closed, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    QVERIFY(!QFile::exists(file("redis-4", "saved")));
    QVERIFY(QFile::remove(file("redis-1", "saved"))); // as when the program was killed while it saved
    QVERIFY(QFile::remove(file("redis-2", "dump.rdb")));
    QFile broken(file("redis-3", "dump.rdb")); // Redis refuses to start on this one
    QVERIFY(broken.open(QIODevice::WriteOnly));
    broken.write("REDIS9999 of another time");
    broken.close();

    open(0);
    const std::set<std::string> empty{"redis-1", "redis-2", "redis-3", "redis-4"};
    const auto after = homes();
    for (std::size_t i = 0; i < after.size(); ++i) {
        const bool lost = empty.contains(nodeOf(m_users[i]));
        QCOMPARE(after[i].valid(), !lost);
        if (lost) QVERIFY(after[i].ids.empty());
    }
    for (const auto& node : redisNodes())
        QCOMPARE(node.formerRunId.empty(), empty.contains(node.name));
    take(m_session->engine().operations().setWorkerCount(-1, 4, soon()));
    for (const auto author : m_users)
        post(author);
    everythingIsRight();
}

void PlannedRestartTest::restartedNodeBeginsEmpty()
{
    open();
    makeCrowd();
    close();
    open();
    const auto nodes = redisNodes();
    QCOMPARE(redis(QString::fromStdString(nodes[0].address), "SAVE"),
             QStringLiteral("+OK")); // somebody's own dump
    take(m_session->servers()->restartNode("redis-1"));
    QCOMPARE(redisNodes()[0].formerRunId, std::string());
    QCOMPARE(redis(QString::fromStdString(nodes[0].address), "DBSIZE"), QStringLiteral(":0"));
    take(m_session->servers()->killNode("redis-2")); // there is nothing of it to save
    close();
    QVERIFY(!QFile::exists(file("redis-2", "saved")));
    open();
    everythingIsRight();
}

void PlannedRestartTest::movedDirectoryIsFound()
{
    open();
    makeCrowd();
    const auto epoch = m_session->auditInputs().map->epoch;
    close();
    const QString moved = m_place->filePath("moved");
    QVERIFY(QDir().rename(m_data, moved));
    m_data = moved;
    open(0);
    QVERIFY(m_session->auditInputs().map->epoch > epoch);
    for (const auto& node : m_session->auditInputs().map->nodes)
        QVERIFY2(node.address.find(moved.toStdString()) != std::string::npos, node.address.c_str());
    for (const auto& home : homes())
        QVERIFY(home.valid());
    everythingIsRight();
}

void PlannedRestartTest::newerClusterIsRefused()
{
    open();
    const QString owner = QString::fromStdString(m_session->servers()->nodes()[0].ownerAddress);
    QCOMPARE(
        sql(owner,
            "INSERT INTO rookery.migrations (scope, schema, number) VALUES ('users', 'users_0003', 999)"),
        QString());
    app::SessionOptions connect;
    connect.kind = app::SessionOptions::Kind::Connect;
    connect.configFile = m_session->configFile();
    const auto connected = app::openSession(connect, [](const SessionProgress&) {}, {});
    QVERIFY(!connected);
    QVERIFY(connected.error().code == ErrorCode::SchemaTooNew);
    QVERIFY2(connected.error().message.find("newer rookery") != std::string::npos,
             connected.error().message.c_str());
    close();

    app::SessionOptions again;
    again.dataDirectory = m_data.toStdString();
    const auto demo = app::openSession(again, [](const SessionProgress&) {}, {});
    QVERIFY(!demo);
    QVERIFY(demo.error().code == ErrorCode::SchemaTooNew);
}

void PlannedRestartTest::unreadableDirectoryIsNotMadeAnew()
{
    open();
    const UserId known = user("known");
    const QString owner = QString::fromStdString(m_session->servers()->nodes()[1].ownerAddress);
    QCOMPARE(sql(owner, "ALTER TABLE directory.settings RENAME COLUMN value TO other"), QString());
    close();
    app::SessionOptions again;
    again.dataDirectory = m_data.toStdString();
    const auto refused = app::openSession(again, [](const SessionProgress&) {}, {});
    QVERIFY(!refused);
    QVERIFY(refused.error().code != ErrorCode::Conflict); // which making it would have met

    EmbeddedOptions alone;
    alone.dataDirectory = m_data.toStdString();
    auto servers = take(EmbeddedServers::start(alone, soon()));
    const QString present = QString::fromStdString(servers->nodes()[1].ownerAddress);
    QCOMPARE(sql(present, "ALTER TABLE directory.settings RENAME COLUMN other TO value"), QString());
    servers.reset(); // gives the directory back
    open();
    QCOMPARE(take(feed().userByHandle("known", soon())), known);
}

QTEST_GUILESS_MAIN(PlannedRestartTest)
#include "planned_restart_test.moc"
