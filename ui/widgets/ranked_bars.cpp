#include "ui/widgets/ranked_bars.h"

#include "ui/widgets/exporter.h"
#include "ui/widgets/figure_text.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/last_known_hatch.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr int kLeastRow = 22, kMostRow = 44;
constexpr int kNameWidth = 76, kValueWidth = 76;
constexpr int kMostThick = 18;
constexpr int kLegendLeft = kSpacingTiny + 2;
constexpr int kMeanMark = 16, kBandMark = 22; // widths in the legend
constexpr float kMeanBandAlpha = 0.22F;

} // namespace

RankedBars::RankedBars(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_format(formatCompact)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Minimum);
    setAccessibleName(tr("Nodes by load"));
    makeExportable(theme, *this);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void RankedBars::setBars(std::vector<Bar> bars, double mean, double chanceBand)
{
    // Ranks change from second to second: the chosen bar is the same node, not the same row.
    const int chosen = m_current >= 0 ? m_bars[std::size_t(m_current)].id : 0;
    const bool resized = bars.size() != m_bars.size();
    m_bars = std::move(bars);
    m_mean = mean;
    m_band = chanceBand;
    if (m_current >= 0) {
        const auto found =
            std::find_if(m_bars.begin(), m_bars.end(), [chosen](const Bar& b) { return b.id == chosen; });
        m_current = found == m_bars.end() ? -1 : int(found - m_bars.begin());
    }
    if (m_hovered >= int(m_bars.size())) m_hovered = -1;
    double largest = NAN;
    for (const auto& bar : m_bars)
        if (!std::isnan(bar.value)) largest = std::isnan(largest) ? bar.value : std::max(largest, bar.value);
    // The band's upper end is to be seen as well.
    if (mean > 0) m_scale.fit(0, std::max(largest / mean, 1 + m_band));
    describe();
    if (resized) updateGeometry();
    update();
}

void RankedBars::setMetric(const QString& metric, std::function<QString(double)> format)
{
    if (metric != m_metric) m_scale.reset();
    m_metric = metric;
    m_format = format ? std::move(format) : formatCompact;
    describe();
    update();
}

QString RankedBars::text(int row) const
{
    const Bar& bar = m_bars[std::size_t(row)];
    auto words = std::isnan(bar.value)
                     ? tr("%1: not known").arg(bar.name)
                     : QStringLiteral("%1: %2 %3").arg(bar.name, m_format(bar.value), m_metric);
    if (!std::isnan(bar.value) && m_mean > 0)
        words += tr(", %1 of the mean").arg(formatRatio(bar.value / m_mean));
    if (bar.lastKnown) words += tr(", last known, not of now");
    return bar.note.isEmpty() ? words : QStringLiteral("%1, %2").arg(words, bar.note);
}

void RankedBars::describe()
{
    QStringList all;
    if (m_current >= 0)
        all << text(m_current);
    else
        for (int row = 0; row < int(m_bars.size()); ++row)
            all << text(row);
    setAccessibleDescription(all.join(QStringLiteral("; ")));
}

// --- geometry

QString RankedBars::meanText() const
{
    return tr("mean %1").arg(m_format(m_mean));
}

QString RankedBars::bandText() const
{
    return tr("by chance alone ± %1 (2 σ)").arg(formatRatio(m_band));
}

// Where the band's entry begins beside the mean's; -1: below it, the width asks for it.
int RankedBars::bandLeft() const
{
    const QFontMetrics metrics(m_theme.font(FontRole::Small));
    const int left = kLegendLeft + kMeanMark + figureWidth(metrics, meanText()) + kSpacingLarge;
    return left + kBandMark + figureWidth(metrics, bandText()) <= width() ? left : -1;
}

// The scale's words, the mean and the band.
int RankedBars::legendHeight() const
{
    const int lines = m_band > 0 && bandLeft() < 0 ? 3 : 2;
    return lines * (QFontMetrics(m_theme.font(FontRole::Small)).height() + kSpacingTiny) + kSpacingTiny;
}

