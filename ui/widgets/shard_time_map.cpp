#include "ui/widgets/shard_time_map.h"

#include "ui/bridge/history_view.h"
#include "ui/bridge/time_range.h"
#include "ui/widgets/exporter.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/not_watched.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr double kMapDragPixels = 4;
constexpr float kFarthest = 1; // of the deviation's scale: from nothing to twice the mean

} // namespace

ShardTimeMap::ShardTimeMap(const Theme& theme, TimeRange& range, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_range(range)
    , m_why(tr("Waiting for data"))
    , m_format(formatCompact)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Heatmap of logical shards over time"));
    makeExportable(
        theme, *this,
        {{},
         [this] { return tr("%1 – %2").arg(formatTime(m_range.begin()), formatTime(m_range.end())); },
         {},
         {}});
    connect(&theme, &Theme::changed, this, [this] {
        rebuild();
        update();
    });
    connect(&range, &TimeRange::moved, this, qOverload<>(&QWidget::update));
    connect(&range, &TimeRange::eventsChanged, this, qOverload<>(&QWidget::update));
    for (const auto other : {&TimeRange::cursorChanged, &TimeRange::zoneChanged})
        connect(&range, other, this, [this] {
            describe();
            update();
        });
}

void ShardTimeMap::setHistory(backend::ShardHistory history)
{
    m_history = std::move(history);
    m_firstKnown = findFirstKnown();
    m_why.clear();
    float highest = 0;
    for (const float value : m_history.values)
        highest = std::max(highest, std::isnan(value) ? 0 : value);
    if (highest > 0) m_scale.fit(0, double(highest));
    m_nothing.look(m_history.values);
    if (m_current >= m_history.shards) m_current = -1;
    if (m_hovered >= m_history.shards) m_hovered = -1;
    rebuild();
    describe();
    update();
}

void ShardTimeMap::clear(const QString& why)
{
    m_history = {};
    m_firstKnown.reset();
    m_image = {};
    m_nothing.look(m_history.values);
    m_why = why;
    describe();
    update();
}

void ShardTimeMap::setMetric(const QString& metric, ScaleUnit unit, Format format)
{
    if (metric != m_metric) {
        m_scale = AxisScale(unit);
        clear(tr("Waiting for data"));
    }
    m_metric = metric;
    m_format = std::move(format);
    update();
}

void ShardTimeMap::setNothing(const QString& words)
{
    m_nothing.setWords(words);
    update();
}

void ShardTimeMap::setDeviation(bool deviation)
{
    if (deviation == m_deviation) return;
    m_deviation = deviation;
    rebuild();
    describe();
    update();
}

void ShardTimeMap::setCurrent(int shard)
{
    if (shard == m_current || shard < -1 || shard >= m_history.shards) return;
    m_current = shard;
    describe();
    update();
    emit currentChanged(shard);
}

void ShardTimeMap::rebuild()
{
    m_deviations = m_deviation ? deviationsOf(m_history) : std::vector<float>();
    if (m_history.at.empty() || m_history.shards == 0) {
        m_image = {};
        return;
    }
    ColorTable colors;
    for (std::size_t i = 0; i < colors.size(); ++i) {
        const double place = double(i) / double(colors.size() - 1);
        colors[i] = (m_deviation ? m_theme.divergingColor(2 * place - 1) : m_theme.loadColor(place)).rgb();
    }
    m_image = m_deviation
                  ? shardTimeImage(m_history, m_deviations, shardsInALine(), 0, -kFarthest, kFarthest, colors)
                  : shardTimeImage(m_history, m_history.values, shardsInALine(), 0, 0,
                                   float(m_scale.steps().end()), colors);
}

void ShardTimeMap::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    rebuild();
}

// --- what is where

int ShardTimeMap::shardsInALine() const
{
    return shardsPerLine(m_history.shards, plotRect().height());
}

int ShardTimeMap::shardAt(double y) const
{
    const auto plot = plotRect();
    if (m_image.isNull() || y < plot.top() || y >= plot.top() + plot.height()) return -1;
    const int line = int((y - plot.top()) * m_image.height() / plot.height());
    return std::min(line, m_image.height() - 1) * shardsInALine();
}

