// The Overview on a scripted engine: its figures are the snapshot's, its tiles lead on, and it says what it
// lacks.
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

#include <qcustomplot.h>

#include "tests/ui/overview_fixture.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/heat_grid.h"
#include "ui/widgets/state_view.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace tests {

using namespace std::chrono_literals;

class OverviewTest : public QObject
{
    Q_OBJECT

private slots:
    void saysThatItIsLoading();
    void waitsForTheFirstFigures();
    void figuresAreTheSnapshots();
    void queueSaysWhatWaits_data();
    void queueSaysWhatWaits();
    void hitRatioIsOverTheWindow();
    void balanceIsOfTheRedisNodes();
    void nothingToShowWithoutTraffic();
    void slowFiguresAreMarked();
    void figuresAreOfTheChosenWindow();
    void tilesLeadOn_data();
    void tilesLeadOn();
    void nodeAndShardLeadOn();
    void shardsAreMeansOfTheLastSeconds();
    void figuresNameTheirWindow();
    void momentsStandBelowEachOther();
};

// --- what there is not

void OverviewTest::saysThatItIsLoading()
{
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    auto* state = fixture.find<ui::StateView>("pageState");
    QCOMPARE(state->kind(), ui::StateView::Kind::Disconnected);
    QVERIFY(!tile(fixture, "fanoutTile").isVisible());
    fixture.fake->holdOpening = true;
    fixture.bridge.open(fakeOpener(fixture.fake));
    QTRY_COMPARE(state->text(), QString("creating 64 shards"));
    QCOMPARE(state->kind(), ui::StateView::Kind::Loading);
    QVERIFY(state->isVisible());
    fixture.fake->openingFails =
        backend::Error{backend::ErrorCode::Unavailable, "pg-1 does not answer", true};
    fixture.fake->holdOpening = false;
    QTRY_COMPARE(state->kind(), ui::StateView::Kind::Failed);
    QCOMPARE(state->text(), QString("pg-1 does not answer"));
    fixture.fake->openingFails.reset();
    QTest::mouseClick(fixture.find<QPushButton>("stateAction"), Qt::LeftButton);
    QTRY_VERIFY(tile(fixture, "fanoutTile").isVisible());
    QVERIFY(!state->isVisible());
}

void OverviewTest::waitsForTheFirstFigures()
{
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    fix(fixture, backend::ClusterSnapshot{}); // sequence 0: nothing is known yet
    fixture.bridge.open(fakeOpener(fixture.fake));
    auto* state = fixture.find<ui::StateView>("pageState");
    QTRY_COMPARE(state->title(), QString("Waiting for the first figures"));
    QTRY_VERIFY(fixture.engine().count("snapshot") > 3);
    QVERIFY(state->isVisible());
    QVERIFY(!tile(fixture, "nodesTile").isVisible());
    fixture.engine().setSnapshot(still());
    QTRY_VERIFY(tile(fixture, "nodesTile").isVisible());
    QCOMPARE(tile(fixture, "nodesTile").value(), QString("10"));
}

// --- figures

void OverviewTest::figuresAreTheSnapshots()
{
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    auto snapshot = still();
    snapshot.readsPerSecond = 63.4;
    fix(fixture, snapshot);
    QVERIFY(fixture.open());
    const auto &fanout = tile(fixture, "fanoutTile"), &deliveries = tile(fixture, "deliveriesTile");
    QCOMPARE(fanout.value() + " " + fanout.unit(), QString("48 ms"));
    QCOMPARE(fanout.subline(), QString("p50 12 ms · p99 97 ms"));
    QCOMPARE(fanout.status(), ui::Tone::Ok);
    QCOMPARE(deliveries.value() + deliveries.unit(), QString("1,234/s"));
    QCOMPARE(deliveries.subline(), QString("22 posts/s · 63 reads/s"));
    const auto& nodes = tile(fixture, "nodesTile");
    QCOMPARE(nodes.value() + " " + nodes.unit(), QString("10 of 10 ok"));
    QCOMPARE(nodes.subline(), QString("every node answers"));
    QCOMPARE(nodes.status(), ui::Tone::Ok);
    // Screen readers hear the same.
    QCOMPARE(fanout.text(), QString("Fan-out p95, last 10 s: 48 ms. p50 12 ms · p99 97 ms"));
    snapshot.sequence = 2;
    snapshot.fanoutP95Ms = 1500;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(fanout.value() + " " + fanout.unit(), QString("1.5 s"));
}

