// The Overview while something is wrong, on a scripted engine: calls that fail, nodes that are down, figures
// that nobody can know or that are of before.
#include <QLabel>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

#include "tests/ui/overview_fixture.h"
#include "ui/widgets/chart_legend.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/notice_line.h"
#include "ui/widgets/state_view.h"
#include "ui/widgets/time_chart.h"

#include <cmath>
#include <utility>

namespace tests {

using namespace std::chrono_literals;

class OverviewTroubleTest : public QObject
{
    Q_OBJECT

private slots:
    void failingReadsAreSeenAtOnce();
    void failuresWithoutADownNodeSayWhatToDo();
    void workersThatFallBehindAreToldWithWhatToDo();
    void thatNobodyWorksIsToldAtOnce();
    void failuresOverTimeAreALineOfTheirOwn();
    void deadNodeIsShown();
    void aQueueThatNobodyCountsIsNotEmpty();
    void staleFiguresStay();
    void ratesOfASilentDirectoryAreDated();
};

void OverviewTroubleTest::failingReadsAreSeenAtOnce()
{
    PageFixture fixture;
    auto& overview = fixture.make<ui::OverviewPage>();
    auto snapshot = still();
    fix(fixture, snapshot);
    QVERIFY(fixture.open());
    auto* notice = fixture.find<ui::NoticeLine>("failureNotice");
    const auto& traffic = tile(fixture, "deliveriesTile");
    QTRY_COMPARE(traffic.subline(), QString("22 posts/s · 63 reads/s"));
    QVERIFY(!notice->isVisible() && traffic.status() == ui::Tone::Normal);
    QVERIFY(!traffic.toolTip().contains("Failed reads"));

    const auto since = takenAt() - 43s;
    snapshot = withFailingCalls(withNodeDown(snapshot, 2), since);
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot);
    QTRY_VERIFY(notice->isVisible());
    QCOMPARE(notice->headline(), QString("62 % of reads fail, 37/s: deadline exceeded"));
    QCOMPARE(
        notice->details(),
        QString(
            "Also 10 % of writes fail, 2.0/s: a node does not answer; 4 % of pages are incomplete, 1.0/s. "
            "pg-2 is down. Since %1 %2.")
            .arg(ui::formatMoment(since), ui::zoneName()));
    QCOMPARE(fixture.find<ui::Label>("noticeHeadline")->tone(), ui::Tone::Critical);
    QCOMPARE(notice->accessibleName(), notice->headline());
    QCOMPARE(traffic.subline(), QString("23 reads/s · 37/s failed"));
    QCOMPARE(traffic.status(), ui::Tone::Critical);
    QVERIFY2(traffic.toolTip().contains("1,204 deadline exceeded, 12 a node does not answer"),
             qPrintable(traffic.toolTip()));
    // All of it is to be read, and it leads on.
    for (const auto* name : {"noticeHeadline", "noticeDetails"}) {
        const auto* label = fixture.find<QLabel>(name);
        QVERIFY2(label->height() >= label->heightForWidth(label->width()), name);
        QVERIFY2(label->wordWrap() || label->width() >= label->sizeHint().width(), name);
    }
    QSignalSpy opened(&overview, &ui::Page::openPage);
    QTest::mouseClick(fixture.find<QAbstractButton>("noticeLink"), Qt::LeftButton);
    QCOMPARE(opened.size(), 1);
    QCOMPARE(opened.takeFirst().at(0).toString(), QString("nodes"));

    // Some fail, but not so many that it would be an alarm.
    snapshot.readsFail.reset();
    snapshot.writesFail.reset();
    snapshot.pagesPartial.reset();
    snapshot.failedReadsPerSecond = 1;
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot);
    QTRY_VERIFY(!notice->isVisible());
    QCOMPARE(traffic.subline(), QString("23 reads/s · 1.0/s failed"));
    QCOMPARE(traffic.status(), ui::Tone::Normal);
}