QRectF ShardTimeMap::lineRect(int shard) const
{
    const auto plot = plotRect();
    if (m_image.isNull()) return {};
    const double high = double(plot.height()) / m_image.height();
    return {double(plot.left()), plot.top() + shard / shardsInALine() * high, double(plot.width()), high};
}

backend::TimePoint ShardTimeMap::timeAt(double x) const
{
    const auto plot = plotRect();
    const double part = std::clamp((x - plot.left()) / std::max(1, plot.width()), 0.0, 1.0);
    return timeOf(secondsOf(m_range.begin()) +
                  part * (secondsOf(m_range.end()) - secondsOf(m_range.begin())));
}

double ShardTimeMap::xOf(backend::TimePoint at) const
{
    const auto plot = plotRect();
    const double begin = secondsOf(m_range.begin()), end = secondsOf(m_range.end());
    return plot.left() + (secondsOf(at) - begin) / std::max(1e-6, end - begin) * plot.width();
}

std::optional<float> ShardTimeMap::valueAt(const std::vector<float>& values, int shard,
                                           backend::TimePoint at) const
{
    if (m_history.at.empty() || shard < 0 || shard >= m_history.shards || at < m_history.at.front())
        return {};
    const auto column = std::size_t((at - m_history.at.front()) / m_history.step);
    if (column >= m_history.at.size()) return {};
    const float value = values[column * std::size_t(m_history.shards) + std::size_t(shard)];
    return std::isnan(value) ? std::nullopt : std::optional(value);
}

std::optional<backend::TimePoint> ShardTimeMap::findFirstKnown() const
{
    const auto& values = m_history.values;
    const auto first =
        std::find_if(values.begin(), values.end(), [](float value) { return !std::isnan(value); });
    if (first == values.end()) return {};
    return m_history.at[std::size_t(first - values.begin()) / std::size_t(m_history.shards)];
}

QRectF ShardTimeMap::notWatched() const
{
    const auto& first = m_firstKnown;
    if (!first || *first - m_range.begin() <= m_history.step + kLateness) return {};
    const QRectF plot = plotRect();
    return plot.intersected(QRectF(plot.topLeft(), QPointF(xOf(*first), plot.bottom())));
}

QString ShardTimeMap::cellText(int shard, backend::TimePoint at) const
{
    const auto head = tr("Shard %1 at %2 %3").arg(QString::number(shard), formatMoment(at), zoneName());
    const auto value = valueAt(m_history.values, shard, at);
    if (!value) return tr("%1: not known").arg(head);
    auto out = QStringLiteral("%1: %2").arg(head, m_format(double(*value)));
    if (m_deviation)
        if (const auto part = valueAt(m_deviations, shard, at))
            out += tr(", %1 × the mean").arg(formatNumber(double(*part) + 1, 2));
    return out;
}

int ShardTimeMap::shownShard() const
{
    return m_hovered >= 0 ? m_hovered : m_current;
}

QString ShardTimeMap::readout() const
{
    const int shard = shownShard();
    if (m_image.isNull()) return m_why;
    if (shard < 0) return tr("Point at a line to read it; drag to choose a part of the time");
    // Without a crosshair: the newest full column.
    const auto at = m_range.cursor().value_or(m_history.at.size() > 1 ? m_history.at[m_history.at.size() - 2]
                                                                      : m_history.at.back());
    const int last = std::min(m_history.shards, shard + shardsInALine()) - 1;
    auto out = cellText(shard, at);
    if (last > shard) out += tr(" (the line shows shards %1 to %2)").arg(shard).arg(last);
    return out;
}

void ShardTimeMap::describe()
{
    setAccessibleDescription(readout());
}

std::vector<EventMark> ShardTimeMap::marks() const
{
    if (m_image.isNull()) return {};
    return eventMarks(m_range.events(), secondsOf(m_range.begin()), secondsOf(m_range.end()), plotRect());
}

int ShardTimeMap::marksShown() const
{
    return int(marks().size());
}

QString ShardTimeMap::markText(QPoint pixel) const
{
    return eventMarkText(marks(), plotRect(), pixel);
}

