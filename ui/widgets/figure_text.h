// Text whose digits all have the same width, so that live figures stand still in a font without tabular
// digits. Painting helpers; GUI thread only.
#pragma once

#include <QFontMetrics>
#include <QString>

class QPainter;

namespace ui {

int figureWidth(const QFontMetrics& metrics, const QString& text);
// From the left end of the baseline, with the painter's font and pen.
void drawFigure(QPainter& painter, QPoint baseline, const QString& text);

} // namespace ui