void OverviewTest::queueSaysWhatWaits_data()
{
    QTest::addColumn<int>("unfinished");
    QTest::addColumn<double>("oldest");
    QTest::addColumn<int>("dead");
    QTest::addColumn<QString>("words");
    QTest::addColumn<int>("tone");
    QTest::newRow("empty") << 0 << 0.0 << 0 << "nothing waits" << int(ui::Tone::Ok);
    QTest::newRow("drains") << 1234 << 2.5 << 0 << "oldest 2.5 s · 10 s to go" << int(ui::Tone::Ok);
    QTest::newRow("slow") << 1234 << 8.0 << 0 << "oldest 8 s · 10 s to go" << int(ui::Tone::Warning);
    QTest::newRow("late") << 5 << 90.0 << 0 << "oldest 1 min 30 s · 10 s to go" << int(ui::Tone::Critical);
    QTest::newRow("dead") << 5 << 2.5 << 4 << "oldest 2.5 s · 4 dead" << int(ui::Tone::Critical);
    QTest::newRow("only dead") << 0 << 0.0 << 4 << "nothing waits · 4 dead" << int(ui::Tone::Critical);
}

void OverviewTest::queueSaysWhatWaits()
{
    QFETCH(int, unfinished);
    QFETCH(double, oldest);
    QFETCH(int, dead);
    QFETCH(QString, words);
    QFETCH(int, tone);
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    auto snapshot = still();
    snapshot.queueUnfinished = unfinished;
    snapshot.queueOldestAgeSeconds = oldest;
    snapshot.queueDead = dead;
    fix(fixture, snapshot);
    QVERIFY(fixture.open());
    const auto& queue = tile(fixture, "queueTile");
    QCOMPARE(queue.value() + " " + queue.unit(),
             unfinished == 1234 ? QString("1,234 tasks") : QString("%1 tasks").arg(unfinished));
    QCOMPARE(queue.subline(), words);
    QCOMPARE(queue.status(), ui::Tone(tone));
}

void OverviewTest::hitRatioIsOverTheWindow()
{
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    fix(fixture, still());
    // Each second 305 hits and 65 misses over all caches, as fakeHistory has it; the last minute is better:
    // no misses.
    auto history = fakeHistory(takenAt(), 241);
    const auto misses = [](backend::HistoryPoint& point, const backend::HistoryPoint& like) {
        for (std::size_t i = 0; i < point.caches.size(); ++i)
            point.caches[i].misses = like.caches[i].misses;
    };
    for (std::size_t i = 181; i < history.size(); ++i)
        misses(history[i], history[180]);
    fixture.engine().setHistory(history);
    QVERIFY(fixture.open());
    const auto& cache = tile(fixture, "cacheTile");
    const double hits = 240 * 305, all = hits + 180 * 65;
    QCOMPARE(cache.value() + cache.unit(), QString("%1%").arg(100 * hits / all, 0, 'f', 1));
    QCOMPARE(cache.subline(), QString("of 84.9 k, last 5 min"));
    fixture.range.setWindow(1min);
    QCOMPARE(cache.value() + cache.unit(), QString("100.0%"));
    QCOMPARE(cache.subline(), QString("of 18.3 k, last 1 min"));
}

