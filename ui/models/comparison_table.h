// The rows of a comparison of Redis with PostgreSQL: one for each post that either side has, newest first,
// and one for the floor between them. GUI thread only.
#pragma once

#include "backend/domain/timeline_comparison.h"
#include "ui/models/table_model.h"

#include <optional>

namespace ui {

struct ComparisonRow
{
    std::optional<backend::ComparedEntry> entry; // empty: the floor
    QString floorText;
};

using ComparisonModel = TableModel<ComparisonRow, qint64>;

enum ComparisonColumn {
    ComparedRedisColumn,
    ComparedVerdictColumn,
    ComparedPostgresColumn,
    ComparedAuthorColumn,
    ComparedTimeColumn,
    ComparedMeaningColumn,
    ComparisonColumnCount
};

ComparisonModel* makeComparisonTable(QObject* parent);

// faultsOnly: only what differs, and the floor.
std::vector<ComparisonRow> comparisonRows(const backend::TimelineComparison& comparison, bool faultsOnly);

QString verdictText(backend::EntryVerdict verdict); // "missing" "wrong score" …
Tone verdictTone(backend::EntryVerdict verdict);
QString differenceText(const backend::TimelineComparison& comparison); // "2 missing, 1 extra"; may be empty

} // namespace ui
