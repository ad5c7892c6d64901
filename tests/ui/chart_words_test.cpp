// The words that charts write into their pictures where nothing is known, or where there is nothing to see:
// at no size, window or place of the gap do they touch one another or the labels of the axes, nor are they
// cut.
#include <QLabel>
#include <QTest>

#include "tests/models/model_samples.h"
#include "tests/ui/silent_painting.h"
#include "ui/bridge/time_range.h"
#include "ui/widgets/chart_plot.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/shard_time_map.h"
#include "ui/widgets/swim_lanes.h"
#include "ui/widgets/time_chart.h"

#include <cmath>
#include <limits>

using namespace std::chrono_literals;

namespace tests {

namespace {

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

struct Words
{
    QString text;
    QRectF place;
};

// Draws nothing; notes what is written and where.
class TextEngine final : public SilentPaintEngine
{
public:
    void drawTextItem(const QPointF& at, const QTextItem& item) override
    {
        if (item.text().trimmed().isEmpty()) return;
        const QRectF place(at.x(), at.y() - item.ascent(), item.width(), item.ascent() + item.descent());
        written.push_back({item.text(), painter()->combinedTransform().mapRect(place)});
    }

    std::vector<Words> written;
};

class TextSheet final : public SilentSheet
{
public:
    explicit TextSheet(QSize size)
        : SilentSheet(size, 96)
    {
    }
    QPaintEngine* paintEngine() const override { return &m_engine; }
    const std::vector<Words>& written() const { return m_engine.written; }

private:
    mutable TextEngine m_engine;
};

// What touches, or is cut by the border; empty: all can be read.
QString troubleIn(const TextSheet& sheet, QSize size)
{
    const auto& all = sheet.written();
    const QRectF border = QRectF({}, size).adjusted(-1, -2, 1, 2);
    QStringList out;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!border.contains(all[i].place)) out << QString("\"%1\" is cut").arg(all[i].text);
        for (std::size_t k = i + 1; k < all.size(); ++k)
            if (all[i].place.adjusted(1, 2, -1, -2).intersects(all[k].place.adjusted(1, 2, -1, -2)))
                out << QString("\"%1\" over \"%2\"").arg(all[i].text, all[k].text);
    }
    return out.join("; ");
}

int countOf(const TextSheet& sheet, const QString& text)
{
    return int(std::count_if(sheet.written().begin(), sheet.written().end(),
                             [&](const Words& words) { return words.text.contains(text); }));
}

QString told(const QStringList& troubles)
{
    return QString("%1 cases, such as\n%2").arg(troubles.size()).arg(troubles.mid(0, 5).join('\n'));
}

constexpr std::array kSizes{QSize(300, 170), QSize(420, 200), QSize(640, 260), QSize(900, 320),
                            QSize(1500, 520)};
constexpr std::array kParts{0.0, 0.05, 0.15, 0.3, 0.5, 0.7, 0.9, 0.98}; // of the window, not watched
constexpr std::array<std::chrono::seconds, 4> kSpans{300s, 3'600s, 86'400s, 30 * 86'400s};

} // namespace

class ChartWordsTest : public QObject
{
    Q_OBJECT

private slots:
    void inTheMapOfShardsOverTime();
    void inChartsOfTime();
    void inLanes();

private:
    // For each size, window and part of it that nobody watched.
    template <class Check>
    static void eachCase(Check check)
    {
        for (const auto span : kSpans)
            for (const auto size : kSizes)
                for (const double part : kParts)
                    check(span, size, part);
    }
    static void choose(ui::TimeRange& range, std::chrono::seconds span)
    {
        range.setReach(ui::TimeRange::kKept);
        range.setNewest(kSampleTime);
        range.choose(kSampleTime - span, kSampleTime);
    }
    static QString where(std::chrono::seconds span, QSize size, double part)
    {
        return QString(" (%1 s, %2 × %3, %4 not watched)")
            .arg(span.count())
            .arg(size.width())
            .arg(size.height())
            .arg(part);
    }

    const ui::Theme m_theme{ui::ThemeMode::Light};
};

