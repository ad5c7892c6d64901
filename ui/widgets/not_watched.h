// Words for the part of a time axis before anybody watched, the same on every axis. GUI thread only.
#pragma once

#include "backend/domain/ids.h"

#include <QString>

class QPainter;
class QRectF;

namespace ui {

class Theme;

// In the middle of that part, where there is room for it.
void drawNotWatched(QPainter& painter, const Theme& theme, const QRectF& part);
// For the tool tip over it.
QString notWatchedText(backend::TimePoint until);

} // namespace ui
