#include "ui/widgets/time_chart.h"

#include "ui/bridge/time_range.h"
#include "ui/widgets/chart_legend.h"
#include "ui/widgets/chart_plot.h"
#include "ui/widgets/exporter.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"

#include <QKeyEvent>
#include <QPainter>
#include <QPicture>
#include <QToolTip>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ui {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr double kBesideRatio = 2.6; // of width to height: wider ones have their legend at the right

QString titleWithUnit(const TimeChart::Options& options)
{
    return options.left.unit.isEmpty() ? options.title
                                       : QStringLiteral("%1  ·  %2").arg(options.title, options.left.unit);
}

} // namespace

TimeChart::TimeChart(const Theme& theme, TimeRange& range, Options options, QWidget* parent)
    : Card(theme, titleWithUnit(options), parent)
    , m_range(range)
    , m_options(std::move(options))
    , m_values(m_options.series.size())
{
    build();
    connect(&range, &TimeRange::moved, this, &TimeChart::fit);
    connect(&range, &TimeRange::cursorChanged, this, &TimeChart::updateReadout);
    connect(&range, &TimeRange::zoneChanged, this, &TimeChart::fit);
    connect(&range, &TimeRange::eventsChanged, m_plot, &ChartPlot::replot);
    connect(m_plot, &ChartPlot::pointed, this, [this](double atSeconds) {
        const auto at = timeOf(atSeconds);
        m_range.setCursor(at < m_range.begin() || at > m_range.end() ? std::nullopt : std::optional(at));
    });
    connect(m_plot, &ChartPlot::left, this, [this] { m_range.setCursor(std::nullopt); });
    connect(m_plot, &ChartPlot::clicked, this, [this](double atSeconds) {
        m_range.pinned() ? m_range.unpin() : m_range.pin(timeOf(atSeconds));
    });
    connect(m_plot, &ChartPlot::brushed, this,
            [this](double from, double to) { m_range.choose(timeOf(from), timeOf(to)); });
    connect(m_plot, &ChartPlot::dragged, this, [this](double by) { m_range.shift(timeOf(by) - timeOf(0)); });
    connect(m_plot, &ChartPlot::zoomed, this,
            [this](double factor, double around) { m_range.zoom(factor, timeOf(around)); });
    connect(m_plot, &ChartPlot::doubleClicked, this, [this] {
        m_range.unpin(); // its first click pinned
        m_range.reset();
    });
    fit();
}

void TimeChart::build()
{
    m_plot = new ChartPlot(theme(), m_options, m_range.events(), this);
    std::vector<ChartLegend::Entry> entries;
    for (const auto& series : m_options.series) {
        const auto& longest = (series.right ? m_options.right : m_options.left).longestReading;
        entries.push_back({series.right ? tr("%1 (right)").arg(series.name) : series.name,
                           series.number,
                           {},
                           longest.isEmpty() ? QStringLiteral("8,888") : longest,
                           series.tone});
    }
    m_legend = new ChartLegend(theme(), std::move(entries), {tr("now"), tr("last"), tr("there")}, this);
    m_legend->setObjectName(QStringLiteral("legend"));
    m_empty = new Label(theme(), m_options.emptyText.isEmpty() ? tr("Waiting for data") : m_options.emptyText,
                        FontRole::Body, Tone::Muted, m_plot->widget());
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setAttribute(Qt::WA_TransparentForMouseEvents);
    auto* over = new QVBoxLayout(m_plot->widget());
    over->setContentsMargins(m_plot->sides()); // between the axes: their labels can still be read
    m_empty->setWordWrap(true);
    m_empty->setMargin(kSpacingTiny);
    m_empty->setBackgroundRole(QPalette::Base); // on a ground of its own: what is hatched lies below
    m_empty->setForegroundRole(QPalette::WindowText);
    m_empty->setAutoFillBackground(true);
    over->addWidget(m_empty, 0, Qt::AlignCenter);
    m_parts = new QBoxLayout(QBoxLayout::TopToBottom);
    m_parts->setSpacing(kSpacingTiny);
    m_parts->addWidget(m_plot->widget(), 1);
    m_parts->addWidget(m_legend);
    body()->addLayout(m_parts);
    m_plot->widget()->setAccessibleName(tr("Chart: %1").arg(m_options.title));
    makeExportable(theme(), *this,
                   {[this] { return title(); }, [this] { return timeText(); },
                    [this] { return body()->geometry().size(); },
                    [this](QPainter& painter, QSize) { drawParts(painter); }});
}

