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

// Cividis (Nuñez, Anderton and Renslow 2018), ten evenly spaced points.
inline constexpr std::array<QRgb, 10> kCividis{0xff00224e, 0xff123570, 0xff3b496c, 0xff575d6d, 0xff707173,
                                               0xff8a8678, 0xffa59c74, 0xffc3b369, 0xffe1cc55, 0xfffee838};

} // namespace ui
