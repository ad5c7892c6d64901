// What the cells of our models carry besides their text. Plain values.
#pragma once

#include <QMetaType>

#include "ui/theme/theme.h"

namespace ui {

enum TableRole {
    SortRole = Qt::UserRole + 1, // a value that orders; invalid where not known
    ToneRole,                    // Tone: what the cell says beyond its text
    RawRole, // for exports: the value itself, invalid where not known; of a header its title with the unit
};

} // namespace ui

Q_DECLARE_METATYPE(ui::Tone)
