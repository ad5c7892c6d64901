// What the cells of our models carry besides their text. Plain values.
#pragma once

#include <QMetaType>
#include <QtGlobal>

namespace ui {

enum TableRole {
    SortRole = 0x0100 + 1, // Qt::UserRole + 1: a value that orders; invalid where not known
    MeaningRole,           // CellMeaning
};

// What a cell says beyond its text; the view chooses the colour.
enum class CellMeaning { Plain, Quiet, Ok, Warning, Critical };

} // namespace ui

Q_DECLARE_METATYPE(ui::CellMeaning)
