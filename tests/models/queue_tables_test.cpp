// Tasks by kind, dead letters, suggestions and ledger chunks as tables.
#include <QAbstractItemModelTester>
#include <QTest>

#include "tests/models/model_samples.h"
#include "ui/models/queue_tables.h"
#include "ui/models/timeline_tables.h"
#include "ui/widgets/formatting.h"

namespace tests {

class QueueTablesTest : public QObject
{
    Q_OBJECT

private slots:
    void kinds();
    void deadLetters();
    void suggestions();
    void ledgerChunks();
};

void QueueTablesTest::kinds()
{
    backend::QueueKindSnapshot busy{backend::TaskKind::DeliverChunk, 1200, 8, 3, 2, 75, 12.5, 10, -1};
    backend::QueueKindSnapshot idle{backend::TaskKind::PostDeleted, 0, 0, 0, 0, 0, -1, 0, 0};
    auto* model = ui::makeQueueKindTable(this);
    QAbstractItemModelTester tester(model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model->setRows({busy, idle});
    const auto text = [&](int row, int column) { return model->index(row, column).data().toString(); };
    QCOMPARE(text(0, ui::KindReadyColumn), QString("1,200"));
    QCOMPARE(text(0, ui::KindDeadColumn), QString("2"));
    QCOMPARE(model->index(0, ui::KindDeadColumn).data(ui::ToneRole).value<ui::Tone>(), ui::Tone::Critical);
    QCOMPARE(model->index(0, ui::KindOldestColumn).data(ui::SortRole).toDouble(), 75.0);
    QCOMPARE(text(0, ui::KindFailuresColumn), QString("–"));
    QCOMPARE(text(1, ui::KindArrivalsColumn), QString("–"));
    QVERIFY(text(1, ui::KindDrainColumn).startsWith("0"));
    QCOMPARE(text(1, ui::KindOldestColumn), QString("none"));
    QVERIFY(!model->index(1, ui::KindOldestColumn).data(ui::SortRole).isValid());
}

void QueueTablesTest::deadLetters()
{
    backend::DeadLetter letter;
    letter.ref = {2, 4711};
    letter.kind = backend::TaskKind::DeliverChunk;
    letter.shard = 17;
    letter.error = "redis-3 refused the write:\nout of memory";
    letter.attempts = 12;
    letter.diedAt = kSampleTime;
    auto* model = ui::makeDeadLetterTable(this);
    QAbstractItemModelTester tester(model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model->setRows({{letter, "pg-2"}});
    const auto text = [&](int column) { return model->index(0, column).data().toString(); };
    QVERIFY(text(ui::LetterErrorColumn).contains("out of memory"));
    QVERIFY(text(ui::LetterDiedColumn).contains(ui::zoneName()));
    QCOMPARE(text(ui::LetterAttemptsColumn), QString("12"));
    QCOMPARE(text(ui::LetterNodeColumn), QString("pg-2"));
    QCOMPARE(text(ui::LetterTaskColumn), QString("4711"));
    // The same task number on another node is another task.
    auto other = letter;
    other.ref.node = 1;
    model->setRows({{letter, "pg-2"}, {other, "pg-1"}});
    QCOMPARE(model->rowCount(), 2);
}

void QueueTablesTest::suggestions()
{
    auto* model = ui::makeUserSuggestions(this);
    QAbstractItemModelTester tester(model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model->setRows({{{5}, "anna", "Anna B", kSampleTime}, {{6}, "anton", "", kSampleTime}});
    QCOMPARE(model->index(0, 0).data().toString(), QString("@anna · Anna B"));
    QCOMPARE(model->index(1, 0).data().toString(), QString("@anton"));
}

void QueueTablesTest::ledgerChunks()
{
    backend::LedgerChunk chunk;
    chunk.chunk = 3;
    chunk.pushed = 1234;
    chunk.skippedUnfollowed = 2;
    chunk.skippedDeleted = 5;
    chunk.firstDeliveryAt = kSampleTime;
    auto* model = ui::makeLedgerChunkTable(this);
    QAbstractItemModelTester tester(model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model->setRows({chunk});
    QCOMPARE(model->index(0, ui::ChunkPushedColumn).data().toString(), QString("1,234"));
    QCOMPARE(model->index(0, ui::ChunkSkippedColumn).data().toString(), QString("7"));
    QCOMPARE(model->index(0, ui::ChunkFirstColumn).data().toString(), ui::formatClock(kSampleTime));
    QVERIFY(model->headerData(ui::ChunkFirstColumn, Qt::Horizontal).toString().contains(ui::zoneName()));
    QCOMPARE(model->index(0, ui::ChunkLastColumn).data().toString(), QString("–"));
}

} // namespace tests

QTEST_MAIN(tests::QueueTablesTest)
#include "queue_tables_test.moc"