// --- mouse and keyboard

bool ShardTimeMap::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto& help = *static_cast<QHelpEvent*>(event);
    auto text = markText(help.pos());
    if (text.isEmpty() && notWatched().contains(help.pos())) text = notWatchedText(*m_firstKnown);
    QToolTip::showText(help.globalPos(), text, this); // without text: hides it
    return true;
}

void ShardTimeMap::mousePressEvent(QMouseEvent* event)
{
    const bool left = event->button() == Qt::LeftButton, shift = event->modifiers() & Qt::ShiftModifier;
    m_drag = Drag::None;
    if (!plotRect().contains(event->position().toPoint())) return;
    if (event->button() == Qt::MiddleButton || (left && shift))
        m_drag = Drag::Pan;
    else if (left)
        m_drag = Drag::Brush;
    m_pressedAt = m_brushTo = event->position().x();
}

void ShardTimeMap::mouseMoveEvent(QMouseEvent* event)
{
    const auto plot = plotRect();
    const auto position = event->position();
    const bool inside = plot.contains(position.toPoint());
    m_hovered = inside ? shardAt(position.y()) : -1;
    if (m_drag == Drag::Pan) {
        const auto by = timeAt(m_pressedAt) - timeAt(position.x());
        m_pressedAt = position.x();
        m_range.shift(by);
    } else {
        m_brushTo = position.x();
        m_range.setCursor(inside ? std::optional(timeAt(position.x())) : std::nullopt);
    }
    describe();
    update();
}

void ShardTimeMap::mouseReleaseEvent(QMouseEvent* event)
{
    const auto drag = std::exchange(m_drag, Drag::None);
    update();
    if (drag != Drag::Brush) return;
    const double from = m_pressedAt, to = event->position().x();
    if (std::abs(to - from) >= kMapDragPixels) {
        m_range.choose(timeAt(std::min(from, to)), timeAt(std::max(from, to)));
        return;
    }
    const int shard = shardAt(event->position().y());
    if (shard < 0) return;
    setCurrent(shard);
    emit shardActivated(shard);
}

void ShardTimeMap::mouseDoubleClickEvent(QMouseEvent*)
{
    m_drag = Drag::None;
    m_range.unpin();
    m_range.reset();
}

void ShardTimeMap::wheelEvent(QWheelEvent* event)
{
    event->accept();
    const QPointF steps = QPointF(event->angleDelta()) / QWheelEvent::DefaultDeltasPerStep;
    if (steps.y() != 0)
        m_range.zoom(std::pow(TimeRange::kZoomStep, steps.y()), timeAt(event->position().x()));
    else if (steps.x() != 0)
        m_range.shift(std::chrono::duration_cast<TimeRange::Span>(m_range.span() * (-steps.x() / 10)));
}

void ShardTimeMap::leaveEvent(QEvent*)
{
    m_hovered = -1;
    m_range.setCursor(std::nullopt);
    describe();
    update();
}

void ShardTimeMap::moveCursor(int columns)
{
    const auto from = m_range.cursor().value_or(m_range.end() - m_history.step);
    m_range.setCursor(std::clamp(from + columns * m_history.step, m_range.begin(), m_range.end()));
}

void ShardTimeMap::keyPressEvent(QKeyEvent* event)
{
    const int line = shardsInALine();
    switch (event->key()) {
    case Qt::Key_Up:
        return setCurrent(std::max(0, m_current - line));
    case Qt::Key_Down:
        return setCurrent(m_current < 0 ? 0 : std::min(m_history.shards - 1, m_current + line));
    case Qt::Key_Home:
        return setCurrent(0);
    case Qt::Key_End:
        return setCurrent(m_history.shards - 1);
    case Qt::Key_Left:
        return moveCursor(-1);
    case Qt::Key_Right:
        return moveCursor(1);
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        if (m_current >= 0) emit shardActivated(m_current);
        return;
    default:
        QWidget::keyPressEvent(event);
    }
}

void ShardTimeMap::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    const bool byKeyboard =
        event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    if (byKeyboard && m_current < 0 && m_history.shards > 0) setCurrent(0);
    update();
}

} // namespace ui