QString TimeChart::timeText() const
{
    return tr("%1 – %2").arg(formatTime(m_range.begin()), formatTime(m_range.end()));
}

void TimeChart::drawParts(QPainter& painter)
{
    const auto place = [&](const QWidget& part) {
        return part.geometry().topLeft() - body()->geometry().topLeft();
    };
    painter.save();
    painter.translate(place(*m_plot->widget()));
    m_plot->draw(painter, m_plot->widget()->size());
    if (m_empty->isVisible()) m_empty->render(&painter, m_empty->pos());
    painter.restore();
    QPicture legend;
    m_legend->render(&legend, {}, {}, DrawChildren);
    painter.drawPicture(place(*m_legend), legend);
}

// What should not be there is no line while there is none of it: it begins and ends at 0.
std::vector<std::vector<double>> TimeChart::drawn(std::vector<std::vector<double>> values) const
{
    for (std::size_t s = 0; s < values.size(); ++s) {
        if (m_options.series[s].tone == Tone::Normal) continue;
        const auto all = values[s];
        const auto some = [&](std::size_t i) { return i < all.size() && all[i] > 0; };
        for (std::size_t i = 0; i < all.size(); ++i)
            if (!some(i) && !some(i + 1) && (i == 0 || !some(i - 1))) values[s][i] = kNothing;
    }
    return values;
}

void TimeChart::setHistory(const HistoryView& history)
{
    // A time in each gap at which nothing is known, so that no line crosses it.
    std::vector<double> breaks;
    for (const auto& gap : gapsOf(history))
        if (!gap.atStart) breaks.push_back((secondsOf(gap.begin) + secondsOf(gap.end)) / 2);
    const auto values = [&](HistoryView::Points points) {
        std::vector<std::vector<double>> out(m_values.size());
        auto next = breaks.begin();
        for (const auto& point : points) {
            for (; next != breaks.end() && *next < secondsOf(point.at); ++next)
                for (auto& series : out)
                    series.push_back(kNothing);
            for (std::size_t s = 0; s < out.size(); ++s) {
                const double value = m_options.series[s].value(point);
                out[s].push_back(value >= 0 ? value : kNothing);
            }
        }
        return out;
    };
    std::vector<double> at;
    for (const auto& point : history)
        at.push_back(secondsOf(point.at));
    if (!at.empty())
        for (const double between : breaks)
            if (between < at.back()) at.insert(std::upper_bound(at.begin(), at.end(), between), between);
    m_at = std::move(at);
    m_values = values(history);
    m_greatest = values(history.greatest);
    m_plot->setData(m_at, drawn(m_values));
    m_plot->setBands(m_at, values(history.least), m_greatest);
    markGaps(history);
    fit();
}

void TimeChart::markGaps(const HistoryView& history)
{
    m_step = history.step;
    m_reading = history.reading;
    const double seconds = std::chrono::duration<double>(m_step).count();
    setToolTip(seconds > 1 ? tr("Each point is the mean of %1; a band reaches from the least to the greatest "
                                "second in them.")
                                 .arg(formatDuration(seconds))
                           : QString());
    m_plot->setGaps(gapsOf(history));
}

void TimeChart::markStart(std::optional<backend::TimePoint> firstKnown)
{
    const bool later = firstKnown && *firstKnown - m_range.begin() > kLateness;
    m_plot->setGaps(later ? std::vector<HistoryGap>{{m_range.begin(), *firstKnown, true}}
                          : std::vector<HistoryGap>());
}

void TimeChart::setData(const std::vector<double>& atSeconds, const std::vector<std::vector<double>>& values)
{
    m_at = atSeconds;
    m_values = values;
    m_greatest.clear();
    m_values.resize(m_options.series.size());
    for (auto& series : m_values)
        series.resize(m_at.size(), kNothing);
    m_plot->setData(m_at, drawn(m_values));
    m_plot->setBands({}, {}, {});
    fit();
}

void TimeChart::clear()
{
    m_plot->setGaps({});
    setData({}, {});
}

int TimeChart::gapsShown() const
{
    return m_plot->gapsShown();
}

int TimeChart::marksShown() const
{
    return m_plot->marksShown();
}

QString TimeChart::markText(QPoint pixel) const
{
    return m_plot->textAt(pixel);
}

