// Words for the part of a time axis before anybody watched, the same on every axis. GUI thread only.
#pragma once

#include "backend/domain/ids.h"

#include <QRectF>
#include <QString>

class QPainter;

namespace ui {

class Theme;

// In the middle of that part, where there is room for it beside what other words take.
void drawNotWatched(QPainter& painter, const Theme& theme, const QRectF& part, const QRectF& taken = {});
// For the tool tip over it.
QString notWatchedText(backend::TimePoint until);

} // namespace ui
