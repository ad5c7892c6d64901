// The colours behind Theme, in one table per ground. Only theme/ includes this.
#pragma once

#include "ui/theme/theme.h"

#include <array>

namespace ui {

struct Theme::Colors
{
    QColor window, rail, card, cardBorder, hover, alternate, grid;
    QColor text, textMuted, accent, accentSoft, onAccent, ok, warning, critical;
    std::array<QColor, 8> series;
};

} // namespace ui
