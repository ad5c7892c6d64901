// A strip of marks below a time axis for what happened, the same on all of them: marks that would lie on each
// other become one with their number, and what is critical is seen beside the data as well. GUI thread only.
#pragma once

#include "backend/domain/event.h"
#include "ui/theme/theme.h"

#include <QRectF>
#include <QString>

#include <vector>

class QPainter;

namespace ui {

inline constexpr int kMarkStrip = 11; // pixels below the plot

struct EventMark
{
    double pixel = 0; // across
    const backend::Event* worst = nullptr;
    std::vector<const backend::Event*> events; // at least one
};

// Of those from `begin` to `end`, in seconds since the Unix epoch, which span the plot's width. events:
// ascending, and alive as long as the marks.
std::vector<EventMark> eventMarks(const std::vector<backend::Event>& events, double begin, double end,
                                  const QRectF& plot);
void drawEventMarks(QPainter& painter, const Theme& theme, const std::vector<EventMark>& marks,
                    const QRectF& plot);
// The events that are marked at that place, a line each; empty: none.
QString eventMarkText(const std::vector<EventMark>& marks, const QRectF& plot, QPointF pixel);

} // namespace ui
