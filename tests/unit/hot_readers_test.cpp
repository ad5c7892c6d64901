// Counts of the hottest readers: exact while there are few, bounds that hold when there are many, two periods
// and no older ones.
#include <QTest>

#include "backend/common/hot_readers.h"

#include <map>
#include <memory>
#include <random>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class HotReadersTest : public QObject
{
    Q_OBJECT

private slots:
    void fewAreCountedExactly();
    void shardsAreApart();
    void boundsHoldAmongMany();
    void manyEqualOnesDoNotStandOut();
    void olderPeriodsAreForgotten();
};

namespace {

using Time = HotReaderCounts::Clock::time_point;
const Time kBegin{1000h};

UserId reader(int number, int shard = 5)
{
    return UserId{makeRawId(1000 + number, shard, 0)};
}

} // namespace

void HotReadersTest::fewAreCountedExactly()
{
    const auto counts = std::make_unique<HotReaderCounts>(kBegin);
    for (int number = 0; number < 10; ++number)
        for (int i = 0; i <= number; ++i)
            counts->add(reader(number), kBegin + 1s);
    const auto view = counts->of(5, kBegin + 2s);
    QCOMPARE(view.total, 55);
    QVERIFY(view.since == kBegin);
    QCOMPARE(view.readers.size(), std::size_t(10));
    for (int i = 0; i < 10; ++i) {
        QVERIFY(view.readers[std::size_t(i)].reader == reader(9 - i));
        QCOMPARE(view.readers[std::size_t(i)].atLeast, 10 - i);
        QCOMPARE(view.readers[std::size_t(i)].atMost, 10 - i);
    }
}

void HotReadersTest::shardsAreApart()
{
    const auto counts = std::make_unique<HotReaderCounts>(kBegin);
    counts->add(reader(1, 5), kBegin);
    counts->add(reader(1, 69), kBegin); // the same mutex
    counts->add(reader(2, 69), kBegin);
    QCOMPARE(counts->of(5, kBegin).total, 1);
    QCOMPARE(counts->of(69, kBegin).total, 2);
    QCOMPARE(counts->of(6, kBegin).total, 0);
    QVERIFY(counts->of(6, kBegin).readers.empty());
}

void HotReadersTest::boundsHoldAmongMany()
{
    const auto counts = std::make_unique<HotReaderCounts>(kBegin);
    std::mt19937 random(1);
    std::geometric_distribution<int> which(0.02); // some hundreds, the low numbers often
    std::map<UserId, std::int64_t> truth;
    for (int i = 0; i < 20'000; ++i) {
        const auto who = reader(which(random));
        ++truth[who];
        counts->add(who, kBegin + (i < 10'000 ? 1s : 301s)); // in two periods
    }
    QVERIFY(truth.size() > 2 * HotReaderCounts::kCounters);
    const auto view = counts->of(5, kBegin + 302s);
    QCOMPARE(view.total, 20'000);
    QVERIFY(!view.readers.empty());
    for (const auto& one : view.readers) {
        QVERIFY(one.atLeast <= truth[one.reader]);
        QVERIFY(one.atMost >= truth[one.reader]);
    }
}

void HotReadersTest::manyEqualOnesDoNotStandOut()
{
    const auto counts = std::make_unique<HotReaderCounts>(kBegin);
    for (int round = 0; round < 3; ++round)
        for (int number = 0; number < 1000; ++number)
            counts->add(reader(number), kBegin);
    for (int i = 0; i < 500; ++i)
        counts->add(reader(5000), kBegin);
    const auto view = counts->of(5, kBegin);
    QVERIFY(view.readers.front().reader == reader(5000));
    QCOMPARE(view.readers.front().atLeast, 500);
    for (std::size_t i = 1; i < view.readers.size(); ++i)
        QVERIFY(view.readers[i].atLeast <= 3);
}

void HotReadersTest::olderPeriodsAreForgotten()
{
    const auto counts = std::make_unique<HotReaderCounts>(kBegin);
    counts->add(reader(1), kBegin + 1min);
    counts->add(reader(2), kBegin + 6min);
    auto view = counts->of(5, kBegin + 9min);
    QCOMPARE(view.total, 2);
    QVERIFY(view.since == kBegin);
    view = counts->of(5, kBegin + 11min);
    QCOMPARE(view.total, 1);
    QVERIFY(view.readers.front().reader == reader(2));
    QVERIFY(view.since == kBegin + 5min);
    QCOMPARE(counts->of(5, kBegin + 40min).total, 0);
    counts->add(reader(3), kBegin + 41min);
    QCOMPARE(counts->of(5, kBegin + 41min).total, 1);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::HotReadersTest)
#include "hot_readers_test.moc"
