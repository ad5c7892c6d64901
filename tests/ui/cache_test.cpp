// The Cache page on a scripted engine: ratios of the visible window with their volume, and the Redis nodes
// now.
#include <QLabel>
#include <QTableView>
#include <QTest>

#include "tests/ui/page_fixture.h"
#include "ui/pages/cache_page.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/time_chart.h"

namespace tests {

class CacheTest : public QObject
{
    Q_OBJECT

private slots:
    void ratioCoversTheWindowOnly();
    void noTrafficIsNotAvailable();
    void nodesAreTheSnapshots();
    void opensAtANode();

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
    QTRY_COMPARE(cell(fixture, 0, ui::CacheNameColumn), QString("home timeline"));
    QCOMPARE(cell(fixture, 0, ui::CacheRatioColumn), QString("90.0 %"));
    const auto hits = [&](int column) {
        return fixture.find<QTableView>("cacheTable")
            ->model()
            ->index(0, column)
            .data(ui::SortRole)
            .toLongLong();
    };
    QCOMPARE(hits(ui::CacheHitsColumn), 300 * 9);
    QCOMPARE(hits(ui::CacheMissesColumn), 300);
    QCOMPARE(hits(ui::CacheLookupsColumn), 3000);
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
    QTRY_COMPARE(cell(fixture, 1, ui::CacheNameColumn), QString("counters"));
    QCOMPARE(cell(fixture, 1, ui::CacheRatioColumn), QString("n/a"));
    QCOMPARE(cell(fixture, 1, ui::CacheLookupsColumn), QString("0"));
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

} // namespace tests

QTEST_MAIN(tests::CacheTest)
#include "cache_test.moc"
