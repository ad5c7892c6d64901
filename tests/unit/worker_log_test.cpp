// What a worker did when: exact spans while they are kept and few, shares of steps beyond, and bounds that
// hold; and the windows of the queue's times and history.
#include <QTest>

#include "backend/monitoring/engine_lanes.h"
#include "backend/monitoring/queue_watch.h"
#include "backend/queue/worker_log.h"

#include <cmath>
#include <numeric>

using namespace backend;
using namespace std::chrono_literals;

class WorkerLogTest : public QObject
{
    Q_OBJECT

private slots:
    void spansAreExact();
    void whatIsOpenIsSeen();
    void tooManyBecomeShares();
    void boundsHold();
    void aClockSetBackIsHarmless();
    void lanesOutliveTheirWorker();
    void timeUsedIsCounted();
    void otherEnginesTellBySeconds();
    void timesAreOfTheWindow();
    void historyIsTheMeanOfItsSteps();

private:
    static constexpr TimePoint kStart{std::chrono::seconds(1'790'000'000)};
    static WorkerLog::Deed deed(TaskKind kind, std::int64_t tasks = 1)
    {
        return {WorkerState::Running, kind, tasks, "pg-1"};
    }
};

void WorkerLogTest::spansAreExact()
{
    WorkerLog log;
    log.came(kStart);
    log.begin(deed(TaskKind::PostCreated, 5), kStart + 1s);
    log.end(kStart + 2s);
    log.begin(deed(TaskKind::DeliverChunk, 7), kStart + 3s); // ends by the next one's begin
    log.begin({WorkerState::Paused, TaskKind::UserCreated, 0, {}}, kStart + 4s);
    log.end(kStart + 6s);
    const auto lane = log.lane(kStart, kStart + 10s, kStart + 10s, 100);
    QVERIFY(lane.since == kStart);
    QVERIFY(lane.tallies.empty());
    QCOMPARE(lane.spans.size(), std::size_t(3));
    QVERIFY(lane.spans[0].begin == kStart + 1s && lane.spans[0].end == kStart + 2s);
    QCOMPARE(lane.spans[0].tasks, std::int64_t(5));
    QCOMPARE(lane.spans[0].node, std::string("pg-1"));
    QVERIFY(lane.spans[1].end == kStart + 4s);
    QVERIFY(lane.spans[2].state == WorkerState::Paused);
    // Only what touches the window.
    QCOMPARE(log.lane(kStart + 5s, kStart + 10s, kStart + 10s, 100).spans.size(), std::size_t(1));
    QVERIFY(log.lane(kStart + 7s, kStart + 10s, kStart + 10s, 100).spans.empty());
}

void WorkerLogTest::whatIsOpenIsSeen()
{
    WorkerLog log;
    log.came(kStart);
    log.begin({WorkerState::Paused, TaskKind::UserCreated, 0, {}}, kStart + 1s);
    const auto lane = log.lane(kStart + 100s, kStart + 200s, kStart + 150s, 100);
    QCOMPARE(lane.spans.size(), std::size_t(1));
    QVERIFY(lane.spans[0].end == kStart + 150s);
}

void WorkerLogTest::tooManyBecomeShares()
{
    WorkerLog log;
    log.came(kStart);
    for (int i = 0; i < 100; ++i) { // a tenth of each second: 60 ms of one kind, 20 ms of another
        const auto at = kStart + 100ms * i;
        log.begin(deed(TaskKind::DeliverChunk, 3), at);
        log.begin(deed(TaskKind::PostCreated, 1), at + 60ms);
        log.end(at + 80ms);
    }
    const auto lane = log.lane(kStart, kStart + 10s, kStart + 10s, 50);
    QCOMPARE(lane.tallies.size(), std::size_t(10));
    QVERIFY(lane.spans.empty());
    for (const auto& tally : lane.tallies) {
        QVERIFY(tally.end - tally.begin == 1s);
        QCOMPARE(tally.tasks, std::int64_t(40));
        QCOMPARE(tally.parts.size(), std::size_t(2));
        QVERIFY(tally.parts[0].kind == TaskKind::DeliverChunk); // most first
        QVERIFY(std::abs(tally.parts[0].seconds - 0.6) < 1e-6);
        QVERIFY(std::abs(tally.parts[1].seconds - 0.2) < 1e-6);
    }
    // Fewer steps, none of the time lost.
    const auto few = log.lane(kStart, kStart + 10s, kStart + 10s, 2);
    double sum = 0;
    for (const auto& tally : few.tallies)
        for (const auto& part : tally.parts)
            sum += part.seconds;
    QVERIFY(few.tallies.size() <= 3);
    QVERIFY(std::abs(sum - 8.0) < 1e-6);
    // The second under way comes as spans, not twice.
    const auto under = log.lane(kStart, kStart + 10s, kStart + 9500ms, 50);
    QCOMPARE(under.tallies.size(), std::size_t(9));
    QCOMPARE(under.spans.size(), std::size_t(10)); // five of each kind
}

void WorkerLogTest::boundsHold()
{
    WorkerLog log;
    log.came(kStart);
    const int count = 3 * int(WorkerLog::kSpans);
    for (int i = 0; i < count; ++i) {
        log.begin(deed(TaskKind::DeliverChunk), kStart + 1s * i);
        log.end(kStart + 1s * i + 500ms);
    }
    const auto now = kStart + 1s * count;
    const auto lane = log.lane(kStart, now, now, std::size_t(1) << 20);
    QVERIFY(lane.since == now - WorkerLog::kLength); // what was before is not known
    QVERIFY(lane.spans.size() <= WorkerLog::kSpans);
    QVERIFY(lane.tallies.size() <= std::size_t(WorkerLog::kLength.count()) + 2);
    const auto late = log.lane(now - 60s, now, now, 1'000);
    QVERIFY(late.tallies.empty());
    QCOMPARE(late.spans.size(), std::size_t(60));
}

void WorkerLogTest::aClockSetBackIsHarmless()
{
    WorkerLog log;
    log.came(kStart);
    log.begin(deed(TaskKind::DeliverChunk), kStart + 10s);
    log.end(kStart + 5s);
    for (const auto& span : log.lane(kStart, kStart + 20s, kStart + 20s, 10).spans)
        QVERIFY(span.end >= span.begin);
}

void WorkerLogTest::lanesOutliveTheirWorker()
{
    WorkerLog log;
    log.came(kStart);
    log.begin(deed(TaskKind::DeliverChunk), kStart + 1s);
    log.left(kStart + 2s);
    const auto lane = log.lane(kStart, kStart + 10s, kStart + 10s, 10);
    QVERIFY(lane.until && *lane.until == kStart + 2s);
    QVERIFY(lane.spans.at(0).end == kStart + 2s);
    log.came(kStart + 5s);
    QVERIFY(!log.lane(kStart, kStart + 10s, kStart + 10s, 10).until);
}

void WorkerLogTest::timeUsedIsCounted()
{
    WorkerLog log;
    log.came(kStart);
    log.begin(deed(TaskKind::DeliverChunk), kStart + 1s);
    log.end(kStart + 3s);
    log.begin(deed(TaskKind::DeliverChunk), kStart + 4s);
    const auto part = std::size_t(std::find(kTaskKinds.begin(), kTaskKinds.end(), TaskKind::DeliverChunk) -
                                  kTaskKinds.begin());
    QCOMPARE(log.used(kStart + 4s + 500ms)[part], std::int64_t(2'500'000)); // with what goes on
    const auto used = log.used(kStart + 5s);
    QCOMPARE(std::accumulate(used.begin(), used.end(), std::int64_t(0)), used[part]);
}

// Engines publish once a second, give or take; one is silent for long, then starts anew.
void WorkerLogTest::otherEnginesTellBySeconds()
{
    EngineLanes lanes;
    EngineRow row;
    row.name = "there:7";
    row.startedAt = kStart - 100s;
    row.status.emplace();
    row.status->workers.resize(2);
    row.status->workers[1].index = 1;
    EngineRow own = row;
    own.name = "here:1";
    own.self = true;
    const auto look = [&](int second, Milliseconds late = 0ms) {
        row.status->publishedAt = Milliseconds(1'000 * (second + 1)) + late;
        auto& busy = row.status->workers[0];
        busy.used[0] += 600'000;
        busy.used[2] += 200'000;
        busy.tasksDone += 10;
        lanes.look({row, own}, kStart + std::chrono::seconds(second) + late);
    };
    for (int second = 0; second <= 20; ++second)
        look(second, second % 2 == 0 ? 0ms : 100ms);
    const auto read = [&](TimePoint now) {
        WorkerSpans out;
        lanes.addTo(out, kStart, now, 1'000, now);
        return out.lanes;
    };
    auto all = read(kStart + 21s);
    QCOMPARE(all.size(), std::size_t(2));
    QCOMPARE(all[0].engine, std::string("there:7"));
    QVERIFY(all[0].spans.empty() && !all[0].until);
    double seconds = 0;
    std::int64_t tasks = 0;
    for (const auto& tally : all[0].tallies) {
        tasks += tally.tasks;
        for (const auto& part : tally.parts) {
            QVERIFY(part.seconds <= 0.8);
            seconds += part.seconds;
        }
    }
    QVERIFY2(std::abs(seconds - 20 * 0.8) < 0.01, qPrintable(QString::number(seconds)));
    QCOMPARE(tasks, std::int64_t(200));
    QCOMPARE(all[1].index, 1);
    QVERIFY(std::all_of(all[1].tallies.begin(), all[1].tallies.end(),
                        [](const auto& tally) { return tally.parts.empty(); }));
    look(120); // what it did meanwhile is not known second by second
    all = read(kStart + 121s);
    QVERIFY(all[0].since >= kStart + 120s && all[0].tallies.empty());
    lanes.look({own}, kStart + 130s); // it is gone
    all = read(kStart + 131s);
    QVERIFY(all[0].until && *all[0].until == kStart + 120s);
    lanes.look({own}, kStart + 2h);
    QVERIFY(read(kStart + 2h).empty());
}

void WorkerLogTest::timesAreOfTheWindow()
{
    EngineMetrics one, other; // of two engines
    QueueWatch watch;
    ClusterSnapshot snapshot;
    const auto begin = std::chrono::steady_clock::now();
    QVERIFY(!watch.details().notMeasured.empty());
    const auto sampled = [&](std::chrono::seconds at) {
        auto flow = copyCounters(one, 1);
        addCounters(flow, copyCounters(other, 1));
        watch.sampled(snapshot, flow, begin + at);
    };
    sampled(0s);
    const auto kind = std::size_t(TaskKind::PostCreated);
    one.taskWait[kind].record(10ms, 60);
    other.taskWait[kind].record(10ms, 40);
    other.taskRun[kind].record(2ms, 100);
    sampled(1s);
    const auto details = watch.details();
    QVERIFY(details.notMeasured.empty());
    QCOMPARE(details.windowSeconds, 1.0);
    QCOMPARE(details.kinds.size(), std::size_t(1));
    QCOMPARE(details.kinds[0].waits, std::int64_t(100));
    QVERIFY(std::abs(details.kinds[0].waitP50Ms - 10) < 2);
    QVERIFY(std::abs(details.kinds[0].runP50Ms - 2) < 0.5);
    // Ten minutes later they are out of the window.
    for (int second = 2; second < 600; ++second)
        sampled(std::chrono::seconds(second));
    const auto later = watch.details();
    QVERIFY(later.kinds.empty());
    QVERIFY(later.windowSeconds >= 300 && later.windowSeconds <= 320);
}

void WorkerLogTest::historyIsTheMeanOfItsSteps()
{
    QueueWatch watch;
    for (int second = 0; second < 100; ++second) {
        ClusterSnapshot snapshot;
        snapshot.takenAt = kStart + std::chrono::seconds(second);
        QueueKindSnapshot kind;
        kind.kind = TaskKind::PostCreated;
        kind.ready = second;
        kind.arrivalsPerSecond = second < 10 ? -1 : 2;
        snapshot.queue = {kind};
        watch.sampled(snapshot, {}, std::chrono::steady_clock::now());
    }
    const auto history = watch.history(kStart, kStart + 100s, 10);
    QCOMPARE(history.at.size(), std::size_t(10));
    QCOMPARE(history.stepSeconds, 10.0);
    const auto& posts = history.kinds[std::size_t(
        std::find(kTaskKinds.begin(), kTaskKinds.end(), TaskKind::PostCreated) - kTaskKinds.begin())];
    QCOMPARE(posts.unfinished[3], 34.5);
    QVERIFY(std::isnan(posts.arrivalsPerSecond[0])); // not known is not zero
    QCOMPARE(posts.arrivalsPerSecond[1], 2.0);
    QVERIFY(std::isnan(history.kinds.back().unfinished[0]));
    QCOMPARE(watch.history(kStart + 50s, kStart + 59s, 100).at.size(), std::size_t(10));
}

QTEST_APPLESS_MAIN(WorkerLogTest)
#include "worker_log_test.moc"
