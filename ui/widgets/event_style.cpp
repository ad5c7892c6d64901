#include "ui/widgets/event_style.h"

#include "ui/widgets/formatting.h"

#include <QCoreApplication>
#include <QPainter>
#include <QPixmap>

namespace ui {
namespace {

using backend::EventKind;

constexpr int kIconSize = 14, kIconRatio = 2;
constexpr double kIconShape = 8;
constexpr qsizetype kLongestLine = 160;

struct EventText
{
    Q_DECLARE_TR_FUNCTIONS(ui::EventStyle)
};

QPolygonF polygon(EventShape shape, QPointF m, double r)
{
    switch (shape) {
    case EventShape::TriangleDown:
        return QPolygonF({{m.x() - r, m.y() - r * 0.8}, {m.x() + r, m.y() - r * 0.8}, {m.x(), m.y() + r}});
    case EventShape::TriangleUp:
        return QPolygonF({{m.x() - r, m.y() + r * 0.8}, {m.x() + r, m.y() + r * 0.8}, {m.x(), m.y() - r}});
    case EventShape::TriangleRight:
        return QPolygonF({{m.x() - r * 0.8, m.y() - r}, {m.x() - r * 0.8, m.y() + r}, {m.x() + r, m.y()}});
    case EventShape::Square:
        return QPolygonF(QRectF(m.x() - r * 0.8, m.y() - r * 0.8, r * 1.6, r * 1.6));
    default:
        return QPolygonF({{m.x(), m.y() - r}, {m.x() + r, m.y()}, {m.x(), m.y() + r}, {m.x() - r, m.y()}});
    }
}

} // namespace

QString eventKindText(EventKind kind)
{
    switch (kind) {
    case EventKind::NodeLost:
        return EventText::tr("node lost");
    case EventKind::NodeBack:
        return EventText::tr("node back");
    case EventKind::EngineStarted:
        return EventText::tr("engine started");
    case EventKind::EngineStopped:
        return EventText::tr("engine stopped");
    case EventKind::WorkersChanged:
        return EventText::tr("workers changed");
    case EventKind::SettingChanged:
        return EventText::tr("setting changed");
    case EventKind::OperatorAction:
        return EventText::tr("operator action");
    case EventKind::RestoreBegun:
        return EventText::tr("restore begun");
    case EventKind::RestoreFinished:
        return EventText::tr("restore ended");
    case EventKind::CallsFail:
        return EventText::tr("calls fail");
    case EventKind::CallsAnswered:
        return EventText::tr("calls answered");
    case EventKind::WorkersBehind:
        return EventText::tr("work piles up");
    case EventKind::WorkersCaughtUp:
        return EventText::tr("work is caught up");
    }
    return {};
}

QString eventGroupText(EventGroup group)
{
    switch (group) {
    case EventGroup::Nodes:
        return EventText::tr("Nodes");
    case EventGroup::Engines:
        return EventText::tr("Engines");
    case EventGroup::Workers:
        return EventText::tr("Workers");
    case EventGroup::Settings:
        return EventText::tr("Settings");
    case EventGroup::Actions:
        return EventText::tr("Actions");
    case EventGroup::Restores:
        return EventText::tr("Restores");
    case EventGroup::Calls:
        return EventText::tr("Calls");
    }
    return {};
}

std::vector<EventKind> kindsOf(EventGroup group)
{
    switch (group) {
    case EventGroup::Nodes:
        return {EventKind::NodeLost, EventKind::NodeBack};
    case EventGroup::Engines:
        return {EventKind::EngineStarted, EventKind::EngineStopped};
    case EventGroup::Workers:
        return {EventKind::WorkersChanged, EventKind::WorkersBehind, EventKind::WorkersCaughtUp};
    case EventGroup::Settings:
        return {EventKind::SettingChanged};
    case EventGroup::Actions:
        return {EventKind::OperatorAction};
    case EventGroup::Restores:
        return {EventKind::RestoreBegun, EventKind::RestoreFinished};
    case EventGroup::Calls:
        return {EventKind::CallsFail, EventKind::CallsAnswered};
    }
    return {};
}

Tone eventTone(const backend::Event& event)
{
    if (event.failed) return Tone::Critical;
    switch (event.kind) {
    case EventKind::NodeLost:
    case EventKind::CallsFail:
        return Tone::Critical;
    case EventKind::EngineStopped:
    case EventKind::RestoreBegun:
    case EventKind::WorkersBehind:
        return Tone::Warning;
    case EventKind::NodeBack:
    case EventKind::EngineStarted:
    case EventKind::RestoreFinished:
    case EventKind::CallsAnswered:
    case EventKind::WorkersCaughtUp:
        return Tone::Ok;
    case EventKind::WorkersChanged:
    case EventKind::SettingChanged:
    case EventKind::OperatorAction:
        break;
    }
    return Tone::Accent;
}

EventShape eventShape(EventKind kind)
{
    switch (kind) {
    case EventKind::NodeLost:
    case EventKind::WorkersBehind:
        return EventShape::TriangleDown;
    case EventKind::NodeBack:
    case EventKind::WorkersCaughtUp:
    case EventKind::CallsAnswered:
        return EventShape::TriangleUp;
    case EventKind::CallsFail:
        return EventShape::Saltire;
    case EventKind::OperatorAction:
        return EventShape::TriangleRight;
    case EventKind::EngineStarted:
        return EventShape::Disc;
    case EventKind::EngineStopped:
        return EventShape::Ring;
    case EventKind::WorkersChanged:
        return EventShape::Square;
    case EventKind::RestoreBegun:
    case EventKind::RestoreFinished:
        return EventShape::Cross;
    case EventKind::SettingChanged:
        break;
    }
    return EventShape::Diamond;
}

QString eventLine(const backend::Event& event)
{
    const auto what = QString::fromStdString(event.what).simplified();
    auto line = QStringLiteral("%1 %2  %3: %4")
                    .arg(formatMoment(event.key.at), zoneName(), QString::fromStdString(event.where), what);
    if (line.size() > kLongestLine) line = line.left(kLongestLine) + QStringLiteral("…");
    return line;
}

void drawEventShape(QPainter& painter, EventShape shape, QPointF middle, double size, const QColor& color)
{
    const double r = size / 2;
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    if (shape == EventShape::Disc) {
        painter.drawEllipse(middle, r * 0.9, r * 0.9);
    } else if (shape == EventShape::Ring) {
        painter.setPen(QPen(color, size / 5));
        painter.setBrush(Qt::NoBrush);
        painter.drawEllipse(middle, r * 0.8, r * 0.8);
    } else if (shape == EventShape::Cross) {
        painter.setPen(QPen(color, size / 4));
        painter.drawLine(middle - QPointF(r, 0), middle + QPointF(r, 0));
        painter.drawLine(middle - QPointF(0, r), middle + QPointF(0, r));
    } else if (shape == EventShape::Saltire) {
        const double arm = r * 0.8;
        painter.setPen(QPen(color, size / 4));
        painter.drawLine(middle - QPointF(arm, arm), middle + QPointF(arm, arm));
        painter.drawLine(middle - QPointF(arm, -arm), middle + QPointF(arm, -arm));
    } else {
        painter.drawPolygon(polygon(shape, middle, r));
    }
}

QIcon eventIcon(const Theme& theme, EventKind kind, Tone tone)
{
    QPixmap picture(kIconSize * kIconRatio, kIconSize * kIconRatio);
    picture.setDevicePixelRatio(kIconRatio);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    const QPointF middle(kIconSize / 2.0, kIconSize / 2.0);
    drawEventShape(painter, eventShape(kind), middle, kIconShape, theme.color(tone));
    return QIcon(picture);
}

} // namespace ui
