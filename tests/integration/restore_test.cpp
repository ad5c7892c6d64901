// A Redis node that comes back empty: what it carried is built again without anybody reading it, those seen
// last first.
#include <QTest>

#include "backend/cache/raw_timeline.h"
#include "tests/support/demo_session.h"

#include <QProcess>

#include <set>

using namespace backend;
using namespace tests;

class RestoreTest : public QObject
{
    Q_OBJECT

private slots:
    void aLostNodeIsRestoredUnasked();

private:
    static constexpr int kPatience = 60'000;
};

namespace {

struct FixedMaps final : ShardMapSource
{
    explicit FixedMaps(std::shared_ptr<const ShardMap> fixed)
        : map(std::move(fixed))
    {
    }
    std::shared_ptr<const ShardMap> current() const override { return map; }
    std::shared_ptr<const ShardMap> map;
};

std::string redisCli(const EmbeddedNode& node, const QStringList& words)
{
    QProcess cli;
    cli.start(QStringLiteral("redis-cli"),
              QStringList{QStringLiteral("-s"), QString::fromStdString(node.address).mid(7)} +
                  words); // after unix://
    if (!cli.waitForFinished() || cli.exitCode() != 0)
        throw std::runtime_error("redis-cli: " + cli.readAllStandardError().toStdString());
    return cli.readAllStandardOutput().toStdString();
}

} // namespace

void RestoreTest::aLostNodeIsRestoredUnasked()
{
    const auto session = openDemo();
    auto& feed = session->engine().feed();
    const auto inputs = session->auditInputs();
    std::vector<UserId> readers;
    for (int i = 0; i < 60; ++i)
        readers.push_back(take(feed.createUser({"reader" + std::to_string(i), "Reader"}, soon())).id);
    QVERIFY(drain(session->engine()));
    for (std::size_t i = 1; i < readers.size(); ++i)
        take(feed.follow(readers[i], readers[0], soon()));
    for (int i = 0; i < 30; ++i)
        take(feed.post(readers[std::size_t(i) % 7], "post", soon()));
    QVERIFY(drain(session->engine()));

    const auto* map = inputs.map.get();
    const int lost = map->timelinesNode[std::size_t(readers[1].shard())];
    std::vector<UserId> there;
    std::set<UserId> longAgo; // every other one of them
    const FixedMaps maps(inputs.map);
    SqlSession sql(*inputs.pools, maps);
    for (const auto reader : readers) {
        if (map->timelinesNode[std::size_t(reader.shard())] != lost) continue;
        there.push_back(reader);
        if (there.size() % 2 == 0) continue;
        longAgo.insert(reader);
        take(sql.runOne(Role::Users, reader.shard(),
                        {"UPDATE " + shardTable(Role::Users, reader.shard(), "users") +
                             " SET last_seen_at = now() - interval '20 days' WHERE id = $1::bigint",
                         {sqlParameter(reader.value)}},
                        soon()));
    }
    QVERIFY(there.size() >= 4);

    const auto name = map->node(lost)->name;
    take(session->servers()->restartNode(name)); // a private node keeps nothing
    EmbeddedNode node;
    for (const auto& known : session->servers()->nodes())
        if (known.name == name) node = known;
    redisCli(node, {"CONFIG", "SET", "slowlog-max-len", "100000", "slowlog-log-slower-than", "0"});

    RedisClient client({*map->node(lost)});
    const auto restored = [&] {
        const auto raws = take(readRawTimelines(client, *map, TimelineFamily::Home, there, soon()));
        return std::all_of(raws.begin(), raws.end(), [](const RawTimeline& raw) { return raw.valid(); });
    };
    QTRY_VERIFY_WITH_TIMEOUT(restored(), kPatience);
    const auto counters = take(readRawCounters(client, *map, there, soon()));
    QVERIFY(std::all_of(counters.begin(), counters.end(), [](const auto& one) { return one.has_value(); }));
    QCOMPARE(auditFindings(*session), std::string());

    // The node's own record, newest first, of whose builds began when.
    const auto log = QString::fromStdString(redisCli(node, {"SLOWLOG", "GET", "-1"}));
    std::vector<UserId> order;
    for (const auto& line : log.split('\n'))
        for (const auto reader : there)
            if (line.contains("home-build:" + QString::number(reader.value)) &&
                std::find(order.begin(), order.end(), reader) == order.end())
                order.insert(order.begin(), reader);
    bool old = false;
    int outOfTurn = 0;
    for (const auto reader : order) {
        old = old || longAgo.contains(reader);
        if (old && !longAgo.contains(reader)) ++outOfTurn;
    }
    QVERIFY(order.size() >= 2);
    QCOMPARE(outOfTurn, 0);
}

QTEST_GUILESS_MAIN(RestoreTest)
#include "restore_test.moc"
