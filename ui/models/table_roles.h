// What the cells of our models carry besides their text. Plain values.
#pragma once

#include <QMetaType>

#include "ui/theme/theme.h"

namespace ui {

enum TableRole {
    SortRole = Qt::UserRole + 1, // a value that orders; invalid where not known
    ToneRole,                    // Tone: what the cell says beyond its text
};

} // namespace ui

Q_DECLARE_METATYPE(ui::Tone)
