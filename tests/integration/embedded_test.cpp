// The private servers' life: started by root and by an ordinary user, several at once, killed, paused,
// restarted, kept.

#include "backend/embedded/embedded_servers.h"
#include "tests/integration/helper_process.h"
#include "tests/support/private_cluster.h"

#include <QDir>
#include <QFile>
#include <QTest>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

using backend::Deadline;
using backend::EmbeddedOptions;
using backend::EmbeddedServers;
using tests::HelperProcess;
using namespace std::chrono_literals;

Q_DECLARE_METATYPE(tests::HelperProcess::As)

namespace {

std::unique_ptr<EmbeddedServers> startKept(const QString& directory, int postgresNodes, int redisNodes)
{
    EmbeddedOptions options;
    options.dataDirectory = directory.toStdString();
    options.postgresNodes = postgresNodes;
    options.redisNodes = redisNodes;
    auto servers = EmbeddedServers::start(options, Deadline::after(60s));
    if (!servers) throw std::runtime_error(servers.error().message);
    return std::move(*servers);
}

QString text(const std::string& value)
{
    return QString::fromStdString(value);
}

// "/autogroup-12 nice 5" as that pair; empty where Linux groups no sessions.
QStringList sessionOf(int pid)
{
    QFile file(QStringLiteral("/proc/%1/autogroup").arg(pid));
    if (!file.open(QIODevice::ReadOnly)) return {};
    return QString::fromLatin1(file.readAll()).trimmed().split(" nice ");
}

} // namespace

class EmbeddedTest : public QObject
{
    Q_OBJECT

private slots:
    void servesAndEnds_data();
    void servesAndEnds();
    void onlyTheOwnerReachesTheSockets();
    void engineRoleOwnsNothing();
    void twoAtOnceDoNotCollide();
    void reportsProgress();
    void cancelledStartLeavesNothing();
    void killedNodeComesBackWithItsData();
    void pausedNodeIsSilentUntilResumed();
    void unknownNodeIsNamed();
    void keptDirectoryKeepsItsData_data();
    void keptDirectoryKeepsItsData();
    void keptDirectoryKeepsItsNodes();
    void redisTakesMoreArguments();
    void serversGiveWayAlsoAsSessions();
};

void EmbeddedTest::servesAndEnds_data()
{
    QTest::addColumn<HelperProcess::As>("as");
    QTest::newRow("this user") << HelperProcess::As::ThisUser;
    QTest::newRow("ordinary user") << HelperProcess::As::OrdinaryUser;
}

