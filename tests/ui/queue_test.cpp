// The Queue & workers page on a scripted engine: its numbers, now and over time.
#include <QHeaderView>
#include <QLabel>
#include <QTabWidget>
#include <QTableView>
#include <QTest>

#include "tests/ui/queue_page_fixture.h"
#include "ui/models/queue_tables.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/metric_tile.h"
#include "ui/widgets/sparkline_delegate.h"
#include "ui/widgets/swim_lanes.h"

namespace tests {

class QueueTest : public QObject
{
    Q_OBJECT

private slots:
    void numbersAreTheSnapshots();
    void workersThatFallBehindAreTold();
    void emptyQueueIsDrained();
    void aQueueThatNobodyCountsIsNotDrained();
    void growingIsNotShort();
    void ratesOfASilentDirectoryAreDated();
    void trendsTimesAndLanes();
    void unknownTimesSayWhy();
    void overTimeThatFailsSaysSo();
    void drillDownByArgument();
    void figuresAreOfTheChosenWindow();
    void noRowIsCutInHalf();
};

void QueueTest::numbersAreTheSnapshots()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1);
    snapshot.queueUnfinished = 12'345;
    snapshot.queueOldestAgeSeconds = 75;
    snapshot.queueDead = 3;
    snapshot.secondsToDrain = 42;
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    QCOMPARE(fixture.find<ui::MetricTile>("queueUnfinished")->value(), QString("12,345"));
    QCOMPARE(fixture.find<ui::MetricTile>("queueOldest")->value(), ui::durationFigure(75).number);
    QCOMPARE(fixture.find<ui::MetricTile>("queueOldest")->status(), ui::Tone::Critical);
    QCOMPARE(fixture.find<ui::MetricTile>("queueDrain")->value(), QString("42"));
    QCOMPARE(fixture.find<ui::MetricTile>("queueDrain")->unit(), QString("s"));
    QCOMPARE(fixture.find<ui::MetricTile>("queueDead")->value(), QString("3"));
    const auto* kinds = fixture.find<QTableView>("queueKinds")->model();
    QCOMPARE(kinds->rowCount(), int(snapshot.queue.size()));
    QVERIFY(kinds->rowCount() > 0);
    for (int row = 0; row < kinds->rowCount(); ++row) {
        const auto& kind = snapshot.queue[std::size_t(row)];
        QCOMPARE(kinds->index(row, ui::KindReadyColumn).data().toString(), ui::formatCount(kind.ready));
        QCOMPARE(kinds->index(row, ui::KindRunningColumn).data().toString(), ui::formatCount(kind.running));
        QCOMPARE(kinds->index(row, ui::KindRetryColumn).data().toString(), ui::formatCount(kind.retry));
        QCOMPARE(kinds->index(row, ui::KindDeadColumn).data().toString(), ui::formatCount(kind.dead));
    }
}

void QueueTest::workersThatFallBehindAreTold()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1);
    snapshot.queueOldestAgeSeconds = 40;
    snapshot.backlog = backend::Backlog{backend::Backlog::Cause::Retrying, 1, {}};
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    QTRY_COMPARE(fixture.find<ui::MetricTile>("queueUnfinished")->status(), ui::Tone::Warning);
    QCOMPARE(fixture.find<ui::MetricTile>("queueDrain")->status(), ui::Tone::Warning);
    snapshot.backlog.reset();
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(fixture.find<ui::MetricTile>("queueUnfinished")->status(), ui::Tone::Normal);
}

void QueueTest::emptyQueueIsDrained()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1);
    snapshot.queueUnfinished = 0;
    snapshot.queueOldestAgeSeconds = 0;
    snapshot.secondsToDrain.reset();
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    QCOMPARE(fixture.find<ui::MetricTile>("queueOldest")->value(), QString("none"));
    QCOMPARE(fixture.find<ui::MetricTile>("queueDrain")->value(), QString("drained"));
    // A queue that stands is not one that is drained.
    snapshot.queueUnfinished = 7;
    snapshot.queueOldestAgeSeconds = 5;
    fixture.engine().setSnapshot(snapshot);
    QTRY_VERIFY(fixture.find<ui::MetricTile>("queueDrain")->value() != QString("drained"));
    // What workers hold at the moment is no backlog, whatever the rates say of it.
    snapshot.queueUnfinished = 1;
    snapshot.queueOldestAgeSeconds = 0.2;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(fixture.find<ui::MetricTile>("queueDrain")->value(), QString("now"));
    // Nor is what they do within a second; what they do not is.
    snapshot.arrivalsPerSecond = 42;
    snapshot.drainPerSecond = 41;
    snapshot.queueUnfinished = 42;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(fixture.find<ui::MetricTile>("queueDrain")->value(), QString("growing"));
    snapshot.queueUnfinished = 41;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(fixture.find<ui::MetricTile>("queueDrain")->value(), QString("now"));
    snapshot.queueOldestAgeSeconds = 2;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(fixture.find<ui::MetricTile>("queueDrain")->value(), QString("growing"));
}

