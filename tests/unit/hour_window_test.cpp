// Counts of the last hour, minute by minute.
#include <QTest>

#include "backend/common/hour_window.h"

using namespace backend;
using namespace std::chrono_literals;

class HourWindowTest : public QObject
{
    Q_OBJECT

private slots:
    void minutesFallOutAfterAnHour();
    void aLongSilenceLeavesNothing();
};

void HourWindowTest::minutesFallOutAfterAnHour()
{
    HourWindow window;
    const HourWindow::Time start(1'000'000min);
    for (int minute = 0; minute < 200; ++minute) {
        window.add(start + std::chrono::minutes(minute), 2);
        window.add(start + std::chrono::minutes(minute) + 59s, 1);
        QCOMPARE(window.sum(start + std::chrono::minutes(minute) + 59s),
                 std::int64_t(3 * std::min(minute + 1, 60)));
    }
    QCOMPARE(window.sum(start + 199min + 30min), std::int64_t(3 * 30));
}

void HourWindowTest::aLongSilenceLeavesNothing()
{
    HourWindow window;
    const HourWindow::Time start(1'000'000min);
    QCOMPARE(window.sum(start), std::int64_t(0));
    window.add(start, 7);
    QCOMPARE(window.sum(start + 59min), std::int64_t(7));
    QCOMPARE(window.sum(start + 60min), std::int64_t(0));
    window.add(start + 600min, 1); // in the same bucket
    QCOMPARE(window.sum(start + 600min), std::int64_t(1));
}

QTEST_GUILESS_MAIN(HourWindowTest)
#include "hour_window_test.moc"