void ChartWordsTest::inTheMapOfShardsOverTime()
{
    int notWatched = 0, idle = 0;
    QStringList troubles;
    eachCase([&](std::chrono::seconds span, QSize size, double part) {
        for (const float value : {0.F, 3.F}) { // with nothing to see, and with something
            ui::TimeRange range;
            choose(range, span);
            ui::ShardTimeMap map(m_theme, range, nullptr);
            map.resize(size);
            map.setNothing("Nothing was delivered in this window");
            backend::ShardHistory history;
            history.shards = 64;
            history.step = std::chrono::duration_cast<backend::Milliseconds>(span) / 100;
            for (int column = 0; column < 100; ++column) {
                history.at.push_back(range.begin() + column * history.step);
                history.values.insert(history.values.end(), 64, column < 100 * part ? kUnknown : value);
            }
            map.setHistory(history);
            TextSheet sheet(size);
            map.render(&sheet);
            notWatched += countOf(sheet, "not watched yet");
            idle += countOf(sheet, "Nothing was");
            if (const auto trouble = troubleIn(sheet, size); !trouble.isEmpty())
                troubles << trouble + where(span, size, part);
        }
    });
    QVERIFY(notWatched > 50 && idle > 100); // they were there to be looked at
    QVERIFY2(troubles.isEmpty(), qPrintable(told(troubles)));
}

void ChartWordsTest::inChartsOfTime()
{
    int notWatched = 0, empty = 0;
    QStringList troubles;
    eachCase([&](std::chrono::seconds span, QSize size, double part) {
        for (const auto& [known, before] :
             {std::pair(true, size), std::pair(false, size), std::pair(true, QSize(1'500, size.height()))}) {
            ui::TimeRange range;
            choose(range, span);
            ui::TimeChart::Options options;
            options.title = "Size";
            options.series = {{"left", 1, {}}, {"right", 2, {}, true}};
            options.emptyText = "No look-ups of these seen in this window";
            ui::TimeChart chart(m_theme, range, options, nullptr);
            chart.resize(before);
            chart.ensurePolished();
            chart.show();
            auto* plot = chart.findChild<ui::ChartPlot*>();
            QVERIFY(plot);
            if (before != size) plot->widget()->grab();
            std::vector<double> at, values;
            for (int i = 0; known && i < 100; ++i) {
                if (i < 100 * part) continue;
                at.push_back(ui::secondsOf(range.begin() + i * span / 100));
                values.push_back(1e6 + i);
            }
            chart.setData(at, {values, values});
            chart.markStart(range.begin() + std::chrono::duration_cast<std::chrono::seconds>(span * part));
            chart.resize(size);
            QCoreApplication::sendPostedEvents(); // the legend takes its place
            const auto room = plot->widget()->size();
            TextSheet sheet(room);
            QPainter painter(&sheet);
            plot->draw(painter, room);
            for (const auto* label : plot->widget()->findChildren<QLabel*>()) {
                if (!label->isVisible()) continue;
                ++empty;
                painter.setFont(label->font());
                painter.drawText(label->geometry(),
                                 int(label->alignment()) | (label->wordWrap() ? int(Qt::TextWordWrap) : 0),
                                 label->text());
            }
            painter.end();
            notWatched += countOf(sheet, "not watched yet");
            if (const auto trouble = troubleIn(sheet, room); !trouble.isEmpty())
                troubles << trouble + where(span, size, part);
        }
    });
    QVERIFY(notWatched > 50 && empty > 100);
    QVERIFY2(troubles.isEmpty(), qPrintable(told(troubles)));
}

void ChartWordsTest::inLanes()
{
    int unknown = 0;
    QStringList troubles;
    eachCase([&](std::chrono::seconds span, QSize size, double part) {
        ui::TimeRange range;
        choose(range, span);
        ui::SwimLanes lanes(m_theme, range, nullptr);
        const double from = ui::secondsOf(range.begin()), length = double(span.count());
        std::vector<ui::Lane> rows(3);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            rows[i].name = QString("Worker %1").arg(i + 1);
            rows[i].outside = "no such worker then";
            rows[i].knownFrom = from + part * length;
            rows[i].knownTo = from + (i == 0 ? 1 : part + (1 - part) * 0.4) * length; // a gap at both ends
        }
        rows[2].knownTo = rows[2].knownFrom; // nothing is known
        lanes.setLanes(rows);
        lanes.resize(size.width(), std::max(size.height(), lanes.sizeHint().height()));
        TextSheet sheet(lanes.size());
        lanes.render(&sheet);
        unknown += countOf(sheet, "no such worker");
        if (const auto trouble = troubleIn(sheet, lanes.size()); !trouble.isEmpty())
            troubles << trouble + where(span, size, part);
    });
    QVERIFY(unknown > 100);
    QVERIFY2(troubles.isEmpty(), qPrintable(told(troubles)));
}

} // namespace tests

QTEST_MAIN(tests::ChartWordsTest)
#include "chart_words_test.moc"