void TimeChart::fit()
{
    const double begin = secondsOf(m_range.begin()), end = secondsOf(m_range.end());
    double largest[2] = {kNothing, kNothing}; // left, right
    m_pointsShown = 0;
    std::vector<bool> named; // of what should not be there, what is
    const auto first = std::size_t(std::lower_bound(m_at.begin(), m_at.end(), begin) - m_at.begin());
    for (std::size_t s = 0; s < m_values.size(); ++s) {
        double& most = largest[m_options.series[s].right];
        bool any = m_options.series[s].tone == Tone::Normal;
        for (std::size_t i = first; i < m_at.size() && m_at[i] <= end; ++i) {
            const double value = m_values[s][i];
            if (std::isnan(value)) continue;
            ++m_pointsShown;
            const double top = i < (m_greatest.empty() ? 0 : m_greatest[s].size()) ? m_greatest[s][i] : value;
            most = std::fmax(most, std::fmax(value, top)); // the known one of the two
            any = any || value > 0 || top > 0;
        }
        named.push_back(any);
    }
    m_legend->setShown(named);
    m_plot->fitValues(largest[0], largest[1]);
    m_plot->setRange(begin, end);
    m_empty->setVisible(m_pointsShown == 0);
    m_plot->setGapWords(m_pointsShown > 0); // what is empty says so itself, across all of it
    m_plot->replot();
    updateReadout();
}

std::size_t TimeChart::shownIndex() const
{
    const double end = secondsOf(m_range.cursor().value_or(m_range.end()));
    const auto after = std::upper_bound(m_at.begin(), m_at.end(), end);
    auto index = std::size_t(after - m_at.begin());
    if (index == 0 || m_at[index - 1] < secondsOf(m_range.begin())) return m_at.size();
    --index;
    // Under the crosshair the nearer neighbour.
    if (m_range.cursor() && after != m_at.end() && *after - end < end - m_at[index]) ++index;
    return index;
}

const TimeChart::Axis& TimeChart::axisOf(std::size_t series) const
{
    return m_options.series[series].right ? m_options.right : m_options.left;
}

QString TimeChart::formatted(std::size_t series, std::size_t index) const
{
    const auto& axis = axisOf(series);
    const double value = index < m_at.size() ? m_values[series][index] : kNothing;
    if (std::isnan(value)) return unknownText();
    return axis.format ? axis.format(value) : formatCompact(value);
}

QString TimeChart::readout() const
{
    const auto index = shownIndex();
    if (m_pointsShown == 0 || index >= m_at.size()) return m_empty->text();
    QStringList parts;
    for (std::size_t s = 0; s < m_options.series.size(); ++s)
        parts << QStringLiteral("%1 %2").arg(m_options.series[s].name, formatted(s, index));
    auto out =
        QStringLiteral("%1: %2").arg(formatTime(timeOf(m_at[index])), parts.join(QStringLiteral(", ")));
    if (const auto events = m_range.cursor() ? m_plot->eventsNear(secondsOf(*m_range.cursor())) : QString();
        !events.isEmpty())
        out += QStringLiteral(". ") + QString(events).replace(u'\n', QStringLiteral("; "));
    return out;
}

void TimeChart::updateReadout()
{
    if (!isVisible()) return;
    const auto index = shownIndex();
    std::vector<QString> values;
    for (std::size_t s = 0; s < m_options.series.size(); ++s)
        values.push_back(formatted(s, index));
    m_legend->setValues(values);
    const auto cursor = m_range.cursor();
    const bool now = m_range.live() && !m_range.chosen();
    m_legend->setMoment(cursor ? tr("there") : now ? tr("now") : tr("last"));
    m_legend->setToolTip(cursor ? tr("Values under the crosshair")
                         : now  ? tr("Values of the newest point; point at the chart for another one")
                                : tr("Values of the last point shown; point at the chart for another one"));
    // Under the crosshair its own moment where nothing is known there.
    if (cursor) {
        const auto at = index < m_at.size() ? timeOf(m_at[index]) : *cursor;
        setSubtitle((m_range.pinned() ? tr("pin %1 %2") : tr("%1 %2")).arg(formatMoment(at), zoneName()),
                    Tone::Normal, {formatMoment(at), formatClock(at)});
    } else {
        showWindow();
    }
    m_plot->setCursor(cursor ? std::optional(secondsOf(*cursor)) : std::nullopt);
    const auto words = readout();
    m_plot->widget()->setAccessibleDescription(words);
    setAccessibleDescription(words); // of what has the focus
}

