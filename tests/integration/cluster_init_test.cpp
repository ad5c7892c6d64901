// rookeryctl cluster init: what it makes, what it refuses before it has changed anything, and that it can be
// killed at any moment and run again.
#include <QTest>

#include "tests/support/private_cluster.h"

#include "app/session/cluster_setup.h"
#include "app/session/schema_check.h"
#include "backend/common/config.h"
#include "tests/integration/ctl_process.h"
#include "tests/integration/helper_process.h"

#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>

using namespace backend;
using namespace std::chrono_literals;

namespace tests {

class ClusterInitTest : public QObject
{
    Q_OBJECT

private slots:
    void init();

    void saysWhatItMade();
    void refusesToOverwrite();
    void obstaclesAreAllNamedAndNothingIsChanged();
    void foreignSchemasAreLeftAlone();
    void oneServerIsNotTwoNodes();
    void missingOwnerIsAConfigurationError();
    void killedAnywhereItGoesOnWhenRunAgain();
    void unfinishedClusterOfAnotherPlanIsRefused();
    void olderSchemasAreBroughtUpToDate();

private:
    void write()
    {
        QVERIFY(writeClusterToml(m_config, m_place.filePath("cluster.toml").toStdString()).has_value());
    }
    CtlOutcome initialise()
    {
        write();
        return runCtl({"cluster", "init", "--config", m_place.filePath("cluster.toml"), "--json"});
    }
    QString owner(int node) const
    {
        return QString::fromStdString(m_config.postgres[std::size_t(node)].ownerAddress);
    }
    // Of Rookery's making, on all PostgreSQL nodes.
    int schemas() const
    {
        int sum = 0;
        for (int node = 0; node < 2; ++node)
            sum += sql(owner(node), "SELECT count(*) FROM pg_namespace WHERE nspname ~ "
                                    "'^(users_|posts_|queue|directory|rookery)'")
                       .toInt();
        return sum;
    }
    static QStringList checks(const QJsonArray& findings)
    {
        QStringList out;
        for (const auto& finding : findings)
            out << finding.toObject()["node"].toString() + " " + finding.toObject()["check"].toString();
        out.sort();
        return out;
    }

