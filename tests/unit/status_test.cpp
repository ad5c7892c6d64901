// What engines publish, and adding it up: nothing is lost, counted twice or negative when engines die and
// restart.
#include <QTest>

#include "backend/monitoring/engine_totals.h"
#include "backend/monitoring/status.h"

#include <nlohmann/json.hpp>

#include <numeric>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class StatusTest : public QObject
{
    Q_OBJECT

private slots:
    void roundTripKeepsEverything();
    void onlyTheClustersShards();
    void sizeIsBounded();
    void unknownFieldsAreIgnored();
    void missingFieldsAreZero();
    void badTextIsAnError_data();
    void badTextIsAnError();
    void increaseIsExactAndNoticesRestarts();
    void ratesComeFromTwoPublications();
    void failedCallsAreAddedUp();
    void ratesUseTheEnginesOwnClock();
    void deadEngineCountsButHasNoRate();
    void restartNeverGivesNegativeRates();
    void slotUsedAgainByAnotherEngine();
    void engineThatChangesItsSlotIsTheSame();
    void engineOutOfSightIsNotCountedTwice();
    void newEngineBringsNoBurst();
    void ownEngineIsAliveWithoutHeartbeat();
};

namespace {

std::int64_t sum(const std::vector<std::int64_t>& values)
{
    return std::accumulate(values.begin(), values.end(), std::int64_t(0));
}

EngineStatus status(Milliseconds at, std::int64_t deliveries, std::int64_t posts = 0)
{
    EngineStatus out;
    out.publishedAt = at;
    out.counters.deliveries = {deliveries, 0};
    out.counters.reads = {0, 0};
    out.counters.posts = posts;
    return out;
}

EngineRow row(int slot, EngineStatus published, double age = 0.5, int startedAt = 1)
{
    EngineRow out;
    out.slot = slot;
    out.name = "host:" + std::to_string(slot);
    out.startedAt = TimePoint(std::chrono::seconds(startedAt));
    out.heartbeatAgeSeconds = age;
    out.status = std::move(published);
    return out;
}

EngineStatus fullStatus()
{
    EngineMetrics metrics;
    for (int i = 0; i < 64; ++i) {
        metrics.deliveries[std::size_t(i)].add(1000 + i);
        metrics.reads[std::size_t(i)].add(i);
    }
    metrics.hit(CacheKind::PostObject, 7);
    metrics.miss(CacheKind::Counters, 3);
    metrics.led(CacheKind::HomeTimeline, 4);
    metrics.joined(CacheKind::PostObject, 5);
    metrics.posts.add(11);
    metrics.deletes.add(1);
    metrics.follows.add(2);
    metrics.unfollows.add(3);
    metrics.pages.add(4);
    metrics.rebuilds.add(5);
    metrics.readThroughs.add(6);
    metrics.publicPages.add(12);
    metrics.partialPages.add(13);
    metrics.writes.add(14);
    metrics.failedReads[std::size_t(FailureReason::DeadlineExceeded)].add(15);
    metrics.failedWrites[std::size_t(FailureReason::Other)].add(16);
    metrics.tasksDone[std::size_t(kTaskKinds.back())].add(8);
    metrics.tasksFailed[std::size_t(TaskKind::DeliverChunk)].add(9);
    metrics.fanoutDelay.record(3ms, 100);
    metrics.fanoutDelay.record(48h, 1);
    metrics.taskWait[std::size_t(TaskKind::PostCreated)].record(2ms, 50);
    metrics.taskRun[std::size_t(kTaskKinds.back())].record(40ms, 6);
    EngineStatus out;
    out.publishedAt = 123'456ms;
    out.counters = copyCounters(metrics, 64);
    out.borrowedIdMilliseconds = 12.5;
    out.verification = TimelineVerification{
        true, 18'000, 3, 90'000, 4, 2, 30.5, TimePoint(1'700'000'000'123'456us), UserId{4711}};
    for (const auto state : {WorkerState::Running, WorkerState::Waiting}) {
        WorkerSnapshot worker;
        worker.index = int(out.workers.size());
        worker.state = state;
        worker.task = state == WorkerState::Running ? "post_created × 64 on pg-2" : "";
        worker.error = state == WorkerState::Waiting ? "redis-1 does not answer: \"timeout\"" : "";
        worker.since = TimePoint(1'700'000'000'123'456us);
        worker.tasksDone = 17;
        worker.used[1] = 1'234'567;
        worker.used.back() = 89;
        worker.tasksFailed = 1;
        out.workers.push_back(worker);
    }
    return out;
}

} // namespace

void StatusTest::roundTripKeepsEverything()
{
    const auto before = fullStatus();
    const auto after = decodeStatus(encodeStatus(before));
    QVERIFY2(after.has_value(), after ? "" : after.error().message.c_str());
    QVERIFY(after->counters == before.counters);
    QCOMPARE(after->counters.failedReads, (FailureCounts{15, 0, 0, 0}));
    QCOMPARE(after->counters.failedWrites, (FailureCounts{0, 0, 0, 16}));
    QCOMPARE(after->counters.partialPages, std::int64_t(13));
    QCOMPARE(after->publishedAt.count(), before.publishedAt.count());
    QCOMPARE(after->borrowedIdMilliseconds, 12.5);
    QVERIFY(after->verification && *after->verification == *before.verification);
    QCOMPARE(after->workers.size(), std::size_t(2));
    for (std::size_t i = 0; i < 2; ++i) {
        const auto &a = after->workers[i], &b = before.workers[i];
        QVERIFY(a.state == b.state && a.task == b.task && a.error == b.error && a.since == b.since &&
                a.index == b.index);
        QVERIFY(a.tasksDone == b.tasksDone && a.tasksFailed == b.tasksFailed && a.used == b.used);
    }
}

void StatusTest::onlyTheClustersShards()
{
    EngineMetrics metrics;
    QCOMPARE(copyCounters(metrics, 16).deliveries.size(), std::size_t(16));
    QCOMPARE(copyCounters(metrics, kMaxShards).reads.size(), std::size_t(kMaxShards));
}

void StatusTest::sizeIsBounded()
{
    QVERIFY2(encodeStatus(fullStatus()).size() < 3'000,
             qPrintable(QString::number(encodeStatus(fullStatus()).size())));
}

void StatusTest::unknownFieldsAreIgnored()
{
    auto json = nlohmann::json::parse(encodeStatus(fullStatus()));
    json["novelty"] = {{"x", 1}};
    json["hits"].push_back(99); // a cache that this program does not know
    json["workers"][0]["mood"] = "good";
    json["workers"][1]["state"] = "meditating";
    const auto after = decodeStatus(json.dump());
    QVERIFY(after.has_value());
    QVERIFY(after->counters == fullStatus().counters);
    QVERIFY(after->workers[1].state == WorkerState::Starting);
}

void StatusTest::missingFieldsAreZero()
{
    const auto after = decodeStatus(R"({"v":1,"posts":5})");
    QVERIFY(after.has_value());
    QCOMPARE(after->counters.posts, std::int64_t(5));
    QVERIFY(after->counters.deliveries.empty() && after->workers.empty());
}

void StatusTest::badTextIsAnError_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("code");
    QTest::newRow("not published yet") << "{}" << int(ErrorCode::NotFound);
    QTest::newRow("newer") << R"({"v":2})" << int(ErrorCode::SchemaTooNew);
    QTest::newRow("cut") << R"({"v":1,"pos)" << int(ErrorCode::Internal);
    QTest::newRow("wrong type") << R"({"v":1,"posts":"many"})" << int(ErrorCode::Internal);
    QTest::newRow("not an object") << "[1]" << int(ErrorCode::Internal);
}

void StatusTest::badTextIsAnError()
{
    QFETCH(QString, text);
    QFETCH(int, code);
    const auto after = decodeStatus(text.toStdString());
    QVERIFY(!after.has_value());
    QCOMPARE(int(after.error().code), code);
    QVERIFY(!after.error().message.empty());
}

void StatusTest::increaseIsExactAndNoticesRestarts()
{
    const auto before = fullStatus().counters;
    auto after = before;
    after.posts += 4;
    after.deliveries[63] += 2;
    after.fanoutDelay[5] += 1;
    const auto more = increase(before, after);
    QVERIFY(more.has_value());
    QCOMPARE(more->posts, std::int64_t(4));
    QCOMPARE(sum(more->deliveries), std::int64_t(2));
    QCOMPARE(sum(more->fanoutDelay), std::int64_t(1));
    EngineCounters fresh;
    fresh.deliveries = {1};
    QVERIFY(!increase(before, fresh).has_value());
}

void StatusTest::ratesComeFromTwoPublications()
{
    EngineTotals totals;
    totals.update({row(1, status(1000ms, 500, 50))});
    QVERIFY(!totals.ratesKnown());
    QCOMPARE(totals.totals().posts, std::int64_t(50));
    totals.update({row(1, status(3000ms, 700, 60))});
    QVERIFY(totals.ratesKnown());
    QCOMPARE(totals.rates().deliveriesPerSecond(), 100.0);
    QCOMPARE(totals.rates().posts, 5.0);
    QCOMPARE(sum(totals.totals().deliveries), std::int64_t(700));
    QCOMPARE(sum(totals.flow().deliveries), std::int64_t(200));
}

// Of all engines; public pages are reads, though no shard's.
void StatusTest::failedCallsAreAddedUp()
{
    const auto published = [](Milliseconds at, std::int64_t many) {
        auto out = status(at, 0);
        out.counters.reads = {3 * many, many};
        out.counters.publicPages = many;
        out.counters.failedReads = {many, 0, 2 * many, 0};
        out.counters.failedWrites = {0, many, 0, 0};
        out.counters.partialPages = 4 * many;
        return out;
    };
    EngineTotals totals;
    totals.update({row(1, published(1000ms, 10)), row(2, published(1000ms, 100))});
    totals.update({row(1, published(3000ms, 20)), row(2, published(2000ms, 130))});
    const auto rates = totals.rates();
    QCOMPARE(rates.readsPerSecond(), 5 * 5.0 + 5 * 30.0);
    QCOMPARE(rates.failedReads, 3 * 5.0 + 3 * 30.0);
    QCOMPARE(rates.failedWrites, 5.0 + 30.0);
    QCOMPARE(rates.partialPages, 4 * 5.0 + 4 * 30.0);
    QCOMPARE(totals.totals().failedReads, (FailureCounts{150, 0, 300, 0}));
    QCOMPARE(totals.flow().failedWrites, (FailureCounts{0, 40, 0, 0}));
    totals.update({row(1, published(4000ms, 20)), row(2, published(2000ms, 130), 6)}); // the other is dead
    QCOMPARE(totals.rates().failedReads, 0.0);
    QCOMPARE(totals.totals().failedReads, (FailureCounts{150, 0, 300, 0}));
}

void StatusTest::ratesUseTheEnginesOwnClock()
{
    // Read twice between two publications: the rate stands, it is not halved and does not drop to zero.
    EngineTotals totals;
    totals.update({row(1, status(1000ms, 0))});
    totals.update({row(1, status(2000ms, 80))});
    totals.update({row(1, status(2000ms, 80))});
    QCOMPARE(totals.rates().deliveriesPerSecond(), 80.0);
    QCOMPARE(sum(totals.totals().deliveries), std::int64_t(80));
}

void StatusTest::deadEngineCountsButHasNoRate()
{
    EngineTotals totals;
    totals.update({row(1, status(1000ms, 10)), row(2, status(500ms, 1000))});
    totals.update({row(1, status(2000ms, 20)), row(2, status(1500ms, 1300))});
    QCOMPARE(totals.rates().deliveriesPerSecond(), 310.0);
    totals.update({row(1, status(3000ms, 30)), row(2, status(1500ms, 1300), 5.5)});
    QCOMPARE(totals.rates().deliveriesPerSecond(), 10.0);
    QCOMPARE(sum(totals.totals().deliveries), std::int64_t(1330));
    totals.update({row(1, status(4000ms, 40))}); // its row is gone
    QCOMPARE(sum(totals.totals().deliveries), std::int64_t(1340));
    QCOMPARE(totals.rates().deliveriesPerSecond(), 10.0);
}

void StatusTest::restartNeverGivesNegativeRates()
{
    EngineTotals totals;
    totals.update({row(1, status(9000ms, 5000, 70))});
    totals.update({row(1, status(10'000ms, 5100, 80))});
    totals.update({row(1, status(11'000ms, 30, 2))}); // counts anew under the same row
    QCOMPARE(totals.rates().deliveriesPerSecond(), 0.0);
    QCOMPARE(sum(totals.totals().deliveries), std::int64_t(5130));
    QCOMPARE(totals.totals().posts, std::int64_t(82));
    totals.update({row(1, status(12'000ms, 50, 3))});
    QCOMPARE(totals.rates().deliveriesPerSecond(), 20.0);
    totals.update({row(1, status(10ms, 60, 4))}); // after a reboot the steady clock begins again
    QVERIFY(totals.rates().deliveriesPerSecond() >= 0);
}

void StatusTest::slotUsedAgainByAnotherEngine()
{
    EngineTotals totals;
    totals.update({row(1, status(1000ms, 100), 0, 1)});
    totals.update({row(1, status(1000ms, 100), 0, 1)});
    totals.update({row(1, status(50'000ms, 400), 0, 2)}); // more than before, yet another engine
    QCOMPARE(totals.rates().deliveriesPerSecond(), 0.0);
    QCOMPARE(sum(totals.totals().deliveries), std::int64_t(500));
}

void StatusTest::engineThatChangesItsSlotIsTheSame()
{
    EngineTotals totals;
    totals.update({row(1, status(1000ms, 100))});
    auto moved = row(1, status(2000ms, 150));
    moved.slot = 2;
    totals.update({moved});
    QCOMPARE(totals.rates().deliveriesPerSecond(), 50.0);
    QCOMPARE(sum(totals.totals().deliveries), std::int64_t(150));
}

void StatusTest::engineOutOfSightIsNotCountedTwice()
{
    EngineTotals totals;
    totals.update({row(1, status(1000ms, 100))});
    for (int i = 0; i < 100; ++i)
        totals.update({});
    totals.update({row(1, status(101'000ms, 150))});
    QCOMPARE(sum(totals.totals().deliveries), std::int64_t(150));
    QCOMPARE(totals.rates().deliveriesPerSecond(), 0.5);
}

void StatusTest::newEngineBringsNoBurst()
{
    EngineTotals totals;
    totals.update({row(1, status(1000ms, 100))});
    totals.update({row(1, status(2000ms, 110)), row(2, status(900'000ms, 1'000'000))});
    QCOMPARE(sum(totals.flow().deliveries), std::int64_t(10));
    QCOMPARE(sum(totals.totals().deliveries), std::int64_t(1'000'110));
    QCOMPARE(totals.rates().deliveriesPerSecond(), 10.0);
}

void StatusTest::ownEngineIsAliveWithoutHeartbeat()
{
    EngineTotals totals;
    auto own = row(1, status(1000ms, 0), 30);
    own.self = true;
    totals.update({own});
    own.status = status(2000ms, 7);
    totals.update({own});
    QCOMPARE(totals.rates().deliveriesPerSecond(), 7.0);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::StatusTest)
#include "status_test.moc"
