// The Overview on a scripted engine: its figures are the snapshot's, its tiles lead on, and it says what it
// lacks.
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

#include "tests/ui/page_fixture.h"
#include "ui/pages/overview_page.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/heat_grid.h"
#include "ui/widgets/label.h"
#include "ui/widgets/metric_tile.h"
#include "ui/widgets/notice_line.h"
#include "ui/widgets/state_view.h"
#include "ui/widgets/time_chart.h"

#include <algorithm>
#include <map>
#include <utility>

using namespace std::chrono_literals;

#include <cmath>

namespace tests {

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
    void deadNodeIsShown();
    void aQueueThatNobodyCountsIsNotEmpty();
    void shardsAreMeansOfTheLastSeconds();
    void staleFiguresStay();
    void figuresNameTheirWindow();
    void ratesOfASilentDirectoryAreDated();
    void failingReadsAreSeenAtOnce();
    void failuresWithoutADownNodeSayWhatToDo();
    void failuresOverTimeAreALineOfTheirOwn();

private:
    // Of the last hour: older history is nobody's.
    static backend::TimePoint takenAt()
    {
        static const auto time = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        return time;
    }
    // Stands still: the engine gives this one again and again.
    static void fix(PageFixture& fixture, backend::ClusterSnapshot snapshot)
    {
        fixture.engine().setSequenceAdvances(false);
        fixture.engine().setSnapshot(std::move(snapshot));
    }
    static backend::ClusterSnapshot still()
    {
        auto snapshot = fakeSnapshot(1);
        snapshot.takenAt = takenAt();
        return snapshot;
    }
    static ui::MetricTile& tile(const PageFixture& fixture, const char* name)
    {
        return *fixture.find<ui::MetricTile>(name);
    }
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
    QTest::newRow("dead") << 5 << 2.5 << 4 << "oldest 2.5 s · 4 dead" << int(ui::Tone::Warning);
    QTest::newRow("only dead") << 0 << 0.0 << 4 << "nothing waits · 4 dead" << int(ui::Tone::Warning);
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
    ++snapshot.sequence;
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

// --- trouble

void OverviewTest::deadNodeIsShown()
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

void OverviewTest::aQueueThatNobodyCountsIsNotEmpty()
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

void OverviewTest::staleFiguresStay()
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

void OverviewTest::ratesOfASilentDirectoryAreDated()
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

void OverviewTest::failingReadsAreSeenAtOnce()
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
        QString("Also 10 % of writes fail, 2.0/s: a node does not answer; 4 % of pages are incomplete, 1.0/s. "
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

void OverviewTest::failuresWithoutADownNodeSayWhatToDo()
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

void OverviewTest::failuresOverTimeAreALineOfTheirOwn()
{
    auto history = fakeHistory(takenAt(), 241);
    const auto reds = [&](PageFixture& fixture) { // in the plot, without the legend
        const auto picture = fixture.find<ui::TimeChart>("rateChart")->findChild<QWidget*>("plot")->grab();
        const auto image = picture.toImage();
        const auto wanted = fixture.theme.critical();
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
    { // Where there is none, no line is drawn.
        PageFixture fixture;
        fixture.make<ui::OverviewPage>();
        fix(fixture, still());
        fixture.engine().setHistory(history);
        QVERIFY(fixture.open());
        auto* chart = fixture.find<ui::TimeChart>("rateChart");
        QTRY_VERIFY2(chart->readout().endsWith("failed 0"), qPrintable(chart->readout()));
        QCOMPARE(reds(fixture), 0);
    }
    for (std::size_t i = 100; i < 160; ++i) {
        history[i].failedReadsPerSecond = 30;
        history[i].failedWritesPerSecond = 5;
    }
    PageFixture fixture;
    fixture.make<ui::OverviewPage>();
    fix(fixture, still());
    fixture.engine().setHistory(history);
    QVERIFY(fixture.open());
    auto* chart = fixture.find<ui::TimeChart>("rateChart");
    QTRY_VERIFY2(chart->readout().endsWith("failed 0"), qPrintable(chart->readout()));
    QTRY_VERIFY2(reds(fixture) > 20, qPrintable(QString::number(reds(fixture))));
    fixture.range.setCursor(history[120].at);
    QVERIFY2(chart->readout().contains("failed 35"), qPrintable(chart->readout()));
    fixture.range.setCursor(std::nullopt);
    fixture.range.choose(history[100].at, history[159].at);
    QTRY_VERIFY2(tile(fixture, "deliveriesTile").subline().endsWith("30/s failed"),
                 qPrintable(tile(fixture, "deliveriesTile").subline()));
}

} // namespace tests

QTEST_MAIN(tests::OverviewTest)
#include "overview_test.moc"
