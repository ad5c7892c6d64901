// The delay histogram: bucket edges, quantiles against the exact ones, windows as differences, recording from
// threads.
#include <QTest>

#include "backend/common/histogram.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class HistogramTest : public QObject
{
    Q_OBJECT

private slots:
    void delaysLieWithinTheirBucket();
    void extremesAreKept();
    void nothingHasNoQuantile();
    void quantilesAreNearTheExactOnes();
    void quantilesRise();
    void differencesAreWindows();
    void threadsLoseNothing();
};

void HistogramTest::delaysLieWithinTheirBucket()
{
    for (std::int64_t us = 1; us < 80'000'000'000; us = us * 5 / 4 + 1) {
        const int bucket = delayBucket(std::chrono::microseconds(us));
        const double ms = double(us) / 1000;
        QVERIFY2(ms <= delayBucketUpperMilliseconds(bucket) * (1 + 1e-12), qPrintable(QString::number(us)));
        if (bucket > 0)
            QVERIFY2(ms > delayBucketUpperMilliseconds(bucket - 1), qPrintable(QString::number(us)));
    }
}

void HistogramTest::extremesAreKept()
{
    QCOMPARE(delayBucket(0us), 0);
    QCOMPARE(delayBucket(-5ms), 0); // clocks of two servers may disagree
    QCOMPARE(delayBucket(24h * 365), kDelayBuckets - 1);
    QVERIFY(delayBucketUpperMilliseconds(kDelayBuckets - 1) > 24 * 3600 * 1000.0);
}

void HistogramTest::nothingHasNoQuantile()
{
    QCOMPARE(delayQuantile({}, 0.5), -1.0);
    QCOMPARE(delayQuantile(DelayRecorder().counts(), 0.5), -1.0);
}

void HistogramTest::quantilesAreNearTheExactOnes()
{
    std::mt19937_64 random(7);
    std::lognormal_distribution<double> delays(std::log(30'000.0), 1.2); // microseconds around 30 ms
    DelayRecorder recorder;
    std::vector<double> exact;
    for (int i = 0; i < 50'000; ++i) {
        const auto us = std::int64_t(delays(random)) + 1;
        recorder.record(std::chrono::microseconds(us));
        exact.push_back(double(us) / 1000);
    }
    std::sort(exact.begin(), exact.end());
    for (const double q : {0.01, 0.5, 0.95, 0.99, 0.999}) {
        const double want = exact[std::size_t(q * double(exact.size()))],
                     got = delayQuantile(recorder.counts(), q);
        QVERIFY2(std::abs(got / want - 1) < 0.19,
                 qPrintable(QString("q %1: %2, exact %3").arg(q).arg(got).arg(want)));
    }
}

void HistogramTest::quantilesRise()
{
    DelayRecorder recorder;
    recorder.record(1ms, 10);
    recorder.record(100ms, 3);
    recorder.record(5s);
    const auto counts = recorder.counts();
    double before = 0;
    for (double q = 0; q <= 1.0; q += 0.01) {
        const double now = delayQuantile(counts, q);
        QVERIFY(now >= before);
        before = now;
    }
    QVERIFY(delayQuantile(counts, 1.0) >= 5000 && delayQuantile(counts, 1.0) < 6000);
}

void HistogramTest::differencesAreWindows()
{
    DelayRecorder recorder;
    recorder.record(1s, 1'000'000);
    const auto before = recorder.counts();
    recorder.record(2ms, 100);
    auto window = recorder.counts();
    for (std::size_t i = 0; i < window.size(); ++i)
        window[i] -= before[i];
    QVERIFY(delayQuantile(window, 0.99) < 2.5);
    QVERIFY(delayQuantile(recorder.counts(), 0.5) > 800);
}

void HistogramTest::threadsLoseNothing()
{
    DelayRecorder recorder;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&recorder, t] {
                for (int i = 0; i < 20'000; ++i)
                    recorder.record(std::chrono::microseconds(100 * (t + 1) + i));
            });
    }
    std::int64_t total = 0;
    for (const auto count : recorder.counts())
        total += count;
    QCOMPARE(total, std::int64_t(80'000));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::HistogramTest)
#include "histogram_test.moc"
