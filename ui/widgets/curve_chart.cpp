#include "ui/widgets/curve_chart.h"

#include "ui/bridge/time_range.h"
#include "ui/widgets/exporter.h"
#include "ui/widgets/formatting.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QPolygonF>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ui {
namespace {

constexpr double kCurvePen = 1.6;
constexpr double kDot = 3.5;
constexpr double kCurveHeadroom = 1.08;
constexpr int kLineSample = 18;    // of a line, in the legend
constexpr double kBandSample = 10; // its height there
constexpr float kCurveBandAlpha = 0.45F;
constexpr double kCurveTickPixels = 90;

} // namespace

CurveChart::CurveChart(const Theme& theme, Across across, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_across(across)
    , m_yFormat(&formatCompact)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    makeExportable(theme, *this);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void CurveChart::setAxes(const QString& xTitle, ScaleUnit yUnit, std::function<QString(double)> yFormat)
{
    m_xTitle = xTitle;
    m_yUnit = yUnit;
    m_yFormat = std::move(yFormat);
    fit();
}

void CurveChart::setLines(std::vector<Line> lines, const QString& emptyText)
{
    m_lines = std::move(lines);
    m_emptyText = emptyText;
    fit();
}

void CurveChart::setMarks(std::vector<Mark> marks)
{
    m_marks = std::move(marks);
    fit();
}

bool CurveChart::empty() const
{
    return std::all_of(m_lines.begin(), m_lines.end(), [](const auto& line) { return line.points.empty(); });
}

void CurveChart::fit()
{
    double low = INFINITY, high = -INFINITY, most = 0;
    for (const auto& line : m_lines)
        for (const auto& point : line.points) {
            low = std::min(low, point.x());
            high = std::max(high, point.x());
            most = std::max(most, point.y());
        }
    for (const auto& mark : m_marks)
        if (mark.y) most = std::max(most, *mark.y);
    if (low < high) {
        m_low = low;
        m_high = high;
    } else if (std::isfinite(low)) {
        m_low = m_across == Across::Decades ? 0 : low - 60;
        m_high = low + (m_across == Across::Decades ? 1 : 60);
    }
    m_yScale = stepsFor(m_yUnit, 0, most > 0 ? most * kCurveHeadroom : 1);
    if (m_cursor && (empty() || *m_cursor < m_low || *m_cursor > m_high)) {
        m_cursor.reset();
        m_readOut = m_pinned = false;
    }
    describe();
    update();
}

void CurveChart::describe()
{
    QStringList words;
    for (const auto& mark : m_marks)
        words << (mark.y ? QStringLiteral("%1: %2").arg(mark.text, m_yFormat(*mark.y)) : mark.text);
    setAccessibleDescription(empty()     ? m_emptyText
                             : m_readOut ? readoutAt(*m_cursor).replace(u'\n', QStringLiteral(", "))
                                         : words.join(QStringLiteral(", ")));
}

double CurveChart::part(double x) const
{
    const auto scaled = [this](double v) {
        return m_across == Across::Decades ? std::log10(1 + std::max(v, 0.0)) : v;
    };
    return (scaled(x) - scaled(m_low)) / std::max(scaled(m_high) - scaled(m_low), 1e-9);
}

double CurveChart::xOf(double part) const
{
    if (m_across == Across::Time) return m_low + part * (m_high - m_low);
    const double low = std::log10(1 + m_low), high = std::log10(1 + m_high);
    return std::pow(10, low + part * (high - low)) - 1;
}

QRectF CurveChart::plotArea() const
{
    const QFontMetrics metrics(m_theme.font(FontRole::Small));
    const int left = metrics.horizontalAdvance(longestScaleLabel()) + 6;
    const int top = metrics.height() + kSpacingSmall; // the legend
    const int bottom = 2 * metrics.height() + kSpacingTiny + (m_events ? kMarkStrip : 0);
    return QRectF(rect()).adjusted(left, top, -kSpacingMedium, -bottom);
}

QPointF CurveChart::toPixel(const QRectF& area, double x, double y) const
{
    return {area.left() + part(x) * area.width(), area.bottom() - y / m_yScale.end() * area.height()};
}

std::vector<TimeTick> CurveChart::ticks() const
{
    if (m_across == Across::Time)
        return timeTicks(m_low, m_high, std::clamp(int(plotArea().width() / kCurveTickPixels), 1, 6));
    std::vector<TimeTick> out;
    if (m_low <= 0) out.push_back({0, QStringLiteral("0")});
    for (double x = 1; x <= m_high * (1 + 1e-9); x *= 10)
        if (x >= m_low) out.push_back({x, formatCompact(x)});
    return out;
}

void CurveChart::showEventsOf(const TimeRange& range)
{
    m_events = &range;
    connect(&range, &TimeRange::eventsChanged, this, qOverload<>(&QWidget::update));
    update();
}

std::vector<EventMark> CurveChart::eventMarksIn(const QRectF& area) const
{
    if (!m_events || empty()) return {};
    return eventMarks(m_events->events(), m_low, m_high, area);
}

int CurveChart::eventsShown() const
{
    return int(eventMarksIn(plotArea()).size());
}

std::optional<double> CurveChart::valueAt(const Line& line, double x)
{
    if (line.points.empty() || x < line.points.front().x() || x > line.points.back().x()) return {};
    const auto after = std::upper_bound(line.points.begin(), line.points.end(), x,
                                        [](double at, const QPointF& point) { return at < point.x(); });
    const auto& before = *std::prev(after);
    if (std::isnan(before.y()) || (after != line.points.end() && std::isnan(after->y()))) return {};
    if (line.steps || after == line.points.end() || after->x() <= before.x()) return before.y();
    const double share = (x - before.x()) / (after->x() - before.x());
    return before.y() + share * (after->y() - before.y());
}

QString CurveChart::readoutAt(double x) const
{
    QStringList parts;
    parts << (m_across == Across::Time ? formatTime(timeOf(x))
                                       : tr("%1 followers").arg(formatCount(std::llround(x))));
    for (const auto& line : m_lines)
        if (const auto value = valueAt(line, x))
            parts << QStringLiteral("%1: %2").arg(line.name, m_yFormat(*value));
    return parts.join(QStringLiteral("\n"));
}

void CurveChart::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setFont(m_theme.font(FontRole::Small));
    if (empty()) {
        painter.setPen(m_theme.textMuted());
        painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
        return;
    }
    const auto area = plotArea();
    drawGrid(painter, area);
    painter.setRenderHint(QPainter::Antialiasing);
    drawBands(painter, area);
    for (const auto& line : m_lines)
        if (!line.band) drawLine(painter, area, line);
    QRectF taken;
    for (const auto& mark : m_marks)
        taken = drawMark(painter, area, mark, taken);
    drawEventMarks(painter, m_theme, eventMarksIn(area), area);
    if (m_cursor) drawCursor(painter, area);
    drawLegend(painter);
    if (!hasFocus()) return;
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(m_theme.accent());
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
}