void OverviewTroubleTest::failuresWithoutADownNodeSayWhatToDo()
{
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    auto snapshot = still();
    snapshot.readsFail = backend::CallTrouble{0.03, 2.5, backend::FailureReason::Overloaded, takenAt()};
    fix(fixture, snapshot);
    QVERIFY(fixture.open());
    auto* notice = fixture.find<ui::NoticeLine>("failureNotice");
    QTRY_COMPARE(notice->headline(), QString("3 % of reads fail, 2.5/s: overloaded"));
    QVERIFY2(notice->details().contains("start another engine"), qPrintable(notice->details()));
    snapshot.pagesPartial = std::exchange(snapshot.readsFail, {});
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(notice->headline(), QString("3 % of pages are incomplete, 2.5/s"));
    QCOMPARE(fixture.find<ui::Label>("noticeHeadline")->tone(), ui::Tone::Warning);
    QCOMPARE(tile(fixture, "deliveriesTile").status(), ui::Tone::Warning);
    // What was known before the directory fell silent says so.
    ++snapshot.sequence;
    const auto dated = withSilentDirectory(snapshot, takenAt() - 9s);
    fixture.engine().setSnapshot(dated);
    QTRY_VERIFY2(notice->details().contains(ui::formatClock(takenAt() - 9s)), qPrintable(notice->details()));
}

void OverviewTroubleTest::workersThatFallBehindAreToldWithWhatToDo()
{
    PageFixture fixture;
    auto& overview = fixture.make<ui::OverviewPage>();
    auto snapshot = still();
    snapshot.queueUnfinished = 12'304;
    snapshot.sequence = 10; // engines are listed by then
    snapshot.queueDead = 0;
    snapshot.queueOldestAgeSeconds = 40;
    snapshot.backlog = backend::Backlog{backend::Backlog::Cause::AllBusy, 12'300, takenAt() - 30s};
    for (auto& worker : snapshot.workers)
        worker.state = backend::WorkerState::Running;
    fix(fixture, snapshot);
    QVERIFY(fixture.open());
    auto* notice = fixture.find<ui::NoticeLine>("failureNotice");
    QTRY_COMPARE(notice->headline(),
                 QString("The workers fall behind: 12,300 tasks wait, the oldest for 40 s"));
    QCOMPARE(
        notice->details(),
        QString("All %1 workers are busy: add some, start another rookeryctl serve, or have more authors "
                "pulled (Capacity). Since %2 %3.")
            .arg(snapshot.workers.size())
            .arg(ui::formatMoment(takenAt() - 30s), ui::zoneName()));
    QCOMPARE(fixture.find<ui::Label>("noticeHeadline")->tone(), ui::Tone::Warning);
    QCOMPARE(tile(fixture, "queueTile").status(), ui::Tone::Warning);
    QSignalSpy opened(&overview, &ui::Page::openPage);
    QCOMPARE(fixture.find<QAbstractButton>("noticeLink")->text(),
             QString("Queue && workers")); // no key's mark
    QTest::mouseClick(fixture.find<QAbstractButton>("noticeLink"), Qt::LeftButton);
    QCOMPARE(opened.size(), 1);
    QCOMPARE(opened.takeFirst().at(0).toString(), QString("queue"));

    // For whoever reads posts a minute late it is no warning any more; a dead node is what holds them up.
    snapshot = withNodeDown(snapshot, 2);
    snapshot.queueOldestAgeSeconds = 75;
    snapshot.backlog->cause = backend::Backlog::Cause::NodeInTrouble;
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(fixture.find<ui::Label>("noticeHeadline")->tone(), ui::Tone::Critical);
    QVERIFY2(notice->details().startsWith("pg-2 is down. Mend that first: tasks wait for it."),
             qPrintable(notice->details()));
    // Calls that fail come first, and what leads to the nodes.
    snapshot.readsFail = backend::CallTrouble{0.5, 20, backend::FailureReason::Unavailable, takenAt()};
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot);
    QTRY_VERIFY2(notice->headline().startsWith("50 % of reads fail"), qPrintable(notice->headline()));
    QVERIFY2(notice->details().startsWith("The workers fall behind: 12,300"), qPrintable(notice->details()));
    QTest::mouseClick(fixture.find<QAbstractButton>("noticeLink"), Qt::LeftButton);
    QCOMPARE(opened.takeFirst().at(0).toString(), QString("nodes"));
    snapshot.readsFail.reset();
    snapshot.backlog.reset();
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot);
    QTRY_VERIFY(!notice->isVisible());
}