int RankedBars::rowHeight() const
{
    const int rows = std::max(1, int(m_bars.size()));
    return std::clamp((height() - legendHeight()) / rows, kLeastRow, kMostRow);
}

QSize RankedBars::sizeHint() const
{
    return {kNameWidth + kValueWidth + 180, int(m_bars.size()) * kLeastRow + legendHeight()};
}

QSize RankedBars::minimumSizeHint() const
{
    return {kNameWidth + kValueWidth + 60, sizeHint().height()};
}

QRect RankedBars::rowRect(int row) const
{
    return {0, row * rowHeight(), width(), rowHeight()};
}

QRect RankedBars::barArea() const
{
    return {kNameWidth, 0, std::max(1, width() - kNameWidth - kValueWidth - kSpacingSmall),
            int(m_bars.size()) * rowHeight()};
}

int RankedBars::rowAt(const QPoint& position) const
{
    const int row = position.y() / rowHeight();
    return position.y() >= 0 && row < int(m_bars.size()) ? row : -1;
}

int RankedBars::xOf(double partOfMean) const
{
    const auto area = barArea();
    return area.left() +
           int(std::lround(std::clamp(partOfMean / m_scale.steps().end(), 0.0, 1.0) * area.width()));
}

// --- mouse and keyboard

void RankedBars::setCurrent(int row)
{
    m_current = std::clamp(row, 0, int(m_bars.size()) - 1);
    describe();
    update();
}

void RankedBars::mouseMoveEvent(QMouseEvent* event)
{
    const int row = rowAt(event->position().toPoint());
    setCursor(row >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
    if (row == m_hovered) return;
    m_hovered = row;
    setToolTip(row >= 0 ? text(row) : QString());
    update();
}

void RankedBars::mousePressEvent(QMouseEvent* event)
{
    const int row = rowAt(event->position().toPoint());
    if (event->button() != Qt::LeftButton || row < 0) return;
    setCurrent(row);
    emit barActivated(m_bars[std::size_t(row)].id);
}

void RankedBars::leaveEvent(QEvent*)
{
    m_hovered = -1;
    update();
}

void RankedBars::keyPressEvent(QKeyEvent* event)
{
    if (m_bars.empty()) {
        QWidget::keyPressEvent(event);
        return;
    }
    switch (event->key()) {
    case Qt::Key_Up:
        setCurrent(m_current - 1);
        return;
    case Qt::Key_Down:
        setCurrent(m_current + 1);
        return;
    case Qt::Key_Home:
        setCurrent(0);
        return;
    case Qt::Key_End:
        setCurrent(int(m_bars.size()) - 1);
        return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        if (m_current >= 0) emit barActivated(m_bars[std::size_t(m_current)].id);
        return;
    default:
        QWidget::keyPressEvent(event);
    }
}

// --- painting

void RankedBars::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setFont(m_theme.font(FontRole::Small));
    if (m_bars.empty()) {
        painter.setPen(m_theme.textMuted());
        painter.drawText(rect(), Qt::AlignCenter, tr("Waiting for data"));
        return;
    }
    drawScale(painter);
    for (int row = 0; row < int(m_bars.size()); ++row)
        drawRow(painter, row);
    drawBand(painter);
    drawLegend(painter);
}

