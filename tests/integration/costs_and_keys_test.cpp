// Monitor::cacheDetails and Operations::fanoutCosts on a private backend, held against what PostgreSQL and
// Redis say when they are asked directly.
#include <QTest>

#include "tests/support/demo_session.h"

#include "backend/cache/key_sample.h"
#include "backend/cache/redis_client.h"
#include "backend/cache/redis_info.h"
#include "backend/embedded/embedded_servers.h"
#include "backend/engine/open_engine.h"
#include "backend/monitoring/cache_look.h"
#include "backend/store/postgres_pool.h"
#include "backend/store/shard_sql.h"

#include <QElapsedTimer>

#include <atomic>
#include <cmath>
#include <map>
#include <set>
#include <thread>

using namespace backend;
using namespace std::chrono_literals;

namespace tests {

class CostsAndKeysTest : public QObject
{
    Q_OBJECT

private slots:
    void familiesOfKeys_data();
    void familiesOfKeys();
    void sampleIsScaledAndBucketed();
    void ratesNeedTwoLooksOfOneLife();
    void initTestCase();
    void costsAreThoseOfTheRows();
    void manyAuthorsAreSampledAndWeighted();
    void costsSayWhatFails_data();
    void costsSayWhatFails();
    void costsOfTheNodesThatAnswer();
    void wholeSampleIsWhatRedisSays();
    void aNodeThatHangsSaysSo();
    void missesThatWaitAreCounted();

private:
    Feed& feed() { return m_session->engine().feed(); }
    Monitor& monitor() { return m_session->engine().monitor(); }
    Operations& operations() { return m_session->engine().operations(); }
    std::vector<NodeEndpoint> nodes(NodeKind kind) const
    {
        std::vector<NodeEndpoint> out;
        for (const auto& node : m_session->servers()->nodes())
            if (node.kind == kind) out.push_back(node);
        return out;
    }
    // On the node that has the table.
    SqlRows sql(const std::string& table, const std::string& statement)
    {
        for (const auto& node : nodes(NodeKind::Postgres)) {
            const auto pool = makePostgresPool(node, {});
            const auto connection = take(pool->lease(soon()));
            const auto there =
                take(connection->execute("SELECT to_regclass('" + table + "') IS NOT NULL", {}, soon()));
            if (there.boolean(0, 0)) return take(connection->execute(statement, {}, soon()));
        }
        throw std::runtime_error("no node has " + table);
    }
    using Truth = std::map<std::string, std::pair<std::int64_t, std::int64_t>>;
    Truth askRedis();
    UserId user()
    {
        return take(feed().createUser({"user_" + std::to_string(++m_users), "User"}, soon())).id;
    }
    RedisReply redis(const NodeEndpoint& node, std::initializer_list<std::string_view> command)
    {
        RedisClient client({node});
        return take(client.command(node.id, command, soon()));
    }

    std::shared_ptr<app::OpenedSession> m_session;
    UserId m_star, m_small;
    std::vector<UserId> m_fans;
    int m_users = 0;
};

// --- without servers

void CostsAndKeysTest::familiesOfKeys_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("family");
    QTest::newRow("home") << "{17}:home:42"
                          << "home timeline";
    QTest::newRow("segment") << "{17}:home:42:3"
                             << "home timeline";
    QTest::newRow("floor") << "{17}:home-floor:42"
                           << "home floor";
    QTest::newRow("author") << "{17}:author:42"
                            << "author timeline";
    QTest::newRow("post") << "{17}:post:42"
                          << "post object";
    QTest::newRow("user") << "{17}:user:42"
                          << "user object";
    QTest::newRow("counters") << "{17}:counters:42"
                              << "counters";
    QTest::newRow("foreign") << "session:home:42"
                             << "other";
}

void CostsAndKeysTest::familiesOfKeys()
{
    QFETCH(QString, key);
    QFETCH(QString, family);
    QCOMPARE(QString::fromStdString(std::string(kSampledFamilies[sampledFamilyOf(key.toStdString())])),
             family);
}