// Before anything has waited for long, and whatever page is open: see also the row at the bottom.
void OverviewTroubleTest::thatNobodyWorksIsToldAtOnce()
{
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    auto snapshot = still();
    snapshot.sequence = 10; // engines are listed by then
    snapshot.queueDead = 0;
    for (auto& engine : snapshot.engines)
        engine.paused = true;
    fix(fixture, snapshot);
    QVERIFY(fixture.open());
    auto* notice = fixture.find<ui::NoticeLine>("failureNotice");
    QTRY_COMPARE(notice->headline(), QString("All workers are paused"));
    QCOMPARE(notice->details(), QString("What is posted waits in the queue until they are resumed."));
    QCOMPARE(tile(fixture, "queueTile").status(), ui::Tone::Warning);
    for (auto& engine : snapshot.engines)
        engine.workers = engine.workersWanted = 0;
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(notice->headline(), QString("No engine has workers"));
    // One that works is enough; what a silent directory told is not of now.
    snapshot.engines.push_back(snapshot.engines.front());
    snapshot.engines.back().slot += 1;
    snapshot.engines.back().workers = 2;
    snapshot.engines.back().paused = false;
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot);
    QTRY_VERIFY(!notice->isVisible());
    snapshot.engines.back().heartbeatAgeSeconds = 30;
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(notice->headline(), QString("No engine has workers"));
    // Nor is anything known of them once the directory is down.
    ++snapshot.sequence;
    auto unknown = snapshot;
    unknown.deliveriesPerSecond = -1;
    fixture.engine().setSnapshot(unknown);
    QTRY_VERIFY(!notice->isVisible());
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(notice->headline(), QString("No engine has workers"));
    ++snapshot.sequence;
    fixture.engine().setSnapshot(withSilentDirectory(snapshot, takenAt() - 9s));
    QTRY_VERIFY(notice->headline() != QString("No engine has workers"));
}

void OverviewTroubleTest::failuresOverTimeAreALineOfTheirOwn()
{
    auto history = fakeHistory(takenAt(), 241);
    const auto drawn = [&](PageFixture& fixture, const QColor& wanted) { // in the plot, without the legend
        const auto picture = fixture.find<ui::TimeChart>("rateChart")->findChild<QWidget*>("plot")->grab();
        const auto image = picture.toImage();
        int count = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x) {
                const auto color = image.pixelColor(x, y);
                count += std::abs(color.red() - wanted.red()) + std::abs(color.green() - wanted.green()) +
                             std::abs(color.blue() - wanted.blue()) <
                         30;
            }
        return count;
    };
    const auto named = [](const ui::TimeChart* chart) {
        const auto* legend = static_cast<const ui::ChartLegend*>(chart->findChild<QWidget*>("legend"));
        int count = 0;
        for (std::size_t i = 0; i < 5; ++i)
            count += int(!legend->entryRect(i).isEmpty());
        return count;
    };
    const auto openChart = [&](PageFixture& fixture, ui::TimeChart*& chart) {
        fixture.make<ui::OverviewPage>();
        fix(fixture, still());
        fixture.engine().setHistory(history);
        QVERIFY(fixture.open());
        chart = fixture.find<ui::TimeChart>("rateChart");
        QTRY_VERIFY2(chart->readout().endsWith("failed 0, incomplete 0"), qPrintable(chart->readout()));
    };
    { // Where there is none, no line is drawn.
        PageFixture fixture;
        ui::TimeChart* chart = nullptr;
        openChart(fixture, chart);
        QVERIFY(!QTest::currentTestFailed());
        QCOMPARE(drawn(fixture, fixture.theme.critical()), 0);
        QCOMPARE(drawn(fixture, fixture.theme.warning()), 0);
        QCOMPARE(named(chart), 3); // nor does the legend name it
    }
    for (std::size_t i = 100; i < 160; ++i) {
        history[i].failedReadsPerSecond = 30;
        history[i].failedWritesPerSecond = 5;
        history[i].partialPagesPerSecond = 12;
    }
    PageFixture fixture;
    ui::TimeChart* chart = nullptr;
    openChart(fixture, chart);
    QVERIFY(!QTest::currentTestFailed());
    for (const auto& color : {fixture.theme.critical(), fixture.theme.warning()})
        QTRY_VERIFY2(drawn(fixture, color) > 20, qPrintable(color.name()));
    QCOMPARE(named(chart), 5);
    fixture.range.setCursor(history[120].at);
    QVERIFY2(chart->readout().contains("failed 35.0, incomplete 12.0"), qPrintable(chart->readout()));
    fixture.range.setCursor(std::nullopt);
    fixture.range.choose(history[100].at, history[159].at);
    QTRY_VERIFY2(tile(fixture, "deliveriesTile").subline().endsWith("30/s failed"),
                 qPrintable(tile(fixture, "deliveriesTile").subline()));
}