void CurveChart::drawGrid(QPainter& painter, const QRectF& area) const
{
    const QFontMetrics metrics(painter.font());
    const auto values = m_yScale.values();
    const auto labels = scaleLabels(m_yUnit, m_yScale);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double y = std::round(toPixel(area, m_low, values[i]).y());
        painter.setPen(QPen(i == 0 ? m_theme.cardBorder() : m_theme.grid(), 0));
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
        painter.setPen(m_theme.textMuted());
        painter.drawText(QRectF(0, y - metrics.height() / 2.0, area.left() - 6, metrics.height()),
                         Qt::AlignRight | Qt::AlignVCenter, labels[i]);
    }
    double free = -INFINITY;
    const double below = area.bottom() + 2 + (m_events ? kMarkStrip : 0);
    for (const auto& tick : ticks()) {
        const double x = toPixel(area, tick.at, 0).x(), width = metrics.horizontalAdvance(tick.text);
        const double left = std::min(x - width / 2, double(rect().right()) - width);
        painter.setPen(QPen(m_theme.grid(), 0));
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
        if (tick.text.isEmpty() || left < free) continue;
        free = left + width + kSpacingSmall;
        painter.setPen(m_theme.textMuted());
        painter.drawText(QRectF(left, below, width + 1, metrics.height()), Qt::AlignLeft, tick.text);
    }
    painter.drawText(QRectF(area.left(), below + metrics.height(), area.width(), metrics.height()),
                     Qt::AlignHCenter, m_xTitle);
}

void CurveChart::drawLine(QPainter& painter, const QRectF& area, const Line& line) const
{
    if (line.points.empty()) return;
    QPainterPath path;
    std::optional<QPointF> last;
    for (const auto& point : line.points) {
        if (std::isnan(point.y())) {
            last.reset();
            continue;
        }
        const auto at = toPixel(area, point.x(), point.y());
        if (!last) path.moveTo(at);
        if (last && line.steps) path.lineTo(at.x(), last->y());
        path.lineTo(at);
        last = at;
    }
    QPen pen(m_theme.series(line.number), kCurvePen);
    if (const auto dash = m_theme.seriesDash(line.number); !dash.isEmpty()) pen.setDashPattern(dash);
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(path);
}

// Told apart without their colours as well: every other one is hatched.
QBrush CurveChart::bandBrush(const Line& line) const
{
    auto color = m_theme.series(line.number);
    const bool hatched = line.number % 2 == 1;
    if (!hatched) color.setAlphaF(kCurveBandAlpha);
    return {color, hatched ? Qt::BDiagPattern : Qt::SolidPattern};
}

