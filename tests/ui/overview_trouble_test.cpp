// The Overview while something is wrong, on a scripted engine: calls that fail, nodes that are down, figures
// that nobody can know or that are of before.
#include <QTableView>
#include <QTest>

#include "tests/ui/overview_fixture.h"
#include "ui/widgets/chart_legend.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/state_view.h"
#include "ui/widgets/time_chart.h"

#include <algorithm>
#include <cmath>

namespace tests {

using namespace std::chrono_literals;

class OverviewTroubleTest : public QObject
{
    Q_OBJECT

private slots:
    void failingCallsAreSeenInTheTile();
    void thatNothingArrivesIsNoQuietMoment();
    void failuresOverTimeAreALineOfTheirOwn();
    void deadNodeIsShown();
    void aQueueThatNobodyCountsIsNotEmpty();
    void staleFiguresStay();
    void ratesOfASilentDirectoryAreDated();
};

void OverviewTroubleTest::failingCallsAreSeenInTheTile()
{
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    auto snapshot = still();
    fix(fixture, snapshot);
    QVERIFY(fixture.open());
    const auto& traffic = tile(fixture, "deliveriesTile");
    QTRY_COMPARE(traffic.subline(), QString("22 posts/s · 63 reads/s"));
    QCOMPARE(traffic.status(), ui::Tone::Normal);
    QVERIFY(!traffic.toolTip().contains("Failed reads"));

    snapshot = withFailingCalls(snapshot, takenAt() - 43s);
    snapshot.sequence += 20; // what was before is no part of these seconds
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(traffic.subline(), QString("23 reads/s · 37/s failed"));
    QCOMPARE(traffic.status(), ui::Tone::Critical);
    QVERIFY2(traffic.toolTip().contains("1,204 deadline exceeded, 12 a node does not answer"),
             qPrintable(traffic.toolTip()));

    snapshot.readsFail.reset();
    snapshot.writesFail.reset();
    snapshot.sequence += 20;
    fixture.engine().setSnapshot(snapshot); // pages that are incomplete remain
    QTRY_COMPARE(traffic.status(), ui::Tone::Warning);

    // Some fail, but not so many that it would be an alarm.
    snapshot.pagesPartial.reset();
    snapshot.failedReadsPerSecond = 1;
    snapshot.sequence += 20;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(traffic.subline(), QString("23 reads/s · 1.0/s failed"));
    QCOMPARE(traffic.status(), ui::Tone::Normal);
}

// Nothing arrives although posts are made: not a quiet moment, and figures of what arrived earlier would only
// look well.
void OverviewTroubleTest::thatNothingArrivesIsNoQuietMoment()
{
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    auto snapshot = still();
    snapshot.sequence = 10; // engines are listed by then
    snapshot.queueDead = 0;
    snapshot.deliveriesPerSecond = 0;
    snapshot.fanoutP50Ms = snapshot.fanoutP95Ms = snapshot.fanoutP99Ms = -1;
    snapshot.queueUnfinished = 0;
    snapshot.queueOldestAgeSeconds = 0;
    for (auto& kind : snapshot.queue)
        kind.ready = kind.running = kind.retry = 0;
    fix(fixture, snapshot);
    QVERIFY(fixture.open());
    const auto &fanout = tile(fixture, "fanoutTile"), &traffic = tile(fixture, "deliveriesTile");
    QTRY_COMPARE(fanout.subline(), QString("no deliveries in 10 s"));
    QCOMPARE(fanout.status(), ui::Tone::Muted);
    QCOMPARE(traffic.status(), ui::Tone::Normal);

    snapshot.queueUnfinished = 300;
    snapshot.queueOldestAgeSeconds = 20;
    for (auto& engine : snapshot.engines)
        engine.paused = true;
    auto kind = std::find_if(snapshot.queue.begin(), snapshot.queue.end(),
                             [](const auto& one) { return one.kind == backend::TaskKind::ReclaimChunk; });
    kind->ready = 300;
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot); // no post is among them
    QTRY_COMPARE(tile(fixture, "queueTile").status(), ui::Tone::Critical);
    QCOMPARE(fanout.subline(), QString("no deliveries in 10 s"));
    QCOMPARE(traffic.status(), ui::Tone::Normal);
    snapshot.queue.front().kind = backend::TaskKind::PostCreated;
    snapshot.queue.front().ready = 300;
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(fanout.subline(), QString("none · oldest waits 20 s"));
    QCOMPARE(fanout.status(), ui::Tone::Critical);
    QCOMPARE(traffic.status(), ui::Tone::Critical);
    QCOMPARE(tile(fixture, "queueTile").status(), ui::Tone::Critical);
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
    auto snapshot = withNodeDown(still(), 1);
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
