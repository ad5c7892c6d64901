// What a ledger tells of a fan-out's progress: delays from recorded chunk times, rate, time left.
#include <QTest>

#include "tests/models/model_samples.h"
#include "ui/models/fanout_progress.h"

using namespace std::chrono_literals;

namespace tests {

class FanoutProgressTest : public QObject
{
    Q_OBJECT

private slots:
    void delaysCountChunksByTheirLastDelivery();
    void nothingDeliveredHasNoDelays();
    void outstandingIsNeverNegative();
    void ratesAndTimeLeft();
    void whatStandsStillHasNoTimeLeft();
    void theRateForgetsWhatIsLongAgo();
    void overallRateIsFromFirstToLast();

private:
    static backend::LedgerChunk chunk(int number, std::int64_t pushed, std::chrono::milliseconds last)
    {
        backend::LedgerChunk out;
        out.chunk = number;
        out.pushed = pushed;
        out.firstDeliveryAt = kSampleTime + last / 2;
        out.lastDeliveryAt = kSampleTime + last;
        return out;
    }
    static backend::DeliveryLedger ledger(std::int64_t audience, std::int64_t pushed)
    {
        backend::DeliveryLedger out;
        out.committedAt = kSampleTime;
        out.audience = audience;
        out.pushed = pushed;
        return out;
    }
};

void FanoutProgressTest::delaysCountChunksByTheirLastDelivery()
{
    auto some = ledger(1000, 1000);
    // Not in the order of their times.
    some.chunks = {chunk(1, 400, 900ms), chunk(2, 100, 100ms), chunk(3, 490, 300ms), chunk(4, 10, 5'000ms)};
    QCOMPARE(*ui::deliveredWithin(some, 0.1), 0.1);
    QCOMPARE(*ui::deliveredWithin(some, 0.5), 0.3);
    QCOMPARE(*ui::deliveredWithin(some, 0.59), 0.3);
    QCOMPARE(*ui::deliveredWithin(some, 0.6), 0.9);
    QCOMPARE(*ui::deliveredWithin(some, 0.99), 0.9);
    QCOMPARE(*ui::deliveredWithin(some, 1), 5.0);
}

void FanoutProgressTest::nothingDeliveredHasNoDelays()
{
    auto none = ledger(10, 0);
    QVERIFY(!ui::deliveredWithin(none, 0.5));
    none.chunks = {chunk(0, 0, 100ms)}; // only skipped readers
    QVERIFY(!ui::deliveredWithin(none, 0.5));
}

void FanoutProgressTest::outstandingIsNeverNegative()
{
    QCOMPARE(ui::outstanding(ledger(10, 4)), std::int64_t(6));
    QCOMPARE(ui::outstanding(ledger(10, 12)), std::int64_t(0));
}

void FanoutProgressTest::ratesAndTimeLeft()
{
    ui::FanoutRate rate;
    const auto start = ui::FanoutRate::Clock::time_point{};
    auto first = ledger(10'000, 1'000);
    first.skippedDormant = 500; // told by the plan: no work of that time
    rate.add(first, start);
    QVERIFY(!rate.perSecond());
    QVERIFY(!rate.secondsLeft());
    auto second = first;
    second.pushed = 2'000;
    second.failed = 500;
    rate.add(second, start + 2s);
    QCOMPARE(*rate.perSecond(), 750.0);
    QCOMPARE(*rate.secondsLeft(), 7'000 / 750.0);
    rate.clear();
    QVERIFY(!rate.perSecond());
}

void FanoutProgressTest::whatStandsStillHasNoTimeLeft()
{
    ui::FanoutRate rate;
    const auto start = ui::FanoutRate::Clock::time_point{};
    rate.add(ledger(100, 50), start);
    rate.add(ledger(100, 50), start + 1s);
    QCOMPARE(*rate.perSecond(), 0.0);
    QVERIFY(!rate.secondsLeft());
}

void FanoutProgressTest::theRateForgetsWhatIsLongAgo()
{
    ui::FanoutRate rate;
    const auto start = ui::FanoutRate::Clock::time_point{};
    for (int second = 0; second <= 10; ++second) // 1,000 a second, then 10
        rate.add(ledger(100'000, second <= 4 ? second * 1'000 : 4'000 + (second - 4) * 10),
                 start + std::chrono::seconds(second));
    QCOMPARE(*rate.perSecond(), 10.0);
}

void FanoutProgressTest::overallRateIsFromFirstToLast()
{
    auto done = ledger(1'000, 1'000);
    QVERIFY(!ui::overallRate(done));
    done.firstDeliveryAt = kSampleTime + 100ms;
    done.lastDeliveryAt = kSampleTime + 600ms;
    QCOMPARE(*ui::overallRate(done), 2'000.0);
    done.lastDeliveryAt = done.firstDeliveryAt; // all in one pipeline
    QVERIFY(!ui::overallRate(done));
}

} // namespace tests

QTEST_APPLESS_MAIN(tests::FanoutProgressTest)
#include "fanout_progress_test.moc"
