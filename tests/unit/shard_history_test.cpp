// The history of logical shards: steps, means, gaps and bounds, with a clock of the test's own.
#include <QTest>

#include "backend/monitoring/shard_history_keeper.h"

#include <cmath>
#include <memory>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class ShardHistoryTest : public QObject
{
    Q_OBJECT

private slots:
    void secondsWhereTheyReach();
    void tenSecondsBeyond();
    void volumesAreByTenSeconds();
    void columnsAreMeansOfWhatIsKnown();
    void unknownStaysUnknown();
    void whatIsLastKnownIsAGap();
    void lateSnapshotsLeaveNoGap();
    void isBounded();
    void manyShards();
    void aClockThatIsSetBackGoesOn();
    void badArguments();
};

namespace {

const TimePoint kBegin{std::chrono::seconds(1'800'000'000)}; // a whole ten seconds

ClusterSnapshot snapshotAt(TimePoint at, double rate, int shards = 3)
{
    ClusterSnapshot out;
    out.takenAt = at;
    for (int s = 0; s < shards; ++s) {
        ShardSnapshot shard;
        shard.shard = s;
        shard.deliveriesPerSecond = rate * (s + 1);
        shard.readsPerSecond = -1; // not known
        shard.bytes = std::int64_t(100 * rate) + s;
        out.shards.push_back(shard);
    }
    return out;
}

std::unique_ptr<ShardHistoryKeeper> keeperOf(int seconds, int shards = 3)
{
    auto out = std::make_unique<ShardHistoryKeeper>();
    for (int second = 0; second < seconds; ++second)
        out->add(snapshotAt(kBegin + second * 1s + 300ms, second, shards));
    return out;
}

ShardHistory take(const Result<ShardHistory>& history)
{
    if (!history) throw std::runtime_error(history.error().message);
    return *history;
}

} // namespace

void ShardHistoryTest::secondsWhereTheyReach()
{
    const auto keeper = keeperOf(200);
    const auto out = take(keeper->range(BalanceMetric::Deliveries, kBegin + 50s, kBegin + 60s, 100));
    QVERIFY(out.step == 1s);
    QCOMPARE(out.shards, 3);
    QCOMPARE(out.at.size(), std::size_t(10));
    for (std::size_t i = 0; i < 10; ++i) {
        QVERIFY(out.at[i] == kBegin + 50s + i * 1s);
        QCOMPARE(out.value(i, 2), float(3 * (50 + i)));
    }
}

void ShardHistoryTest::tenSecondsBeyond()
{
    const auto keeper = keeperOf(1000);
    const auto out = take(keeper->range(BalanceMetric::Deliveries, kBegin, kBegin + 1000s, 1000));
    QVERIFY(out.step == 10s);
    QCOMPARE(out.at.size(), std::size_t(100));
    QCOMPARE(out.value(7, 0), 74.5F); // mean of 70 … 79
    const auto newest = take(keeper->range(BalanceMetric::Deliveries, kBegin + 800s, kBegin + 1000s, 1000));
    QVERIFY(newest.step == 1s); // the last five minutes
}

void ShardHistoryTest::volumesAreByTenSeconds()
{
    const auto keeper = keeperOf(100);
    const auto out = take(keeper->range(BalanceMetric::Bytes, kBegin, kBegin + 100s, 1000));
    QVERIFY(out.step == 10s);
    QCOMPARE(out.value(3, 1), 3451.0F); // 100 × mean of 30 … 39, and the shard's number
}

void ShardHistoryTest::columnsAreMeansOfWhatIsKnown()
{
    const auto keeper = keeperOf(120);
    const auto out = take(keeper->range(BalanceMetric::Deliveries, kBegin, kBegin + 120s, 30));
    QVERIFY(out.step == 4s);
    QCOMPARE(out.at.size(), std::size_t(30));
    QCOMPARE(out.value(5, 0), 21.5F); // 20 … 23
    // The present ten seconds are known before they are over.
    const auto bytes = take(keeper->range(BalanceMetric::Bytes, kBegin + 90s, kBegin + 125s, 30));
    QVERIFY(!std::isnan(bytes.value(2, 0)));
    QVERIFY(std::isnan(bytes.value(3, 0)));
}

void ShardHistoryTest::unknownStaysUnknown()
{
    auto keeper = keeperOf(20);
    keeper->add(snapshotAt(kBegin + 30s, 7)); // nothing between
    const auto out = take(keeper->range(BalanceMetric::Deliveries, kBegin - 5s, kBegin + 31s, 100));
    QVERIFY(std::isnan(out.value(0, 0)));
    QVERIFY(std::isnan(out.value(4, 0)));
    QCOMPARE(out.value(5, 0), 0.0F);
    QVERIFY(std::isnan(out.value(25, 1)));
    QCOMPARE(out.value(35, 1), 14.0F);
    for (const float value : take(keeper->range(BalanceMetric::Reads, kBegin, kBegin + 20s, 100)).values)
        QVERIFY(std::isnan(value));
}

// The sampler is a little late each time: one second has no snapshot, but the next one tells of it.
// A node that is down holds what it held; but nobody measures it then.
void ShardHistoryTest::whatIsLastKnownIsAGap()
{
    ShardHistoryKeeper keeper;
    for (int second = 0; second < 30; ++second) {
        auto snapshot = snapshotAt(kBegin + second * 1s, second);
        snapshot.shards[1].timelinesDown = second >= 10;
        keeper.add(snapshot);
    }
    const auto bytes = take(keeper.range(BalanceMetric::Bytes, kBegin, kBegin + 30s, 100));
    QVERIFY(!std::isnan(bytes.value(0, 1)));
    QVERIFY(std::isnan(bytes.value(1, 1)) && std::isnan(bytes.value(2, 1)));
    QVERIFY(!std::isnan(bytes.value(2, 0)));
    // A rate is counted by those who deliver.
    QVERIFY(
        !std::isnan(take(keeper.range(BalanceMetric::Deliveries, kBegin, kBegin + 30s, 100)).value(20, 1)));
}

void ShardHistoryTest::lateSnapshotsLeaveNoGap()
{
    ShardHistoryKeeper keeper;
    for (const auto at : {100ms, 1200ms, 3300ms, 4400ms, 7500ms})
        keeper.add(snapshotAt(kBegin + at, double(at.count())));
    const auto out = take(keeper.range(BalanceMetric::Deliveries, kBegin, kBegin + 8s, 100));
    QCOMPARE(out.value(2, 0), 3300.0F);
    QCOMPARE(out.value(3, 0), 3300.0F);
    QVERIFY(std::isnan(out.value(5, 0))); // three seconds without are a gap
    QVERIFY(std::isnan(out.value(6, 0)));
}

void ShardHistoryTest::isBounded()
{
    const auto keeper = keeperOf(5000);
    const auto end = kBegin + 5000s;
    const auto out = take(keeper->range(BalanceMetric::Deliveries, kBegin, end, 1000));
    std::size_t known = 0;
    for (const float value : out.values)
        known += !std::isnan(value);
    QCOMPARE(known, 3 * ShardHistoryKeeper::kCoarseColumns);
    QVERIFY(!std::isnan(out.value(out.at.size() - 1, 0)));
    QVERIFY(std::isnan(out.value(0, 0)));
}

void ShardHistoryTest::manyShards()
{
    const auto keeper = keeperOf(30, kMaxShards);
    const auto out = take(keeper->range(BalanceMetric::Deliveries, kBegin, kBegin + 30s, 30));
    QCOMPARE(out.shards, kMaxShards);
    QCOMPARE(out.value(29, kMaxShards - 1), float(29 * kMaxShards));
}

void ShardHistoryTest::aClockThatIsSetBackGoesOn()
{
    const auto keeper = keeperOf(100);
    for (int second = 60; second < 70; ++second)
        keeper->add(snapshotAt(kBegin + second * 1s, 1'000));
    const auto out = take(keeper->range(BalanceMetric::Deliveries, kBegin + 55s, kBegin + 75s, 100));
    const auto first = [&](int second) {
        return out.values[std::size_t(second - 55) * std::size_t(out.shards)];
    };
    QCOMPARE(double(first(59)), 59.0);
    QCOMPARE(double(first(61)), 1'000.0);
    QCOMPARE(double(first(69)), 1'000.0);
    QVERIFY(std::isnan(first(72))); // of the time before the clock was set
}

void ShardHistoryTest::badArguments()
{
    const auto keeper = keeperOf(3);
    QVERIFY(keeper->range(BalanceMetric::Reads, kBegin, kBegin, 10).error().code ==
            ErrorCode::InvalidArgument);
    QVERIFY(keeper->range(BalanceMetric::Reads, kBegin, kBegin + 1s, 1).error().code ==
            ErrorCode::InvalidArgument);
    const ShardHistoryKeeper empty;
    QCOMPARE(take(empty.range(BalanceMetric::Reads, kBegin, kBegin + 1s, 10)).shards, 0);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::ShardHistoryTest)
#include "shard_history_test.moc"