void CurveChart::drawBands(QPainter& painter, const QRectF& area) const
{
    std::vector<double> below;
    for (const auto& line : m_lines) {
        if (!line.band || line.points.empty()) continue;
        below.resize(line.points.size(), 0.0);
        QPolygonF upper, lower;
        const auto add = [&](QPolygonF& edge, std::size_t i, double y) {
            const auto at = toPixel(area, line.points[i].x(), y);
            if (line.steps && !edge.isEmpty()) edge << QPointF(at.x(), edge.back().y());
            edge << at;
        };
        for (std::size_t i = 0; i < line.points.size(); ++i) {
            add(lower, i, below[i]);
            below[i] += std::isnan(line.points[i].y()) ? 0 : line.points[i].y();
            add(upper, i, below[i]);
        }
        std::reverse(lower.begin(), lower.end());
        painter.setPen(Qt::NoPen);
        painter.setBrush(bandBrush(line));
        painter.drawPolygon(upper + lower);
    }
    painter.setBrush(Qt::NoBrush);
}

// Whether a line that is not a band runs through it.
bool CurveChart::isCrossed(const QRectF& area, const QRectF& box) const
{
    const auto touches = [&](QPointF a, QPointF b) {
        return QRectF(a, b).normalized().adjusted(-1, -1, 1, 1).intersects(box);
    };
    for (const auto& line : m_lines) {
        if (line.band) continue;
        for (std::size_t i = 1; i < line.points.size(); ++i) {
            const auto &from = line.points[i - 1], &to = line.points[i];
            if (std::isnan(from.y()) || std::isnan(to.y())) continue;
            const auto a = toPixel(area, from.x(), from.y()), b = toPixel(area, to.x(), to.y());
            const auto corner = line.steps ? QPointF(b.x(), a.y()) : b;
            if (touches(a, corner) || touches(corner, b)) return true;
        }
    }
    return false;
}

// Beside the point, above it or below, where it hides no line and not the words of the mark before.
QRectF CurveChart::placeFor(const QSizeF& size, const QRectF& area, QPointF at, const QRectF& taken) const
{
    const double right = at.x() + kSpacingTiny, left = at.x() - size.width() - kSpacingTiny;
    const double above = at.y() - size.height() - 3, below = at.y() + 3;
    const bool roomAtRight = right + size.width() + kSpacingSmall <= area.right();
    std::optional<QRectF> second;
    for (const double y : {above, below, above - size.height(), below + size.height()})
        for (const double x : {right, left}) {
            const QRectF box({x, y}, size);
            if (!area.contains(box) || box.intersects(taken)) continue;
            if (!isCrossed(area, box)) return box;
            if (!second) second = box;
        }
    return second.value_or(QRectF({roomAtRight ? right : left, std::max(area.top(), above)}, size));
}

QRectF CurveChart::drawMark(QPainter& painter, const QRectF& area, const Mark& mark,
                            const QRectF& taken) const
{
    const double x = std::clamp(mark.x, m_low, m_high);
    const auto at = toPixel(area, x, mark.y.value_or(m_yScale.end()));
    const auto color = m_theme.color(mark.tone);
    const QFontMetrics metrics(painter.font());
    const double width = metrics.horizontalAdvance(mark.text) + 2;
    painter.setPen(QPen(color, 1, mark.y ? Qt::DotLine : Qt::DashLine));
    painter.drawLine(QPointF(at.x(), at.y()), QPointF(at.x(), area.bottom()));
    if (mark.y) {
        painter.setPen(QPen(m_theme.card(), 1));
        painter.setBrush(color);
        painter.drawEllipse(at, kDot, kDot);
    }
    const auto box = placeFor({width, double(metrics.height())}, area, at, taken);
    const bool toLeft = box.center().x() < at.x();
    QColor ground = m_theme.card();
    ground.setAlphaF(0.8F);
    painter.fillRect(box, ground);
    painter.setPen(color);
    painter.drawText(box, toLeft ? Qt::AlignRight : Qt::AlignLeft, mark.text);
    return box;
}