void OverviewTest::balanceIsOfTheRedisNodes()
{
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    auto snapshot = still();
    for (auto& shard : snapshot.shards)
        shard.deliveriesPerSecond = shard.timelinesNode == 5 ? 45 : 15; // one node takes three times as much
    fix(fixture, snapshot);
    QVERIFY(fixture.open());
    std::map<int, double> byNode;
    double sum = 0, most = 0;
    for (const auto& shard : snapshot.shards) {
        sum += shard.deliveriesPerSecond;
        most = std::max(most, byNode[shard.timelinesNode] += shard.deliveriesPerSecond);
    }
    const auto& balance = tile(fixture, "balanceTile");
    QCOMPARE(balance.value(), QString::number(most * double(byNode.size()) / sum, 'f', 2));
    QCOMPARE(balance.unit(), QString("max/mean"));
    QVERIFY2(balance.subline().contains("chance"), qPrintable(balance.subline()));
    QCOMPARE(balance.status(), ui::Tone::Warning);
    for (auto& shard : snapshot.shards)
        shard.deliveriesPerSecond = 15;
    snapshot.sequence += 20; // what was before is no part of these seconds
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(balance.value(), QString("1.00"));
    QCOMPARE(balance.status(), ui::Tone::Ok);
}

void OverviewTest::nothingToShowWithoutTraffic()
{
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    auto snapshot = still();
    snapshot.fanoutP50Ms = snapshot.fanoutP95Ms = snapshot.fanoutP99Ms = -1;
    snapshot.deliveriesPerSecond = snapshot.postsPerSecond = snapshot.readsPerSecond = 0;
    for (auto& shard : snapshot.shards)
        shard.deliveriesPerSecond = shard.readsPerSecond = 0;
    fix(fixture, snapshot);
    QVERIFY(fixture.open());
    const auto &fanout = tile(fixture, "fanoutTile"), &cache = tile(fixture, "cacheTile");
    QCOMPARE(fanout.value() + fanout.unit(), QString("–"));
    QCOMPARE(fanout.subline(), QString("no deliveries in 10 s"));
    QCOMPARE(fanout.status(), ui::Tone::Muted);
    QCOMPARE(tile(fixture, "deliveriesTile").value(), QString("0"));
    QCOMPARE(cache.value() + cache.unit(), QString("n/a"));
    QCOMPARE(cache.subline(), QString("no look-ups, last 5 min"));
    const auto& balance = tile(fixture, "balanceTile");
    QCOMPARE(balance.value() + balance.unit(), QString("n/a"));
    QCOMPARE(balance.subline(), QString("no deliveries now"));
    QCOMPARE(balance.status(), ui::Tone::Muted);
}

void OverviewTest::slowFiguresAreMarked()
{
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    auto snapshot = still();
    snapshot.fanoutP95Ms = 1200;
    fix(fixture, snapshot);
    QVERIFY(fixture.open());
    const auto& fanout = tile(fixture, "fanoutTile");
    QCOMPARE(fanout.status(), ui::Tone::Warning);
    snapshot.fanoutP95Ms = 6000;
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(fanout.status(), ui::Tone::Critical);
}

// --- links

void OverviewTest::tilesLeadOn_data()
{
    QTest::addColumn<QString>("page");
    QTest::newRow("fanoutTile") << "queue";
    QTest::newRow("deliveriesTile") << "queue";
    QTest::newRow("queueTile") << "queue";
    QTest::newRow("cacheTile") << "cache";
    QTest::newRow("balanceTile") << "shards";
    QTest::newRow("nodesTile") << "nodes";
}

void OverviewTest::tilesLeadOn()
{
    QFETCH(QString, page);
    PageFixture fixture;
    auto& overview = fixture.make<ui::OverviewPage>();
    QVERIFY(fixture.open());
    QTRY_VERIFY(tile(fixture, QTest::currentDataTag()).isVisible());
    QSignalSpy opened(&overview, &ui::Page::openPage);
    auto* one = &tile(fixture, QTest::currentDataTag());
    QTest::mouseClick(one, Qt::LeftButton);
    QCOMPARE(opened.size(), 1);
    QCOMPARE(opened.takeFirst().at(0).toString(), page);
    QTest::mouseClick(one, Qt::RightButton);
    QVERIFY(opened.isEmpty());
    QVERIFY((one->focusPolicy() & Qt::TabFocus) != 0);
    one->setFocus();
    for (const auto key : {Qt::Key_Return, Qt::Key_Enter, Qt::Key_Space}) {
        QTest::keyClick(one, key);
        QCOMPARE(opened.size(), 1);
        QCOMPARE(opened.takeFirst().at(0).toString(), page);
    }
}

