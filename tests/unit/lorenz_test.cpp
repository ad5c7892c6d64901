// Gini coefficients and Lorenz curves against values worked out by hand, and the band of chance against
// chance itself.
#include <QTest>

#include "backend/domain/balance.h"
#include "backend/domain/lorenz.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <random>

namespace tests {

using namespace backend;

class LorenzTest : public QObject
{
    Q_OBJECT

private slots:
    void evenIsZero();
    void allInOne();
    void byHand();
    void unknownIsLeftOut();
    void nothingKnown();
    void giniIsTheAreaBesideTheCurve();
    void readBetweenPoints();
    void bandHoldsUniformHashing_data();
    void bandHoldsUniformHashing();
    void bandShutsOutAHotShard();
    void chanceOfManyIsThatOfTheNormalDistribution();
    void noBandWithoutChance();
};

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
bool near(double a, double b, double within = 1e-9)
{
    return std::abs(a - b) < within;
}

// `things` fall onto `bins` uniformly.
std::vector<double> hashed(int bins, int things, std::mt19937& random)
{
    std::vector<double> out(std::size_t(bins), 0);
    std::uniform_int_distribution<int> bin(0, bins - 1);
    for (int i = 0; i < things; ++i)
        ++out[std::size_t(bin(random))];
    return out;
}

} // namespace

void LorenzTest::evenIsZero()
{
    QVERIFY(near(giniOf({5, 5, 5, 5}), 0));
    const std::vector<double> curve = lorenzOf({5, 5, 5, 5});
    QCOMPARE(curve.size(), std::size_t(5));
    for (std::size_t i = 0; i < curve.size(); ++i)
        QVERIFY(near(curve[i], double(i) / 4));
}

void LorenzTest::allInOne()
{
    QVERIFY(near(giniOf({0, 0, 0, 8}), 0.75)); // (n-1)/n
    QCOMPARE(lorenzOf({0, 8, 0, 0}), (std::vector<double>{0, 0, 0, 0, 1}));
}

void LorenzTest::byHand()
{
    // 1, 2, 3, 4: 2·(1·1 + 2·2 + 3·3 + 4·4)/(4·10) − 5/4 = 0.25
    QVERIFY(near(giniOf({4, 1, 3, 2}), 0.25));
    const auto curve = lorenzOf({4, 1, 3, 2});
    const std::vector<double> expected{0, 0.1, 0.3, 0.6, 1};
    for (std::size_t i = 0; i < expected.size(); ++i)
        QVERIFY(near(curve[i], expected[i]));
}

void LorenzTest::unknownIsLeftOut()
{
    QVERIFY(near(giniOf({4, kNan, 1, 3, kNan, 2}), 0.25));
    QCOMPARE(lorenzOf({4, kNan, 1, 3, kNan, 2}).size(), std::size_t(5));
}

void LorenzTest::nothingKnown()
{
    for (const auto& values : {std::vector<double>{}, {kNan, kNan}, {0, 0}}) {
        QVERIFY(std::isnan(giniOf(values)));
        QVERIFY(lorenzOf(values).empty());
    }
}

void LorenzTest::giniIsTheAreaBesideTheCurve()
{
    std::mt19937 random(7);
    std::exponential_distribution<double> value(0.3);
    std::vector<double> values(500);
    for (auto& v : values)
        v = value(random);
    const auto curve = lorenzOf(values);
    double below = 0;
    for (std::size_t i = 1; i < curve.size(); ++i) {
        QVERIFY(curve[i] >= curve[i - 1]);
        QVERIFY(curve[i] <= double(i) / 500 + 1e-12); // never above evenness
        below += (curve[i] + curve[i - 1]) / 2 / 500;
    }
    QVERIFY(near(giniOf(values), 1 - 2 * below));
}

void LorenzTest::readBetweenPoints()
{
    const auto curve = lorenzOf({1, 3});
    QVERIFY(near(lorenzAt(curve, 0), 0));
    QVERIFY(near(lorenzAt(curve, 0.25), 0.125));
    QVERIFY(near(lorenzAt(curve, 0.75), 0.625));
    QVERIFY(near(lorenzAt(curve, 1), 1));
    QVERIFY(near(lorenzAt(curve, 7), 1));
}

void LorenzTest::bandHoldsUniformHashing_data()
{
    QTest::addColumn<int>("bins");
    QTest::addColumn<int>("things");
    QTest::newRow("demo") << 64 << 10'000;
    QTest::newRow("few users") << 64 << 100;
    QTest::newRow("many shards") << 512 << 20'000;
    QTest::newRow("two shards") << 2 << 1'000;
}

// Of 200 clusters that only chance spreads, about 190 lie within: fewer than 176 or all 200 of them would
// come by chance less often than once in a thousand.
void LorenzTest::bandHoldsUniformHashing()
{
    QFETCH(int, bins);
    QFETCH(int, things);
    const auto summary = summarize(std::vector<double>(std::size_t(bins), 1), things);
    const auto chance = chanceLorenz(bins, summary.chanceCoefficientOfVariation);
    std::mt19937 random(11);
    int ginis = 0, heights = 0;
    for (int cluster = 0; cluster < 200; ++cluster) {
        const auto values = hashed(bins, things, random);
        const double gini = giniOf(values);
        ginis += gini >= chance.giniLow && gini <= chance.giniHigh;
        const double middle = lorenzAt(lorenzOf(values), 0.5);
        heights += middle >= lorenzAt(chance.low, 0.5) && middle <= lorenzAt(chance.high, 0.5);
    }
    QVERIFY2(ginis >= 176, qPrintable(QString::number(ginis)));
    QVERIFY2(heights >= 176, qPrintable(QString::number(heights)));
    QVERIFY(chance.giniLow <= chance.giniMedian && chance.giniMedian <= chance.giniHigh);
    for (std::size_t i = 0; i < chance.low.size(); ++i)
        QVERIFY(chance.low[i] <= chance.high[i]);
}

void LorenzTest::bandShutsOutAHotShard()
{
    std::mt19937 random(3);
    auto values = hashed(64, 10'000, random);
    const auto chance = chanceLorenz(64, summarize(values, 10'000).chanceCoefficientOfVariation);
    QVERIFY(giniOf(values) <= chance.giniHigh + 0.02);
    values[20] *= 8;
    QVERIFY(giniOf(values) > chance.giniHigh);
}

void LorenzTest::chanceOfManyIsThatOfTheNormalDistribution()
{
    for (const double variation : {0.02, 0.1, 0.2}) { // Gini of a normal distribution: σ/(μ√π)
        const auto chance = chanceLorenz(1024, variation);
        QVERIFY(near(chance.giniMedian, variation / std::sqrt(std::numbers::pi), 0.03 * variation));
    }
}

void LorenzTest::noBandWithoutChance()
{
    QVERIFY(chanceLorenz(64, 0).low.empty());
    QVERIFY(chanceLorenz(1, 0.1).low.empty());
    QVERIFY(chanceLorenz(64, kNan).low.empty());
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::LorenzTest)
#include "lorenz_test.moc"
