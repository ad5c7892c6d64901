// The Cache page on a scripted engine: ratios of the visible window with their volume, the Redis nodes now,
// and what a sample of the keys tells.
#include <QLabel>
#include <QPointer>
#include <QTabWidget>
#include <QTableView>
#include <QTest>

#include "tests/ui/page_fixture.h"
#include "ui/models/key_tables.h"
#include "ui/models/table_roles.h"
#include "ui/pages/cache_page.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/time_chart.h"
#include "ui/widgets/ttl_bars.h"

#include <algorithm>

namespace tests {

class CacheTest : public QObject
{
    Q_OBJECT

private slots:
    void ratioCoversTheWindowOnly();
    void noTrafficIsNotAvailable();
    void nodesAreTheSnapshots();
    void ofManyNodesTheBusiestAreDrawn();
    void opensAtANode();
    void aChartOutlivesItsOwnDrag();
    void keysAreSampledWhileSeen();
    void barsOfTtlsByKeyboard();
    void sampleThatFailsOrHangs();

private:
    // A point a second up to `end`; every second brings `hits` and `misses` more.
    static std::vector<backend::HistoryPoint> history(backend::TimePoint end, int seconds, int hits,
                                                      int misses)
    {
        auto out = fakeHistory(end, seconds);
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i].caches = {{"home timeline", 5000 + std::int64_t(i) * hits, 100 + std::int64_t(i) * misses},
                             {"counters", 7, 7}};
        return out;
    }
    static QString cell(PageFixture& fixture, int row, int column)
    {
        return fixture.find<QTableView>("cacheTable")->model()->index(row, column).data().toString();
    }
};

void CacheTest::ratioCoversTheWindowOnly()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    auto snapshot = fakeSnapshot(1);
    fixture.engine().setSnapshot(snapshot);
    fixture.engine().setHistory(history(snapshot.takenAt, 600, 9, 1));
    QVERIFY(fixture.open());
    fixture.make<ui::CachePage>();
    QTRY_COMPARE(cell(fixture, 1, ui::CacheNameColumn), QString("home timeline"));
    QCOMPARE(cell(fixture, 1, ui::CacheRatioColumn), QString("90.0 %"));
    const auto hits = [&](int column) {
        return fixture.find<QTableView>("cacheTable")
            ->model()
            ->index(1, column)
            .data(ui::SortRole)
            .toLongLong();
    };
    QCOMPARE(hits(ui::CacheHitsColumn), 300 * 9);
    QCOMPARE(hits(ui::CacheMissesColumn), 300);
    QCOMPARE(hits(ui::CacheLookupsColumn), 3000);
    QCOMPARE(cell(fixture, 0, ui::CacheNameColumn), QString("all"));
    QCOMPARE(cell(fixture, 0, ui::CacheRatioColumn), QString("90.0 %"));
    fixture.range.setWindow(std::chrono::minutes(1));
    QTRY_COMPARE(hits(ui::CacheHitsColumn), 60 * 9);
    QVERIFY(fixture.find<ui::TimeChart>("hitRatioChart")->pointsShown() > 0);
}

void CacheTest::noTrafficIsNotAvailable()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    auto snapshot = fakeSnapshot(1);
    fixture.engine().setSnapshot(snapshot);
    fixture.engine().setHistory(history(snapshot.takenAt, 60, 9, 1));
    QVERIFY(fixture.open());
    fixture.make<ui::CachePage>();
    QTRY_COMPARE(cell(fixture, 2, ui::CacheNameColumn), QString("counters"));
    QCOMPARE(cell(fixture, 2, ui::CacheRatioColumn), QString("n/a"));
    QCOMPARE(cell(fixture, 2, ui::CacheLookupsColumn), QString("0"));
}

void CacheTest::nodesAreTheSnapshots()
{
    PageFixture fixture;
    fixture.engine().setHistory(fakeHistory(fakeSnapshot(1).takenAt, 60));
    QVERIFY(fixture.open());
    fixture.make<ui::CachePage>();
    const auto snapshot = fixture.engine().lastSnapshot();
    const auto nodes = ui::redisNodes(snapshot);
    const auto* model = fixture.find<QTableView>("redisNodes")->model();
    QCOMPARE(model->rowCount(), int(nodes.size()));
    QVERIFY(!nodes.empty());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        QCOMPARE(model->index(int(i), ui::RedisNameColumn).data().toString(),
                 QString::fromStdString(nodes[i].name));
        QCOMPARE(model->index(int(i), ui::RedisMemoryColumn).data().toString(),
                 ui::formatBytes(nodes[i].memoryBytes));
        QCOMPARE(model->index(int(i), ui::RedisKeysColumn).data().toString(), ui::formatCount(nodes[i].keys));
        QCOMPARE(model->index(int(i), ui::RedisEvictedColumn).data().toString(),
                 ui::formatCount(nodes[i].evictedTotal));
    }
    const auto readout = [&] { return fixture.find<ui::TimeChart>("nodeMemoryChart")->readout(); };
    QTRY_VERIFY2(readout().contains(QString::fromStdString(nodes.front().name)), qPrintable(readout()));
}