void QueueTest::aQueueThatNobodyCountsIsNotDrained()
{
    PageFixture fixture;
    auto snapshot = withNodeDown(withNodeDown(fakeSnapshot(1), 1), 2);
    snapshot.queueUnfinished = snapshot.queueDead = 0;
    snapshot.queueOldestAgeSeconds = 0;
    snapshot.queueNotCounted = {"pg-1", "pg-2"};
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    for (const char* name : {"queueOldest", "queueDrain", "queueDead"}) {
        const auto* tile = fixture.find<ui::MetricTile>(name);
        QCOMPARE(tile->value(), ui::unknownText());
        QCOMPARE(tile->subline(), QString("pg-1, pg-2 are down, not counted"));
        QVERIFY(tile->status() != ui::Tone::Ok);
    }
    QCOMPARE(fixture.find<ui::MetricTile>("queueUnfinished")->status(), ui::Tone::Warning);
    QCOMPARE(fixture.find<QTabWidget>("queueTabs")->tabText(2), QString("Dead letters (–)"));
    const auto subtitles = fixture.page->findChildren<QLabel*>("cardSubtitle");
    QVERIFY(std::any_of(subtitles.begin(), subtitles.end(), // beside the tasks by kind
                        [](const auto* one) { return one->text() == "pg-1, pg-2 are down, not counted"; }));
    // One that answers may refuse to count.
    snapshot.nodes[0].health = backend::Health::Degraded;
    snapshot.queueNotCounted = {"pg-1"};
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(fixture.find<ui::MetricTile>("queueOldest")->subline(), QString("not counted on pg-1"));
}

void QueueTest::growingIsNotShort()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1);
    snapshot.queueUnfinished = 5'000;
    snapshot.queueOldestAgeSeconds = 30;
    snapshot.secondsToDrain.reset();
    snapshot.arrivalsPerSecond = 50;
    snapshot.drainPerSecond = 20;
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    auto* tile = fixture.find<ui::MetricTile>("queueDrain");
    QTRY_COMPARE(tile->value(), QString("growing"));
    snapshot.arrivalsPerSecond = snapshot.drainPerSecond = 0;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(tile->value(), QString("stands"));
    snapshot.arrivalsPerSecond = snapshot.drainPerSecond = -1;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(tile->value(), QString("–"));
}

void QueueTest::ratesOfASilentDirectoryAreDated()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1);
    const auto readAt = snapshot.takenAt - std::chrono::seconds(2);
    fixture.engine().setSnapshot(withSilentDirectory(snapshot, readAt));
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    const auto asOf = QString("as of %1").arg(ui::formatClock(readAt));
    const auto* drain = fixture.find<ui::MetricTile>("queueDrain");
    QTRY_COMPARE(drain->window(), asOf);
    QVERIFY(drain->dated());
    QVERIFY(fixture.find<ui::MetricTile>("queueUnfinished")->subline().endsWith(asOf));
    bool said = false;
    for (const auto* label : fixture.page->findChildren<QLabel*>("cardSubtitle"))
        said = said || (label->text().startsWith("in/s, done/s, failed/s as of") &&
                        label->text().endsWith("the directory does not answer"));
    QVERIFY(said);
    fixture.engine().setSnapshot(fakeSnapshot(2));
    QTRY_COMPARE(drain->window(), QString());
    QVERIFY(!drain->dated());
}