void CostsAndKeysTest::sampleIsScaledAndBucketed()
{
    KeySample some;
    some.keys = 40; // of which four were looked at
    some.sampled = {{0, 1'000, -1}, {0, 3'000, -1}, {4, 100, 30'000}, {4, 100, 30'001}};
    KeySample whole;
    whole.keys = 2;
    whole.sampled = {{4, 60, 4'000'000}, {4, 60, -1}};
    const auto out = judgeKeys(
        {{1, "a", some, {}}, {2, "b", whole, {}}, {3, "c", fail(ErrorCode::Unavailable, "c is gone"), {}}});
    QCOMPARE(out.keys, std::int64_t(42));
    QCOMPARE(out.sampled, std::int64_t(6));
    QCOMPARE(out.families[0].bytes, 40'000.0);
    QCOMPARE(out.families[0].keys, 20.0);
    QCOMPARE(out.families[4].bytes, 2'000 + 120.0);
    const auto& posts = out.ttls[0];
    QCOMPARE(posts.sampled, std::int64_t(4));
    QCOMPARE(posts.withoutTtl, std::int64_t(1));
    QCOMPARE(posts.buckets[0], std::int64_t(1)); // at most 30 s
    QCOMPARE(posts.buckets[1], std::int64_t(1));
    QCOMPARE(posts.buckets.back(), std::int64_t(1)); // over an hour
    QCOMPARE(out.nodes[2].notMeasured, std::string("c is gone"));
}

void CostsAndKeysTest::ratesNeedTwoLooksOfOneLife()
{
    CacheLook look;
    const CacheLook::Time begin{};
    std::vector<LookedNode> nodes{{1, "a", KeySample{}, {}}, {2, "b", KeySample{}, {}}};
    EngineCounters engines;
    const auto at = [&](std::chrono::seconds time, std::int64_t evicted, std::int64_t joined,
                        const char* life) {
        for (auto& node : nodes) {
            node.info.evictedKeys = evicted;
            node.info.expiredKeys = 10 * evicted;
            node.info.runId = node.id == 1 ? "one" : life;
        }
        engines.flightsJoined[0] = joined;
        engines.flightsLed[0] = 2 * joined;
        auto details = judgeKeys(nodes);
        look.compare(details, nodes, engines, begin + time);
        return details;
    };
    const auto first = at(0s, 100, 5, "x");
    QVERIFY(!first.nodes[0].evictionsPerSecond && !first.flights[0].joinedInWindow);
    QCOMPARE(first.flightsWindowSeconds, 0.0);
    QCOMPARE(first.flights[0].joined, std::int64_t(5));
    const auto second = at(20s, 140, 8, "y");
    QCOMPARE(*second.nodes[0].evictionsPerSecond, 2.0);
    QCOMPARE(*second.nodes[0].expirationsPerSecond, 20.0);
    QCOMPARE(second.nodes[0].windowSeconds, 20.0);
    QVERIFY(!second.nodes[1].evictionsPerSecond); // it started anew
    QCOMPARE(*second.flights[0].joinedInWindow, std::int64_t(3));
    QCOMPARE(*second.flights[0].ledInWindow, std::int64_t(6));
    // Against the oldest look that is no older than the window.
    at(310s, 200, 9, "y");
    QCOMPARE(at(330s, 200, 9, "y").nodes[0].windowSeconds, 310.0);
}

// --- on a backend of its own

void CostsAndKeysTest::initTestCase()
{
    DemoOptions options;
    options.shards = app::kDemoShards; // each has its part of a sample
    m_session = openDemo(options);
    m_star = user();
    m_small = user();
    for (int i = 0; i < 12; ++i) {
        m_fans.push_back(user());
        take(feed().follow(m_fans.back(), m_star, soon()));
        if (i < 4) take(feed().follow(m_fans.back(), m_small, soon()));
    }
    for (int i = 0; i < 14; ++i)
        take(feed().post(m_star, "a post", soon()));
    take(feed().post(m_small, "a post", soon()));
    QVERIFY(drain(m_session->engine()));
}

void CostsAndKeysTest::costsAreThoseOfTheRows()
{
    // Fans came two hours ago; three of the star's count as dormant.
    for (std::size_t i = 0; i < m_fans.size(); ++i) {
        const auto users = shardTable(Role::Users, m_fans[i].shard(), "users");
        sql(users, "UPDATE " + users + " SET last_seen_at = now() - interval '2 hours' WHERE id = " +
                       std::to_string(m_fans[i].value));
        if (i >= 3) continue;
        const auto followers = shardTable(Role::Users, m_star.shard(), "followers");
        sql(followers, "UPDATE " + followers +
                           " SET warm = false WHERE followee = " + std::to_string(m_star.value) +
                           " AND follower = " + std::to_string(m_fans[i].value));
    }
    take(operations().setPushThreshold({PushThreshold::Kind::Followers, 10}, soon()));
    QTRY_COMPARE_WITH_TIMEOUT(take(operations().fanoutPolicy(soon())).pulled.size(), std::size_t(1), 60'000);
    const auto costs = take(operations().fanoutCosts(soon()));
    QCOMPARE(costs.authors, std::int64_t(2));
    QCOMPARE(costs.sample.size(), std::size_t(2));
    QVERIFY(costs.threshold.kind == PushThreshold::Kind::Followers && costs.threshold.followers == 10);
    QCOMPARE(costs.pulledAuthors, std::int64_t(1));
    QCOMPARE(costs.followersSampled, std::int64_t(12));
    QVERIFY(costs.postsKnownSeconds > 0 && costs.postsKnownSeconds < 600);
    const auto &star = costs.sample[0], &small = costs.sample[1];
    QVERIFY(star.author == m_star && star.pulled && small.author == m_small && !small.pulled);
    QCOMPARE(star.followers, std::int64_t(12));
    QCOMPARE(star.warmShare, 9.0 / 12);
    QCOMPARE(star.postsPerDay, 14.0); // they joined just now, and a day counts at least
    QCOMPARE(small.postsPerDay, 1.0);
    QVERIFY2(std::abs(star.visitsPerDay - 12) < 0.5, qPrintable(QString::number(star.visitsPerDay)));
    QCOMPARE(star.weight, 1.0);
}

void CostsAndKeysTest::manyAuthorsAreSampledAndWeighted()
{
    constexpr int kMany = 300;
    const int shard = 5;
    const auto counters = shardTable(Role::Users, shard, "counters");
    std::string rows;
    for (int i = 1; i <= kMany; ++i)
        rows += (rows.empty() ? "(" : ",(") + std::to_string(makeRawId(i, shard, 1)) + "," +
                std::to_string(i) + ")";
    sql(counters, "INSERT INTO " + counters + " (user_id, followers) VALUES " + rows);
    const auto costs = take(operations().fanoutCosts(soon()));
    QCOMPARE(costs.authors, std::int64_t(kMany + 2));
    double weights = 0, followers = 0, most = 0;
    for (const auto& author : costs.sample) {
        weights += author.weight;
        followers += author.weight * double(author.followers);
        most = std::max(most, double(author.followers));
    }
    QVERIFY(costs.sample.size() < 60); // bounded
    QVERIFY(std::abs(weights - (kMany + 2)) < 1e-6);
    QCOMPARE(most, double(kMany)); // the largest is always there
    const double all = kMany * (kMany + 1) / 2.0 + 16;
    QVERIFY2(std::abs(followers - all) < 0.4 * all, qPrintable(QString::number(followers / all)));
    sql(counters,
        "DELETE FROM " + counters + " WHERE user_id < " + std::to_string(makeRawId(kMany + 1, 0, 0)));
}

void CostsAndKeysTest::costsSayWhatFails_data()
{
    QTest::addColumn<QString>("silent");
    QTest::newRow("users") << "pg-1";
    QTest::newRow("posts and directory") << "pg-2";
}

// However long the caller would wait.
void CostsAndKeysTest::costsSayWhatFails()
{
    QFETCH(QString, silent);
    take(m_session->servers()->pauseNode(silent.toStdString()));
    QElapsedTimer timer;
    timer.start();
    const auto costs = operations().fanoutCosts(Deadline::after(60s));
    const auto took = timer.elapsed();
    take(m_session->servers()->resumeNode(silent.toStdString()));
    QVERIFY(!costs);
    QVERIFY2(costs.error().message.find(silent.toStdString()) != std::string::npos,
             costs.error().message.c_str());
    QVERIFY2(took < 30'000, qPrintable(QString::number(took)));
}

// How often each table of counters was read as a whole, by logical shard. What a connection did is counted
// for certain when it has ended: so nobody else may be connected.
static std::map<int, std::int64_t> counterScans(const EmbeddedServers& servers)
{
    std::map<int, std::int64_t> out;
    for (const auto& node : servers.nodes()) {
        if (node.kind != NodeKind::Postgres) continue;
        const auto pool = makePostgresPool({1, node.name, node.kind, node.ownerAddress}, {});
        const auto connection = take(pool->lease(soon()));
        const bool alone = QTest::qWaitFor(
            [&] {
                return take(connection->execute("SELECT count(*) FROM pg_stat_activity WHERE datname ="
                                                " current_database() AND pid <> pg_backend_pid()",
                                                {}, soon()))
                           .integer(0, 0) == 0;
            },
            30'000);
        if (!alone) throw std::runtime_error("somebody stays connected to " + node.name);
        const auto rows = take(connection->execute("SELECT right(schemaname, 4), seq_scan FROM"
                                                   " pg_stat_user_tables WHERE relname = 'counters'",
                                                   {}, soon()));
        for (std::size_t r = 0; r < rows.size(); ++r)
            out[int(rows.integer(r, 0))] = rows.integer(r, 1);
    }
    return out;
}

// Of three users' and three posts' nodes one is silent that is both: a third of the shards is whole.
void CostsAndKeysTest::costsOfTheNodesThatAnswer()
{
    EmbeddedOptions servers;
    servers.postgresNodes = 4;
    servers.redisNodes = 1;
    const auto four = take(EmbeddedServers::start(servers, Deadline::after(60s)));
    EngineOptions options;
    options.directory = makeCluster(*four);
    options.workers = 0;
    const auto before = counterScans(*four);
    auto engine = take(openEngine(options, soon()));
    const auto map = engine->shardMaps().current();
    const auto& posts = map->postsNode;
    for (int shard = 0; shard < map->shardCount; ++shard) {
        const auto counters = shardTable(Role::Users, shard, "counters");
        const auto connection =
            take(take(engine->pools().pool(map->usersNode[std::size_t(shard)]))->lease(soon()));
        take(connection->execute("INSERT INTO " + counters + " (user_id, followers) VALUES (" +
                                     std::to_string(makeRawId(1, shard, 1)) + ", " +
                                     std::to_string(10 + shard) + ")",
                                 {}, soon()));
    }
    auto costs = take(engine->operations().fanoutCosts(soon()));
    QCOMPARE(costs.sample.size(), std::size_t(map->shardCount));
    QCOMPARE(costs.shardsMissing, 0);
    const int silent = posts[0]; // also the second of the users' nodes
    std::set<int> whole;
    for (int shard = 0; shard < map->shardCount; ++shard)
        if (map->usersNode[std::size_t(shard)] != silent && posts[std::size_t(shard)] != silent)
            whole.insert(shard);
    const auto name = map->node(silent)->name;
    take(four->pauseNode(name));
    costs = take(engine->operations().fanoutCosts(Deadline::after(60s)));
    take(four->resumeNode(name));
    std::set<int> told;
    for (const auto& author : costs.sample)
        told.insert(author.author.shard());
    QVERIFY(told == whole);
    QCOMPARE(costs.authors, std::int64_t(whole.size()));
    QCOMPARE(costs.shardsMissing, map->shardCount - int(whole.size()));
    QCOMPARE(costs.missing.size(), std::size_t(1));
    QVERIFY2(costs.missing[0].find(name) != std::string::npos, costs.missing[0].c_str());
    engine.reset();
    const auto after = counterScans(*four);
    QCOMPARE(int(after.size()), map->shardCount);
    for (const auto& [shard, scans] : after) // one for each call that read the shard
        QCOMPARE(scans - before.at(shard), std::int64_t(whole.contains(shard) ? 2 : 1));
}

// Keys and bytes by kind, of every key there is.
CostsAndKeysTest::Truth CostsAndKeysTest::askRedis()
{
    Truth out;
    for (const auto& one : nodes(NodeKind::Redis))
        for (const auto& key : redis(one, {"KEYS", "*"}).elements) {
            auto& [count, bytes] = out[std::string(kSampledFamilies[sampledFamilyOf(key.text)])];
            ++count;
            bytes += redis(one, {"MEMORY", "USAGE", key.text, "SAMPLES", "0"}).integer;
        }
    return out;
}

void CostsAndKeysTest::wholeSampleIsWhatRedisSays()
{
    take(feed().homePage(m_fans[0], {}, soon())); // objects in the cache
    const auto first = take(monitor().cacheDetails(soon()));
    const auto node = nodes(NodeKind::Redis).front();
    for (int i = 0; i < 40; ++i)
        redis(node, {"SET", "short:" + std::to_string(i), "x", "PX", "1"});
    QTest::qWait(50);
    for (int i = 0; i < 40; ++i)
        redis(node, {"EXISTS", "short:" + std::to_string(i)}); // now it is noticed for certain
    redis(node, {"SET", "foreign", "x"});
    Truth before, after;
    CacheDetails details;
    for (int round = 0; round < 20 && (round == 0 || before != after); ++round) { // keys may end meanwhile
        before = askRedis();
        details = take(monitor().cacheDetails(soon()));
        after = askRedis();
    }
    QVERIFY(before == after);
    QVERIFY(after["home timeline"].first > 0 && after["post object"].first > 0 && after["other"].first == 1);
    std::int64_t keys = 0;
    for (const auto& family : details.families) {
        keys += after[family.name].first;
        QCOMPARE(std::int64_t(std::llround(family.keys)), after[family.name].first);
        QCOMPARE(std::int64_t(std::llround(family.bytes)), after[family.name].second);
    }
    QCOMPARE(details.keys, keys);
    QCOMPARE(details.sampled, keys); // few keys: all of them
    QVERIFY(details.ttls[0].name == "post object" && details.ttls[0].sampled == after["post object"].first);
    QCOMPARE(details.ttls[0].withoutTtl, std::int64_t(0)); // every object ends
    const auto &counts = details.nodes.front(), &began = first.nodes.front();
    QCOMPARE(counts.name, node.name);
    QVERIFY(counts.windowSeconds > 0);
    const auto expired = counts.expiredTotal - began.expiredTotal;
    QVERIFY2(expired >= 40, qPrintable(QString::number(expired)));
    QVERIFY(std::abs(*counts.expirationsPerSecond * counts.windowSeconds - double(expired)) < 1e-3);
    QCOMPARE(*counts.evictionsPerSecond, 0.0);
    redis(node, {"DEL", "foreign"});
}

void CostsAndKeysTest::aNodeThatHangsSaysSo()
{
    take(m_session->servers()->pauseNode("redis-2"));
    const auto details = take(monitor().cacheDetails(Deadline::after(5s)));
    take(m_session->servers()->resumeNode("redis-2"));
    for (const auto& node : details.nodes)
        QCOMPARE(node.notMeasured.empty(), node.name != "redis-2");
    QVERIFY(details.sampled > 0);
}

// PostgreSQL is silent while six readers of one cold timeline ask: one builds it, five wait for that.
void CostsAndKeysTest::missesThatWaitAreCounted()
{
    constexpr int kReaders = 6;
    const auto reader = m_fans[5];
    const auto flights = [this] {
        for (const auto& flight : take(monitor().cacheDetails(soon())).flights)
            if (flight.name == "home timeline") return std::pair(flight.led, flight.joined);
        return std::pair(std::int64_t(-1), std::int64_t(-1));
    };
    const auto misses = [this]() -> std::int64_t {
        for (const auto& counts : monitor().snapshot()->caches)
            if (counts.name == "home timeline") return counts.misses;
        return -1;
    };
    take(feed().homePage(reader, {}, soon()));
    QVERIFY(laterSnapshots(monitor(), 4)); // what was counted is told once a second
    const auto [led, joined] = flights();
    const auto missed = misses();
    const auto floor = "{" + std::to_string(reader.shard()) + "}:home-floor:" + std::to_string(reader.value);
    std::int64_t dropped = 0;
    for (const auto& node : nodes(NodeKind::Redis))
        dropped += redis(node, {"DEL", floor}).integer;
    QCOMPARE(dropped, std::int64_t(1));
    const auto location = take(monitor().locate(reader));
    take(m_session->servers()->pauseNode(location.usersNode));
    std::atomic<int> whole{0};
    {
        std::vector<std::jthread> readers;
        for (int i = 0; i < kReaders; ++i)
            readers.emplace_back(
                [&] { whole += feed().homePage(reader, {}, Deadline::after(60s)).has_value(); });
        const bool all = QTest::qWaitFor([&] { return misses() >= missed + kReaders; }, 30'000);
        take(m_session->servers()->resumeNode(location.usersNode));
        readers.clear();
        QVERIFY(all);
    }
    QCOMPARE(whole.load(), kReaders);
    QTRY_COMPARE_WITH_TIMEOUT(flights().first, led + 1, 60'000);
    QTRY_COMPARE_WITH_TIMEOUT(flights().second, joined + kReaders - 1, 60'000);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::CostsAndKeysTest)
#include "costs_and_keys_test.moc"
