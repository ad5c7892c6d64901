// Backoff: how long a failed attempt waits.
#include <QTest>

#include "backend/common/backoff.h"

using namespace backend;
using namespace std::chrono_literals;

namespace tests {

class BackoffTest : public QObject
{
    Q_OBJECT

private slots:
    void doublesUpToTheLongest_data();
    void doublesUpToTheLongest();
    void spreadsOverTheUpperHalf();
    void anyNumberOfAttempts();
};

void BackoffTest::doublesUpToTheLongest_data()
{
    QTest::addColumn<int>("attempt");
    QTest::addColumn<qint64>("wholeMs");
    QTest::newRow("first") << 1 << qint64(200);
    QTest::newRow("second") << 2 << qint64(400);
    QTest::newRow("sixth") << 6 << qint64(6'400);
    QTest::newRow("capped") << 9 << qint64(51'200);
    QTest::newRow("at the cap") << 10 << qint64(60'000);
    QTest::newRow("far beyond") << 1'000 << qint64(60'000);
}

void BackoffTest::doublesUpToTheLongest()
{
    QFETCH(int, attempt);
    QFETCH(qint64, wholeMs);
    std::mt19937_64 random(1);
    for (int i = 0; i < 1'000; ++i) {
        const auto wait = Backoff{}.wait(attempt, random);
        QVERIFY(wait.count() >= wholeMs / 2);
        QVERIFY(wait.count() <= wholeMs);
    }
}

void BackoffTest::spreadsOverTheUpperHalf()
{
    std::mt19937_64 random(1);
    std::array<int, 4> quarters{};
    for (int i = 0; i < 4'000; ++i) {
        const auto wait = Backoff{1'000ms, 60'000ms}.wait(1, random);
        ++quarters[std::min<std::size_t>(3, std::size_t((wait.count() - 500) / 125))];
    }
    for (const int quarter : quarters)
        QVERIFY2(quarter > 800 && quarter < 1'200, "tasks that failed together would come back together");
}

void BackoffTest::anyNumberOfAttempts()
{
    std::mt19937_64 random(1);
    for (const int attempt : {-5, 0, 1})
        QVERIFY(Backoff{}.wait(attempt, random) <= 200ms);
    QCOMPARE((Backoff{0ms, 0ms}.wait(3, random)), 0ms);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::BackoffTest)
#include "backoff_test.moc"