void CurveChart::drawLegend(QPainter& painter) const
{
    const QFontMetrics metrics(painter.font());
    double x = plotArea().left();
    for (const auto& line : m_lines) {
        if (line.band) {
            painter.fillRect(QRectF(x, metrics.height() / 2.0 - kBandSample / 2, kLineSample, kBandSample),
                             bandBrush(line));
        } else {
            QPen pen(m_theme.series(line.number), kCurvePen);
            if (const auto dash = m_theme.seriesDash(line.number); !dash.isEmpty()) pen.setDashPattern(dash);
            painter.setPen(pen);
            painter.drawLine(QPointF(x, metrics.height() / 2.0),
                             QPointF(x + kLineSample, metrics.height() / 2.0));
        }
        x += kLineSample + kSpacingTiny;
        const double width = metrics.horizontalAdvance(line.name);
        painter.setPen(m_theme.textMuted());
        painter.drawText(QRectF(x, 0, width + 1, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
                         line.name);
        x += width + kSpacingMedium;
    }
}

void CurveChart::drawCursor(QPainter& painter, const QRectF& area) const
{
    const double x = toPixel(area, *m_cursor, 0).x();
    painter.setPen(QPen(m_pinned ? m_theme.accent() : m_theme.textMuted(), 0));
    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
    if (!m_readOut) return;
    const auto words = readoutAt(*m_cursor);
    auto box = QRectF(painter.boundingRect(QRect(0, 0, width(), height()), Qt::AlignLeft, words))
                   .adjusted(0, 0, 2 * kSpacingSmall, kSpacingSmall);
    const bool toLeft = x + kSpacingSmall + box.width() > area.right();
    box.moveTopLeft(
        {toLeft ? std::max(0.0, x - kSpacingSmall - box.width()) : x + kSpacingSmall, area.top()});
    painter.setPen(m_theme.cardBorder());
    painter.setBrush(m_theme.card());
    painter.drawRect(box);
    painter.setPen(m_theme.text());
    painter.drawText(box.adjusted(kSpacingSmall, kSpacingTiny, 0, 0), Qt::AlignLeft, words);
}

// --- mouse and keyboard

void CurveChart::setCursorAt(std::optional<double> x, bool readOut)
{
    m_cursor = x;
    m_readOut = x && readOut;
    m_pinned = m_pinned && x;
    describe();
    update();
}

void CurveChart::mouseMoveEvent(QMouseEvent* event)
{
    if (m_pinned) return;
    const auto area = plotArea();
    const double x = (event->position().x() - area.left()) / std::max(area.width(), 1.0);
    const bool inside = !empty() && x >= 0 && x <= 1;
    setCursorAt(inside ? std::optional(xOf(x)) : std::nullopt, false);
    if (const auto happened = eventMarkText(eventMarksIn(area), area, event->position()); !happened.isEmpty())
        QToolTip::showText(event->globalPosition().toPoint(), happened, this);
    else if (inside)
        QToolTip::showText(event->globalPosition().toPoint(), readoutAt(*m_cursor), this);
    else
        QToolTip::hideText();
}

void CurveChart::mousePressEvent(QMouseEvent* event)
{
    QWidget::mousePressEvent(event);
    if (event->button() != Qt::LeftButton) return;
    const bool was = std::exchange(m_pinned, false);
    mouseMoveEvent(event);
    m_pinned = m_cursor && !was;
    m_readOut = m_pinned;
    if (m_pinned) QToolTip::hideText();
}

void CurveChart::leaveEvent(QEvent* event)
{
    if (!m_pinned && !m_readOut) setCursorAt(std::nullopt, false);
    QWidget::leaveEvent(event);
}

void CurveChart::focusOutEvent(QFocusEvent* event)
{
    QWidget::focusOutEvent(event);
    if (!m_pinned && event->reason() != Qt::PopupFocusReason) setCursorAt(std::nullopt, false);
}

std::vector<double> CurveChart::places() const
{
    std::vector<double> out;
    for (const auto& line : m_lines)
        for (const auto& point : line.points)
            out.push_back(point.x());
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

// To the next point of any line that is seen to lie apart; from the newest or largest one on at first.
void CurveChart::step(int points)
{
    const auto all = places();
    if (all.empty()) return;
    if (!m_cursor) return setCursorAt(all.back(), true);
    const double apart = 1.0 / std::max(plotArea().width(), 1.0);
    std::optional<double> to;
    if (points > 0) {
        const auto next = std::find_if(all.begin(), all.end(),
                                       [&](double x) { return part(x) >= part(*m_cursor) + apart; });
        if (next != all.end()) to = *next;
    } else {
        const auto before = std::find_if(all.rbegin(), all.rend(),
                                         [&](double x) { return part(x) <= part(*m_cursor) - apart; });
        if (before != all.rend()) to = *before;
    }
    setCursorAt(to ? to : m_cursor, true);
}

void CurveChart::keyPressEvent(QKeyEvent* event)
{
    const auto all = places();
    switch (event->key()) {
    case Qt::Key_Left:
        return step(-1);
    case Qt::Key_Right:
        return step(1);
    case Qt::Key_Home:
        if (!all.empty()) setCursorAt(all.front(), true);
        return;
    case Qt::Key_End:
        if (!all.empty()) setCursorAt(all.back(), true);
        return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (!m_cursor) step(0);
        m_pinned = m_cursor && !m_pinned;
        return update();
    default:
        QWidget::keyPressEvent(event);
    }
}

} // namespace ui