void CacheTest::ofManyNodesTheBusiestAreDrawn()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    auto snapshot = fakeSnapshot(1);
    const auto redis = *std::find_if(snapshot.nodes.begin(), snapshot.nodes.end(),
                                     [](const auto& node) { return node.kind == backend::NodeKind::Redis; });
    while (snapshot.nodes.size() < 30) {
        snapshot.nodes.push_back(redis);
        snapshot.nodes.back().id = int(snapshot.nodes.size()) + 100;
        snapshot.nodes.back().name = "more-" + std::to_string(snapshot.nodes.size());
    }
    auto points = fakeHistory(snapshot.takenAt, 60);
    for (auto& point : points) {
        point.nodeMemoryBytes.assign(30, 1e6);
        point.nodeCommandsPerSecond.assign(30, 10);
        point.nodeMemoryBytes[20] = 9e6;
        point.nodeCommandsPerSecond[29] = 900;
    }
    snapshot.nodes[20].memoryBytes = 9 << 20;
    snapshot.nodes[20].memoryLimitBytes = 10 << 20;
    fixture.engine().setSnapshot(snapshot);
    fixture.engine().setHistory(points);
    QVERIFY(fixture.open());
    fixture.make<ui::CachePage>();
    const auto readout = [&](const char* chart) { return fixture.find<ui::TimeChart>(chart)->readout(); };
    const auto fullest = QString::fromStdString(snapshot.nodes[20].name);
    const auto busiest = QString::fromStdString(snapshot.nodes[29].name);
    QTRY_VERIFY2(readout("nodeMemoryChart").contains(fullest), qPrintable(readout("nodeMemoryChart")));
    QVERIFY(!readout("nodeMemoryChart").contains(busiest));
    QVERIFY2(readout("nodeCommandsChart").contains(busiest), qPrintable(readout("nodeCommandsChart")));
    const auto* nodes = fixture.find<QTableView>("redisNodes")->model();
    const auto row =
        nodes->match(nodes->index(0, ui::RedisNameColumn), Qt::DisplayRole, fullest).value(0).row();
    const auto memory = nodes->index(row, ui::RedisMemoryColumn);
    QCOMPARE(memory.data().toString(), QString("9.0 MiB of 10.0 MiB"));
    QCOMPARE(memory.data(ui::ToneRole).value<ui::Tone>(), ui::Tone::Warning);
}

void CacheTest::opensAtANode()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::CachePage>();
    const auto nodes = ui::redisNodes(fixture.engine().lastSnapshot());
    page.openArgument(QString::fromStdString(nodes[2].name));
    QCOMPARE(fixture.find<QTableView>("redisNodes")->currentIndex().siblingAtColumn(0).data().toString(),
             QString::fromStdString(nodes[2].name));
}