void QueueTest::trendsTimesAndLanes()
{
    PageFixture fixture;
    const auto now =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    backend::QueueDetails details;
    details.windowSeconds = 120;
    details.kinds.push_back({backend::TaskKind::DeliverChunk, 90, 100, 12, 340, 4, 15});
    fixture.engine().setQueueDetails(details);
    backend::QueueHistory history;
    history.at = {now - std::chrono::seconds(60), now - std::chrono::seconds(30)};
    history.kinds.push_back({backend::TaskKind::DeliverChunk, {5, 7}, {1, 2}, {2, 1}});
    fixture.engine().setQueueHistory(history);
    backend::WorkerSpans spans;
    backend::WorkerLane lane;
    lane.index = 1;
    lane.since = now - std::chrono::hours(1);
    lane.spans.push_back({now - std::chrono::seconds(20), now - std::chrono::seconds(18),
                          backend::WorkerState::Running, backend::TaskKind::DeliverChunk, 12, "pg-2"});
    spans.lanes.push_back(lane);
    fixture.engine().setWorkerSpans(spans);
    auto snapshot = fakeSnapshot(1);
    auto other = snapshot.engines.front();
    other.self = false;
    other.name = "elsewhere:77";
    other.slot = 9;
    other.workers = other.workersWanted = 3;
    snapshot.engines.push_back(other);
    fixture.engine().setSnapshot(snapshot);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();

    auto* times = fixture.find<QTableView>("queueTimes");
    QTRY_COMPARE(times->model()->rowCount(), 1);
    QCOMPARE(times->model()->index(0, ui::TimesWaitColumn).data().toString(), ui::formatMilliseconds(340));
    QVERIFY(times->model()->index(0, ui::TimesShareColumn).data().toString().startsWith("75.0 %"));
    QVERIFY(!fixture.find<QLabel>("queueTimesNote")->isVisible());
    const auto* trends = qobject_cast<ui::SparklineDelegate*>(
        fixture.find<QTableView>("queueKinds")->itemDelegateForColumn(ui::KindTrendColumn));
    QVERIFY(trends);
    QCOMPARE(trends->lines().at(int(backend::TaskKind::DeliverChunk)).first, (std::vector<double>{1, 2}));

    showTab(fixture, 1);
    auto* lanes = fixture.find<ui::SwimLanes>("workerLanes");
    QTRY_VERIFY(lanes->lanes().size() >= 2);
    QCOMPARE(lanes->lanes()[0].name, QString("Worker 2"));
    const auto busy = lanes->textAt(0, ui::secondsOf(now) - 19);
    QVERIFY2(busy.contains("delivery chunk × 12 from pg-2, 2 s"), qPrintable(busy));
    QVERIFY(lanes->textAt(0, ui::secondsOf(now) - 25).endsWith("idle"));
    // Of workers elsewhere nothing is made up.
    const auto& unknown = lanes->lanes().back();
    QCOMPARE(unknown.name, QString("elsewhere:77"));
    QVERIFY(unknown.bars.empty());
    QVERIFY2(lanes->textAt(int(lanes->lanes().size()) - 1, ui::secondsOf(now))
                 .contains("not known: it has told nothing"),
             qPrintable(unknown.outside));
}

void QueueTest::unknownTimesSayWhy()
{
    PageFixture fixture;
    backend::QueueDetails details;
    details.windowSeconds = 60;
    details.notMeasured = "no worker of this program ended a task in this time";
    fixture.engine().setQueueDetails(details);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    auto* note = fixture.find<QLabel>("queueTimesNote");
    QTRY_VERIFY2(note->isVisible() && note->text().contains("no worker of this program"),
                 qPrintable(note->text()));
}

void QueueTest::overTimeThatFailsSaysSo()
{
    PageFixture fixture;
    fixture.engine().failWith("workerSpans", {backend::ErrorCode::DeadlineExceeded, "too late", true});
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    const auto said = [&] {
        for (const auto* label : fixture.page->findChildren<QLabel*>("cardSubtitle"))
            if (label->text().contains("not read: too late")) return true;
        return false;
    };
    QTRY_VERIFY(said());
    fixture.engine().clearFailure("workerSpans");
    QTRY_VERIFY(!said());
}

