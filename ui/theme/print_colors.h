// Colours of printed pages, by meaning: always on white paper, whatever the desktop's theme is. Pure; any
// thread, also without a Theme (a report written without a display).
#pragma once

#include <QColor>

namespace ui {

struct PrintColors
{
    QColor text, textMuted, line, bar, band, mean, unknown;
};
const PrintColors& printColors();

// Load from 0 to 1 on cividis; values outside are clamped.
QColor printLoadColor(double load);

} // namespace ui