void CacheTest::keysAreSampledWhileSeen()
{
    PageFixture fixture;
    backend::CacheDetails details;
    details.takenAt = fakeSnapshot(1).takenAt;
    details.keys = 2'000;
    details.sampled = 500;
    details.families = {{"home timeline", 100, 400, 3e6}, {"other", 0, 0, 0}};
    details.ttls = {{"post object", 40, 1, {9, 30}}};
    details.nodes = {{3, "redis-1", {}, 1'000, 250, 5, 70, 0.5, 2.0, 120},
                     {4, "redis-2", {}, 1'000, 250, 0, 10, 1.0, 4.0, 120},
                     {5, "redis-3", "redis-3 is gone", -1, 0, -1, -1, {}, {}, 0}};
    details.flights = {{"home timeline", 90, 30, 6, 2}, {"post object", 5, 0, {}, {}}};
    details.flightsWindowSeconds = 120;
    fixture.engine().setCacheDetails(details);
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::CachePage>();
    QVERIFY(fixture.waitForNews());
    QCOMPARE(fixture.engine().count("cacheDetails"), 0); // another tab is seen
    page.openArgument("keys");
    const auto text = [&](const char* table, int row, int column) {
        return fixture.find<QTableView>(table)->model()->index(row, column).data().toString();
    };
    QTRY_COMPARE(text("keyFamilies", 0, ui::FamilyMemoryColumn), ui::formatBytes(3'000'000));
    QCOMPARE(text("keyFamilies", 0, ui::FamilyShareColumn), ui::formatRatio(1));
    QCOMPARE(text("keyFamilies", 0, ui::FamilyPerKeyColumn), ui::formatBytes(7'500));
    QCOMPARE(fixture.find<QTableView>("keyFamilies")
                 ->model()
                 ->index(0, ui::FamilyMemoryColumn)
                 .data(Qt::ToolTipRole)
                 .toString(),
             QString("100 keys were weighed"));
    QCOMPARE(text("keyFamilies", 1, ui::FamilyPerKeyColumn), ui::unknownText());
    QCOMPARE(text("flightTable", 0, ui::FlightJoinedColumn), QString("2"));
    QCOMPARE(text("flightTable", 0, ui::FlightShareColumn), QString("25.0 %"));
    QCOMPARE(text("flightTable", 0, ui::FlightTotalColumn), QString("30"));
    QCOMPARE(text("flightTable", 1, ui::FlightJoinedColumn), ui::unknownText());
    QCOMPARE(fixture.find<ui::TtlBars>("ttlBars")->rows()[0].counts[1], 30.0);
    const auto summary = fixture.find<QLabel>("keySummary")->text();
    QVERIFY2(summary.contains("Evictions 1.5/s, expirations 6.0/s over 2 min"), qPrintable(summary));
    QVERIFY2(summary.contains("Without 1 of 3 nodes: redis-3 is gone"), qPrintable(summary));
    QVERIFY(fixture.waitForNews());
    QCOMPARE(fixture.engine().count("cacheDetails"), 1); // not with every snapshot
    page.refresh();
    QTRY_COMPARE(fixture.engine().count("cacheDetails"), 2);
}

void CacheTest::sampleThatFailsOrHangs()
{
    PageFixture fixture;
    fixture.engine().failWith("cacheDetails", {backend::ErrorCode::Unavailable, "the map is old", true});
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::CachePage>();
    page.openArgument("keys");
    const auto summary = [&] { return fixture.find<QLabel>("keySummary")->text(); };
    QTRY_COMPARE(summary(), QString("The keys could not be sampled: the map is old. F5 tries again."));
    fixture.engine().clearFailure("cacheDetails");
    fixture.engine().hold("cacheDetails");
    page.refresh();
    QTRY_COMPARE(fixture.engine().count("cacheDetails"), 2);
    QVERIFY(QTest::qWaitForWindowActive(&page));
    fixture.find<QTableView>("keyFamilies")->setFocus();
    QTest::keyClick(fixture.find<QTableView>("keyFamilies"), Qt::Key_Escape);
    QTRY_COMPARE(summary(), QString("The keys could not be sampled: given up. F5 tries again."));
    fixture.engine().releaseAll();
    fixture.bridge.close();
    QTRY_COMPARE(summary(), QString("Not sampled yet."));
}

// A window with other caches gets another chart: not while the old one still handles the mouse.
void CacheTest::aChartOutlivesItsOwnDrag()
{
    PageFixture fixture;
    fixture.engine().setSequenceAdvances(false);
    auto snapshot = fakeSnapshot(1);
    auto points = history(snapshot.takenAt, 300, 9, 1);
    for (std::size_t i = 0; i < 150; ++i)
        points[i].caches.pop_back();
    fixture.engine().setSnapshot(snapshot);
    fixture.engine().setHistory(points);
    QVERIFY(fixture.open());
    fixture.make<ui::CachePage>();
    QTRY_COMPARE(cell(fixture, 2, ui::CacheNameColumn), QString("counters"));
    const QPointer<ui::TimeChart> chart = fixture.find<ui::TimeChart>("hitRatioChart");
    bool there = false;
    connect(&fixture.range, &ui::TimeRange::moved, this, [&] { there = chart != nullptr; });
    auto* plot = chart->findChild<QWidget*>("plot");
    const auto at = [&](double share) { return QPoint(int(plot->width() * share), plot->height() / 2); };
    QTest::mousePress(plot, Qt::LeftButton, {}, at(0.2));
    QTest::mouseRelease(plot, Qt::LeftButton, {}, at(0.3));
    QVERIFY(fixture.range.chosen());
    QVERIFY(there);
    const auto* fresh = fixture.find<ui::TimeChart>("hitRatioChart");
    QVERIFY(fresh && fresh != chart && fresh->isVisible());
    QTRY_VERIFY(!chart);
}

void CacheTest::barsOfTtlsByKeyboard()
{
    ui::Theme theme{ui::ThemeMode::Light};
    ui::TtlBars bars(theme, nullptr);
    bars.setBuckets({"1 min", "5 min"});
    bars.setRows({{"post object", {9, 30}, 40}, {"user object", {0, 4}, 4}}, "none");
    bars.show();
    QTest::keyClick(&bars, Qt::Key_Right);
    QVERIFY2(bars.currentText().startsWith("post object, 1 min: 9 of 40"), qPrintable(bars.currentText()));
    QTest::keyClick(&bars, Qt::Key_Right);
    QTest::keyClick(&bars, Qt::Key_Down);
    QVERIFY2(bars.currentText().startsWith("user object, 5 min: 4 of 4"), qPrintable(bars.currentText()));
    QCOMPARE(bars.accessibleDescription(), bars.currentText());
    bars.setRows({}, "none");
    QCOMPARE(bars.accessibleDescription(), QString("none"));
}

} // namespace tests

QTEST_MAIN(tests::CacheTest)
#include "cache_test.moc"
