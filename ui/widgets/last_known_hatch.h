// How pictures tell figures that are not of now (of a node that is down, as last known) from those that are:
// hatched over their colour, with a key. Painting helpers; GUI thread only.
#pragma once

#include "ui/theme/theme.h"

class QPainter;

namespace ui {

// Over what is filled already; `ink`: readable on it.
void hatchLastKnown(QPainter& painter, const QRectF& place, QColor ink);
// A swatch and its words, from `left` on the baseline; in the painter's font.
void drawLastKnownKey(QPainter& painter, const Theme& theme, QPoint leftBaseline);

} // namespace ui
