// The small tables of the Timeline browser: users that a search suggests, and the chunks of a post's ledger.
// GUI thread only.
#pragma once

#include "backend/domain/feed.h"
#include "backend/domain/ledger.h"
#include "ui/models/table_model.h"

namespace ui {

// One column: "@handle · Display Name".
using UserSuggestionModel = TableModel<backend::User, qint64>;

UserSuggestionModel* makeUserSuggestions(QObject* parent);

using LedgerChunkModel = TableModel<backend::LedgerChunk, int>;

enum LedgerChunkColumn {
    ChunkNumberColumn,
    ChunkPushedColumn,
    ChunkSkippedColumn,
    ChunkFailedColumn,
    ChunkFirstColumn,
    ChunkLastColumn,
    ChunkColumnCount
};

LedgerChunkModel* makeLedgerChunkTable(QObject* parent);

} // namespace ui
