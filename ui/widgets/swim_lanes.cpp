#include "ui/widgets/swim_lanes.h"

#include "ui/bridge/time_range.h"
#include "ui/widgets/exporter.h"
#include "ui/widgets/formatting.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <set>

namespace ui {
namespace {

constexpr int kLeastLane = 24, kMostLane = 44;
constexpr int kLeastName = 90, kMostName = 220;
constexpr int kRight = 12;
constexpr int kLaneDragPixels = 5;

} // namespace

SwimLanes::SwimLanes(const Theme& theme, TimeRange& range, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_range(range)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::MinimumExpanding);
    setAccessibleName(tr("Workers over time"));
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
    connect(&range, &TimeRange::moved, this, qOverload<>(&QWidget::update));
    connect(&range, &TimeRange::cursorChanged, this, qOverload<>(&QWidget::update));
    connect(&range, &TimeRange::eventsChanged, this, qOverload<>(&QWidget::update));
    connect(&range, &TimeRange::zoneChanged, this, [this] {
        describe();
        update();
    });
    makeExportable(
        theme, *this,
        {{},
         [this] { return tr("%1 – %2").arg(formatTime(m_range.begin()), formatTime(m_range.end())); },
         [this] { return QSize(width(), plot().height() + footHeight()); },
         {}});
    measure();
}

void SwimLanes::setLooks(std::vector<LaneLook> looks)
{
    m_looks = std::move(looks);
    update();
}

void SwimLanes::setLanes(std::vector<Lane> lanes)
{
    const int before = sizeHint().height();
    m_lanes = std::move(lanes);
    if (m_current >= int(m_lanes.size())) m_current = -1;
    measure();
    if (sizeHint().height() != before) updateGeometry();
    describe();
    update();
}

void SwimLanes::measure()
{
    const QFontMetrics metrics(m_theme.font(FontRole::Small));
    int widest = kLeastName;
    for (const auto& lane : m_lanes)
        widest = std::max(widest, metrics.horizontalAdvance(lane.name) + kNameGap + 2);
    m_left = std::min(widest, kMostName);
}

// --- geometry

QRect SwimLanes::plot() const
{
    return {m_left, 0, std::max(1, width() - m_left - kRight), int(m_lanes.size()) * laneHeight()};
}

int SwimLanes::pixelsAcross() const
{
    return plot().width();
}

double SwimLanes::xOf(double seconds) const
{
    const double begin = secondsOf(m_range.begin()), end = secondsOf(m_range.end());
    return plot().left() + (seconds - begin) / (end - begin) * plot().width();
}

double SwimLanes::timeAt(double x) const
{
    const double begin = secondsOf(m_range.begin()), end = secondsOf(m_range.end());
    const double place = std::clamp((x - plot().left()) / plot().width(), 0.0, 1.0);
    return begin + place * (end - begin);
}

QRect SwimLanes::laneRect(int lane) const
{
    return {plot().left(), lane * laneHeight(), plot().width(), laneHeight()};
}

int SwimLanes::laneAt(int y) const
{
    const int lane = y / laneHeight();
    return y >= 0 && lane < int(m_lanes.size()) ? lane : -1;
}

std::vector<int> SwimLanes::legendEntries() const
{
    std::set<int> seen;
    for (const auto& lane : m_lanes)
        for (const auto& bar : lane.bars)
            seen.insert(bar.look);
    return {seen.begin(), seen.end()};
}

int SwimLanes::legendHeight() const
{
    return QFontMetrics(m_theme.font(FontRole::Small)).height() + kSpacingSmall;
}

int SwimLanes::footHeight() const
{
    return kMarkStrip + QFontMetrics(m_theme.font(FontRole::Small)).height() + kSpacingTiny + legendHeight();
}

int SwimLanes::laneHeight() const
{
    const int lanes = std::max(1, int(m_lanes.size()));
    return std::clamp((height() - footHeight()) / lanes, kLeastLane, kMostLane);
}

QSize SwimLanes::sizeHint() const
{
    return {kMostName + 400, int(m_lanes.size()) * kLeastLane + footHeight()};
}

QSize SwimLanes::minimumSizeHint() const
{
    return {kMostName + 160, sizeHint().height()};
}

std::vector<EventMark> SwimLanes::marks() const
{
    if (m_lanes.empty()) return {};
    return eventMarks(m_range.events(), secondsOf(m_range.begin()), secondsOf(m_range.end()), plot());
}

int SwimLanes::marksShown() const
{
    return int(marks().size());
}

QString SwimLanes::markText(QPoint pixel) const
{
    return eventMarkText(marks(), plot(), pixel);
}

// --- words

QString SwimLanes::textAt(int lane, double seconds) const
{
    const auto& it = m_lanes[std::size_t(lane)];
    const auto at = QStringLiteral("%1 %2").arg(formatMoment(timeOf(seconds)), zoneName());
    if (seconds < it.knownFrom || seconds > it.knownTo)
        return QStringLiteral("%1, %2: %3").arg(it.name, at, it.outside);
    QStringList parts;
    for (const auto& bar : it.bars)
        if (bar.begin <= seconds && seconds < bar.end) parts << bar.words;
    return QStringLiteral("%1, %2: %3")
        .arg(it.name, at, parts.isEmpty() ? tr("idle") : parts.join(QStringLiteral("; ")));
}

