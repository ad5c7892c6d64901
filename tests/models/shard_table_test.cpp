// The table of shards: figures of the snapshot, sorting with unknown values last, rows kept across refreshes.
#include <QAbstractItemModelTester>
#include <QFont>
#include <QPersistentModelIndex>
#include <QSignalSpy>
#include <QTest>

#include "tests/models/model_samples.h"
#include "ui/models/shard_table.h"
#include "ui/models/sort_proxy.h"
#include "ui/widgets/formatting.h"

namespace tests {

class ShardTableTest : public QObject
{
    Q_OBJECT

private slots:
    void showsTheSnapshot();
    void unknownIsNeverZero();
    void sortsByValueWithUnknownLast();
    void keepsRowsAcrossRefreshes();
    void rowsComeAndGoInPlace();
    void headersNameUnits();
    void figuresOfADownNodeAreSetApart();
};

void ShardTableTest::showsTheSnapshot()
{
    auto* model = ui::makeShardTable(this);
    QAbstractItemModelTester tester(model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model->setRows(ui::shardRows(sampleSnapshot(8)));
    QCOMPARE(model->rowCount(), 8);
    QCOMPARE(model->columnCount(), int(ui::ShardColumnCount));
    const auto at = [&](int column) { return model->index(3, column); };
    QCOMPARE(at(ui::ShardNumberColumn).data().toString(), QString("3"));
    QCOMPARE(at(ui::ShardTimelinesColumn).data(ui::SortRole).toLongLong(),
             sampleSnapshot(8).shards[3].timelines);
    QCOMPARE(at(ui::ShardEntriesColumn).data().toString(), QString("3,300"));
    QCOMPARE(at(ui::ShardTimelinesNodeColumn).data().toString(), QString("redis-2"));
    QCOMPARE(at(ui::ShardUsersNodeColumn).data().toString(), QString("pg-1"));
    QVERIFY(at(ui::ShardSweptColumn).data().toString().contains("ago"));
}

void ShardTableTest::unknownIsNeverZero()
{
    auto snapshot = sampleSnapshot(2);
    snapshot.shards[1] = backend::ShardSnapshot{};
    snapshot.shards[1].shard = 1;
    snapshot.shards[1].usersNode = 99;
    auto* model = ui::makeShardTable(this);
    model->setRows(ui::shardRows(snapshot));
    for (const int column :
         {ui::ShardTimelinesColumn, ui::ShardEntriesColumn, ui::ShardBytesColumn, ui::ShardUsersColumn,
          ui::ShardPostsColumn, ui::ShardPostgresBytesColumn, ui::ShardSweptColumn}) {
        QCOMPARE(model->index(1, column).data().toString(), QString("–"));
        QVERIFY(!model->index(1, column).data(ui::SortRole).isValid());
    }
    QCOMPARE(model->index(1, ui::ShardUsersNodeColumn).data().toString(), QString("#99"));
}

void ShardTableTest::sortsByValueWithUnknownLast()
{
    auto snapshot = sampleSnapshot(4);
    snapshot.shards[0].entries = 9;
    snapshot.shards[1].entries = -1;
    snapshot.shards[2].entries = 1000;
    snapshot.shards[3].entries = 20;
    auto* model = ui::makeShardTable(this);
    ui::SortProxy proxy(nullptr);
    proxy.setSourceModel(model);
    QAbstractItemModelTester tester(&proxy, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model->setRows(ui::shardRows(snapshot));
    const auto order = [&] {
        QList<int> out;
        for (int row = 0; row < proxy.rowCount(); ++row)
            out << proxy.index(row, ui::ShardNumberColumn).data().toInt();
        return out;
    };
    proxy.sort(ui::ShardEntriesColumn, Qt::AscendingOrder);
    QCOMPARE(order(), (QList<int>{0, 3, 2, 1}));
    proxy.sort(ui::ShardEntriesColumn, Qt::DescendingOrder);
    QCOMPARE(order(), (QList<int>{2, 3, 0, 1}));
    snapshot.shards[0].entries = 5000;
    model->setRows(ui::shardRows(snapshot));
    QCOMPARE(order(), (QList<int>{0, 2, 3, 1}));
}

void ShardTableTest::keepsRowsAcrossRefreshes()
{
    auto snapshot = sampleSnapshot(16);
    auto* model = ui::makeShardTable(this);
    model->setRows(ui::shardRows(snapshot));
    QSignalSpy resets(model, &QAbstractItemModel::modelReset);
    QSignalSpy removals(model, &QAbstractItemModel::rowsRemoved);
    QSignalSpy insertions(model, &QAbstractItemModel::rowsInserted);
    QSignalSpy changes(model, &QAbstractItemModel::dataChanged);
    const QPersistentModelIndex seventh(model->index(7, 0));
    snapshot.shards[7].entries = 123456;
    model->setRows(ui::shardRows(snapshot));
    QCOMPARE(resets.size() + removals.size() + insertions.size(), 0);
    QCOMPARE(changes.size(), 1);
    QCOMPARE(seventh.row(), 7);
    QCOMPARE(model->index(7, ui::ShardEntriesColumn).data().toString(), QString("123,456"));
}

void ShardTableTest::rowsComeAndGoInPlace()
{
    auto* model = ui::makeShardTable(this);
    QAbstractItemModelTester tester(model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    auto rows = ui::shardRows(sampleSnapshot(6));
    model->setRows({rows[1], rows[2], rows[4]});
    const QPersistentModelIndex four(model->index(2, 0));
    model->setRows({rows[4], rows[0], rows[2], rows[5]});
    QCOMPARE(model->rowCount(), 4);
    QCOMPARE(four.row(), 0);
    QList<int> shards;
    for (int row = 0; row < 4; ++row)
        shards << model->index(row, 0).data().toInt();
    QCOMPARE(shards, (QList<int>{4, 0, 2, 5}));
    model->setRows({});
    QCOMPARE(model->rowCount(), 0);
    QVERIFY(!four.isValid());
}

void ShardTableTest::headersNameUnits()
{
    auto* model = ui::makeShardTable(this);
    const auto header = [&](int column) { return model->headerData(column, Qt::Horizontal).toString(); };
    // Sizes carry their unit in each cell, for it differs from row to row.
    model->setRows(ui::shardRows(sampleSnapshot(3)));
    for (const int column : {ui::ShardBytesColumn, ui::ShardPostgresBytesColumn})
        QVERIFY(model->index(2, column).data().toString().endsWith("B"));
    QVERIFY(header(ui::ShardDeliveriesColumn).endsWith("/s"));
    QVERIFY(header(ui::ShardReadsColumn).endsWith("/s"));
    for (int column = 0; column < model->columnCount(); ++column)
        QVERIFY(!header(column).isEmpty());
}

void ShardTableTest::figuresOfADownNodeAreSetApart()
{
    auto snapshot = sampleSnapshot(4);
    for (auto& shard : snapshot.shards) {
        shard.usersReadAt = shard.postsReadAt = kSampleTime - std::chrono::seconds(60);
        shard.usersDown = true;                         // pg-1
        shard.timelinesDown = shard.timelinesNode == 3; // redis-1
    }
    auto* model = ui::makeShardTable(this);
    QAbstractItemModelTester tester(model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    const auto at = [&](int row, int column) { return model->index(row, column); };
    const auto isDated = [&](int row, int column) {
        const auto font = at(row, column).data(Qt::FontRole);
        return font.isValid() && font.value<QFont>().italic() &&
               at(row, column).data(ui::ToneRole).value<ui::Tone>() == ui::Tone::Muted;
    };
    model->setRows(ui::shardRows(snapshot));
    for (const int column : {ui::ShardTimelinesColumn, ui::ShardEntriesColumn, ui::ShardBytesColumn}) {
        QVERIFY(isDated(2, column));
        QVERIFY(!isDated(3, column)); // on redis-2
        QVERIFY(at(2, column).data(Qt::ToolTipRole).toString().contains("redis-1 is down"));
    }
    QVERIFY(isDated(3, ui::ShardUsersColumn) && isDated(3, ui::ShardPostgresBytesColumn));
    QVERIFY(!isDated(3, ui::ShardPostsColumn) && !isDated(2, ui::ShardDeliveriesColumn));
    const auto since = ui::formatClock(kSampleTime - std::chrono::seconds(60));
    const auto tip = at(3, ui::ShardPostgresBytesColumn).data(Qt::ToolTipRole).toString();
    QVERIFY2(tip.contains("bytes") && tip.contains(since) && tip.contains("pg-1 is down"), qPrintable(tip));
    // What is exported says it in words.
    const auto words = at(2, ui::ShardLastKnownColumn).data(ui::RawRole).toString();
    QVERIFY2(words.contains("users as of " + since) && words.contains("timelines as of"), qPrintable(words));
    QVERIFY(!words.contains("posts"));
    // Means of a window are of the window, whatever is down now; users are not among them.
    model->setRows(ui::shardRows(snapshot, true));
    QVERIFY(!isDated(2, ui::ShardTimelinesColumn) && isDated(2, ui::ShardUsersColumn));
    model->setRows(ui::shardRows(sampleSnapshot(4)));
    QVERIFY(!isDated(2, ui::ShardUsersColumn));
    QCOMPARE(at(2, ui::ShardLastKnownColumn).data().toString(), QString("none"));
}

} // namespace tests

QTEST_MAIN(tests::ShardTableTest)
#include "shard_table_test.moc"