void OverviewTest::nodeAndShardLeadOn()
{
    PageFixture fixture;
    auto& overview = fixture.make<ui::OverviewPage>();
    QVERIFY(fixture.open());
    QSignalSpy opened(&overview, &ui::Page::openPage);
    auto* table = fixture.find<QTableView>("nodeTable");
    QTRY_COMPARE(table->model()->rowCount(), 10);
    table->setFocus();
    table->setCurrentIndex(table->model()->index(1, 0));
    QTest::keyClick(table, Qt::Key_Return);
    QCOMPARE(opened.size(), 1);
    QCOMPARE(opened.takeFirst(), (QList<QVariant>{"nodes", "pg-2"}));
    table->setCurrentIndex(table->model()->index(4, 0));
    QTest::keyClick(table, Qt::Key_Return);
    QCOMPARE(opened.size(), 1);
    QCOMPARE(opened.takeFirst(), (QList<QVariant>{"nodes", "redis-3"}));
    auto* heat = fixture.find<ui::HeatGrid>("overviewHeat");
    QTest::mouseDClick(heat, Qt::LeftButton, {}, heat->cellRect(17).center());
    QVERIFY(!opened.isEmpty());
    QCOMPARE(opened.takeFirst(), (QList<QVariant>{"shards", "shard 17"}));
}