void QueueTest::drillDownByArgument()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::QueuePage>();
    auto* tabs = fixture.find<QTabWidget>("queueTabs");
    page.openArgument("dead");
    QCOMPARE(tabs->currentIndex(), 2);
    page.openArgument("workers");
    QCOMPARE(tabs->currentIndex(), 1);
    page.openArgument("dead letters");
    QCOMPARE(tabs->currentIndex(), 2);
    // The tile leads there, too.
    page.openArgument({});
    QTest::mouseClick(fixture.find<ui::MetricTile>("queueDead"), Qt::LeftButton);
    QCOMPARE(tabs->currentIndex(), 2);
}

void QueueTest::figuresAreOfTheChosenWindow()
{
    PageFixture fixture;
    backend::QueueDetails details;
    details.windowSeconds = 60;
    fixture.engine().setQueueDetails(details);
    fixture.engine().setSequenceAdvances(false);
    const auto snapshot = fakeSnapshot(1);
    auto history = fakeHistory(snapshot.takenAt, 600);
    for (std::size_t i = 100; i <= 160; ++i) {
        history[i].queueUnfinished = 600;
        history[i].queueOldestAgeSeconds = i == 120 ? 42 : 1;
        history[i].queueDead = 7;
        history[i].arrivalsPerSecond = 50;
        history[i].drainPerSecond = 60;
    }
    backend::QueueHistory kinds;
    backend::QueueKindSeries series;
    series.kind = backend::TaskKind::PostCreated;
    for (const std::size_t i : {100, 120, 140}) {
        kinds.at.push_back(history[i].at);
        series.unfinished.push_back(5);
        series.arrivalsPerSecond.push_back(double(i));
        series.drainPerSecond.push_back(3);
    }
    kinds.kinds.push_back(series);
    fixture.engine().setQueueHistory(kinds);
    fixture.engine().setSnapshot(snapshot);
    fixture.engine().setHistory(history);
    QVERIFY(fixture.open());
    fixture.make<ui::QueuePage>();
    const auto tile = [&](const char* name) { return fixture.find<ui::MetricTile>(name); };
    QTRY_COMPARE(tile("queueUnfinished")->value(), ui::formatCount(snapshot.queueUnfinished));
    fixture.range.choose(history[100].at, history[160].at);
    QCOMPARE(tile("queueUnfinished")->value(), QString("600"));
    QCOMPARE(tile("queueOldest")->value(), QString("42"));
    QCOMPARE(tile("queueOldest")->status(), ui::Tone::Warning);
    QCOMPARE(tile("queueDrain")->value(), ui::durationFigure(60).number);
    QCOMPARE(tile("queueDead")->value(), QString("7"));
    const auto* table = fixture.find<QTableView>("queueKinds")->model();
    const auto cell = [&](backend::TaskKind kind, int column) {
        for (int row = 0; row < table->rowCount(); ++row)
            if (table->index(row, ui::KindNameColumn).data(ui::SortRole).toInt() == int(kind))
                return table->index(row, column).data().toString();
        return QString();
    };
    QTRY_COMPARE(cell(backend::TaskKind::PostCreated, ui::KindArrivalsColumn), ui::formatRate(120));
    QCOMPARE(cell(backend::TaskKind::PostCreated, ui::KindDrainColumn), ui::formatRate(3));
    QCOMPARE(cell(backend::TaskKind::UserCreated, ui::KindArrivalsColumn), ui::unknownText());
    QStringList said;
    for (const auto* label : fixture.page->findChildren<QLabel*>("cardSubtitle"))
        if (label->text().contains("not of the chosen window")) said << label->text();
    QCOMPARE(said.size(), 3); // the kinds' other columns, times, workers
    fixture.range.reset();
    QTRY_COMPARE(tile("queueUnfinished")->value(), ui::formatCount(snapshot.queueUnfinished));
}

void QueueTest::noRowIsCutInHalf()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::QueuePage>();
    auto* table = fixture.find<QTableView>("queueKinds");
    QVERIFY(QTest::qWaitForWindowExposed(&page));
    const int row = table->verticalHeader()->defaultSectionSize();
    for (int height = 600; height < 600 + 2 * row; height += 5) {
        page.resize(1100, height);
        QVERIFY(table->viewport()->height() < table->model()->rowCount() * row);
        QCOMPARE(table->viewport()->height() % row, 0);
    }
    page.resize(1100, 1600); // all fit
    QVERIFY(table->viewport()->height() >= table->model()->rowCount() * row);
}

} // namespace tests

QTEST_MAIN(tests::QueueTest)
#include "queue_test.moc"

#include <algorithm>