// --- the keyboard

bool TimeChart::shown(std::size_t index) const
{
    const double begin = secondsOf(m_range.begin()), end = secondsOf(m_range.end());
    if (index >= m_at.size() || m_at[index] < begin || m_at[index] > end) return false;
    return std::any_of(m_values.begin(), m_values.end(),
                       [&](const auto& series) { return !std::isnan(series[index]); });
}

void TimeChart::moveCursor(int points)
{
    auto index = std::ptrdiff_t(shownIndex());
    if (m_range.cursor()) index = index == std::ptrdiff_t(m_at.size()) ? 0 : index + points;
    const int way = points > 0 && m_range.cursor() ? 1 : -1;
    while (index >= 0 && index < std::ptrdiff_t(m_at.size()) && !shown(std::size_t(index)))
        index += way;
    if (index >= 0) placeCursor(std::size_t(index));
}

void TimeChart::placeCursor(std::size_t index)
{
    if (!shown(index)) return;
    const auto at = timeOf(m_at[index]);
    m_range.pinned() ? m_range.pin(at) : m_range.setCursor(at);
    const auto place = m_plot->widget()->mapToGlobal(m_plot->placeOf(m_at[index]));
    QToolTip::showText(place, m_plot->eventsNear(m_at[index]), m_plot->widget()); // none hides it
}

void TimeChart::togglePin()
{
    const auto index = shownIndex();
    if (m_range.pinned())
        m_range.unpin();
    else if (m_range.cursor())
        m_range.pin(*m_range.cursor());
    else if (shown(index))
        m_range.pin(timeOf(m_at[index]));
}

void TimeChart::keyPressEvent(QKeyEvent* event)
{
    std::size_t first = 0, last = m_at.size();
    switch (event->key()) {
    case Qt::Key_Left:
        return moveCursor(-1);
    case Qt::Key_Right:
        return moveCursor(1);
    case Qt::Key_Home:
        while (first < m_at.size() && !shown(first))
            ++first;
        return placeCursor(first);
    case Qt::Key_End:
        while (last > 0 && !shown(last - 1))
            --last;
        return placeCursor(last - 1);
    case Qt::Key_Return:
    case Qt::Key_Enter:
        return togglePin();
    default:
        Card::keyPressEvent(event);
    }
}

void TimeChart::focusOutEvent(QFocusEvent* event)
{
    Card::focusOutEvent(event);
    if (event->reason() != Qt::PopupFocusReason) m_range.setCursor(std::nullopt);
}

// The window; where a point is more than a second, what it stands for, too. In the least room the zone alone:
// which window it is stands above the page.
void TimeChart::showWindow()
{
    const auto whole = m_range.windowText(), brief = m_range.windowTextShort();
    if (m_reading)
        return setSubtitle(tr("%1 · reading history…").arg(whole), Tone::Muted,
                           {tr("reading history…"), tr("reading…")});
    const double seconds = std::chrono::duration<double>(m_step).count();
    if (seconds <= 1)
        return setSubtitle(tr("%1 · %2").arg(whole, zoneName()), Tone::Muted,
                           {tr("%1 · %2").arg(brief, zoneName()), zoneName()});
    const auto step = formatDuration(seconds);
    setSubtitle(
        tr("%1 by %2 · %3").arg(whole, step, zoneName()), Tone::Muted,
        {tr("%1 by %2 · %3").arg(brief, step, zoneName()), tr("%1 · %2").arg(brief, zoneName()), zoneName()});
}

// Beside a low and wide chart a legend takes no height from it.
void TimeChart::placeLegend()
{
    const auto room = body()->geometry();
    const bool beside =
        m_options.series.size() > 1 && room.height() > 0 && room.width() > kBesideRatio * room.height();
    const auto direction = beside ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom;
    if (direction == m_parts->direction() && !beside) return;
    m_legend->setBeside(beside ? room.height() : 0);
    m_parts->setSpacing(beside ? kSpacingMedium : kSpacingTiny);
    m_parts->setDirection(direction);
}

void TimeChart::resizeEvent(QResizeEvent* event)
{
    Card::resizeEvent(event);
    placeLegend();
}

void TimeChart::showEvent(QShowEvent* event)
{
    Card::showEvent(event);
    fit();
}

} // namespace ui
