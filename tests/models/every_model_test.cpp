// Every item model of the desktop under QAbstractItemModelTester, alone and behind the sorting proxy, while
// its rows come, go, change places and change values. The sources are searched for models, so that none is
// missing here.
#include <QAbstractItemModelTester>
#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>
#include <QSet>
#include <QTest>

#include "tests/models/model_samples.h"
#include "tests/support/fake_engine.h"
#include "ui/models/cache_tables.h"
#include "ui/models/event_model.h"
#include "ui/models/queue_tables.h"
#include "ui/models/shard_table.h"
#include "ui/models/sort_proxy.h"
#include "ui/models/timeline_model.h"
#include "ui/models/timeline_tables.h"
#include "ui/models/worker_tree_model.h"
#include "ui/pages/node_table.h"

#include <algorithm>
#include <memory>

namespace tests {

class EveryModelTest : public QObject
{
    Q_OBJECT

private slots:
    void noneIsMissing();
    void userSuggestions();
    void ledgerChunks();
    void caches();
    void redisNodes();
    void queueKinds();
    void deadLetters();
    void shards();
    void nodes();
    void workers();
    void timeline();
    void events();

private:
    using Tester = QAbstractItemModelTester;
    static constexpr auto kMode = Tester::FailureReportingMode::QtTest;

    // What a test above exercises: types of models, and the functions that make tables.
    static QSet<QString> exercised()
    {
        return {"SortProxy",           "TimelineModel",        "EventModel",      "WorkerTreeModel",
                "UserSuggestionModel", "LedgerChunkModel",     "CacheTableModel", "RedisNodeModel",
                "QueueKindModel",      "DeadLetterModel",      "ShardTableModel", "NodeTableModel",
                "makeUserSuggestions", "makeLedgerChunkTable", "makeCacheTable",  "makeRedisNodeTable",
                "makeQueueKindTable",  "makeDeadLetterTable",  "makeShardTable",  "makeNodeTable"};
    }
    static void addMatches(QSet<QString>& into, const QString& text, const QString& pattern)
    {
        auto matches = QRegularExpression(pattern).globalMatch(text);
        while (matches.hasNext())
            into << matches.next().captured(1);
    }

