// Two windows compared: means, balance and changes worked out by hand.
#include <QTest>

#include "ui/models/shard_comparison.h"
#include "ui/models/shard_panel_tables.h"

#include <cmath>
#include <limits>
#include <memory>

namespace tests {

class ShardComparisonTest : public QObject
{
    Q_OBJECT

private slots:
    void meansAreOfWhatIsKnown();
    void balanceOfMeans();
    void changesAreBLessA();
    void readersWithBoundsAreARange();
};

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

backend::ShardHistory history(int shards, std::vector<float> values)
{
    backend::ShardHistory out;
    out.shards = shards;
    out.at.resize(values.size() / std::size_t(shards));
    out.values = std::move(values);
    return out;
}

} // namespace

void ShardComparisonTest::meansAreOfWhatIsKnown()
{
    const auto means = ui::shardMeans(history(3, {1, 10, kNan, 3, kNan, kNan, kNan, kNan, kNan}));
    QCOMPARE(means.columns, 3);
    QCOMPARE(means.known, 2);
    QCOMPARE(means.byShard[0], 2.0);
    QCOMPARE(means.byShard[1], 10.0);
    QVERIFY(std::isnan(means.byShard[2]));
}

void ShardComparisonTest::balanceOfMeans()
{
    const auto figures = ui::balanceFigures({{1, 2, 3, 4}, 1, 1});
    QCOMPARE(figures.mean, 2.5);
    QCOMPARE(figures.maxOverMean, 1.6);
    QCOMPARE(figures.variation, std::sqrt(1.25) / 2.5);
    QVERIFY(std::abs(figures.gini - 0.25) < 1e-9);
    const auto nothing = ui::balanceFigures({{double(kNan)}, 1, 0});
    QVERIFY(std::isnan(nothing.mean) && std::isnan(nothing.gini));
    const auto idle = ui::balanceFigures({{0, 0}, 1, 1});
    QCOMPARE(idle.mean, 0.0);
    QVERIFY(std::isnan(idle.maxOverMean) && std::isnan(idle.variation));
}

void ShardComparisonTest::changesAreBLessA()
{
    const auto rows =
        ui::compareShards({{10, 4, 0}, 1, 1}, {{15, 3, 7, 2}, 1, 1}, backend::BalanceMetric::Deliveries);
    QCOMPARE(rows.size(), std::size_t(4));
    const std::unique_ptr<ui::ShardComparisonModel> model(ui::makeShardComparisonTable(nullptr));
    model->setRows(rows);
    const auto text = [&](int row, int column) { return model->index(row, column).data().toString(); };
    QCOMPARE(text(0, ui::ComparedAColumn), QString("10.0"));
    QCOMPARE(text(0, ui::ComparedChangeColumn), QString("+5.0"));
    QCOMPARE(text(0, ui::ComparedPercentColumn), QString("+50.0"));
    QCOMPARE(text(1, ui::ComparedChangeColumn), QString("−1.0"));
    QCOMPARE(text(1, ui::ComparedPercentColumn), QString("−25.0"));
    QCOMPARE(text(2, ui::ComparedPercentColumn), QString("–")); // of nothing
    QCOMPARE(text(3, ui::ComparedChangeColumn), QString("–"));  // not known before
}

void ShardComparisonTest::readersWithBoundsAreARange()
{
    const std::unique_ptr<ui::HotReaderModel> model(ui::makeHotReaderTable(nullptr));
    model->setRows({{backend::UserId{5}, "ann", 7, 7}, {backend::UserId{6}, "", 3, 9}});
    QCOMPARE(model->index(0, 0).data().toString(), QString("@ann"));
    QCOMPARE(model->index(0, 1).data().toString(), QString("7"));
    QCOMPARE(model->index(1, 0).data().toString(), QString("id 6"));
    QCOMPARE(model->index(1, 1).data().toString(), QString("3–9"));
}

} // namespace tests

QTEST_MAIN(tests::ShardComparisonTest)
#include "shard_comparison_test.moc"
