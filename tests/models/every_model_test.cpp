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
#include "ui/models/capacity_table.h"
#include "ui/models/comparison_table.h"
#include "ui/models/event_model.h"
#include "ui/models/follow_model.h"
#include "ui/models/key_tables.h"
#include "ui/models/node_tables.h"
#include "ui/models/queue_tables.h"
#include "ui/models/shard_comparison.h"
#include "ui/models/shard_panel_tables.h"
#include "ui/models/shard_table.h"
#include "ui/models/sort_proxy.h"
#include "ui/models/timeline_model.h"
#include "ui/models/timeline_tables.h"
#include "ui/models/worker_tree_model.h"
#include "ui/pages/node_list.h"
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
    void nodeRoom();
    void keyFamilies();
    void flights();
    void queueKinds();
    void queueTimes();
    void deadGroups();
    void deadLetters();
    void shards();
    void shardComparison();
    void shardPanel();
    void nodes();
    void nodeLists();
    void nodeDetailTables();
    void findings();
    void nodeCosts();
    void workers();
    void timeline();
    void timelineOfThePast();
    void comparison();
    void follows();
    void events();

private:
    using Tester = QAbstractItemModelTester;
    static constexpr auto kMode = Tester::FailureReportingMode::QtTest;

    // What a test above exercises: types of models, and the functions that make tables.
    static QSet<QString> exercised()
    {
        return {"SortProxy",
                "TimelineModel",
                "FollowModel",
                "ComparisonModel",
                "makeComparisonTable",
                "WorkerTreeModel",
                "UserSuggestionModel",
                "LedgerChunkModel",
                "CacheTableModel",
                "RedisNodeModel",
                "QueueKindModel",
                "DeadLetterModel",
                "ShardTableModel",
                "NodeTableModel",
                "makeUserSuggestions",
                "makeLedgerChunkTable",
                "makeCacheTable",
                "makeRedisNodeTable",
                "makeQueueKindTable",
                "makeDeadLetterTable",
                "makeShardTable",
                "makeNodeTable",
                "NodeRoomModel",
                "KeyFamilyModel",
                "FlightModel",
                "makeNodeRoomTable",
                "makeKeyFamilyTable",
                "makeFlightTable",
                "QueueTimesModel",
                "DeadGroupModel",
                "makeQueueTimesTable",
                "makeDeadGroupTable",
                "ShardComparisonModel",
                "ShardTaskModel",
                "HotAuthorModel",
                "HotReaderModel",
                "makeShardComparisonTable",
                "makeShardTaskTable",
                "makeHotAuthorTable",
                "makeHotReaderTable",
                "NodeListModel",
                "makeNodeList",
                "SlowOperationModel",
                "TopStatementModel",
                "DeadRowsModel",
                "ReplicaModel",
                "FindingModel",
                "NodeCostModel",
                "makeSlowOperationTable",
                "makeTopStatementTable",
                "makeDeadRowsTable",
                "makeReplicaTable",
                "makeFindingTable",
                "makeNodeCostTable",
                "EventModel"};
    }
    static QSet<QString> exercisedOfNodes()
    {
        return {"NodeListModel",          "makeNodeList",          "SlowOperationModel", "TopStatementModel",
                "DeadRowsModel",          "ReplicaModel",          "FindingModel",       "NodeCostModel",
                "makeSlowOperationTable", "makeTopStatementTable", "makeDeadRowsTable",  "makeReplicaTable",
                "makeFindingTable",       "makeNodeCostTable"};
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
    const auto known = exercised() + exercisedOfNodes();
    for (const auto& name : found)
        QVERIFY2(known.contains(name), qPrintable(name + " has no test here"));
    for (const auto& name : known)
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

void EveryModelTest::nodeRoom()
{
    backend::Capacity capacity;
    for (int id = 3; id < 6; ++id) {
        backend::NodeCapacity node;
        node.node = id;
        node.timelines = node.sampled = id * 10;
        node.usedMemoryBytes = 1'000;
        node.machineMemoryBytes = id * 10'000;
        node.bytesPerTimeline.mean = 50;
        if (id == 5) node.notMeasured = "it is gone";
        capacity.nodes.push_back(node);
    }
    auto rows = ui::nodeRoom(fakeSnapshot(1), {}, &capacity);
    using Kind = ui::Growth::Kind;
    int place = 0;
    for (const auto kind :
         {Kind::TooShort, Kind::NotGrowing, Kind::NoLimit, Kind::TooFar, Kind::Fills, Kind::Full}) {
        auto& growth = rows[std::size_t(place++)].growth;
        growth.kind = kind;
        growth.knownSeconds = 700 + place;
        if (kind == Kind::Fills) growth.fullAtSeconds = 1.9e9;
    }
    exerciseTable(std::unique_ptr<ui::NodeRoomModel>(ui::makeNodeRoomTable(nullptr)), rows,
                  [](ui::NodeRoomRow& row) { row.usedBytes += 7; });
}

void EveryModelTest::keyFamilies()
{
    backend::CacheDetails details;
    for (const auto* name : {"home timeline", "home floor", "post object", "other"})
        details.families.push_back({name, std::int64_t(details.families.size()), 3.0, 700.0});
    exerciseTable(std::unique_ptr<ui::KeyFamilyModel>(ui::makeKeyFamilyTable(nullptr)),
                  ui::familyRows(details), [](ui::KeyFamilyRow& row) { row.family.bytes *= 2; });
}

void EveryModelTest::flights()
{
    std::vector<backend::FlightCounts> rows{{"home timeline", 10, 3, 5, 2},
                                            {"author timeline", 10, 3, 0, 0},
                                            {"public timeline", 10, 3, {}, {}},
                                            {"post object", 0, 0, {}, {}}};
    exerciseTable(std::unique_ptr<ui::FlightModel>(ui::makeFlightTable(nullptr)), rows,
                  [](backend::FlightCounts& row) { row.joined += 7; });
}

void EveryModelTest::queueKinds()
{
    exerciseTable(std::unique_ptr<ui::QueueKindModel>(ui::makeQueueKindTable(nullptr)), fakeSnapshot(1).queue,
                  [](backend::QueueKindSnapshot& kind) { kind.ready += 1; });
}

void EveryModelTest::queueTimes()
{
    std::vector<backend::QueueKindTimes> rows;
    for (int i = 0; i < 6; ++i)
        rows.push_back({backend::kTaskKinds[std::size_t(i)], i, 2 * i, i == 0 ? -1.0 : 1.5 * i, 20.0 * i,
                        0.5 * i, 5.0 * i});
    exerciseTable(std::unique_ptr<ui::QueueTimesModel>(ui::makeQueueTimesTable(nullptr)), rows,
                  [](backend::QueueKindTimes& times) { times.runs += 1; });
}

void EveryModelTest::deadGroups()
{
    std::vector<backend::DeadLetterGroup> rows;
    for (int i = 0; i < 6; ++i) {
        backend::DeadLetterGroup group;
        group.signature =
            i == 0 ? std::string() : "redis-# refused write " + std::string(std::size_t(i), 'x');
        group.count = 100 - i;
        if (i > 0)
            group.kinds = {{backend::TaskKind::DeliverChunk, 60}, {backend::TaskKind::PostCreated, 40 - i}};
        group.lastDiedAt = kSampleTime;
        group.firstDiedAt = kSampleTime - std::chrono::hours(i);
        rows.push_back(group);
    }
    exerciseTable(std::unique_ptr<ui::DeadGroupModel>(ui::makeDeadGroupTable(nullptr)), rows,
                  [](backend::DeadLetterGroup& group) { group.count += 1; });
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

void EveryModelTest::shardComparison()
{
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    const std::vector<ui::ShardComparisonRow> rows{
        {0, 1, 2}, {1, kNan, 2}, {2, 3, kNan}, {3, 0, 5}, {4, 8, 1}};
    exerciseTable(std::unique_ptr<ui::ShardComparisonModel>(ui::makeShardComparisonTable(nullptr)), rows,
                  [](ui::ShardComparisonRow& row) { row.b += 1; });
}

void EveryModelTest::shardPanel()
{
    std::vector<ui::ShardTaskRow> tasks;
    std::vector<backend::HotAuthor> authors;
    std::vector<backend::HotReader> readers;
    for (int i = 0; i < 6; ++i) {
        backend::ShardTaskCount count;
        count.kind = backend::kTaskKinds[std::size_t(i / 2)]; // the same kind on two nodes
        count.ready = i;
        tasks.push_back({1 + i % 2, QString("pg-%1").arg(1 + i % 2), count});
        authors.push_back({backend::UserId{100 + i}, i % 2 ? "ann" + std::to_string(i) : "", i, 10 * i, 0});
        readers.push_back({backend::UserId{200 + i}, "", i, 2 * i});
    }
    exerciseTable(std::unique_ptr<ui::ShardTaskModel>(ui::makeShardTaskTable(nullptr)), tasks,
                  [](ui::ShardTaskRow& row) { row.count.retry += 1; });
    exerciseTable(std::unique_ptr<ui::HotAuthorModel>(ui::makeHotAuthorTable(nullptr)), authors,
                  [](backend::HotAuthor& author) { author.deliveries += 7; });
    exerciseTable(std::unique_ptr<ui::HotReaderModel>(ui::makeHotReaderTable(nullptr)), readers,
                  [](backend::HotReader& reader) { reader.atMost += 7; });
}

void EveryModelTest::nodes()
{
    auto rows = fakeSnapshot(1).nodes;
    rows[4].health = backend::Health::Down;
    rows[4].probeMilliseconds = rows[4].commandsPerSecond = -1;
    exerciseTable(std::unique_ptr<ui::NodeTableModel>(ui::makeNodeTable(nullptr)), ui::worstFirst(rows),
                  [](backend::NodeSnapshot& node) { node.probeMilliseconds += 1; });
}

void EveryModelTest::nodeLists()
{
    const auto snapshot = fakeSnapshot(1, 8);
    const auto rows = ui::nodeListRows(snapshot, {{1, 200, -1, {}}, {4, 100, 1 << 20, {}}});
    exerciseTable(std::unique_ptr<ui::NodeListModel>(ui::makeNodeList(nullptr)), rows,
                  [](ui::NodeListRow& row) { row.node.health = backend::Health::Down; });
}

void EveryModelTest::nodeDetailTables()
{
    std::vector<ui::SlowOperation> slow;
    std::vector<backend::TopStatement> top;
    std::vector<backend::PostgresTable> tables;
    std::vector<ui::ReplicaRow> replicas;
    for (int i = 0; i < 6; ++i) {
        const auto name = QString::number(i);
        slow.push_back(
            {i, kSampleTime - std::chrono::seconds(i), 0.1 * i, "GET " + name, "client", "done", false});
        top.push_back({name.toStdString(), "SELECT", 10 * i, i, 5.0 * i, 0.5, i % 2 ? -1.0 : 9.0});
        tables.push_back({"posts_000" + name.toStdString() + ".posts", 100 * i, 50, 4096,
                          i % 2 ? std::optional(kSampleTime) : std::nullopt, std::nullopt, i == 3});
        replicas.push_back({"standby " + name, "slot", "active", 100 * i, -1, i == 2});
    }
    exerciseTable(std::unique_ptr<ui::SlowOperationModel>(ui::makeSlowOperationTable(nullptr)), slow,
                  [](ui::SlowOperation& row) { row.seconds += 1; });
    exerciseTable(std::unique_ptr<ui::TopStatementModel>(ui::makeTopStatementTable(nullptr)), top,
                  [](backend::TopStatement& row) { row.totalMs += 7; });
    exerciseTable(std::unique_ptr<ui::DeadRowsModel>(ui::makeDeadRowsTable(nullptr)), tables,
                  [](backend::PostgresTable& row) { row.deadRows += 30'000; });
    exerciseTable(std::unique_ptr<ui::ReplicaModel>(ui::makeReplicaTable(nullptr)), replicas,
                  [](ui::ReplicaRow& row) { row.lagBytes = -1; });
}

void EveryModelTest::findings()
{
    std::vector<backend::FindingGroup> rows;
    for (int i = 0; i < 6; ++i)
        rows.push_back({{backend::Severity(i % 3), i % 2 ? "pg-1" : "", "check",
                         "measured " + std::to_string(i), "advice", "command"},
                        {i % 2 ? "pg-1" : "", "pg-2"},
                        {"command", "another"}});
    exerciseTable(std::unique_ptr<ui::FindingModel>(ui::makeFindingTable(nullptr)), rows,
                  [](backend::FindingGroup& row) { row.finding.severity = backend::Severity::Error; });
}

void EveryModelTest::nodeCosts()
{
    std::vector<backend::NodeCost> rows;
    for (int i = 0; i < 6; ++i) {
        backend::NodeCost cost;
        cost.node = i;
        cost.name = "node " + std::to_string(i);
        cost.requestsPerSecond = i % 2 ? i : -1;
        rows.push_back(cost);
    }
    exerciseTable(std::unique_ptr<ui::NodeCostModel>(ui::makeNodeCostTable(nullptr)), rows,
                  [](backend::NodeCost& row) { row.missed += 1; });
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

void EveryModelTest::timelineOfThePast()
{
    ui::TimelineModel model(true, nullptr);
    const Tester tester(&model, kMode);
    connect(&model, &ui::TimelineModel::pageWanted, &model, [&model](std::optional<backend::PostId> before) {
        model.appendPage(before, samplePage(before->value - 1, std::max<std::int64_t>(1, before->value - 5),
                                            before->value > 6));
    });
    model.startAt(backend::PostId{21});
    QVERIFY(model.newerAbove());
    while (model.canFetchMore({}))
        model.fetchMore({});
    QCOMPARE(model.rowCount(), 20);
    model.prepend(samplePage(25, 18, true).entries, false); // what overlaps is there already
    QCOMPARE(model.rowCount(), 25);
    QVERIFY(model.newerAbove());
    model.prepend({}, true);
    QVERIFY(!model.newerAbove());
    for (int row = 0; row < 25; ++row)
        QCOMPARE(model.entry(model.index(row, 0)).id.value, std::int64_t(25 - row));
    model.clear();
    QCOMPARE(model.rowCount(), 0);
}

void EveryModelTest::comparison()
{
    using Verdict = backend::EntryVerdict;
    backend::TimelineComparison comparison;
    comparison.floor = {103};
    for (const auto verdict : {Verdict::Same, Verdict::Missing, Verdict::Extra, Verdict::WrongScore,
                               Verdict::Double, Verdict::Waiting, Verdict::Merged, Verdict::BelowFloor}) {
        backend::ComparedEntry entry;
        entry.post = {110 - std::int64_t(comparison.entries.size())};
        entry.verdict = verdict;
        entry.inRedis = verdict != Verdict::Missing;
        entry.inPostgres = verdict != Verdict::Extra;
        entry.detail = "score -5";
        comparison.entries.push_back(entry);
    }
    comparison.entries.back().post = {102};
    auto rows = ui::comparisonRows(comparison, false);
    // The floor stands between what is complete and what is below it.
    QCOMPARE(rows.size(), comparison.entries.size() + 1);
    QVERIFY(!rows[7].entry && rows[7].floorText.contains("complete down to here"));
    QCOMPARE(rows[8].entry->post.value, std::int64_t(102));
    const auto faults = ui::comparisonRows(comparison, true);
    QCOMPARE(faults.size(), std::size_t(5));
    QVERIFY(!faults.back().entry);
    QCOMPARE(ui::differenceText(comparison), QString("1 missing, 1 extra, 1 wrong score, 1 double"));
    const std::unique_ptr<ui::ComparisonModel> model(ui::makeComparisonTable(nullptr));
    const Tester tester(model.get(), kMode);
    model->setRows(rows);
    QCOMPARE(model->index(1, ui::ComparedRedisColumn).data().toString(), QString("not there"));
    QCOMPARE(model->index(2, ui::ComparedPostgresColumn).data().toString(), QString("not there"));
    QCOMPARE(model->index(3, ui::ComparedMeaningColumn).data().toString(), QString("score -5"));
    model->setRows(faults);
    QCOMPARE(model->rowCount(), 5);
    rows.erase(rows.begin() + 7); // only the floor has empty cells
    exerciseTable(std::unique_ptr<ui::ComparisonModel>(ui::makeComparisonTable(nullptr)), rows,
                  [](ui::ComparisonRow& row) { row.entry->detail += "x"; });
}

void EveryModelTest::follows()
{
    ui::FollowModel model(nullptr);
    const Tester tester(&model, kMode);
    int asked = 0;
    connect(&model, &ui::FollowModel::pageWanted, &model, [&](backend::UserId after) {
        if (++asked == 3) { // a failure keeps what is there, and is tried again
            model.failPage(after);
            return;
        }
        backend::EdgePage page;
        for (auto id = after.value + 1; id <= std::min<std::int64_t>(after.value + 10, 35); ++id)
            page.users.push_back({backend::UserId{id}, "user" + std::to_string(id), "", kSampleTime});
        if (page.users.back().id.value < 35) page.next = page.users.back().id;
        model.appendPage(after, page);
        model.appendPage(after, page); // too late: dropped
    });
    model.start();
    // The tester may have fetched more by itself.
    while (model.state() == ui::FollowModel::State::More)
        model.fetchMore({});
    QCOMPARE(model.state(), ui::FollowModel::State::Failed);
    QCOMPARE(model.rowCount(), 20);
    QVERIFY(!model.canFetchMore({}));
    model.retry();
    while (model.canFetchMore({}))
        model.fetchMore({});
    QCOMPARE(model.rowCount(), 35);
    for (int row = 0; row < 35; ++row)
        QCOMPARE(model.user(model.index(row, 0)).id.value, std::int64_t(row + 1));
    QCOMPARE(model.index(4, ui::FollowModel::HandleColumn).data().toString(), QString("@user5"));
    for (int column = 0; column < model.columnCount(); ++column)
        QVERIFY(!model.headerData(column, Qt::Horizontal).toString().isEmpty());
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
