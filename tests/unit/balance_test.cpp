// Balance measures against values worked out by hand, and against chance itself.
#include <QTest>

#include "backend/domain/balance.h"

#include <cmath>
#include <limits>
#include <random>
#include <set>

namespace tests {

using namespace backend;

class BalanceTest : public QObject
{
    Q_OBJECT

private slots:
    void summaryOfKnownValues();
    void summaryIgnoresUnknown();
    void summaryOfNothing();
    void summaryOfZeros();
    void chanceBandMatchesUniformHashing();
    void chanceBandOfEventsMatchesCounting();
    void unknownIsNotANumber();
    void loadsGoToTheNodeOfTheRole();
    void nodeWithoutKnownShardIsLast();
    void everyMetricHasAName();
};

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
bool near(double a, double b)
{
    return std::abs(a - b) < 1e-9;
}

ClusterSnapshot twoNodes()
{
    ClusterSnapshot out;
    for (int id : {7, 9}) {
        NodeSnapshot node;
        node.id = id;
        node.name = "redis-" + std::to_string(id);
        out.nodes.push_back(node);
    }
    for (int i = 0; i < 4; ++i) {
        ShardSnapshot shard;
        shard.shard = i;
        shard.timelinesNode = i < 3 ? 7 : 9;
        shard.postsNode = 1;
        shard.timelines = 10 * (i + 1);
        shard.posts = 5;
        out.shards.push_back(shard);
    }
    return out;
}

} // namespace

void BalanceTest::summaryOfKnownValues()
{
    const auto s = summarize({2, 4, 4, 4, 5, 5, 7, 9}, 100); // a population whose standard deviation is 2
    QCOMPARE(s.known, 8);
    QVERIFY(near(s.total, 40) && near(s.mean, 5) && near(s.min, 2) && near(s.max, 9));
    QVERIFY(near(s.maxOverMean, 1.8));
    QVERIFY(near(s.coefficientOfVariation, 0.4));
    QVERIFY(near(s.chanceCoefficientOfVariation, std::sqrt(0.07)));
}

void BalanceTest::summaryIgnoresUnknown()
{
    const auto s = summarize({kNan, 1, kNan, 3}, 50);
    QCOMPARE(s.known, 2);
    QVERIFY(near(s.total, 4) && near(s.mean, 2) && near(s.min, 1) && near(s.max, 3));
    QVERIFY(near(s.chanceCoefficientOfVariation, std::sqrt(1.0 / 50)));
}

void BalanceTest::summaryOfNothing()
{
    for (const auto& values : {std::vector<double>{}, std::vector<double>{kNan, kNan}}) {
        const auto s = summarize(values, 10);
        QCOMPARE(s.known, 0);
        QVERIFY(near(s.total, 0) && near(s.maxOverMean, 0) && near(s.coefficientOfVariation, 0));
    }
}

void BalanceTest::summaryOfZeros()
{
    const auto s = summarize({0, 0, 0}, 0);
    QCOMPARE(s.known, 3);
    QVERIFY(near(s.maxOverMean, 0) && near(s.coefficientOfVariation, 0) &&
            near(s.chanceCoefficientOfVariation, 0));
}

void BalanceTest::chanceBandMatchesUniformHashing()
{
    // Throw users at random over the bins and measure: the formula's figure is what comes out on average.
    constexpr int bins = 64, users = 6400, rounds = 200;
    std::mt19937_64 random(42);
    double sum = 0, formula = 0;
    for (int round = 0; round < rounds; ++round) {
        std::vector<double> counts(bins, 0);
        for (int i = 0; i < users; ++i)
            ++counts[random() % bins];
        const auto s = summarize(counts, users);
        sum += s.coefficientOfVariation * s.coefficientOfVariation;
        formula = s.chanceCoefficientOfVariation;
    }
    const double measured = std::sqrt(sum / rounds);
    QVERIFY2(std::abs(measured / formula - 1) < 0.05,
             qPrintable(QString("%1 against %2").arg(measured).arg(formula)));
}

// Few events vary by themselves, however many users they belong to.
void BalanceTest::chanceBandOfEventsMatchesCounting()
{
    constexpr int bins = 64, users = 6400, events = 320, rounds = 200;
    std::mt19937_64 random(43);
    double sum = 0, formula = 0;
    for (int round = 0; round < rounds; ++round) {
        std::vector<double> usersOfBin(bins, 0), counts(bins, 0);
        std::vector<int> home;
        for (int i = 0; i < users; ++i)
            home.push_back(int(random() % bins));
        for (int i = 0; i < events; ++i)
            ++counts[std::size_t(home[random() % home.size()])];
        const auto s = summarize(counts, users, 1);
        sum += s.coefficientOfVariation * s.coefficientOfVariation;
        formula = s.chanceCoefficientOfVariation;
    }
    const double measured = std::sqrt(sum / rounds);
    QVERIFY2(std::abs(measured / formula - 1) < 0.05,
             qPrintable(QString("%1 against %2").arg(measured).arg(formula)));
}

void BalanceTest::unknownIsNotANumber()
{
    ShardSnapshot shard;
    shard.deliveriesPerSecond = -1;
    shard.readsPerSecond = -1;
    for (const auto metric : kBalanceMetrics)
        QVERIFY(std::isnan(valueOf(shard, metric)));
    shard.timelines = 0;
    shard.deliveriesPerSecond = 2.5;
    QVERIFY(near(valueOf(shard, BalanceMetric::Timelines), 0));
    QVERIFY(near(valueOf(shard, BalanceMetric::Deliveries), 2.5));
}

void BalanceTest::loadsGoToTheNodeOfTheRole()
{
    const auto timelines = loadByNode(twoNodes(), BalanceMetric::Timelines);
    QCOMPARE(timelines.size(), std::size_t(2));
    QCOMPARE(timelines[0].name, std::string("redis-7"));
    QCOMPARE(timelines[0].shards, 3);
    QVERIFY(near(timelines[0].value, 60) && near(timelines[1].value, 40));
    const auto posts =
        loadByNode(twoNodes(), BalanceMetric::Posts); // another role, another node, without a name
    QCOMPARE(posts.size(), std::size_t(1));
    QCOMPARE(posts[0].name, std::string("1"));
    QVERIFY(near(posts[0].value, 20));
}

void BalanceTest::nodeWithoutKnownShardIsLast()
{
    auto snapshot = twoNodes();
    for (int i = 0; i < 3; ++i)
        snapshot.shards[std::size_t(i)].timelines = -1;
    const auto loads = loadByNode(snapshot, BalanceMetric::Timelines);
    QCOMPARE(loads[0].node, 9);
    QVERIFY(std::isnan(loads[1].value));
    QCOMPARE(loads[1].shards, 3);
}

void BalanceTest::everyMetricHasAName()
{
    std::set<std::string_view> names;
    for (const auto metric : kBalanceMetrics)
        names.insert(toString(metric));
    QCOMPARE(names.size(), kBalanceMetrics.size());
    QVERIFY(!names.contains("unknown"));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::BalanceTest)
#include "balance_test.moc"
