// Engines and their workers as a tree that changes in place.
#include <QAbstractItemModelTester>
#include <QPersistentModelIndex>
#include <QSignalSpy>
#include <QTest>

#include "tests/models/model_samples.h"
#include "ui/models/worker_tree_model.h"

namespace tests {

class WorkerTreeTest : public QObject
{
    Q_OBJECT

private slots:
    void groupsByEngine();
    void followsComingAndGoing();
    void keepsPlacesAcrossRefreshes();
    void workerOfAnUnknownEngine();
    void thisProgramWithoutASlot();
    void saysWhatIsWrong();

private:
    static backend::ClusterSnapshot cluster(std::vector<std::pair<int, int>> engines)
    {
        auto out = sampleSnapshot(1);
        for (const auto& [slot, workers] : engines) {
            backend::EngineSnapshot engine;
            engine.slot = slot;
            engine.name = "host:" + std::to_string(100 + slot);
            engine.startedAt = kSampleTime - std::chrono::minutes(5);
            engine.workers = engine.workersWanted = workers;
            out.engines.push_back(engine);
            for (int i = 0; i < workers; ++i) {
                backend::WorkerSnapshot worker;
                worker.engineSlot = slot;
                worker.index = i;
                worker.state = backend::WorkerState::Running;
                worker.task = "post_created × 64 on pg-2";
                worker.since = kSampleTime - std::chrono::seconds(2);
                worker.tasksDone = 1000 + i;
                worker.tasksFailed = i;
                out.workers.push_back(worker);
            }
        }
        return out;
    }
    static QString text(const QModelIndex& index) { return index.data().toString(); }
};

void WorkerTreeTest::groupsByEngine()
{
    ui::WorkerTreeModel model(nullptr);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    auto snapshot = cluster({{3, 2}, {7, 4}});
    snapshot.engines[1].self = true;
    model.setSnapshot(snapshot);
    QCOMPARE(model.rowCount(), 2);
    const auto second = model.index(1, 0);
    QCOMPARE(model.rowCount(second), 4);
    QCOMPARE(text(second), QString("host:107 (this program)"));
    QCOMPARE(second.data(ui::WorkerTreeModel::EngineSlotRole).toInt(), 7);
    QCOMPARE(text(model.index(1, ui::WorkerTreeModel::DoneColumn)), QString("4,006"));
    const auto worker = model.index(2, ui::WorkerTreeModel::TaskColumn, second);
    QCOMPARE(text(worker), QString("post_created × 64 on pg-2"));
    QCOMPARE(text(worker.siblingAtColumn(ui::WorkerTreeModel::StateColumn)), QString("running"));
    QCOMPARE(text(worker.siblingAtColumn(ui::WorkerTreeModel::DoneColumn)), QString("1,002"));
    QCOMPARE(worker.data(ui::WorkerTreeModel::EngineSlotRole).toInt(), 7);
    QCOMPARE(worker.parent(), second);
}

void WorkerTreeTest::followsComingAndGoing()
{
    ui::WorkerTreeModel model(nullptr);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setSnapshot(cluster({{1, 2}, {5, 1}}));
    model.setSnapshot(cluster({{1, 4}, {3, 2}, {5, 0}}));
    QCOMPARE(model.rowCount(), 3);
    QCOMPARE(model.rowCount(model.index(0, 0)), 4);
    QCOMPARE(model.rowCount(model.index(2, 0)), 0);
    model.setSnapshot(cluster({{5, 3}}));
    QCOMPARE(model.rowCount(), 1);
    QCOMPARE(model.rowCount(model.index(0, 0)), 3);
    model.setSnapshot(sampleSnapshot(1));
    QCOMPARE(model.rowCount(), 0);
}

void WorkerTreeTest::keepsPlacesAcrossRefreshes()
{
    ui::WorkerTreeModel model(nullptr);
    model.setSnapshot(cluster({{1, 2}, {5, 3}}));
    const QPersistentModelIndex worker(model.index(2, 0, model.index(1, 0)));
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    model.setSnapshot(cluster({{0, 1}, {1, 2}, {5, 3}}));
    QCOMPARE(resets.size(), 0);
    QVERIFY(worker.isValid());
    QCOMPARE(worker.parent().row(), 2);
    QCOMPARE(text(worker), QString("Worker 3"));
}

void WorkerTreeTest::workerOfAnUnknownEngine()
{
    ui::WorkerTreeModel model(nullptr);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    auto snapshot = cluster({{4, 2}});
    snapshot.engines.clear();
    snapshot.workers[0].engineName = "early:1";
    model.setSnapshot(snapshot);
    QCOMPARE(text(model.index(0, 0)), QString("early:1"));
    QCOMPARE(model.rowCount(model.index(0, 0)), 2);
}

void WorkerTreeTest::thisProgramWithoutASlot()
{
    ui::WorkerTreeModel model(nullptr);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    auto snapshot = cluster({{-1, 2}, {0, 1}});
    snapshot.engines[0].self = true;
    model.setSnapshot(snapshot);
    QCOMPARE(model.rowCount(), 2);
    const auto own = model.index(0, 0);
    QVERIFY(!own.parent().isValid());
    QCOMPARE(text(own), QString("host:99 (this program, without a slot)"));
    QCOMPARE(model.rowCount(own), 2);
    QCOMPARE(model.index(1, 0, own).parent(), own);
    QCOMPARE(model.index(0, 0, model.index(1, 0)).parent(), model.index(1, 0));
}

void WorkerTreeTest::saysWhatIsWrong()
{
    ui::WorkerTreeModel model(nullptr);
    auto snapshot = cluster({{4, 2}});
    snapshot.engines[0].paused = true;
    snapshot.engines[0].workersWanted = 6;
    snapshot.workers[1].state = backend::WorkerState::Waiting;
    snapshot.workers[1].error = "redis-3 does not answer";
    model.setSnapshot(snapshot);
    const auto engine = model.index(0, 0);
    QCOMPARE(text(engine.siblingAtColumn(ui::WorkerTreeModel::StateColumn)), QString("paused"));
    QVERIFY(text(engine.siblingAtColumn(ui::WorkerTreeModel::TaskColumn)).contains("2 of 6 workers"));
    const auto state = model.index(1, ui::WorkerTreeModel::StateColumn, engine);
    QCOMPARE(text(state), QString("waiting for a node"));
    QCOMPARE(state.data(ui::ToneRole).value<ui::Tone>(), ui::Tone::Warning);
    QCOMPARE(text(state.siblingAtColumn(ui::WorkerTreeModel::ErrorColumn)),
             QString("redis-3 does not answer"));
    snapshot.engines[0].heartbeatAgeSeconds = 42;
    model.setSnapshot(snapshot);
    QVERIFY(text(engine.siblingAtColumn(ui::WorkerTreeModel::StateColumn)).contains("silent"));
}

} // namespace tests

QTEST_MAIN(tests::WorkerTreeTest)
#include "worker_tree_test.moc"