void EmbeddedTest::servesAndEnds()
{
    QFETCH(HelperProcess::As, as);
    HelperProcess helper(as);
    QVERIFY2(helper.start({"--postgres", "2", "--redis", "3"}), qPrintable(helper.output()));
    QCOMPARE(helper.serverPids().size(), 5u);
    const auto all = tests::withChildren(helper.serverPids());
    QVERIFY(all.size() > 5); // PostgreSQL's own children
    for (const int pid : all)
        QVERIFY(tests::userOf(pid) != 0);
    if (geteuid() == 0 && as == HelperProcess::As::OrdinaryUser) QCOMPARE(tests::userOf(all.front()), 65534u);
    QCOMPARE(tests::sql(helper.address("pg-1"), "SELECT current_user, current_database()"),
             QString("rookery_engine|rookery"));
    QCOMPARE(tests::sql(helper.address("pg-2"), "SHOW listen_addresses"), QString());
    QCOMPARE(tests::redis(helper.address("redis-3"), "PING"), QString("+PONG"));

    QVERIFY2(helper.stop(), qPrintable(helper.output()));
    QTRY_VERIFY_WITH_TIMEOUT(!tests::anyAlive(all), 60'000);
    QTRY_VERIFY_WITH_TIMEOUT(!QFileInfo::exists(helper.directory()), 60'000);
}

void EmbeddedTest::onlyTheOwnerReachesTheSockets()
{
    const auto cluster = tests::PrivateCluster::start(1, 1);
    struct stat status
    {
    };
    QCOMPARE(stat((cluster->servers().directory() / "sockets").c_str(), &status), 0);
    QCOMPARE(status.st_mode & 0777U, 0700U);
    QCOMPARE(stat((cluster->servers().directory() / "pg-1").c_str(), &status), 0);
    QCOMPARE(status.st_mode & 0777U, 0700U);
}

void EmbeddedTest::engineRoleOwnsNothing()
{
    const auto cluster = tests::PrivateCluster::start(1, 0);
    const auto node = cluster->node("pg-1");
    QVERIFY(tests::sql(text(node.address), "CREATE TABLE t (id int)").startsWith("error:"));
    QCOMPARE(tests::sql(text(node.ownerAddress), "CREATE TABLE t (id int)"), QString());
    QCOMPARE(tests::sql(text(node.ownerAddress), "SHOW jit"), QString("off"));
}

void EmbeddedTest::twoAtOnceDoNotCollide()
{
    // An empty cache that both fill at the same moment.
    HelperProcess one, two;
    const QString cache = one.makeDirectory("cache");
    one.setEnvironment("XDG_CACHE_HOME", cache);
    two.setEnvironment("XDG_CACHE_HOME", cache);
    QVERIFY(one.launch({"--postgres", "1", "--redis", "2"}));
    QVERIFY(two.launch({"--postgres", "1", "--redis", "2"}));
    QVERIFY2(one.waitReady(), qPrintable(one.output()));
    QVERIFY2(two.waitReady(), qPrintable(two.output()));
    QVERIFY(one.directory() != two.directory());
    QCOMPARE(tests::sql(one.address("pg-1"), "SELECT 1"), QString("1"));
    QCOMPARE(tests::sql(two.address("pg-1"), "SELECT 1"), QString("1"));
    QCOMPARE(tests::redis(one.address("redis-1"), "SET where one"), QString("+OK"));
    QCOMPARE(tests::redis(two.address("redis-1"), "EXISTS where"), QString(":0"));
    const QStringList templates = QDir(cache + "/rookery").entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    QCOMPARE(templates.size(), 1);
    QVERIFY2(!templates.first().contains("new"), qPrintable(templates.first()));
    QVERIFY(one.stop());
    QCOMPARE(tests::sql(two.address("pg-1"), "SELECT 1"), QString("1"));
}

void EmbeddedTest::reportsProgress()
{
    std::vector<backend::SessionProgress> steps;
    EmbeddedOptions options;
    options.postgresNodes = 1;
    options.redisNodes = 1;
    options.progress = [&](const backend::SessionProgress& step) { steps.push_back(step); };
    const auto servers = EmbeddedServers::start(options, Deadline::after(60s));
    QVERIFY2(servers, servers ? "" : servers.error().message.c_str());
    QVERIFY(steps.size() >= 4);
    for (std::size_t i = 1; i < steps.size(); ++i)
        QVERIFY(steps[i].fraction >= steps[i - 1].fraction);
    QCOMPARE(steps.back().fraction, 1.0);
    QCOMPARE(text(steps[1].step), QString("starting 2 servers"));
}

void EmbeddedTest::cancelledStartLeavesNothing()
{
    EmbeddedOptions options;
    options.redisNodes = 2;
    std::stop_source stop;
    // Cancelled once servers are being launched.
    options.progress = [&](const backend::SessionProgress& step) {
        if (step.step.starts_with("starting")) stop.request_stop();
    };
    const auto servers = EmbeddedServers::start(options, Deadline::after(60s), stop.get_token());
    QVERIFY(!servers);
    QVERIFY(servers.error().code == backend::ErrorCode::Cancelled);
    auto children = tests::withChildren({int(getpid())});
    children.erase(children.begin()); // this test itself
    QTRY_VERIFY_WITH_TIMEOUT(!tests::anyAlive(children), 60'000);
}

void EmbeddedTest::killedNodeComesBackWithItsData()
{
    const auto cluster = tests::PrivateCluster::start(1, 1);
    auto& servers = cluster->servers();
    const auto node = cluster->node("pg-1");
    const auto all = tests::withChildren({node.pid});
    QCOMPARE(tests::sql(text(node.ownerAddress), "CREATE TABLE t AS SELECT 17 AS id"), QString());

    QVERIFY(servers.killNode("pg-1"));
    QTRY_VERIFY_WITH_TIMEOUT(!tests::anyAlive(all), 60'000);
    QCOMPARE(cluster->node("pg-1").pid, 0);
    QVERIFY(tests::sql(text(node.ownerAddress), "SELECT 1").startsWith("error:"));
    QVERIFY(servers.restartNode("pg-1"));
    QCOMPARE(tests::sql(text(node.ownerAddress), "SELECT id FROM t"), QString("17"));
    QVERIFY(servers.restartNode("pg-1")); // also while it runs
    QCOMPARE(tests::sql(text(node.ownerAddress), "SELECT id FROM t"), QString("17"));

    const QString redis = text(cluster->node("redis-1").address);
    QVERIFY(servers.killNode("redis-1"));
    QCOMPARE(tests::redis(redis, "PING"), QString());
    QVERIFY(servers.restartNode("redis-1"));
    QCOMPARE(tests::redis(redis, "PING"), QString("+PONG"));
}

void EmbeddedTest::pausedNodeIsSilentUntilResumed()
{
    const auto cluster = tests::PrivateCluster::start(1, 1);
    auto& servers = cluster->servers();
    const auto all = tests::withChildren({cluster->node("pg-1").pid, cluster->node("redis-1").pid});
    QVERIFY(servers.pauseNode("pg-1"));
    QVERIFY(servers.pauseNode("redis-1"));
    for (const int pid : all)
        QTRY_COMPARE_WITH_TIMEOUT(tests::processState(pid), 'T', 60'000);
    QCOMPARE(tests::redis(text(cluster->node("redis-1").address), "PING", 200), QString());
    QVERIFY(servers.resumeNode("pg-1"));
    QVERIFY(servers.resumeNode("redis-1"));
    QCOMPARE(tests::redis(text(cluster->node("redis-1").address), "PING"), QString("+PONG"));
    QCOMPARE(tests::sql(text(cluster->node("pg-1").address), "SELECT 1"), QString("1"));
    QVERIFY(servers.pauseNode("pg-1")); // and a paused one can be stopped
    servers.stop();
    QTRY_VERIFY_WITH_TIMEOUT(!tests::anyAlive(all), 60'000);
    QVERIFY(!servers.resumeNode("pg-1"));
}

void EmbeddedTest::unknownNodeIsNamed()
{
    const auto cluster = tests::PrivateCluster::start(1, 0);
    const auto result = cluster->servers().killNode("pg-9");
    QVERIFY(!result);
    QVERIFY(result.error().code == backend::ErrorCode::NotFound);
    QVERIFY(result.error().message.find("pg-9") != std::string::npos);
}

void EmbeddedTest::keptDirectoryKeepsItsData_data()
{
    QTest::addColumn<QString>("name");
    QTest::newRow("new") << "kept";
    QTest::newRow("with spaces") << "kept data";
    QTest::newRow("quotes and commas") << "it's, \"kept\"";
    QTest::newRow("too long for a socket") << QString("deep/").repeated(30) + "kept";
}

void EmbeddedTest::keptDirectoryKeepsItsData()
{
    QFETCH(QString, name);
    HelperProcess place; // for its directory, which the servers' user can enter
    const QString directory = place.makeDirectory("outer") + "/" + name;
    std::filesystem::path sockets;
    {
        const auto servers = startKept(directory, 1, 1);
        QVERIFY(!servers->temporary());
        const auto nodes = servers->nodes();
        QCOMPARE(tests::sql(text(nodes[0].ownerAddress), "CREATE TABLE t AS SELECT 17 AS id"), QString());
        QCOMPARE(tests::sql(text(nodes[0].ownerAddress), "SHOW fsync"), QString("on"));
        QCOMPARE(tests::redis(text(nodes[1].address), "SET a b"), QString("+OK"));
        sockets = std::filesystem::path(nodes[1].address.substr(7)).parent_path();
        QVERIFY(std::filesystem::exists(sockets));
    }
    QVERIFY(!std::filesystem::exists(sockets));
    const auto servers = startKept(directory, 1, 1);
    QCOMPARE(tests::sql(text(servers->nodes()[0].ownerAddress), "SELECT id FROM t"), QString("17"));
    QCOMPARE(tests::redis(text(servers->nodes()[1].address), "EXISTS a"), QString(":1"));
    QVERIFY(!servers->nodes()[1].formerRunId.empty());
}

void EmbeddedTest::keptDirectoryKeepsItsNodes()
{
    HelperProcess place;
    const QString directory = place.makeDirectory("outer") + "/kept";
    QCOMPARE(startKept(directory, 2, 3)->nodes().size(), 5u);
    QCOMPARE(startKept(directory, 1, 1)->nodes().size(), 5u); // the data of pg-2 is not left out
    QCOMPARE(startKept(directory, 3, 3)->nodes().size(), 6u);
}

void EmbeddedTest::redisTakesMoreArguments()
{
    EmbeddedOptions options;
    options.postgresNodes = 1;
    options.redisNodes = 1;
    options.redisArguments = {"--zset-max-listpack-entries", "77"};
    const auto servers = EmbeddedServers::start(options, Deadline::after(60s));
    QVERIFY2(servers, servers ? "" : servers.error().message.c_str());
    const QString address = text((*servers)->nodes()[1].address);
    QVERIFY(tests::redis(address, "CONFIG GET zset-max-listpack-entries").contains("77"));
    QVERIFY(tests::redis(address, "CONFIG GET maxmemory-policy").contains("noeviction"));
}

void EmbeddedTest::serversGiveWayAlsoAsSessions()
{
    const auto niceness = [](int thread) { return getpriority(PRIO_PROCESS, id_t(thread)); };
    const auto ours = sessionOf(getpid());
    const int wanted = std::min(19, niceness(gettid()) + 3);
    backend::Result<std::unique_ptr<EmbeddedServers>> servers = nullptr;
    std::jthread([&] {
        setpriority(PRIO_PROCESS, id_t(gettid()), wanted);
        EmbeddedOptions options;
        options.postgresNodes = 1;
        options.redisNodes = 1;
        servers = EmbeddedServers::start(options, Deadline::after(60s));
    }).join();
    QVERIFY2(servers, servers ? "" : servers.error().message.c_str());
    const auto nodes = (*servers)->nodes();
    const int postmaster = nodes[0].pid;
    QCOMPARE(niceness(postmaster), wanted);
    QVERIFY(niceness(nodes[1].pid) > wanted || wanted == 19);
    // Linux takes ten such changes a second of all who are not root together: one is enough to see here.
    QStringList others; // "0" until changed
    const auto changedOne = [&] {
        others.clear();
        for (const int child : tests::withChildren({postmaster})) {
            const auto session = sessionOf(child);
            if (session.size() == 2 && session[0] != ours.value(0)) others.append(session[1]);
        }
        return others.contains(QString::number(wanted));
    };
    QTRY_VERIFY_WITH_TIMEOUT(changedOne() || ours.size() < 2, 120'000);
    others.removeAll(QStringLiteral("0"));
    QVERIFY(others.count(QString::number(wanted)) == others.size());
    QCOMPARE(sessionOf(getpid()), ours); // a program's own weight is its user's affair
}

QTEST_GUILESS_MAIN(EmbeddedTest)
#include "embedded_test.moc"
