// A stall made on purpose is measured and shown. Nothing here says that the machine is quick: only that what
// was slow is told.
#include <QLabel>
#include <QRegularExpression>
#include <QTest>
#include <QThread>
#include <QTimer>

#include "ui/theme/theme.h"
#include "ui/widgets/label.h"
#include "ui/widgets/stall_watchdog.h"
#include "ui/widgets/status_strip.h"

using namespace std::chrono_literals;

namespace tests {

class WatchdogTest : public QObject
{
    Q_OBJECT

private slots:
    void answersGoOn();
    void stallIsRecorded();
    void stallIsShown();
    void tellsWorkFromWaiting();
    void oneThatGoesOnCounts();
    void whatIsExcusedDoesNot();

private:
    // In a slot, as a page would. The question may come at any moment of a stall, so one alone may be taken
    // for shorter than it was: again, until one was met early.
    static bool stallUntilRecorded(const ui::StallWatchdog& watchdog, std::chrono::milliseconds least)
    {
        for (int i = 0; i < 50 && watchdog.worstOfLastMinute() < least; ++i) {
            const auto answers = watchdog.answers();
            bool slept = false;
            QTimer::singleShot(0, [&] {
                QThread::msleep(120);
                slept = true;
            });
            if (!QTest::qWaitFor([&] { return slept && watchdog.answers() > answers + 1; }, kPatienceMs))
                return false;
        }
        return watchdog.worstOfLastMinute() >= least;
    }
};

void WatchdogTest::answersGoOn()
{
    const ui::StallWatchdog watchdog;
    QTRY_VERIFY(watchdog.answers() > 10);
    QVERIFY(watchdog.worstOfLastMinute() > 0us);
}

void WatchdogTest::stallIsRecorded()
{
    const ui::StallWatchdog watchdog;
    const auto before = watchdog.stallsOver(100ms);
    QVERIFY(stallUntilRecorded(watchdog, 101ms));
    QVERIFY(watchdog.stallsOver(100ms) > before);
    QVERIFY(watchdog.stallsOver(50ms) >= watchdog.stallsOver(100ms));
    // Quick answers afterwards do not hide it.
    const auto answers = watchdog.answers();
    QTRY_VERIFY(watchdog.answers() > answers + 5);
    QVERIFY(watchdog.worstOfLastMinute() >= 100ms);
}

void WatchdogTest::stallIsShown()
{
    ui::Theme theme(ui::ThemeMode::Light);
    const ui::StallWatchdog watchdog;
    ui::StatusStrip strip(theme, watchdog, nullptr);
    strip.show();
    auto* label = strip.findChild<ui::Label*>("stall");
    QVERIFY(label);
    QVERIFY(stallUntilRecorded(watchdog, 101ms));
    const auto shown = [&] {
        static const QRegularExpression form("^console's longest stall in 1 min: ([\\d,]+) ms$");
        return form.match(label->text()).captured(1).remove(',').toInt();
    };
    QTRY_VERIFY2(shown() >= 100, qPrintable(label->text()));
    QCOMPARE(label->tone(), ui::Tone::Warning);
    QVERIFY(label->toolTip().contains("last minute"));
}

void WatchdogTest::tellsWorkFromWaiting()
{
    // A thread that sleeps computes nothing.
    const ui::StallWatchdog watchdog;
    QVERIFY(stallUntilRecorded(watchdog, 101ms));
    QVERIFY(watchdog.workInWorstOfLastMinute() < watchdog.worstOfLastMinute());
}

void WatchdogTest::oneThatGoesOnCounts()
{
    const ui::StallWatchdog watchdog;
    QTRY_VERIFY(watchdog.answers() > 0);
    // No event loop here: the question stays unanswered, and the figure grows while it does.
    const auto answers = watchdog.answers();
    for (int i = 0; i < 2000 && watchdog.worstOfLastMinute() < 150ms; ++i)
        QThread::msleep(5);
    QVERIFY(watchdog.worstOfLastMinute() >= 150ms);
    QVERIFY(watchdog.answers() <= answers + 1);
}

void WatchdogTest::whatIsExcusedDoesNot()
{
    ui::StallWatchdog watchdog;
    QTRY_VERIFY(watchdog.answers() > 5);
    for (int i = 0; i < 5; ++i) {
        bool drawn = false;
        QTimer::singleShot(0, [&] {
            QThread::msleep(2'000);
            watchdog.excuse();
            drawn = true;
        });
        const auto answers = watchdog.answers();
        QTRY_VERIFY(drawn && watchdog.answers() > answers + 3);
    }
    QVERIFY(watchdog.worstOfLastMinute() < 2s);
    QVERIFY(stallUntilRecorded(watchdog, 101ms)); // and nothing else is excused
}

} // namespace tests

QTEST_MAIN(tests::WatchdogTest)
#include "watchdog_test.moc"
