// The tables of what caches hold and spare: memory by kind of key from a sample, and misses that single
// flight spared. GUI thread only.
#pragma once

#include "backend/domain/cache_details.h"
#include "ui/models/table_model.h"

namespace ui {

struct KeyFamilyRow
{
    backend::KeyFamilyMemory family;
    double share = 0; // of the memory of all kinds
};
std::vector<KeyFamilyRow> familyRows(const backend::CacheDetails& details);

using KeyFamilyModel = TableModel<KeyFamilyRow, QString>;
enum KeyFamilyColumn {
    FamilyNameColumn,
    FamilyMemoryColumn,
    FamilyShareColumn,
    FamilyKeysColumn,
    FamilyPerKeyColumn,
    FamilyColumnCount
};
KeyFamilyModel* makeKeyFamilyTable(QObject* parent);

using FlightModel = TableModel<backend::FlightCounts, QString>;
enum FlightColumn {
    FlightNameColumn,
    FlightJoinedColumn,
    FlightLedColumn,
    FlightShareColumn,
    FlightTotalColumn,
    FlightColumnCount
};
FlightModel* makeFlightTable(QObject* parent);

} // namespace ui
