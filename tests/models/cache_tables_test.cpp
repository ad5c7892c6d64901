// Hits and misses over a window from cumulative counts, also when an engine restarts in it; and the tables.
#include <QAbstractItemModelTester>
#include <QTest>

#include "tests/models/model_samples.h"
#include "ui/models/cache_tables.h"

#include <cmath>

namespace tests {

class CacheTablesTest : public QObject
{
    Q_OBJECT

private slots:
    void differencesOverTheWindow();
    void restartIsNeitherNegativeNorMore();
    void gapsAreBridged();
    void aGapIsNotCounted();
    void noTrafficIsNotZero();
    void ratioOverTime();
    void cacheTable();
    void redisNodeTable();

private:
    using Counts = std::vector<backend::CacheCounts>;
    static std::vector<backend::HistoryPoint> history(std::vector<Counts> counts)
    {
        std::vector<backend::HistoryPoint> out;
        for (std::size_t i = 0; i < counts.size(); ++i) {
            backend::HistoryPoint point{};
            point.at = kSampleTime + std::chrono::seconds(i);
            point.caches = counts[i];
            out.push_back(point);
        }
        return out;
    }
};

void CacheTablesTest::differencesOverTheWindow()
{
    const auto windows = ui::cacheWindows(history({{{"home timeline", 1000, 500}, {"post object", 7, 7}},
                                                   {{"home timeline", 1090, 505}, {"post object", 7, 9}},
                                                   {{"home timeline", 1099, 506}, {"post object", 7, 10}}}));
    QCOMPARE(windows.size(), std::size_t(2));
    QCOMPARE(windows[0].hits, 99);
    QCOMPARE(windows[0].misses, 6);
    QCOMPARE(*windows[0].hitRatio(), 99.0 / 105);
    QCOMPARE(*windows[1].hitRatio(), 0.0);
}

void CacheTablesTest::restartIsNeitherNegativeNorMore()
{
    // Hits fall below their start while misses go on: neither counts for that step.
    const auto windows = ui::cacheWindows(
        history({{{"c", 1000, 10}}, {{"c", 1100, 20}}, {{"c", 3, 25}}, {{"c", 13, 26}}, {{"c", 20, 0}}}));
    QCOMPARE(windows[0].hits, 110);
    QCOMPARE(windows[0].misses, 11);
    QVERIFY(*windows[0].hitRatio() <= 1);
}

void CacheTablesTest::gapsAreBridged()
{
    const auto windows = ui::cacheWindows(history({{{"c", 10, 0}}, {}, {{"c", 30, 5}}}));
    QCOMPARE(windows[0].hits, 20);
    QCOMPARE(windows[0].misses, 5);
    QVERIFY(ui::cacheWindows({}).empty());
}

void CacheTablesTest::noTrafficIsNotZero()
{
    const auto windows = ui::cacheWindows(history({{{"c", 10, 4}}, {{"c", 10, 4}}}));
    QCOMPARE(windows[0].lookups(), 0);
    QVERIFY(!windows[0].hitRatio());
    QCOMPARE(ui::hitRatioText(windows[0]), QString("n/a"));
    QCOMPARE(ui::hitRatioText({"c", 0, 3}), QString("0.0 %"));
    QCOMPARE(ui::hitRatioText({"c", 99999, 1}), QString("99.9 %"));
    QCOMPARE(ui::hitRatioText({"c", 5, 0}), QString("100.0 %"));
}

void CacheTablesTest::ratioOverTime()
{
    const auto points = history({{{"c", 0, 0}}, {{"c", 3, 1}}, {{"c", 3, 1}}, {{"c", 3, 1}}, {{"c", 3, 5}}});
    const auto series = ui::hitRatioOverTime(points, {"c"}, 4);
    QCOMPARE(series.percent.size(), std::size_t(4));
    QCOMPARE(series.percent[0], 75.0);
    QVERIFY(std::isnan(series.percent[1]) && std::isnan(series.percent[2]));
    QCOMPARE(series.percent[3], 0.0);
    QCOMPARE(series.atSeconds[3] - series.atSeconds[0], 3.0);
    QCOMPARE(ui::hitRatioOverTime(points, {"c"}, 2).percent, (std::vector<double>{75.0, 0.0}));
    QVERIFY(ui::hitRatioOverTime(history({{{"c", 1, 1}}}), {"c"}, 4).percent.empty());
    // Several together: what they hit of what all of them were asked for.
    const auto two =
        history({{{"c", 0, 0}, {"d", 0, 0}}, {{"c", 3, 1}, {"d", 0, 12}}, {{"c", 3, 1}, {"d", 0, 12}}});
    QCOMPARE(ui::cacheNames(two), (std::vector<std::string>{"c", "d"}));
    QCOMPARE(ui::hitRatioOverTime(two, {"c", "d"}, 1).percent, std::vector<double>{18.75});
}

void CacheTablesTest::cacheTable()
{
    auto* model = ui::makeCacheTable(this);
    QAbstractItemModelTester tester(model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model->setRows({{{"home timeline", 900, 100}, 10}, {{"user object", 0, 0}, 10}});
    const auto text = [&](int row, int column) { return model->index(row, column).data().toString(); };
    QCOMPARE(text(0, ui::CacheRatioColumn), QString("90.0 %"));
    QCOMPARE(text(0, ui::CacheLookupsColumn), QString("1,000"));
    QCOMPARE(model->index(0, ui::CacheRateColumn).data(ui::SortRole).toDouble(), 100.0);
    QCOMPARE(text(1, ui::CacheRatioColumn), QString("n/a"));
    QVERIFY(!model->index(1, ui::CacheRatioColumn).data(ui::SortRole).isValid());
}

void CacheTablesTest::redisNodeTable()
{
    auto snapshot = sampleSnapshot(2);
    snapshot.nodes[2].memoryBytes = 3 << 20;
    snapshot.nodes[2].evictedTotal = 12;
    snapshot.nodes[2].keyspaceHitRatio = 0.99999;
    snapshot.nodes[2].health = backend::Health::Degraded;
    auto* model = ui::makeRedisNodeTable(this);
    QAbstractItemModelTester tester(model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model->setRows(ui::redisNodes(snapshot));
    QCOMPARE(model->rowCount(), 2);
    const auto at = [&](int row, int column) { return model->index(row, column); };
    QCOMPARE(at(0, ui::RedisNameColumn).data().toString(), QString("redis-1"));
    QVERIFY(at(0, ui::RedisMemoryColumn).data().toString().startsWith("3"));
    QCOMPARE(at(0, ui::RedisEvictedColumn).data().toString(), QString("12"));
    QCOMPARE(at(0, ui::RedisEvictedColumn).data(ui::ToneRole).value<ui::Tone>(), ui::Tone::Warning);
    QCOMPARE(at(0, ui::RedisHitRatioColumn).data().toString(), QString("99.9 %"));
    // Redis counts the look-ups of all, this console's own among them: it says so.
    QVERIFY(model->headerData(ui::RedisHitRatioColumn, Qt::Horizontal).toString().contains("of all clients"));
    QCOMPARE(at(0, ui::RedisHealthColumn).data().toString(), QString("degraded"));
    for (const int column : {ui::RedisMemoryColumn, ui::RedisKeysColumn, ui::RedisCommandsColumn,
                             ui::RedisEvictionsColumn, ui::RedisEvictedColumn, ui::RedisUptimeColumn})
        QCOMPARE(at(1, column).data().toString(), QString("–"));
    QCOMPARE(at(1, ui::RedisHitRatioColumn).data().toString(), QString("n/a"));
    // Of a node that is down nothing is known, and it says since when.
    snapshot.nodes[3].health = backend::Health::Down;
    snapshot.nodes[3].message = "redis-2 has not answered for 12 s: refused.";
    model->setRows(ui::redisNodes(snapshot));
    for (const int column : {ui::RedisMemoryColumn, ui::RedisHitRatioColumn, ui::RedisUptimeColumn}) {
        QCOMPARE(at(1, column).data().toString(), ui::unknownText());
        QVERIFY(at(1, column).data(Qt::ToolTipRole).toString().contains("for 12 s"));
    }
}

// As many look-ups a second with a gap as without.
void CacheTablesTest::aGapIsNotCounted()
{
    std::vector<Counts> counts;
    for (int i = 0; i < 100; ++i)
        counts.push_back({{"c", 9 * i, i}});
    auto points = history(counts);
    points.erase(points.begin() + 40, points.begin() + 80);
    const auto windows = ui::cacheWindows(points);
    QCOMPARE(windows[0].lookups(), 580);
    QCOMPARE(ui::knownSeconds(points), 58.0);
    points = history(counts);
    points.erase(points.begin() + 40, points.begin() + 42); // late, not gone
    QCOMPARE(ui::cacheWindows(points)[0].lookups(), 990);
    QCOMPARE(ui::knownSeconds(points), 99.0);
}

} // namespace tests

QTEST_MAIN(tests::CacheTablesTest)
#include "cache_tables_test.moc"
