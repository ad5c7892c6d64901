// What is said to be wrong with a cluster, whatever page is open: its words, its order, and where it leads.
#include <QTest>

#include <algorithm>

#include "tests/support/fake_engine.h"
#include "ui/models/incidents.h"
#include "ui/widgets/backlog_text.h"
#include "ui/widgets/formatting.h"

#include <utility>

namespace tests {

using namespace std::chrono_literals;

class IncidentsTest : public QObject
{
    Q_OBJECT

private slots:
    void noneWhereAllIsWell();
    void deadNodesAreNamed();
    void whatWaitsForARedisNodeIsCounted();
    void failingCallsComeFirst();
    void aDeadNodeIsWorseThanIncompletePages();
    void failuresWithoutADownNodeSayWhatToDo();
    void workersThatFallBehind();
    void nobodyWorks();
    void nobodyWorksComesBeforeFallingBehind();
    void aSilentDirectoryTellsNothingOfEngines();

private:
    static backend::ClusterSnapshot healthy()
    {
        auto out = fakeSnapshot(10); // engines are listed by then
        for (auto& node : out.nodes)
            node.health = backend::Health::Ok;
        out.backlog.reset();
        for (auto& kind : out.queue)
            kind.ready = 0;
        out.queue.front().ready = out.queueUnfinished = 12'304;
        out.queueOldestAgeSeconds = 40;
        return out;
    }
    static backend::ClusterSnapshot paused()
    {
        auto out = healthy();
        for (auto& engine : out.engines)
            engine.paused = true;
        for (auto& worker : out.workers) {
            worker.state = backend::WorkerState::Paused;
            worker.since = out.takenAt - 50s;
        }
        out.workers.front().since = out.takenAt - 45s;
        return out;
    }
    static QString since(backend::TimePoint at)
    {
        return QString("Since %1 %2.").arg(ui::formatMoment(at), ui::zoneName());
    }
};

void IncidentsTest::noneWhereAllIsWell()
{
    auto snapshot = healthy();
    QVERIFY(ui::incidentsOf(snapshot).empty());
    // Those wait for somebody; a single missed probe may be over before it is read.
    snapshot.queueDead = 7;
    snapshot.nodes[3].health = backend::Health::Degraded;
    QVERIFY(ui::incidentsOf(snapshot).empty());
}

void IncidentsTest::deadNodesAreNamed()
{
    auto snapshot = withNodeDown(healthy(), 2);
    auto all = ui::incidentsOf(snapshot);
    QCOMPARE(all.size(), std::size_t(1));
    QCOMPARE(all[0].headline, QString("pg-2 is down"));
    QCOMPARE(all[0].details,
             QString("Has not answered for 7 s: it does not answer. Start it or see why it hangs; "
                     "nothing acknowledged is lost."));
    QCOMPARE(all[0].tone, ui::Tone::Critical);
    QCOMPARE(all[0].page + u' ' + all[0].argument, QString("nodes pg-2"));
    snapshot = withNodeDown(snapshot, 5);
    all = ui::incidentsOf(snapshot);
    QCOMPARE(all[0].headline,
             QString("2 nodes are down: pg-2, %1").arg(QString::fromStdString(snapshot.nodes[4].name)));
    QVERIFY2(all[0].details.startsWith("pg-2 has not answered"), qPrintable(all[0].details));
    for (const int node : {1, 3, 4, 6})
        snapshot = withNodeDown(snapshot, node);
    all = ui::incidentsOf(snapshot);
    QVERIFY2(all[0].headline.startsWith("6 nodes are down: pg-1, pg-2, ") &&
                 all[0].headline.endsWith(" and 1 more"),
             qPrintable(all[0].headline));
    // However long they are.
    for (auto& node : snapshot.nodes)
        node.name = "postgresql-of-the-second-hall-in-oslo-" + std::to_string(node.id);
    all = ui::incidentsOf(snapshot);
    QVERIFY2(all[0].headline.endsWith("-1 and 5 more") && all[0].headline.size() < 80,
             qPrintable(all[0].headline));
}

void IncidentsTest::whatWaitsForARedisNodeIsCounted()
{
    auto snapshot = healthy();
    snapshot.queue[0].retry = 900; // for whatever reason
    auto& node = *std::find_if(snapshot.nodes.begin(), snapshot.nodes.end(),
                               [](const auto& one) { return one.kind == backend::NodeKind::Redis; });
    const auto told = [&] { return ui::incidentsOf(withNodeDown(snapshot, node.id))[0].details; };
    QVERIFY2(!told().contains("wait"), qPrintable(told()));
    node.parkedTasks = 1;
    QVERIFY2(told().endsWith("1 task waits for it; what other nodes hold is delivered meanwhile."),
             qPrintable(told()));
    node.parkedTasks = 1'482;
    QVERIFY2(told().contains("1,482 tasks wait for it;"), qPrintable(told()));
    node.parkedTasks = backend::kParkedCounted;
    QVERIFY2(told().contains("20,000 tasks or more wait for it;"), qPrintable(told()));
    // Of several each has its own.
    auto two = withNodeDown(snapshot, node.id);
    two.nodes.back().parkedTasks = 7;
    const auto other = two.nodes.back().id;
    const auto name = QString::fromStdString(two.nodes.back().name);
    const auto both = ui::incidentsOf(withNodeDown(two, other))[0].details;
    QVERIFY2(both.contains(QString("20,000 tasks or more wait for %1, 7 tasks wait for %2;")
                               .arg(QString::fromStdString(node.name), name)),
             qPrintable(both));
    // Where a queue cannot be read, or no Redis node is left, others are not served either.
    const auto withQueue = ui::incidentsOf(withNodeDown(withNodeDown(snapshot, node.id), 1))[0].details;
    QVERIFY2(withQueue.contains("or more wait for") && !withQueue.contains("delivered"),
             qPrintable(withQueue));
    auto none = snapshot;
    for (const auto& one : snapshot.nodes)
        if (one.kind == backend::NodeKind::Redis) none = withNodeDown(none, one.id);
    QVERIFY(!ui::incidentsOf(none)[0].details.contains("delivered"));
    // One that answers and does not write is an incident of its own.
    const auto full = ui::incidentsOf(snapshot);
    QCOMPARE(full.size(), std::size_t(1));
    QCOMPARE(full[0].headline,
             QString("20,000 tasks or more wait for %1").arg(QString::fromStdString(node.name)));
    QCOMPARE(full[0].page + u' ' + full[0].argument, "nodes " + QString::fromStdString(node.name));
    QCOMPARE(full[0].tone, ui::Tone::Warning);
    auto missed = snapshot;
    std::find_if(missed.nodes.begin(), missed.nodes.end(), [&](const auto& one) {
        return one.id == node.id;
    })->health = backend::Health::Degraded; // a probe was missed: nobody knows yet
    QVERIFY(ui::incidentsOf(missed).empty());
    missed = snapshot;
    missed.queueNotCounted = {"pg-1"}; // the count is of before
    QVERIFY(ui::incidentsOf(missed).empty());
    // Where nobody works nothing is delivered anywhere.
    for (auto& engine : snapshot.engines)
        engine.paused = true;
    QVERIFY2(told().contains("20,000 tasks or more wait for it.") && !told().contains("delivered"),
             qPrintable(told()));
}

void IncidentsTest::failingCallsComeFirst()
{
    const auto snapshot = withFailingCalls(withNodeDown(healthy(), 2), healthy().takenAt - 43s);
    const auto all = ui::incidentsOf(snapshot);
    QCOMPARE(all.size(), std::size_t(1)); // the node is what they fail of
    QCOMPARE(all[0].headline, QString("62 % of reads fail, 37/s: deadline exceeded"));
    QCOMPARE(
        all[0].details,
        QString(
            "Also 10 % of writes fail, 2.0/s: a node does not answer; 4 % of pages are incomplete, 1.0/s. "
            "pg-2 is down. Has not answered for 7 s: it does not answer. Start it or see why it hangs; "
            "nothing "
            "acknowledged is lost. %1")
            .arg(since(snapshot.takenAt - 43s)));
    QCOMPARE(all[0].tone, ui::Tone::Critical);
    QCOMPARE(all[0].page + u' ' + all[0].argument, QString("nodes pg-2"));
}

// Red stands over yellow, and what to mend over what it leads to.
void IncidentsTest::aDeadNodeIsWorseThanIncompletePages()
{
    auto snapshot = withNodeDown(healthy(), 2);
    snapshot.pagesPartial =
        backend::CallTrouble{0.03, 2.5, backend::FailureReason::Unavailable, snapshot.takenAt};
    auto all = ui::incidentsOf(snapshot);
    QCOMPARE(all.size(), std::size_t(1));
    QCOMPARE(all[0].headline, QString("pg-2 is down"));
    QCOMPARE(all[0].tone, ui::Tone::Critical);
    QVERIFY2(all[0].details.endsWith("lost. 3 % of pages are incomplete, 2.5/s."),
             qPrintable(all[0].details));
    snapshot = paused();
    snapshot.pagesPartial =
        backend::CallTrouble{0.03, 2.5, backend::FailureReason::Unavailable, snapshot.takenAt};
    all = ui::incidentsOf(snapshot);
    QCOMPARE(all.size(), std::size_t(2));
    QVERIFY2(all[0].headline.startsWith("All workers are paused"), qPrintable(all[0].headline));
    QVERIFY(all[0].tone == ui::Tone::Critical && all[1].tone == ui::Tone::Warning);
}

void IncidentsTest::failuresWithoutADownNodeSayWhatToDo()
{
    auto snapshot = healthy();
    snapshot.readsFail =
        backend::CallTrouble{0.03, 2.5, backend::FailureReason::Overloaded, snapshot.takenAt};
    auto all = ui::incidentsOf(snapshot);
    QCOMPARE(all.at(0).headline, QString("3 % of reads fail, 2.5/s: overloaded"));
    QVERIFY2(all[0].details.contains("start another engine"), qPrintable(all[0].details));
    QVERIFY(all[0].argument.isEmpty());
    snapshot.pagesPartial = std::exchange(snapshot.readsFail, {});
    all = ui::incidentsOf(snapshot);
    QCOMPARE(all.at(0).headline, QString("3 % of pages are incomplete, 2.5/s"));
    QCOMPARE(all[0].tone, ui::Tone::Warning);
    // What was known before the directory fell silent says so.
    all = ui::incidentsOf(withSilentDirectory(snapshot, snapshot.takenAt - 9s));
    QVERIFY2(all.at(0).details.contains(ui::formatClock(snapshot.takenAt - 9s)), qPrintable(all[0].details));
}

void IncidentsTest::workersThatFallBehind()
{
    auto snapshot = healthy();
    snapshot.backlog = backend::Backlog{backend::Backlog::Cause::AllBusy, 12'300, snapshot.takenAt - 30s};
    for (auto& worker : snapshot.workers)
        worker.state = backend::WorkerState::Running;
    auto all = ui::incidentsOf(snapshot);
    QCOMPARE(all.size(), std::size_t(1));
    QCOMPARE(all[0].headline, QString("The workers fall behind: 12,300 tasks wait, the oldest for 40 s"));
    QCOMPARE(
        all[0].details,
        QString("All %1 workers are busy: add some, start another rookeryctl serve, or have more authors "
                "pulled (Capacity). %2")
            .arg(snapshot.workers.size())
            .arg(since(snapshot.takenAt - 30s)));
    QCOMPARE(all[0].tone, ui::Tone::Warning);
    QCOMPARE(all[0].page + u' ' + all[0].argument, QString("queue workers"));
    snapshot.backlog->cause = backend::Backlog::Cause::Retrying;
    snapshot.backlog->waiting = 1;
    all = ui::incidentsOf(snapshot);
    QCOMPARE(all[0].headline, QString("The workers fall behind: 1 task waits, the oldest for 40 s"));
    QVERIFY2(all[0].details.contains("what the workers complain about"), qPrintable(all[0].details));

    // For whoever reads posts a minute late it is no warning any more; a dead node is what holds them up.
    snapshot = withNodeDown(snapshot, 2);
    snapshot.queueOldestAgeSeconds = 75;
    snapshot.backlog->cause = backend::Backlog::Cause::NodeInTrouble;
    all = ui::incidentsOf(snapshot);
    QCOMPARE(all.size(), std::size_t(2));
    QCOMPARE(all[0].headline, QString("pg-2 is down"));
    QCOMPARE(all[1].tone, ui::Tone::Critical);
    QVERIFY2(all[1].details.startsWith("pg-2 is down. Mend that first: tasks wait for it."),
             qPrintable(all[1].details));
    QCOMPARE(all[1].page + u' ' + all[1].argument, QString("nodes pg-2")); // not the workers
    snapshot.nodes[1].health = backend::Health::Degraded;
    all = ui::incidentsOf(snapshot);
    QCOMPARE(all.size(), std::size_t(1));
    QCOMPARE(all[0].page + u' ' + all[0].argument, QString("nodes pg-2"));
}

// Before anything has waited for long.
void IncidentsTest::nobodyWorks()
{
    auto snapshot = paused();
    auto all = ui::incidentsOf(snapshot);
    QCOMPARE(all.size(), std::size_t(1));
    QCOMPARE(all[0].headline, QString("All workers are paused: 12,304 tasks wait, the oldest for 40 s"));
    QCOMPARE(all[0].details, QString("What is posted reaches no home timeline until they are resumed. %1")
                                 .arg(since(snapshot.takenAt - 45s))); // the last of them
    QCOMPARE(all[0].tone, ui::Tone::Critical);
    QCOMPARE(all[0].page + u' ' + all[0].argument, QString("queue workers"));
    snapshot.queueOldestAgeSeconds = 2;
    QCOMPARE(ui::incidentsOf(snapshot).at(0).tone, ui::Tone::Warning); // nobody waits for long yet
    // Of an engine that is gone nobody knows when it paused.
    snapshot.engines.push_back(snapshot.engines.front());
    snapshot.engines.back().slot += 7;
    snapshot.engines.back().heartbeatAgeSeconds = 30;
    snapshot.workers.push_back(snapshot.workers.front());
    snapshot.workers.back().engineSlot = snapshot.engines.back().slot;
    snapshot.workers.back().since = snapshot.takenAt;
    QVERIFY(ui::incidentsOf(snapshot).at(0).details.contains(since(snapshot.takenAt - 45s)));
    snapshot.queue.front().ready = snapshot.queueUnfinished = 0;
    all = ui::incidentsOf(snapshot);
    QCOMPARE(all[0].headline, QString("All workers are paused"));
    QCOMPARE(all[0].tone, ui::Tone::Warning); // nothing waits yet
    for (auto& engine : snapshot.engines)
        engine.workers = engine.workersWanted = 0;
    QCOMPARE(ui::incidentsOf(snapshot).at(0).headline, QString("No engine has workers"));
    // One that works is enough, as long as one hears of it.
    snapshot.engines.push_back(snapshot.engines.front());
    snapshot.engines.back().slot += 1;
    snapshot.engines.back().workers = 2;
    snapshot.engines.back().paused = false;
    QVERIFY(ui::incidentsOf(snapshot).empty());
    snapshot.engines.back().heartbeatAgeSeconds = 30;
    QCOMPARE(ui::incidentsOf(snapshot).at(0).headline, QString("No engine has workers"));
}

void IncidentsTest::nobodyWorksComesBeforeFallingBehind()
{
    auto snapshot = paused();
    snapshot.backlog = backend::Backlog{backend::Backlog::Cause::NobodyWorks, 12'300, snapshot.takenAt - 10s};
    const auto all = ui::incidentsOf(snapshot);
    QVERIFY2(all.at(0).headline.startsWith("All workers are paused: 12,304 tasks wait"),
             qPrintable(all[0].headline));
    QVERIFY2(all[0].details.contains(since(snapshot.takenAt - 45s)), qPrintable(all[0].details));
    QCOMPARE(ui::backlogShort(snapshot), QString("all workers are paused"));
}

void IncidentsTest::aSilentDirectoryTellsNothingOfEngines()
{
    auto snapshot = paused();
    QVERIFY(ui::incidentsOf(withSilentDirectory(snapshot, snapshot.takenAt - 9s)).empty());
    snapshot.deliveriesPerSecond = -1; // it is down
    QVERIFY(ui::incidentsOf(snapshot).empty());
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::IncidentsTest)
#include "incidents_test.moc"