    // `change` makes a row show something else under the same key.
    template <class Model, class Row, class Change>
    static void exerciseTable(std::unique_ptr<Model> model, const std::vector<Row>& rows, Change change)
    {
        QVERIFY(rows.size() >= 4);
        const Tester tester(model.get(), kMode);
        ui::SortProxy proxy(nullptr);
        proxy.setSourceModel(model.get());
        const Tester behind(&proxy, kMode);
        const auto take = [&](const std::vector<Row>& wanted) {
            model->setRows(wanted);
            QCOMPARE(model->rowCount(), int(wanted.size()));
            QCOMPARE(proxy.rowCount(), int(wanted.size()));
            for (std::size_t i = 0; i < wanted.size(); ++i)
                QVERIFY(model->keyOf(model->rows()[i]) == model->keyOf(wanted[i]));
        };
        for (int column = 0; column < model->columnCount(); ++column) {
            QVERIFY(!model->headerData(column, Qt::Horizontal).toString().isEmpty());
            for (const auto order : {Qt::AscendingOrder, Qt::DescendingOrder}) {
                proxy.sort(column, order);
                auto some = rows;
                take({});
                take(some);
                std::reverse(some.begin(), some.end());
                take(some);
                std::rotate(some.begin(), some.begin() + 2, some.end());
                for (auto& row : some)
                    change(row);
                take(some);
                some.erase(some.begin() + 1, some.begin() + 3);
                some.erase(some.begin());
                take(some);
                take(rows);
            }
            for (int row = 0; row < model->rowCount(); ++row)
                QVERIFY(!model->index(row, column).data().toString().isEmpty());
        }
        QVERIFY(!model->headerData(model->columnCount(), Qt::Horizontal).isValid());
        QVERIFY(!model->headerData(0, Qt::Vertical).isValid());
    }
};

void EveryModelTest::noneIsMissing()
{
    QSet<QString> found;
    int files = 0;
    QDirIterator sources(ROOKERY_SOURCE_DIR "/ui", {"*.h", "*.cpp"}, QDir::Files,
                         QDirIterator::Subdirectories);
    while (sources.hasNext()) {
        QFile file(sources.next());
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto text = QString::fromUtf8(file.readAll());
        ++files;
        addMatches(found, text,
                   "class (\\w+)(?: final)?\\s*:\\s*public "
                   "Q(?:Abstract\\w*Model|StandardItemModel|StringListModel|\\w*ProxyModel)\\b");
        addMatches(found, text, "using (\\w+) = TableModel<");
        addMatches(found, text, "\\w+Model\\s*\\*\\s*(make\\w+)\\(");
        // Qt's own, filled by hand, would be named here.
        addMatches(found, text, "\\b(QStandardItemModel|QStringListModel|QFileSystemModel)\\b");
    }
    QVERIFY(files > 50);
    QVERIFY(found.remove("TableModel")); // the template behind all tables
    for (const auto& name : found)
        QVERIFY2(exercised().contains(name), qPrintable(name + " has no test here"));
    for (const auto& name : exercised())
        QVERIFY2(found.contains(name), qPrintable(name + " is gone"));
}

void EveryModelTest::userSuggestions()
{
    std::vector<backend::User> rows;
    for (int i = 1; i <= 6; ++i)
        rows.push_back(
            {backend::UserId{100 + i}, "user" + std::to_string(i), i % 2 ? "Name" : "", kSampleTime});
    exerciseTable(std::unique_ptr<ui::UserSuggestionModel>(ui::makeUserSuggestions(nullptr)), rows,
                  [](backend::User& user) { user.displayName += "x"; });
}

void EveryModelTest::ledgerChunks()
{
    std::vector<backend::LedgerChunk> rows(5);
    for (int i = 0; i < 5; ++i) {
        rows[std::size_t(i)].chunk = i;
        rows[std::size_t(i)].pushed = 100 - i;
        if (i % 2) rows[std::size_t(i)].firstDeliveryAt = rows[std::size_t(i)].lastDeliveryAt = kSampleTime;
    }
    exerciseTable(std::unique_ptr<ui::LedgerChunkModel>(ui::makeLedgerChunkTable(nullptr)), rows,
                  [](backend::LedgerChunk& chunk) { chunk.failed += 1; });
}

void EveryModelTest::caches()
{
    std::vector<ui::CacheRow> rows;
    for (const auto* name : {"home timeline", "post object", "user object", "counters", "author timeline"})
        rows.push_back({{name, std::int64_t(rows.size()) * 10, 3}, 60});
    rows.back().window = {"author timeline", 0, 0}; // no traffic
    exerciseTable(std::unique_ptr<ui::CacheTableModel>(ui::makeCacheTable(nullptr)), rows,
                  [](ui::CacheRow& row) { row.window.hits += 7; });
}

void EveryModelTest::redisNodes()
{
    auto rows = ui::redisNodes(fakeSnapshot(1));
    rows[2].health = backend::Health::Down;
    rows[2].memoryBytes = -1;
    rows[2].probeMilliseconds = -1;
    exerciseTable(std::unique_ptr<ui::RedisNodeModel>(ui::makeRedisNodeTable(nullptr)), rows,
                  [](backend::NodeSnapshot& node) { node.commandsPerSecond *= 2; });
}

void EveryModelTest::queueKinds()
{
    exerciseTable(std::unique_ptr<ui::QueueKindModel>(ui::makeQueueKindTable(nullptr)), fakeSnapshot(1).queue,
                  [](backend::QueueKindSnapshot& kind) { kind.ready += 1; });
}

void EveryModelTest::deadLetters()
{
    std::vector<ui::DeadLetterRow> rows;
    for (int i = 0; i < 6; ++i) {
        backend::DeadLetter letter;
        letter.ref = {1 + i % 2, 10 + i / 2}; // the same task id on two nodes
        letter.error = "redis-3 does not answer";
        letter.diedAt = kSampleTime - std::chrono::seconds(i);
        rows.push_back({letter, QString("pg-%1").arg(1 + i % 2)});
    }
    exerciseTable(std::unique_ptr<ui::DeadLetterModel>(ui::makeDeadLetterTable(nullptr)), rows,
                  [](ui::DeadLetterRow& row) { row.letter.attempts += 1; });
}

void EveryModelTest::shards()
{
    auto snapshot = sampleSnapshot(8);
    snapshot.shards[3].timelines = snapshot.shards[3].entries = snapshot.shards[3].bytes = -1;
    snapshot.shards[3].sweptAt.reset();
    exerciseTable(std::unique_ptr<ui::ShardTableModel>(ui::makeShardTable(nullptr)), ui::shardRows(snapshot),
                  [](ui::ShardRow& row) { row.shard.users += 5; });
}

void EveryModelTest::nodes()
{
    auto rows = fakeSnapshot(1).nodes;
    rows[4].health = backend::Health::Down;
    rows[4].probeMilliseconds = rows[4].commandsPerSecond = -1;
    exerciseTable(std::unique_ptr<ui::NodeTableModel>(ui::makeNodeTable(nullptr)), ui::worstFirst(rows),
                  [](backend::NodeSnapshot& node) { node.probeMilliseconds += 1; });
}

void EveryModelTest::workers()
{
    ui::WorkerTreeModel model(nullptr);
    const Tester tester(&model, kMode);
    ui::SortProxy proxy(nullptr);
    proxy.setSourceModel(&model);
    const Tester behind(&proxy, kMode);
    const auto cluster = [](std::vector<std::pair<int, int>> engines) {
        auto out = sampleSnapshot(1);
        for (const auto& [slot, workers] : engines) {
            backend::EngineSnapshot engine;
            engine.slot = slot;
            engine.name = "host:" + std::to_string(slot);
            engine.workers = engine.workersWanted = workers;
            out.engines.push_back(engine);
            for (int i = 0; i < workers; ++i) {
                backend::WorkerSnapshot worker;
                worker.engineSlot = slot;
                worker.index = i;
                out.workers.push_back(worker);
            }
        }
        return out;
    };
    using Engines = std::vector<std::pair<int, int>>;
    const std::vector<Engines> course{{{3, 4}}, {{1, 2}, {3, 4}}, {{1, 5}, {2, 0}, {3, 1}}, {{2, 8}},
                                      {},       {{7, 1}, {9, 1}}};
    for (int column = 0; column < model.columnCount(); ++column) {
        QVERIFY(!model.headerData(column, Qt::Horizontal).toString().isEmpty());
        proxy.sort(column, Qt::DescendingOrder);
        for (const auto& engines : course) {
            model.setSnapshot(cluster(engines));
            QCOMPARE(model.rowCount(), int(engines.size()));
            for (int row = 0; row < model.rowCount(); ++row)
                QCOMPARE(model.rowCount(model.index(row, 0)), engines[std::size_t(row)].second);
        }
    }
}

void EveryModelTest::timeline()
{
    ui::TimelineModel model(true, nullptr);
    const Tester tester(&model, kMode);
    // Answers whatever is asked, down to the first post.
    connect(&model, &ui::TimelineModel::pageWanted, &model, [&model](std::optional<backend::PostId> before) {
        const auto highest = before ? before->value - 1 : 30;
        const auto lowest = std::max<std::int64_t>(1, highest - 6);
        model.appendPage(before, samplePage(highest, lowest, lowest > 1));
    });
    model.start();
    while (model.canFetchMore({}))
        model.fetchMore({});
    QCOMPARE(model.rowCount(), 30);
    model.mergeNewest(samplePage(34, 20, true));
    QCOMPARE(model.rowCount(), 34);
    auto fewer = samplePage(34, 20, true);
    fewer.entries.erase(fewer.entries.begin() + 2, fewer.entries.begin() + 9);
    model.mergeNewest(fewer);
    QCOMPARE(model.rowCount(), 27);
    model.clear();
    QCOMPARE(model.rowCount(), 0);
}

void EveryModelTest::events()
{
    ui::EventModel model({}, nullptr);
    const Tester tester(&model, kMode);
    std::vector<std::optional<backend::EventKey>> wanted;
    QObject::connect(&model, &ui::EventModel::pageWanted, &model,
                     [&](auto before) { wanted.push_back(before); });
    const auto event = [](int id) {
        backend::Event out;
        out.key = {kSampleTime + std::chrono::seconds(id), id};
        out.what = std::to_string(id);
        return out;
    };
    const auto shown = [&] {
        QStringList out;
        for (int row = 0; row < model.rowCount(); ++row)
            out << model.index(row, ui::EventWhatColumn).data().toString();
        return out.join(' ');
    };
    for (int column = 0; column < model.columnCount(); ++column)
        QVERIFY(!model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString().isEmpty());
    QVERIFY(!model.canFetchMore({}));
    model.start();
    model.appendPage(event(3).key, {{event(2)}, {}, {}}); // nobody waits for that one
    QCOMPARE(model.rowCount(), 0);
    model.appendPage(std::nullopt, {{event(9), event(7)}, event(7).key, {}});
    QCOMPARE(shown(), QString("9 7"));
    model.mergeNewest({event(10), event(9), event(8), event(5)}); // 5 comes with the next page
    QCOMPARE(shown(), QString("10 9 8 7"));
    model.fetchMore({}); // the tester may have asked already
    model.failPage(event(7).key);
    QVERIFY(model.state() == ui::EventModel::State::Failed);
    model.retry();
    QVERIFY(wanted.size() >= 3 && wanted.back() == event(7).key);
    model.appendPage(event(7).key, {{event(5), event(3)}, {}, {}});
    QCOMPARE(shown(), QString("10 9 8 7 5 3"));
    QVERIFY(!model.canFetchMore({}));
    QCOMPARE(model.indexOf(event(5).key).row(), 4);
    QVERIFY(!model.indexOf(event(6).key).isValid());
    model.dropBefore(event(5).key.at);
    QCOMPARE(shown(), QString("10 9 8 7 5"));
    model.start();
    model.appendPage(std::nullopt, {{}, {}, {}});
    QCOMPARE(model.rowCount(), 0);
    model.mergeNewest({event(1)});
    QCOMPARE(shown(), QString("1"));
}

} // namespace tests

QTEST_MAIN(tests::EveryModelTest)
#include "every_model_test.moc"
