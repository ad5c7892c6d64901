// Rates over the last seconds: what they are means of, and what ends a run of them.
#include <QTest>

#include "ui/bridge/recent_rates.h"

using namespace std::chrono_literals;

namespace tests {

class RecentRatesTest : public QObject
{
    Q_OBJECT

private slots:
    void ratesAreMeansOfTheLastTen();
    void whatIsNotKnownNowIsNotKnown();
    void aGapBeginsAnew();
    void whatIsNotOfNowStaysAsItIs();
    void nodesToo();

private:
    static backend::SnapshotPtr snapshot(std::uint64_t sequence, double deliveries, double reads = 5)
    {
        auto out = std::make_shared<backend::ClusterSnapshot>();
        out->sequence = sequence;
        out->deliveriesPerSecond = 2 * deliveries;
        out->readsPerSecond = reads;
        out->shards.resize(2);
        for (auto& shard : out->shards) {
            shard.deliveriesPerSecond = deliveries;
            shard.readsPerSecond = reads;
        }
        return out;
    }
};

void RecentRatesTest::ratesAreMeansOfTheLastTen()
{
    ui::RecentRates recent;
    QVERIFY(!recent.add(nullptr));
    QCOMPARE(recent.add(snapshot(1, 10))->shards[1].deliveriesPerSecond, 10.0);
    QCOMPARE(recent.seconds(), 1.0);
    const auto two = recent.add(snapshot(2, 30, 7));
    QCOMPARE(two->shards[1].deliveriesPerSecond, 20.0);
    QCOMPARE(two->shards[0].readsPerSecond, 6.0);
    QCOMPARE(two->deliveriesPerSecond, 40.0);
    QCOMPARE(two->sequence, std::uint64_t(2));
    // The same once more is no second of its own.
    QCOMPARE(recent.add(snapshot(2, 30, 7))->shards[1].deliveriesPerSecond, 20.0);
    for (std::uint64_t sequence = 3; sequence < 13; ++sequence)
        QVERIFY(recent.add(snapshot(sequence, 4)));
    QCOMPARE(recent.seconds(), 10.0);
    QCOMPARE(recent.add(snapshot(13, 14))->shards[0].deliveriesPerSecond, 5.0);
}

void RecentRatesTest::whatIsNotKnownNowIsNotKnown()
{
    ui::RecentRates recent;
    recent.add(snapshot(1, 10));
    const auto down = recent.add(snapshot(2, -1));
    QCOMPARE(down->shards[0].deliveriesPerSecond, -1.0);
    QCOMPARE(down->shards[0].readsPerSecond, 5.0);
    // Back again, it is not compared over other seconds than the rest.
    QCOMPARE(recent.add(snapshot(3, 20, 9))->shards[0].deliveriesPerSecond, 20.0);
    QCOMPARE(recent.seconds(), 1.0);
}

void RecentRatesTest::aGapBeginsAnew()
{
    ui::RecentRates recent;
    for (std::uint64_t sequence = 1; sequence <= 10; ++sequence)
        recent.add(snapshot(sequence, 1'000));
    QCOMPARE(recent.add(snapshot(19, 0))->shards[0].deliveriesPerSecond, 500.0); // the rest is too long ago
    QCOMPARE(recent.seconds(), 2.0);
    recent.add(snapshot(50, 10));
    QCOMPARE(recent.add(snapshot(61, 30))->shards[0].deliveriesPerSecond, 30.0);
    QCOMPARE(recent.add(snapshot(3, 40))->shards[0].deliveriesPerSecond, 40.0); // another session
    auto wider = std::make_shared<backend::ClusterSnapshot>(*snapshot(4, 60));
    wider->shards.resize(3);
    QCOMPARE(recent.add(wider)->shards[0].deliveriesPerSecond, 60.0);
    QCOMPARE(recent.seconds(), 1.0);
}

// While the directory is silent the last rates stand, with their time.
void RecentRatesTest::whatIsNotOfNowStaysAsItIs()
{
    ui::RecentRates recent;
    recent.add(snapshot(1, 10));
    auto dated = std::make_shared<backend::ClusterSnapshot>(*snapshot(2, 30));
    dated->ratesReadAt = backend::TimePoint(1s);
    QVERIFY(recent.add(dated) == dated);
    QCOMPARE(recent.add(snapshot(3, 50))->shards[0].deliveriesPerSecond, 50.0);
}

void RecentRatesTest::nodesToo()
{
    const auto withNodes = [](std::uint64_t sequence, double commands, double hits) {
        auto out = std::make_shared<backend::ClusterSnapshot>(*snapshot(sequence, 10));
        out->nodes.resize(2);
        out->nodes[1].id = 1;
        out->nodes[1].commandsPerSecond = commands;
        out->nodes[1].keyspaceHitRatio = hits;
        return out;
    };
    ui::RecentRates recent;
    recent.add(withNodes(1, 1'000, 0.5));
    recent.add(withNodes(2, 40, -1)); // without a look-up there is no ratio
    const auto mean = recent.add(withNodes(3, 100, 0.9));
    QCOMPARE(mean->nodes[1].commandsPerSecond, 380.0);
    QCOMPARE(mean->nodes[1].keyspaceHitRatio, 0.7);
    QCOMPARE(mean->nodes[0].commandsPerSecond, -1.0); // never told
    ui::RecentRates quiet;
    quiet.add(withNodes(1, 1'000, 0.5));
    QCOMPARE(quiet.add(withNodes(2, 4, -1))->nodes[1].keyspaceHitRatio, 0.5); // nobody looked anything up
    QCOMPARE(quiet.add(withNodes(3, -1, -1))->nodes[1].keyspaceHitRatio, -1.0);
    QCOMPARE(recent.add(withNodes(4, -1, -1))->nodes[1].commandsPerSecond, -1.0);
    QCOMPARE(recent.add(withNodes(5, 60, 1))->nodes[1].commandsPerSecond, 60.0); // back
    auto others = std::make_shared<backend::ClusterSnapshot>(*withNodes(6, 10, 1));
    others->nodes[1].id = 7;
    QCOMPARE(recent.add(others)->nodes[1].commandsPerSecond, 10.0);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::RecentRatesTest)
#include "recent_rates_test.moc"