void RankedBars::drawRow(QPainter& painter, int row) const
{
    const Bar& bar = m_bars[std::size_t(row)];
    const auto place = rowRect(row);
    const auto metrics = painter.fontMetrics();
    if (row == m_hovered || (row == m_current && hasFocus())) painter.fillRect(place, m_theme.hover());
    if (row == m_current && hasFocus())
        painter.fillRect(QRect(0, place.top(), kStripeWidth, place.height()), m_theme.accent());
    const int baseline = place.center().y() + metrics.ascent() / 2 - 1;
    painter.setPen(m_theme.text());
    drawFigure(painter, {kSpacingTiny + 2, baseline},
               metrics.elidedText(bar.name, Qt::ElideRight, kNameWidth - kSpacingSmall));
    const auto area = barArea();
    const int thick = std::min(place.height() / 2, kMostThick);
    const QRect track(area.left(), place.top() + (place.height() - thick) / 2, area.width(), thick);
    const bool known = !std::isnan(bar.value);
    if (known) {
        const QRect filled(track.left(), track.top(),
                           std::max(1, (m_mean > 0 ? xOf(bar.value / m_mean) : track.left()) - track.left()),
                           track.height());
        painter.fillRect(filled, m_theme.series(1));
        if (bar.lastKnown) hatchLastKnown(painter, filled, m_theme.card());
    } else {
        painter.fillRect(track, QBrush(m_theme.cardBorder(), Qt::BDiagPattern));
    }
    const auto value = known ? m_format(bar.value) : unknownText();
    painter.setPen(known && !bar.lastKnown ? m_theme.text() : m_theme.textMuted());
    drawFigure(painter, {width() - kSpacingTiny - figureWidth(metrics, value), baseline}, value);
}

void RankedBars::drawScale(QPainter& painter) const
{
    const auto area = barArea();
    const auto metrics = painter.fontMetrics();
    const auto values = m_scale.steps().values();
    const auto labels = m_scale.labels();
    const int baseline = area.bottom() + kSpacingTiny + metrics.ascent();
    if (std::isnan(m_mean) || m_mean <= 0) return;
    // Every so many-th step has a label, so that none touches the next.
    std::size_t every = 1;
    const int widest = figureWidth(metrics, labels.back()) + kSpacingSmall;
    while (every < values.size() && xOf(values[every]) - xOf(values[0]) < widest)
        ++every;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const int x = xOf(values[i]), width = figureWidth(metrics, labels[i]);
        painter.setPen(i == 0 ? m_theme.cardBorder() : m_theme.grid());
        painter.drawLine(x, area.top(), x, area.bottom());
        if (i % every != 0) continue;
        painter.setPen(m_theme.textMuted());
        drawFigure(painter, {x - width / 2, baseline}, labels[i]);
    }
    painter.setPen(m_theme.textMuted());
    const auto unit = tr("× mean");
    drawFigure(painter, {width() - kSpacingTiny - metrics.horizontalAdvance(unit), baseline}, unit);
}

void RankedBars::drawBand(QPainter& painter) const
{
    if (std::isnan(m_mean) || m_mean <= 0) return;
    const auto area = barArea();
    if (m_band > 0) {
        QColor band = m_theme.series(2);
        band.setAlphaF(kMeanBandAlpha);
        const int from = xOf(1 - m_band), to = xOf(1 + m_band);
        painter.fillRect(QRect(from, area.top(), std::max(2, to - from), area.height()), band);
    }
    painter.setPen(QPen(m_theme.series(2), 1, Qt::DashLine));
    painter.drawLine(xOf(1), area.top(), xOf(1), area.bottom());
}

void RankedBars::drawLegend(QPainter& painter) const
{
    if (std::isnan(m_mean)) return;
    const auto metrics = painter.fontMetrics();
    const int line = metrics.height() + kSpacingTiny;
    int baseline = barArea().bottom() + line + kSpacingTiny + metrics.ascent();
    const auto middle = [&] { return baseline - metrics.ascent() / 2 + 1; };
    painter.setPen(QPen(m_theme.series(2), 1, Qt::DashLine));
    painter.drawLine(kLegendLeft + 6, middle() - 6, kLegendLeft + 6, middle() + 6);
    painter.setPen(m_theme.textMuted());
    drawFigure(painter, {kLegendLeft + kMeanMark, baseline}, meanText());
    if (m_band <= 0) return;
    const int beside = bandLeft(), x = beside < 0 ? kLegendLeft : beside;
    if (beside < 0) baseline += line;
    QColor band = m_theme.series(2);
    band.setAlphaF(kMeanBandAlpha);
    painter.fillRect(QRect(x, middle() - 5, 16, 10), band);
    drawFigure(painter, {x + kBandMark, baseline}, bandText());
}

} // namespace ui
