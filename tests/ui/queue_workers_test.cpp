// Workers on the Queue & workers page: what pause, resume and their number ask for and show, and their lanes.
#include <QComboBox>
#include <QLabel>
#include <QSpinBox>
#include <QTest>
#include <QTreeView>
#include <QWheelEvent>

#include "tests/ui/queue_page_fixture.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/swim_lanes.h"

#include <algorithm>

namespace tests {

class QueueWorkersTest : public QObject
{
    Q_OBJECT

private slots:
    void workersAreGroupedByEngine();
    void pauseAsksAllEnginesAndShowsTheOutcome();
    void slowEnginesAreCounted();
    void numberOfWorkersOfOneEngine();
    void refusalIsShown();
    void readOnlyDisablesOrdersWithAReason();
    void lanesZoomAndPan();
};

void QueueWorkersTest::workersAreGroupedByEngine()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    showTab(fixture, 1);
    const auto snapshot = fixture.engine().lastSnapshot();
    const auto* model = fixture.find<QTreeView>("workerTree")->model();
    QCOMPARE(model->rowCount(), int(snapshot.engines.size()));
    int workers = 0;
    for (int row = 0; row < model->rowCount(); ++row)
        workers += model->rowCount(model->index(row, 0));
    QCOMPARE(workers, int(snapshot.workers.size()));
    QVERIFY(workers > 0);
    QVERIFY(fixture.find<QTreeView>("workerTree")->isExpanded(model->index(0, 0)));
}

void QueueWorkersTest::pauseAsksAllEnginesAndShowsTheOutcome()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    showTab(fixture, 1);
    auto* outcome = fixture.find<QLabel>("workerOutcome");
    fixture.engine().hold("pauseWorkers");
    click(fixture, "pauseWorkers");
    QVERIFY(outcome->text().startsWith("Asking all engines"));
    QVERIFY(!fixture.find<QPushButton>("pauseWorkers")->isEnabled());
    fixture.engine().release("pauseWorkers");
    QTRY_VERIFY2(outcome->text().startsWith("Paused: all engines"), qPrintable(outcome->text()));
    auto calls = fixture.engine().calls();
    QVERIFY(std::find(calls.begin(), calls.end(), "pauseWorkers -1") != calls.end());
    QVERIFY(fixture.engine().lastSnapshot().engines.front().paused);
    click(fixture, "resumeWorkers");
    QTRY_VERIFY2(outcome->text().startsWith("Resumed: all engines"), qPrintable(outcome->text()));
    QVERIFY(!fixture.engine().lastSnapshot().engines.front().paused);
}

// An engine that does not obey (yet) is counted, not hidden.
void QueueWorkersTest::slowEnginesAreCounted()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1);
    auto other = snapshot.engines.front();
    other.slot = 8;
    other.name = "elsewhere:1";
    snapshot.engines.push_back(other);
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    showTab(fixture, 1);
    auto* outcome = fixture.find<QLabel>("workerOutcome");
    click(fixture, "pauseWorkers");
    QTRY_VERIFY(outcome->text().startsWith("Paused: all engines"));
    snapshot.engines[0].paused = true; // the other one goes on
    fixture.engine().hold("pauseWorkers");
    click(fixture, "pauseWorkers");
    fixture.engine().hold("snapshot");
    fixture.engine().release("pauseWorkers");
    QTRY_VERIFY2(outcome->text().startsWith("Pausing all engines"), qPrintable(outcome->text()));
    fixture.engine().setSnapshot(snapshot);
    fixture.engine().release("snapshot");
    QTRY_VERIFY2(outcome->text().contains("1 of 2 so far"), qPrintable(outcome->text()));
    QTRY_VERIFY2(outcome->text().contains("busy or gone"), qPrintable(outcome->text()));
}