void OverviewTest::shardsAreMeansOfTheLastSeconds()
{
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    auto snapshot = still();
    for (auto& shard : snapshot.shards)
        shard.deliveriesPerSecond = 1;
    snapshot.shards[17].deliveriesPerSecond = 1'000;
    fix(fixture, snapshot);
    QVERIFY(fixture.open());
    const auto* heat = fixture.find<ui::HeatGrid>("overviewHeat");
    QTRY_VERIFY(heat->accessibleDescription().contains("Shard 17: " + ui::formatRate(1'000)));
    snapshot.shards[17].deliveriesPerSecond = 200;
    ++snapshot.sequence;
    fixture.engine().setSnapshot(snapshot);
    QTRY_VERIFY(heat->accessibleDescription().contains("Shard 17: " + ui::formatRate(600)));
}

// Means of that part of the past; what has none says of when it is.
void OverviewTest::figuresAreOfTheChosenWindow()
{
    PageFixture fixture;
    auto snapshot = fakeSnapshot(1);
    for (auto& shard : snapshot.shards)
        shard.deliveriesPerSecond = shard.timelinesNode == 5 ? 45 : 15;
    auto history = fakeHistory(snapshot.takenAt, 600);
    for (std::size_t i = 100; i <= 160; ++i) {
        history[i].fanoutP95Ms = i == 130 ? 6'000 : 200;
        history[i].deliveriesPerSecond = 500;
        history[i].queueUnfinished = i == 140 ? 9'000 : 100;
        history[i].queueOldestAgeSeconds = i == 140 ? 70 : 1;
        history[i].queueDead = 0;
    }
    fix(fixture, snapshot);
    fixture.engine().setHistory(history);
    fixture.make<ui::OverviewPage>();
    QVERIFY(fixture.open());
    QTRY_COMPARE(tile(fixture, "deliveriesTile").value(), ui::formatRate(snapshot.deliveriesPerSecond));
    QVERIFY(!tile(fixture, "nodesTile").subline().contains("not the window"));
    fixture.range.choose(history[100].at, history[160].at);
    QCOMPARE(tile(fixture, "deliveriesTile").value(), ui::formatRate(500));
    QCOMPARE(tile(fixture, "fanoutTile").value(), ui::durationFigure((60 * 0.2 + 6) / 61).number);
    QVERIFY2(tile(fixture, "fanoutTile").subline().contains(ui::formatMilliseconds(6'000)),
             qPrintable(tile(fixture, "fanoutTile").subline()));
    QCOMPARE(tile(fixture, "queueTile").value(), ui::formatCount(std::llround((60 * 100 + 9'000) / 61.0)));
    QVERIFY(tile(fixture, "queueTile").subline().contains("9,000"));
    QCOMPARE(tile(fixture, "queueTile").status(), ui::Tone::Critical);
    // Three times as much on one of eight nodes, then as in the snapshot.
    QTRY_COMPARE(tile(fixture, "balanceTile").value(), QString("2.40"));
    QVERIFY2(tile(fixture, "nodesTile").subline().startsWith("not the window: "),
             qPrintable(tile(fixture, "nodesTile").subline()));
    const auto noted = [&] {
        int out = 0;
        for (const auto* label : fixture.page->findChildren<QLabel*>("cardSubtitle"))
            out += label->text().contains("not the window: ");
        return out;
    };
    QCOMPARE(noted(), 1); // the nodes; the shards are of the window
    fixture.range.reset();
    QTRY_COMPARE(tile(fixture, "deliveriesTile").value(), ui::formatRate(snapshot.deliveriesPerSecond));
    QCOMPARE(noted(), 0);
    // Of a part that the shards' history does not reach the history of the nodes still tells.
    fixture.engine().failWith("shardHistory", {backend::ErrorCode::Unavailable, "gone", true});
    fixture.range.choose(history[200].at, history[260].at);
    QTRY_COMPARE(noted(), 2);
    QCOMPARE(tile(fixture, "balanceTile").value(), QString("1.10"));
}

void OverviewTest::figuresNameTheirWindow()
{
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    auto snapshot = still();
    fix(fixture, snapshot);
    QVERIFY(fixture.open());
    QTRY_COMPARE(tile(fixture, "fanoutTile").window(), QString("last 10 s"));
    QCOMPARE(tile(fixture, "deliveriesTile").window(), QString("last 1 s"));
    QCOMPARE(tile(fixture, "balanceTile").window(), QString("last 1 s"));
    QVERIFY(tile(fixture, "cacheTile").subline().contains("last "));
    fixture.range.choose(takenAt() - std::chrono::minutes(3), takenAt() - std::chrono::minutes(1));
    QTRY_COMPARE(tile(fixture, "deliveriesTile").window(), QString("window"));
    fixture.range.reset();
    // A rate that is not there says why.
    snapshot.deliveriesPerSecond = snapshot.postsPerSecond = snapshot.readsPerSecond = -1;
    snapshot.sequence = 2;
    fixture.engine().setSnapshot(snapshot);
    const auto& deliveries = tile(fixture, "deliveriesTile");
    QTRY_COMPARE(deliveries.value(), QString("–"));
    QCOMPARE(deliveries.subline(), QString("measured after the first seconds"));
    snapshot.sequence = 100;
    fixture.engine().setSnapshot(snapshot);
    QTRY_COMPARE(deliveries.subline(), QString("the engines' counts are not known"));
}

// One reads a moment down a column of charts, whether they have a right axis or not.
void OverviewTest::momentsStandBelowEachOther()
{
    PageFixture fixture;
    QVERIFY(fixture.open());
    fixture.make<ui::OverviewPage>();
    const auto area = [&](const char* chart) {
        return fixture.find<QWidget>(chart)->findChild<QCustomPlot*>()->axisRect();
    };
    for (const auto& [above, below] :
         {std::pair{"delayChart", "queueChart"}, std::pair{"rateChart", "cacheChart"}}) {
        QTRY_COMPARE(area(above)->left(), area(below)->left());
        QTRY_COMPARE(area(above)->right(), area(below)->right());
    }
}

} // namespace tests

QTEST_MAIN(tests::OverviewTest)
#include "overview_test.moc"
