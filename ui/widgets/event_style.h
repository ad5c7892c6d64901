// How an event is told and drawn, the same in the list and on time axes: words, tone, and a shape besides the
// colour. Pure functions; GUI thread.
#pragma once

#include <QIcon>
#include <QPointF>
#include <QString>

#include "backend/domain/event.h"
#include "ui/theme/theme.h"

#include <array>
#include <vector>

class QPainter;

namespace ui {

enum class EventShape {
    TriangleDown,
    TriangleUp,
    TriangleRight,
    Ring,
    Disc,
    Square,
    Diamond,
    Cross,
    Saltire
};
// What is filtered by: several kinds belong together.
enum class EventGroup { Nodes, Engines, Workers, Settings, Actions, Restores, Calls };
inline constexpr std::array kEventGroups{EventGroup::Nodes,    EventGroup::Engines, EventGroup::Workers,
                                         EventGroup::Settings, EventGroup::Actions, EventGroup::Restores,
                                         EventGroup::Calls};

QString eventKindText(backend::EventKind kind); // "node lost"
QString eventGroupText(EventGroup group);       // "Nodes"
std::vector<backend::EventKind> kindsOf(EventGroup group);
Tone eventTone(const backend::Event& event);
EventShape eventShape(backend::EventKind kind);
QString eventLine(const backend::Event& event); // "07:03:12 UTC  redis-3: lost …", one line

void drawEventShape(QPainter& painter, EventShape shape, QPointF middle, double size, const QColor& color);
QIcon eventIcon(const Theme& theme, backend::EventKind kind, Tone tone);

} // namespace ui