void OverviewTroubleTest::deadNodeIsShown()
{
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    auto snapshot = still();
    snapshot.nodes[5].health = backend::Health::Down;
    snapshot.nodes[5].probeMilliseconds = -1;
    snapshot.nodes[7].health = backend::Health::Degraded;
    snapshot.nodes[8].health = backend::Health::Unknown;
    fix(fixture, snapshot);
    QVERIFY(fixture.open());
    const auto& nodes = tile(fixture, "nodesTile");
    QCOMPARE(nodes.value() + " " + nodes.unit(), QString("7 of 10 ok"));
    QCOMPARE(nodes.subline(), QString("1 down · 1 degraded · 1 not known"));
    QCOMPARE(nodes.status(), ui::Tone::Critical);
    const auto* model = fixture.find<QTableView>("nodeTable")->model();
    QCOMPARE(model->index(0, 0).data().toString(), QString("redis-4"));
    QCOMPARE(model->index(1, 0).data().toString(), QString("redis-6"));
    snapshot.nodes[5].health = backend::Health::Ok;
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(nodes.status(), ui::Tone::Warning);
    QCOMPARE(model->index(0, 0).data().toString(), QString("redis-6"));
}

void OverviewTroubleTest::aQueueThatNobodyCountsIsNotEmpty()
{
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    auto snapshot = still();
    snapshot.queueUnfinished = snapshot.queueDead = 0;
    snapshot.queueOldestAgeSeconds = 0;
    snapshot.queueNotCounted = {"pg-1"};
    fix(fixture, snapshot);
    QVERIFY(fixture.open());
    const auto& queue = tile(fixture, "queueTile");
    QCOMPARE(queue.subline(), QString("pg-1 is down, not counted"));
    QCOMPARE(queue.status(), ui::Tone::Warning);
}

void OverviewTroubleTest::staleFiguresStay()
{
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    fixture.bridge.setStaleAfter(50ms);
    fix(fixture, still());
    QVERIFY(fixture.open());
    QTRY_VERIFY(fixture.bridge.stale());
    QVERIFY(tile(fixture, "fanoutTile").isVisible());
    QCOMPARE(tile(fixture, "fanoutTile").value(), QString("48"));
    QVERIFY(!fixture.find<ui::StateView>("pageState")->isVisible());
    fixture.bridge.close();
    QVERIFY(!tile(fixture, "fanoutTile").isVisible());
    QCOMPARE(fixture.find<ui::StateView>("pageState")->kind(), ui::StateView::Kind::Disconnected);
}

void OverviewTroubleTest::ratesOfASilentDirectoryAreDated()
{
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    const auto readAt = takenAt() - 2s;
    fix(fixture, withSilentDirectory(still(), readAt));
    QVERIFY(fixture.open());
    const auto asOf = QString("as of %1").arg(ui::formatClock(readAt));
    for (const auto* name : {"fanoutTile", "deliveriesTile", "balanceTile"}) {
        QTRY_COMPARE(tile(fixture, name).window(), asOf);
        QVERIFY(tile(fixture, name).dated());
    }
    const auto& deliveries = tile(fixture, "deliveriesTile");
    QCOMPARE(deliveries.value(), ui::formatRate(still().deliveriesPerSecond)); // what was known stays
    QVERIFY2(deliveries.toolTip().contains(asOf) && deliveries.toolTip().contains("does not answer"),
             qPrintable(deliveries.toolTip()));
    QVERIFY2(deliveries.text().contains(asOf), qPrintable(deliveries.text())); // for screen readers
    QVERIFY(!tile(fixture, "queueTile").subline().contains("to go"));
    QVERIFY(!tile(fixture, "queueTile").dated()); // it is counted on the nodes themselves
    auto later = still();
    later.sequence = 2;
    fixture.engine().setSnapshot(later);
    QTRY_COMPARE(deliveries.window(), QString("last 1 s"));
    QVERIFY(!deliveries.dated() && !deliveries.toolTip().contains("as of"));
}

} // namespace tests

QTEST_MAIN(tests::OverviewTroubleTest)
#include "overview_trouble_test.moc"