    std::unique_ptr<PrivateCluster> m_servers;
    ClusterConfig m_config;
    QTemporaryDir m_place;
};

void ClusterInitTest::init()
{
    m_servers = PrivateCluster::start(2, 2);
    m_config = {};
    m_config.name = "feed-test";
    m_config.environment = "staging";
    m_config.shards = 16;
    for (const auto& node : m_servers->nodes()) {
        if (node.kind == NodeKind::Redis)
            m_config.redis.push_back({node.name, node.address, "", {Role::Timelines}});
        else
            m_config.postgres.push_back({node.name, node.address, node.ownerAddress, {}});
    }
    m_config.postgres[0].roles = {Role::Users};
    m_config.postgres[1].roles = {Role::Directory, Role::Posts};
    m_config.directoryAddress = m_config.postgres[1].address;
}

void ClusterInitTest::saysWhatItMade()
{
    const auto made = initialise();
    QVERIFY2(made.exitCode == 0, made.errors.constData());
    const auto said = made.json();
    QVERIFY(said["made"].toBool() && !said["resumed"].toBool());
    QCOMPARE(said["shards"].toInt(), 16);
    const auto nodes = said["nodes"].toArray();
    QCOMPARE(nodes.size(), 4);
    QCOMPARE(nodes[0].toObject()["schemas"].toInt(), 17); // 16 of users, the queue
    QCOMPARE(nodes[1].toObject()["schemas"].toInt(), 18); // and the directory
    QVERIFY(nodes[0].toObject()["version"].toString().startsWith("PostgreSQL 1"));
    QVERIFY(checks(said["remarks"].toArray()).contains("pg-1 postgres.fsync")); // told, not in the way

    const auto shown = runCtl({"cluster", "show", "--config", m_place.filePath("cluster.toml"), "--json"});
    QVERIFY2(shown.exitCode == 0, shown.errors.constData());
    QCOMPARE(shown.json()["cluster"].toString(), QStringLiteral("feed-test"));
    QCOMPARE(shown.json()["cluster_id"].toString(), said["cluster_id"].toString());
    QCOMPARE(shown.json()["nodes"].toArray()[1].toObject()["roles"].toString(),
             QStringLiteral("directory, posts"));
    QCOMPARE(shown.json()["nodes"].toArray()[2].toObject()["timelines_shards"].toInt(), 8);
    const auto table = runCtl({"cluster", "show", "--config", m_place.filePath("cluster.toml")}).output;
    QVERIFY2(table.contains("cluster feed-test (staging), 16 logical shards, epoch 1"), table.constData());
    QVERIFY(table.contains("no engine is registered"));
}

void ClusterInitTest::refusesToOverwrite()
{
    QCOMPARE(initialise().exitCode, 0);
    const auto id = sql(owner(1), "SELECT value FROM directory.settings WHERE key = 'cluster_id'");
    m_config.name = "another";
    const auto again = initialise();
    QCOMPARE(again.exitCode, 1);
    QVERIFY2(again.errors.contains("holds the directory of the cluster \"feed-test\" already"),
             again.errors.constData());
    QCOMPARE(sql(owner(1), "SELECT value FROM directory.settings WHERE key = 'cluster_id'"), id);
    // Nor is a node of it taken into another cluster.
    auto third = PrivateCluster::start(1, 1);
    m_config.postgres[1] = {"pg-9",
                            third->node("pg-1").address,
                            third->node("pg-1").ownerAddress,
                            {Role::Directory, Role::Posts}};
    m_config.directoryAddress = m_config.postgres[1].address;
    const auto stolen = initialise();
    QCOMPARE(stolen.exitCode, 1);
    QVERIFY2(stolen.errors.contains("belongs to another cluster already"), stolen.errors.constData());
}

void ClusterInitTest::obstaclesAreAllNamedAndNothingIsChanged()
{
    redis(QString::fromStdString(m_config.redis[0].address), "SET somebody else");
    redis(QString::fromStdString(m_config.redis[1].address), "CONFIG SET maxmemory-policy allkeys-lru");
    sql(owner(0), "CREATE ROLE poor LOGIN");
    m_config.postgres[0].ownerAddress.replace(m_config.postgres[0].ownerAddress.find("rookery_owner"), 13,
                                              "poor");
    const auto refused = initialise();
    QCOMPARE(refused.exitCode, 1);
    QVERIFY(!refused.json()["made"].toBool(true));
    const auto obstacles = checks(refused.json()["obstacles"].toArray());
    QCOMPARE(obstacles,
             (QStringList{"pg-1 init.rights", "redis-1 init.keys", "redis-2 redis.maxmemory_policy"}));
    QVERIFY2(refused.errors.contains("nothing was changed: put 3 things right first"),
             refused.errors.constData());
    QCOMPARE(schemas(), 0);
    // Put right as it says, it goes through.
    redis(QString::fromStdString(m_config.redis[0].address), "FLUSHDB");
    redis(QString::fromStdString(m_config.redis[1].address), "CONFIG SET maxmemory-policy noeviction");
    m_config.postgres[0].ownerAddress.replace(m_config.postgres[0].ownerAddress.find("poor"), 4,
                                              "rookery_owner");
    const auto made = initialise();
    QVERIFY2(made.exitCode == 0, made.errors.constData());
}

void ClusterInitTest::foreignSchemasAreLeftAlone()
{
    sql(owner(0), "CREATE SCHEMA queue");
    const auto refused = initialise();
    QCOMPARE(refused.exitCode, 1);
    QCOMPARE(checks(refused.json()["obstacles"].toArray()), QStringList{"pg-1 init.foreign"});
    QCOMPARE(schemas(), 1);
    std::ignore = m_servers->servers().killNode("redis-2");
    sql(owner(0), "DROP SCHEMA queue");
    const auto dead = initialise();
    QCOMPARE(dead.exitCode, 1);
    QCOMPARE(checks(dead.json()["obstacles"].toArray()), QStringList{"redis-2 node.unreachable"});
    QCOMPARE(schemas(), 0);
}

void ClusterInitTest::oneServerIsNotTwoNodes()
{
    m_config.redis[1].address = m_config.redis[0].address;
    m_config.postgres[0].address = m_config.postgres[1].address;
    m_config.postgres[0].ownerAddress = m_config.postgres[1].ownerAddress;
    const auto refused = initialise();
    QCOMPARE(refused.exitCode, 1);
    QCOMPARE(checks(refused.json()["obstacles"].toArray()),
             (QStringList{"pg-2 node.same_server", "redis-2 node.same_server"}));
    QCOMPARE(schemas(), 0);
}

void ClusterInitTest::missingOwnerIsAConfigurationError()
{
    m_config.postgres[0].ownerAddress.clear();
    const auto refused = initialise();
    QCOMPARE(refused.exitCode, 1);
    QVERIFY2(refused.errors.contains("pg-1 has no owner_address"), refused.errors.constData());
    QCOMPARE(schemas(), 0);
}

void ClusterInitTest::killedAnywhereItGoesOnWhenRunAgain()
{
    m_config.shards = 256; // long enough to be met in the middle
    write();
    bool whole = false;
    int killed = 0, resumed = 0;
    for (int round = 0; round < 60 && !whole; ++round) {
        CtlProcess attempt({"cluster", "init", "--config", m_place.filePath("cluster.toml"), "--json"});
        QTest::qSleep(30 +
                      round * (round < 30 ? 20 : 100)); // a little further each time, much on a slow machine
        attempt.signal(SIGKILL);
        const int code = attempt.exitCode();
        killed += code == -2;
        QVERIFY2(code == -2 || code == 0 || code == 1, qPrintable(QString::number(code)));
        if (code == -2) continue;
        const auto said = attempt.output();
        const auto errors = attempt.errors();
        // Either this attempt has finished it, or one that was killed just after it had.
        QVERIFY2(code == 0 || errors.contains("holds the directory of the cluster \"feed-test\" already"),
                 errors.constData());
        if (code == 0) resumed += QJsonDocument::fromJson(said).object()["resumed"].toBool();
        whole = true;
    }
    QVERIFY(whole && killed > 0);
    qInfo("%d attempts were killed, the last one %s", killed,
          resumed ? "went on with what they had made" : "found it finished");
    const auto known = app::requireKnownSchemas(
        {0, "directory", NodeKind::Postgres, m_config.directoryAddress}, Deadline::after(60s));
    QVERIFY2(known.has_value(), known ? "" : known.error().message.c_str());
    QCOMPARE(schemas(), 256 + 256 + 2 + 1 + 2); // users, posts, two queues, directory, two of bookkeeping
    QCOMPARE(sql(owner(1), "SELECT count(*) FROM directory.placements"), QStringLiteral("768"));
    QCOMPARE(sql(owner(1), "SELECT count(*) FROM directory.settings WHERE key = 'init_plan'"),
             QStringLiteral("0"));
    QCOMPARE(sql(owner(0), "SELECT cluster_id FROM rookery.membership"),
             sql(owner(1), "SELECT cluster_id FROM rookery.membership"));
}

void ClusterInitTest::unfinishedClusterOfAnotherPlanIsRefused()
{
    QCOMPARE(initialise().exitCode, 0);
    // As it was a moment before the description was written.
    QCOMPARE(sql(owner(1), "DELETE FROM directory.placements; DELETE FROM directory.nodes; DELETE FROM "
                           "directory.settings WHERE key <> 'cluster_id';"
                           " INSERT INTO directory.settings VALUES ('init_plan', '16 shards; pg-1: users; "
                           "pg-2: directory posts;"
                           " redis-1: timelines; redis-2: timelines')"),
             QString());
    m_config.shards = 32;
    const auto refused = initialise();
    QCOMPARE(refused.exitCode, 1);
    QVERIFY2(refused.errors.contains("unfinished cluster of another plan (16 shards; pg-1: users;"),
             refused.errors.constData());
    QVERIFY(!sql(owner(0), "SELECT to_regnamespace('users_0016') IS NOT NULL").contains("t"));
    m_config.shards = 16;
    const auto finished = initialise();
    QVERIFY2(finished.exitCode == 0, finished.errors.constData());
    QVERIFY(finished.json()["resumed"].toBool());
}

void ClusterInitTest::olderSchemasAreBroughtUpToDate()
{
    QCOMPARE(initialise().exitCode, 0);
    QCOMPARE(sql(owner(1), "SET client_min_messages = error; DROP SCHEMA posts_0003 CASCADE; DELETE FROM "
                           "rookery.migrations WHERE schema = 'posts_0003'"),
             QString());
    const NodeEndpoint directory{0, "directory", NodeKind::Postgres, m_config.directoryAddress};
    QVERIFY(!app::requireKnownSchemas(directory, Deadline::after(60s)));
    const auto upgraded = runCtl({"cluster", "upgrade", "--config", m_place.filePath("cluster.toml")});
    QVERIFY2(upgraded.exitCode == 0, upgraded.errors.constData());
    QVERIFY(app::requireKnownSchemas(directory, Deadline::after(60s)));
    QCOMPARE(runCtl({"cluster", "upgrade", "--config", m_place.filePath("cluster.toml"), "--json"}).exitCode,
             0); // again: nothing to do
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::ClusterInitTest)
#include "cluster_init_test.moc"
