// The tables of the Queue & workers page: tasks by kind, and dead letters. GUI thread only.
#pragma once

#include "backend/domain/snapshot.h"
#include "ui/models/table_model.h"

namespace ui {

using QueueKindModel = TableModel<backend::QueueKindSnapshot, int>;

enum QueueKindColumn {
    KindNameColumn,
    KindReadyColumn,
    KindRunningColumn,
    KindRetryColumn,
    KindDeadColumn,
    KindOldestColumn,
    KindArrivalsColumn,
    KindDrainColumn,
    KindFailuresColumn,
    KindColumnCount
};

QueueKindModel* makeQueueKindTable(QObject* parent);
// What a kind of task does, in few words: "delivery chunk".
QString kindText(backend::TaskKind kind);

struct DeadLetterRow
{
    backend::DeadLetter letter;
    QString node; // name
};

// Key: node and task id.
using DeadLetterModel = TableModel<DeadLetterRow, QString>;

enum DeadLetterColumn {
    LetterDiedColumn,
    LetterKindColumn,
    LetterAttemptsColumn,
    LetterShardColumn,
    LetterNodeColumn,
    LetterTaskColumn,
    LetterErrorColumn,
    LetterColumnCount
};

DeadLetterModel* makeDeadLetterTable(QObject* parent);

} // namespace ui
