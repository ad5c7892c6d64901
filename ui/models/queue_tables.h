// The tables of the Queue & workers page: tasks by kind with their times, and dead letters with their
// signatures. GUI thread only.
#pragma once

#include "backend/domain/queue_details.h"
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
    KindTrendColumn, // painted by a SparklineDelegate
    KindColumnCount
};

QueueKindModel* makeQueueKindTable(QObject* parent);
// What a kind of task does, in few words: "delivery chunk".
QString kindText(backend::TaskKind kind);

// Whose tasks nobody counts now, in words: "pg-1 is down, not counted". Empty: all are.
QString notCounted(const backend::ClusterSnapshot& snapshot);

// How long tasks waited and ran, by kind.
using QueueTimesModel = TableModel<backend::QueueKindTimes, int>;
enum QueueTimesColumn {
    TimesKindColumn,
    TimesWaitMedianColumn,
    TimesWaitColumn,
    TimesRunMedianColumn,
    TimesRunColumn,
    TimesTasksColumn,
    TimesShareColumn,
    TimesColumnCount
};
QueueTimesModel* makeQueueTimesTable(QObject* parent);

// By signature.
using DeadGroupModel = TableModel<backend::DeadLetterGroup, QString>;
enum DeadGroupColumn {
    GroupCountColumn,
    GroupKindsColumn,
    GroupLastColumn,
    GroupFirstColumn,
    GroupAttemptsColumn,
    GroupSignatureColumn,
    GroupColumnCount
};
DeadGroupModel* makeDeadGroupTable(QObject* parent);

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
    LetterPayloadColumn,
    LetterErrorColumn,
    LetterColumnCount
};

DeadLetterModel* makeDeadLetterTable(QObject* parent);

} // namespace ui