void SwimLanes::describe()
{
    if (m_current >= 0)
        setAccessibleDescription(textAt(m_current, m_currentAt));
    else
        setAccessibleDescription(m_lanes.empty() ? tr("no workers") : tr("%1 lanes").arg(m_lanes.size()));
}

// --- mouse and keyboard

bool SwimLanes::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto& help = *static_cast<QHelpEvent*>(event);
        const int lane = laneAt(help.pos().y());
        if (lane >= 0 && help.pos().x() >= m_left)
            QToolTip::showText(help.globalPos(), textAt(lane, timeAt(help.pos().x())), this);
        else if (lane >= 0)
            QToolTip::showText(help.globalPos(), m_lanes[std::size_t(lane)].name, this);
        else if (const auto text = markText(help.pos()); !text.isEmpty())
            QToolTip::showText(help.globalPos(), text, this);
        else
            QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

void SwimLanes::mouseMoveEvent(QMouseEvent* event)
{
    const int x = int(event->position().x());
    if (m_pannedAt) {
        const double by = timeAt(*m_pannedAt) - timeAt(x);
        m_pannedAt = x;
        m_range.shift(std::chrono::duration_cast<TimeRange::Span>(std::chrono::duration<double>(by)));
        return;
    }
    if (m_pressedAt && std::abs(x - *m_pressedAt) >= kLaneDragPixels) m_draggedTo = x;
    if (x >= m_left) m_range.setCursor(timeOf(timeAt(x)));
    update();
}

void SwimLanes::mousePressEvent(QMouseEvent* event)
{
    const bool left = event->button() == Qt::LeftButton, shift = event->modifiers() & Qt::ShiftModifier;
    m_draggedTo.reset();
    m_pressedAt.reset();
    m_pannedAt.reset();
    if (event->button() == Qt::MiddleButton || (left && shift))
        m_pannedAt = int(event->position().x());
    else if (left)
        m_pressedAt = int(event->position().x());
    m_current = laneAt(int(event->position().y()));
    m_currentAt = timeAt(event->position().x());
    describe();
}

void SwimLanes::mouseReleaseEvent(QMouseEvent*)
{
    if (m_pressedAt && m_draggedTo) {
        const auto [left, right] = std::minmax(*m_pressedAt, *m_draggedTo);
        m_range.choose(timeOf(timeAt(left)), timeOf(timeAt(right)));
    } else if (m_pressedAt && *m_pressedAt >= m_left) {
        m_range.pinned() ? m_range.unpin() : m_range.pin(timeOf(timeAt(*m_pressedAt)));
    }
    m_pressedAt.reset();
    m_pannedAt.reset();
    m_draggedTo.reset();
    update();
}

void SwimLanes::mouseDoubleClickEvent(QMouseEvent*)
{
    m_range.unpin();
    m_range.reset();
}

void SwimLanes::wheelEvent(QWheelEvent* event)
{
    if (event->position().x() < m_left) {
        event->ignore(); // over the names: many lanes scroll
        return;
    }
    event->accept();
    const QPointF steps = QPointF(event->angleDelta()) / QWheelEvent::DefaultDeltasPerStep;
    if (steps.y() != 0)
        m_range.zoom(std::pow(TimeRange::kZoomStep, steps.y()), timeOf(timeAt(event->position().x())));
    else if (steps.x() != 0)
        m_range.shift(std::chrono::duration_cast<TimeRange::Span>(m_range.span() * (-steps.x() / 10)));
}

void SwimLanes::leaveEvent(QEvent*)
{
    m_range.setCursor(std::nullopt);
}

// Left and right go to the next bar, up and down to the next lane.
void SwimLanes::step(int lanes, int bars)
{
    if (m_lanes.empty()) return;
    m_current = std::clamp(m_current + lanes, 0, int(m_lanes.size()) - 1);
    if (m_currentAt == 0) m_currentAt = secondsOf(m_range.end());
    const auto& all = m_lanes[std::size_t(m_current)].bars;
    if (bars > 0) {
        const auto next =
            std::find_if(all.begin(), all.end(), [&](const auto& b) { return b.begin > m_currentAt; });
        if (next != all.end()) m_currentAt = next->begin;
    } else if (bars < 0) {
        const auto last =
            std::find_if(all.rbegin(), all.rend(), [&](const auto& b) { return b.begin < m_currentAt; });
        if (last != all.rend()) m_currentAt = last->begin;
    }
    m_range.setCursor(timeOf(m_currentAt));
    describe();
    QToolTip::showText(mapToGlobal(QPoint(int(xOf(m_currentAt)), laneRect(m_current).bottom())),
                       textAt(m_current, m_currentAt), this);
    update();
}

void SwimLanes::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Up:
        step(-1, 0);
        break;
    case Qt::Key_Down:
        step(1, 0);
        break;
    case Qt::Key_Left:
        step(0, -1);
        break;
    case Qt::Key_Right:
        step(0, 1);
        break;
    default:
        QWidget::keyPressEvent(event);
    }
}

} // namespace ui
