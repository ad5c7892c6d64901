// Growth and its date, the cost curve, room by node: on series whose answers are known beforehand.
#include <QTest>

#include "tests/models/model_samples.h"
#include "ui/models/capacity_table.h"
#include "ui/models/fanout_curve.h"
#include "ui/models/growth_fit.h"
#include "ui/widgets/formatting.h"

#include <cmath>
#include <random>

namespace tests {

class CapacityModelsTest : public QObject
{
    Q_OBJECT

private slots:
    void noDateFromTooShortATime();
    void lineAndDateOfEvenGrowth();
    void outliersDoNotBendTheLine();
    void noiseAndShrinkingAreNotGrowth();
    void noDateFarBeyondWhatWasWatched();
    void fullAndWithoutLimit();
    void costsByThreshold();
    void curveIsThinnedOutWithItsEnds();
    void roomByNode();
    void linesBreakWhileANodeIsDown();

private:
    using Kind = ui::Growth::Kind;
    // A point every `step` seconds: 100 + perSecond × time + noise.
    static std::vector<ui::GrowthPoint> series(int points, double step, double perSecond, double noise = 0)
    {
        std::mt19937 random(7);
        std::normal_distribution<double> normal(0, 1);
        std::vector<ui::GrowthPoint> out;
        for (int i = 0; i < points; ++i)
            out.push_back({1e9 + i * step, 100 + perSecond * i * step + noise * normal(random)});
        return out;
    }
    static ui::Growth growth(const std::vector<ui::GrowthPoint>& points, double limit)
    {
        return ui::towards(ui::fitLine(points), limit);
    }
    static backend::FanoutCosts costs()
    {
        backend::FanoutCosts out;
        out.mergeCost = 8;
        // Author, followers, warm share, posts and visits a day, stands for, pulled.
        out.sample = {{backend::UserId{1}, 86'400, 0.5, 10, 2, 1, true},
                      {backend::UserId{2}, 8'640, 1, 1, 4, 1, false},
                      {backend::UserId{3}, 864, 1, 1, 1, 10, false}};
        return out;
    }
};

void CapacityModelsTest::noDateFromTooShortATime()
{
    const auto two = growth(series(121, 1, 1), 1e6);
    QCOMPARE(two.kind, Kind::TooShort);
    QVERIFY(!two.fullAtSeconds);
    QCOMPARE(ui::growthText(two), QString("too early"));
    QCOMPARE(ui::growthReason(two), QString("Growth needs 10 min of history, there are 2 min."));
    QCOMPARE(growth({}, 1e6).kind, Kind::TooShort);
    QCOMPARE(ui::growthText(growth({}, 1e6)), QString("no history yet"));
    // Long, but of a few points only.
    QCOMPARE(growth(series(9, 100, 1), 1e6).kind, Kind::TooShort);
    QCOMPARE(ui::growthText(growth(series(9, 100, 1), 1e6)), QString("too few points"));
}

void CapacityModelsTest::lineAndDateOfEvenGrowth()
{
    const auto points = series(601, 1, 2);
    const auto out = growth(points, 100 + 2 * 3'600);
    QCOMPARE(out.kind, Kind::Fills);
    QCOMPARE(out.perSecond, 2.0);
    QVERIFY(std::abs(*out.fullAtSeconds - (1e9 + 3'600)) < 1e-3);
    // Noise moves it little.
    const auto noisy = growth(series(601, 1, 2, 30), 100 + 2 * 3'600);
    QCOMPARE(noisy.kind, Kind::Fills);
    QVERIFY(std::abs(noisy.perSecond - 2) < 0.05);
}

void CapacityModelsTest::outliersDoNotBendTheLine()
{
    auto points = series(601, 1, 2);
    for (std::size_t i = 0; i < points.size(); i += 7)
        points[i].value += 1e6; // one in seven is wrong
    QVERIFY(std::abs(growth(points, 1e9).perSecond - 2) < 0.05);
}

void CapacityModelsTest::noiseAndShrinkingAreNotGrowth()
{
    QCOMPARE(growth(series(601, 1, 0), 1e6).kind, Kind::NotGrowing);
    QCOMPARE(growth(series(601, 1, 0, 50), 1e6).kind, Kind::NotGrowing);
    QCOMPARE(growth(series(601, 1, -0.1), 1e6).kind, Kind::NotGrowing);
    QCOMPARE(growth(series(601, 1, 0.0001, 50), 1e6).kind, Kind::NotGrowing);
    QCOMPARE(ui::growthText(growth(series(601, 1, 0), 1e6)), QString("not growing"));
}

void CapacityModelsTest::noDateFarBeyondWhatWasWatched()
{
    const auto far = growth(series(601, 1, 0.001), 1e6); // in 31 years, from ten minutes
    QCOMPARE(far.kind, Kind::TooFar);
    QVERIFY(!far.fullAtSeconds);
    QCOMPARE(growth(series(601, 1, 1), 700 + ui::kGrowthReach * 600 - 1).kind, Kind::Fills);
    QCOMPARE(growth(series(601, 1, 1), 700 + ui::kGrowthReach * 600 + 1).kind, Kind::TooFar);
}

void CapacityModelsTest::fullAndWithoutLimit()
{
    QCOMPARE(growth(series(601, 1, 1), 0).kind, Kind::NoLimit);
    QCOMPARE(growth(series(601, 1, 1), 650).kind, Kind::Full);
    QCOMPARE(growth(series(601, 1, 0), 100).kind, Kind::Full);
}

void CapacityModelsTest::costsByThreshold()
{
    const auto today = ui::loadToday(costs());
    QCOMPARE(today.pulledAuthors, 1.0);
    QCOMPARE(today.mergesPerSecond, 86'400 * 0.5 * 2 / 86'400.0);
    QCOMPARE(today.deliveriesPerSecond, 8'640 * 1 / 86'400.0 + 10 * 864 * 1 / 86'400.0);
    QCOMPARE(today.cost(8), today.deliveriesPerSecond + 8 * today.mergesPerSecond);
    auto young = costs();
    young.postsKnownSeconds = 3'600; // its posts are an hour's: so many a second, as all other pages tell
    for (auto& author : young.sample)
        author.daysCounted = 1;
    QCOMPARE(ui::loadToday(young).deliveriesPerSecond, today.deliveriesPerSecond * 24);
    young.postsKnownSeconds = 7 * 86'400; // the authors are young, the cluster is not
    QCOMPARE(ui::loadToday(young).deliveriesPerSecond, today.deliveriesPerSecond);
    const auto nobody = ui::loadAbove(costs(), 86'400); // with more than that
    QCOMPARE(nobody.pulledAuthors, 0.0);
    QCOMPARE(nobody.mergesPerSecond, 0.0);
    const auto all = ui::loadAbove(costs(), 0);
    QCOMPARE(all.pulledAuthors, 12.0);
    QCOMPARE(all.deliveriesPerSecond, 0.0);
    // Everybody pushed is cheapest here: nobody posts eight times as often as followers come.
    const auto curve = ui::fanoutCurve(costs());
    QCOMPARE(curve.size(), std::size_t(4));
    QCOMPARE(ui::cheapestOf(curve).threshold, 86'400);
    QCOMPARE(curve.front().threshold, 0);
    QCOMPARE(curve.front().cost, all.cost(8));
    auto busy = costs();
    busy.sample.front().postsPerDay = 100;
    QCOMPARE(ui::cheapestOf(ui::fanoutCurve(busy)).threshold, 8'640);
}

void CapacityModelsTest::curveIsThinnedOutWithItsEnds()
{
    backend::FanoutCosts many;
    for (int i = 1'000; i > 0; --i)
        many.sample.push_back({backend::UserId{i}, i, 1, 1, 1, 1, false});
    const auto curve = ui::fanoutCurve(many, 50);
    QCOMPARE(curve.size(), std::size_t(50));
    QCOMPARE(curve.front().threshold, 0);
    QCOMPARE(curve.back().threshold, 1'000);
    QCOMPARE(curve.back().pull, 0.0);
}

void CapacityModelsTest::roomByNode()
{
    auto snapshot = sampleSnapshot(4);
    snapshot.nodes[1].diskBytes = 5'000;
    snapshot.nodes[2].memoryBytes = 4'000;
    std::vector<backend::HistoryPoint> history(700);
    for (std::size_t i = 0; i < history.size(); ++i) {
        history[i].at = kSampleTime + std::chrono::seconds(i);
        history[i].nodeMemoryBytes = {std::nan(""), std::nan(""), 1'000.0 + 10.0 * double(i), 7.0};
        history[i].nodeDiskBytes = {1.0, 3'000.0 + double(i), std::nan(""), std::nan("")};
    }
    backend::Capacity capacity;
    backend::NodeCapacity limited, machine;
    limited.node = 3;
    limited.usedMemoryBytes = 8'000;
    limited.maxMemoryBytes = 10'000;
    limited.timelines = 20;
    limited.sampled = 20;
    limited.bytesPerTimeline.mean = 100;
    machine = limited;
    machine.node = 4;
    machine.maxMemoryBytes = 0;
    machine.machineMemoryBytes = 32'000;
    machine.nodesOnMachine = 2;
    capacity.nodes = {limited, machine};
    const auto rows = ui::nodeRoom(snapshot, ui::nodePasts(history), &capacity);
    QCOMPARE(rows.size(), std::size_t(4));
    QCOMPARE(rows[2].readersThatFit(), 40); // 20 and what fits into 2,000 bytes
    QCOMPARE(rows[3].readersThatFit(), 20 + 80);
    QCOMPARE(rows[3].limit().kind, ui::NodeLimit::Kind::Machine);
    QCOMPARE(ui::limitText(rows[3].limit()), ui::formatBytes(16'000) + ", 1/2 of machine");
    QCOMPARE(rows[1].readersThatFit(), -1);
    QCOMPARE(rows[1].usedBytes, 5'000);
    QCOMPARE(rows[1].growth.kind, Kind::NoLimit);
    QCOMPARE(rows[1].growth.perSecond, 1.0);
    QCOMPARE(rows[2].growth.kind, Kind::Fills);
    QCOMPARE(rows[3].growth.kind, Kind::NotGrowing);
    QCOMPARE(ui::nodeRoom(snapshot, {}, nullptr)[2].growth.kind, Kind::TooShort);
}

// The line through what is known goes on; what is drawn does not join the two ends.
void CapacityModelsTest::linesBreakWhileANodeIsDown()
{
    std::vector<backend::HistoryPoint> history(900);
    for (std::size_t i = 0; i < history.size(); ++i) {
        history[i].at = kSampleTime + std::chrono::seconds(i);
        const bool down = i < 5 || (i >= 300 && i < 400);
        history[i].nodeDiskBytes = {down ? std::nan("") : 1'000.0 + double(i)};
    }
    const auto past = ui::nodePasts(history).front();
    QCOMPARE(past.disk.size(), std::size_t(895)); // from the first that is known
    QVERIFY(!std::isnan(past.disk[294].value) && std::isnan(past.disk[295].value));
    QCOMPARE(past.diskGrowth.perSecond, 1.0);
    QCOMPARE(past.diskGrowth.knownSeconds, 894.0);

    auto snapshot = sampleSnapshot(2);
    snapshot.nodes[0].diskBytes = 5'000;
    QVERIFY(ui::nodeRoom(snapshot, {}, nullptr)[0].usedDated.isEmpty());
    snapshot.nodes[0].health = backend::Health::Down;
    snapshot.nodes[0].diskReadAt = kSampleTime;
    const auto row = ui::nodeRoom(snapshot, {}, nullptr)[0];
    QCOMPARE(row.usedBytes, 5'000);
    QVERIFY2(row.usedDated.contains("pg-1 is down"), qPrintable(row.usedDated));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::CapacityModelsTest)
#include "capacity_models_test.moc"
