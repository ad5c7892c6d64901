// Icons from resources/icons: drawn from their SVG at the size and density a widget asks for, not before, and
// kept in Qt's cache of pictures. GUI thread only.
#pragma once

#include <QColor>
#include <QIcon>
#include <QString>

#include <functional>

namespace ui {

// Empty if there is no such icon.
QIcon svgIcon(const QString& name, const QColor& color);
// Asks for its colour whenever it is painted: for widgets that keep an icon through a change of the theme.
QIcon svgIcon(const QString& name, std::function<QColor()> color);

} // namespace ui
