// What the Shards page's pictures are laid out by: rectangles in proportion, cells of shard against time.
#include <QTest>

#include "ui/widgets/idle_note.h"
#include "ui/widgets/shard_time_image.h"
#include "ui/widgets/treemap_layout.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace tests {

class ShardDrawingTest : public QObject
{
    Q_OBJECT

private slots:
    void treemapProperties_data();
    void treemapProperties();
    void treemapOfNothing();
    void treemapIsNearlySquare();
    void deviationIsFromTheMeanOfTheColumn();
    void cellsTakeTheColourOfTheirValue();
    void linesOfManyShards();
    void onlyWhatIsKnownAndAllZeroSaysSo();
};

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

backend::ShardHistory history(int shards, std::vector<float> values)
{
    backend::ShardHistory out;
    out.shards = shards;
    for (std::size_t i = 0; i < values.size() / std::size_t(shards); ++i)
        out.at.push_back(backend::TimePoint(std::chrono::seconds(i)));
    out.values = std::move(values);
    return out;
}

ui::ColorTable greys()
{
    ui::ColorTable out;
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = qRgb(int(i), int(i), int(i));
    return out;
}

} // namespace

void ShardDrawingTest::treemapProperties_data()
{
    QTest::addColumn<int>("count");
    QTest::addColumn<double>("width");
    QTest::addColumn<double>("height");
    QTest::addColumn<int>("seed");
    for (const int count : {1, 2, 7, 64, 1000, 4096})
        for (int seed = 0; seed < 3; ++seed)
            QTest::addRow("%d of them, seed %d", count, seed)
                << count << 800.0 - 310 * seed << 300.0 + 123 * seed << seed;
}

// Areas in proportion, none overlaps another, together they cover the whole.
void ShardDrawingTest::treemapProperties()
{
    QFETCH(int, count);
    QFETCH(double, width);
    QFETCH(double, height);
    QFETCH(int, seed);
    const QRectF area(10, 20, width, height);
    std::mt19937 random{unsigned(seed)};
    std::lognormal_distribution<double> size(2, 1.5);
    std::vector<double> sizes(std::size_t(count), 0);
    for (auto& one : sizes)
        one = size(random);
    if (seed == 1) std::sort(sizes.rbegin(), sizes.rend());
    if (seed == 2 && count > 3) sizes[1] = 0, sizes[2] = double(kNan);
    const auto rects = ui::squarify(sizes, area);
    QCOMPARE(rects.size(), sizes.size());
    double total = 0, covered = 0;
    for (const double one : sizes)
        total += one > 0 ? one : 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        if (!(sizes[i] > 0)) {
            QVERIFY(rects[i].isNull());
            continue;
        }
        const double is = rects[i].width() * rects[i].height();
        QVERIFY(std::abs(is / (width * height) - sizes[i] / total) < 1e-9);
        QVERIFY(area.adjusted(-1e-6, -1e-6, 1e-6, 1e-6).contains(rects[i]));
        covered += is;
    }
    QVERIFY(std::abs(covered - width * height) < 1e-5 * width * height);
    for (std::size_t i = 0; i < std::min<std::size_t>(rects.size(), 1000); ++i)
        for (std::size_t k = i + 1; k < rects.size(); ++k) {
            const auto both = rects[i].intersected(rects[k]);
            QVERIFY(std::min(both.width(), both.height()) < 1e-6);
        }
}

void ShardDrawingTest::treemapOfNothing()
{
    QVERIFY(ui::squarify({}, QRectF(0, 0, 10, 10)).empty());
    QVERIFY(ui::squarify({0, -1}, QRectF(0, 0, 10, 10))[0].isNull());
    QVERIFY(ui::squarify({1, 2}, QRectF())[1].isNull());
}

// The example of the paper: no rectangle is longer than four times its width.
void ShardDrawingTest::treemapIsNearlySquare()
{
    const auto rects = ui::squarify({6, 6, 4, 3, 2, 2, 1}, QRectF(0, 0, 6, 4));
    for (const auto& rect : rects) {
        const double ratio = rect.width() / rect.height();
        QVERIFY(std::max(ratio, 1 / ratio) <= 4);
    }
    QCOMPARE(rects[0], QRectF(0, 0, 3, 2));
    QCOMPARE(rects[1], QRectF(0, 2, 3, 2));
}

void ShardDrawingTest::deviationIsFromTheMeanOfTheColumn()
{
    const auto out = ui::deviationsOf(history(3, {1, 2, 3, 10, kNan, 30, 0, 0, 0, kNan, kNan, kNan}));
    QCOMPARE(out[0], -0.5F);
    QCOMPARE(out[2], 0.5F);
    QCOMPARE(out[3], -0.5F); // mean 20 of the two that are known
    QVERIFY(std::isnan(out[4]));
    QCOMPARE(out[6], 0.0F);
    QVERIFY(std::isnan(out[9]));
}

void ShardDrawingTest::cellsTakeTheColourOfTheirValue()
{
    const auto data = history(2, {0, 255, kNan, 51, 1000, -5});
    const auto image = ui::shardTimeImage(data, data.values, 1, 0, 0, 255, greys());
    QCOMPARE(image.size(), QSize(3, 2)); // columns of time across, shards down
    QCOMPARE(qRed(image.pixel(0, 0)), 0);
    QCOMPARE(qRed(image.pixel(0, 1)), 255);
    QCOMPARE(qAlpha(image.pixel(1, 0)), 0); // not known: not drawn
    QCOMPARE(qAlpha(image.pixel(0, 0)), 255);
    QCOMPARE(qRed(image.pixel(1, 1)), 51);
    QCOMPARE(qRed(image.pixel(2, 0)), 255); // beyond the scale: its end
    QCOMPARE(qRed(image.pixel(2, 1)), 0);
}

void ShardDrawingTest::linesOfManyShards()
{
    QCOMPARE(ui::shardsPerLine(64, 300), 1);
    QCOMPARE(ui::shardsPerLine(4096, 300), 14);
    QCOMPARE(ui::shardsPerLine(0, 0), 1);
    const auto data = history(5, {1, 9, kNan, 3, 200});
    const auto image = ui::shardTimeImage(data, data.values, 2, 0, 0, 255, greys());
    QCOMPARE(image.size(), QSize(1, 3));
    QCOMPARE(qRed(image.pixel(0, 0)), 9); // the highest of its line
    QCOMPARE(qRed(image.pixel(0, 1)), 3);
    QCOMPARE(qRed(image.pixel(0, 2)), 200);
    const auto deviations = history(2, {-0.75F, 0.5F});
    const auto far = ui::shardTimeImage(deviations, deviations.values, 2, 0, -1, 1, greys());
    QCOMPARE(qRed(far.pixel(0, 0)), 32); // the one farther from the mean, below it
}

void ShardDrawingTest::onlyWhatIsKnownAndAllZeroSaysSo()
{
    ui::IdleNote note;
    note.setWords("nothing");
    const auto textOf = [&](const std::vector<float>& values) {
        note.look(values);
        return note.text();
    };
    QCOMPARE(textOf({}), QString());
    QCOMPARE(textOf({kNan, kNan}), QString());
    QCOMPARE(textOf({0, 0}), QString("nothing"));
    QCOMPARE(textOf({kNan, 0}), QString("nothing"));
    QCOMPARE(textOf({kNan, 0, 0.5f}), QString());
    struct Shard
    {
        double size, load;
    };
    note.look(std::vector<Shard>{{1, 0}, {2, kNan}}, &Shard::load);
    QCOMPARE(note.text(), QString("nothing"));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::ShardDrawingTest)
#include "shard_drawing_test.moc"