void QueueWorkersTest::numberOfWorkersOfOneEngine()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    showTab(fixture, 1);
    const auto snapshot = fixture.engine().lastSnapshot();
    const int slot = snapshot.engines.back().slot;
    auto* target = fixture.find<QComboBox>("workerTarget");
    QVERIFY(target->findData(slot) > 0);
    target->setCurrentIndex(target->findData(slot));
    fixture.find<QSpinBox>("workerCount")->setValue(9);
    click(fixture, "setWorkerCount");
    QTRY_COMPARE(fixture.engine().count("setWorkerCount"), 1);
    const auto calls = fixture.engine().calls();
    QVERIFY(std::find(calls.begin(), calls.end(), "setWorkerCount " + std::to_string(slot) + " 9") !=
            calls.end());
    QTRY_VERIFY(fixture.find<QLabel>("workerOutcome")->text().startsWith("Now 9 workers"));
}

void QueueWorkersTest::refusalIsShown()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    showTab(fixture, 1);
    fixture.engine().failWith("resumeWorkers",
                              {backend::ErrorCode::Unavailable, "pg-2 does not answer: start it", true});
    click(fixture, "resumeWorkers");
    auto* outcome = fixture.find<QLabel>("workerOutcome");
    QTRY_VERIFY(outcome->text().contains("pg-2 does not answer"));
    QVERIFY(outcome->text().contains("Nothing was changed"));
    QVERIFY(fixture.find<QPushButton>("resumeWorkers")->isEnabled());
}

void QueueWorkersTest::readOnlyDisablesOrdersWithAReason()
{
    PageFixture fixture;
    fixture.engine().setReadOnly(true);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    QTRY_VERIFY(fixture.bridge.readOnly());
    for (const auto* name : {"pauseWorkers", "resumeWorkers", "setWorkerCount"}) {
        QVERIFY(!fixture.find<QPushButton>(name)->isEnabled());
        QVERIFY(fixture.find<QPushButton>(name)->toolTip().contains("Read-only"));
    }
    QVERIFY(fixture.find<QLabel>("workerOutcome")->text().contains("Read-only"));
}

// As the key sheet says of every chart; over the names the wheel is the list's.
void QueueWorkersTest::lanesZoomAndPan()
{
    ui::Theme theme{ui::ThemeMode::Light};
    ui::TimeRange range;
    ui::SwimLanes lanes(theme, range, nullptr);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    range.setNewest(now);
    lanes.setLanes({{"Worker 1", ui::secondsOf(now) - 300, ui::secondsOf(now), {}, {}}});
    lanes.resize(700, 100);
    lanes.show();
    const auto wheel = [&](double x, int eighths) {
        QWheelEvent event({x, 10.0}, lanes.mapToGlobal(QPointF(x, 10.0)), {}, {0, eighths}, Qt::NoButton, {},
                          Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(&lanes, &event);
        return event.isAccepted();
    };
    QVERIFY(!wheel(2, 120));
    QVERIFY(!range.chosen());
    QVERIFY(wheel(lanes.plotLeft() + 200, 30)); // a touchpad's
    QVERIFY(range.chosen());
    QVERIFY(range.span() < std::chrono::minutes(5));
    range.choose(now - std::chrono::minutes(20), now - std::chrono::minutes(10));
    const auto end = range.end();
    QTest::mousePress(&lanes, Qt::LeftButton, Qt::ShiftModifier, {lanes.plotLeft() + 100, 10});
    QMouseEvent move(QEvent::MouseMove, QPointF(lanes.plotLeft() + 200, 10.0),
                     lanes.mapToGlobal(QPointF(lanes.plotLeft() + 200, 10.0)), Qt::NoButton, Qt::LeftButton,
                     Qt::ShiftModifier);
    QCoreApplication::sendEvent(&lanes, &move);
    QTest::mouseRelease(&lanes, Qt::LeftButton, Qt::ShiftModifier, {lanes.plotLeft() + 200, 10});
    QVERIFY(range.end() < end);
    QCOMPARE(range.span(), ui::TimeRange::Span(std::chrono::minutes(10)));
    QVERIFY(!range.pinned());
}

} // namespace tests

QTEST_MAIN(tests::QueueWorkersTest)
#include "queue_workers_test.moc"
