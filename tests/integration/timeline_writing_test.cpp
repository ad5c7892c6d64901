// What Timelines promises about delivering, trimming, backfilling, removing and publishing, on real servers.
#include <QTest>

#include "tests/integration/timelines_fixture.h"

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class TimelineWritingTest : public QObject, private TimelinesFixture
{
    Q_OBJECT

private slots:
    void initTestCase() { start(); }
    void init() { reset(); }
    void trimRaisesTheFloor();
    void trimWaitsForTheSlack();
    void trimWithoutFloorJustDrops();
    void trimBelowTheFloorLeavesIt();
    void trimByAge();
    void nothingOldLeavesTheFloorAtTheBeginning();
    void aTrimCutOffInTheMiddleHasRaisedTheFloor();
    void lateDeliveryBelowTheFloorIsHarmless();
    void theTrimIsLookedForNowAndThen();
    void removalOfManyOneAndNone();
    void backfillStopsAtTheFloor();
    void backfillRaisesTheFloor();
    void backfillNeedsAValidFloor();
    void backfillOfThousandsIsTrimmed();
    void publishEmptyIsCompleteToTheBeginning();
    void publishEmptyLeavesWhatIsThere();
    void publishEmptyDoesNotUndoAVoid();
    void voidFloorMakesAbsent();
    void dropLeavesNothing();
    void familiesDoNotMix();
    void flushedScriptsChangeNothing();
};

void TimelineWritingTest::trimRaisesTheFloor()
{
    const auto t = timelines({.cap = 10, .slack = 2, .trimOneIn = 1});
    const auto owner = userOf(1);
    setFloor(owner, {});
    std::vector<PostId> ids;
    for (int i = 0; i < 100; ++i) {
        ids.push_back(postAt(kNow, 0, i)); // one millisecond: the floor cuts through it
        deliver(t, owner, {ids.back()});
        const auto slice = read(t, owner);
        QVERIFY(slice.valid && slice.entries.size() >= std::min<std::size_t>(ids.size(), 10));
        QVERIFY(stored(owner) <= 12);
        std::vector<PostId> expected; // everything down to the floor, its own id included
        for (const auto id : ids)
            if (id >= slice.floor) expected.push_back(id);
        QVERIFY(slice.entries == descending(expected));
    }
    QVERIFY(read(t, owner).floor >= ids[87]);
}

void TimelineWritingTest::trimWaitsForTheSlack()
{
    const auto t = timelines({.cap = 10, .slack = 5, .trimOneIn = 1});
    const auto owner = userOf(0);
    setFloor(owner, {});
    for (int i = 0; i < 15; ++i)
        deliver(t, owner, {postAt(kNow + i)});
    QCOMPARE(stored(owner), std::int64_t(15));
    QCOMPARE(read(t, owner).floor.value, std::int64_t(0));
    deliver(t, owner, {postAt(kNow + 15)});
    QCOMPARE(stored(owner), std::int64_t(10));
    QCOMPARE(read(t, owner).floor.value, postAt(kNow + 6).value); // the 10th newest
}

void TimelineWritingTest::trimWithoutFloorJustDrops()
{
    const auto t = timelines({.cap = 10, .slack = 0, .trimOneIn = 1});
    const auto owner = userOf(0);
    for (int i = 0; i < 20; ++i)
        deliver(t, owner, {postAt(kNow + i)});
    QCOMPARE(stored(owner), std::int64_t(10));
    QVERIFY(!m_redis->exists(node(owner), timelineFloorKey(kHome, owner)));
}

void TimelineWritingTest::trimBelowTheFloorLeavesIt()
{
    const auto t = timelines({.cap = 10, .slack = 0, .trimOneIn = 1});
    const auto owner = userOf(0);
    setFloor(owner, postAt(kNow + 100));
    for (int i = 0; i < 50; ++i)
        deliver(t, owner, {postAt(kNow + i)}); // all of them late
    deliver(t, owner, {postAt(kNow + 101)});
    QCOMPARE(stored(owner), std::int64_t(10));
    const auto slice = read(t, owner);
    QCOMPARE(slice.floor.value, postAt(kNow + 100).value);
    QVERIFY(slice.entries == std::vector{postAt(kNow + 101)});
    std::vector<PostId>
        more; // now the cap-th newest lies above the floor, but nothing above the floor is dropped
    for (int i = 0; i < 9; ++i)
        more.push_back(postAt(kNow + 110 + i));
    deliver(t, owner, more);
    QCOMPARE(stored(owner), std::int64_t(10));
    QCOMPARE(read(t, owner).floor.value, postAt(kNow + 100).value);
    QCOMPARE(read(t, owner).entries.size(), std::size_t(10));
}

void TimelineWritingTest::trimByAge()
{
    const auto t = timelines({.trimOneIn = 1, .age = 24h});
    const auto owner = userOf(1);
    setFloor(owner, {});
    deliver(t, owner, {postAt(kNow - kDay - 1, 3, 3), postAt(kNow - kDay, 0, 0), postAt(kNow - 5)});
    QCOMPARE(stored(owner), std::int64_t(3));
    deliver(t, owner, {postAt(kNow)});
    QCOMPARE(stored(owner), std::int64_t(3));
    const auto slice = read(t, owner);
    QCOMPARE(slice.floor.value, postAt(kNow - kDay).value);
    QVERIFY((slice.entries == std::vector{postAt(kNow), postAt(kNow - 5), postAt(kNow - kDay)}));
}

void TimelineWritingTest::nothingOldLeavesTheFloorAtTheBeginning()
{
    const auto t = timelines({.trimOneIn = 1, .age = 24h});
    const auto owner = userOf(1);
    setFloor(owner, {});
    deliver(t, owner, {postAt(kNow - kDay), postAt(kNow)});
    QCOMPARE(read(t, owner).floor.value, std::int64_t(0)); // a page may still say that this is the very end
    deliver(t, owner, {postAt(5), postAt(10)}); // days after the first id there can be: no age to go back
    QCOMPARE(read(t, owner).entries.size(), std::size_t(4));
}

void TimelineWritingTest::aTrimCutOffInTheMiddleHasRaisedTheFloor()
{
    const auto owner = userOf(0);
    setFloor(owner, {});
    std::vector<PostId> ids;
    for (int i = 0; i < 20; ++i)
        ids.push_back(postAt(kNow + i));
    deliver(timelines({.cap = 1000}), owner, ids);
    m_redis->redis(node(owner), {"ACL", "SETUSER", "default", "-zremrangebyrank"});
    RedisBatch batch(*m_client);
    timelines({.cap = 10, .slack = 0, .trimOneIn = 1}).addEntry(batch, kHome, owner, postAt(kNow + 20));
    const bool refused = !batch.run(soon());
    m_redis->redis(node(owner), {"ACL", "SETUSER", "default", "+@all"});
    QVERIFY(refused);
    QCOMPARE(stored(owner), std::int64_t(21));
    QCOMPARE(read(timelines(), owner).floor.value, postAt(kNow + 11).value);
}

void TimelineWritingTest::lateDeliveryBelowTheFloorIsHarmless()
{
    const auto t = timelines();
    const auto owner = userOf(0);
    setFloor(owner, postAt(kNow));
    deliver(t, owner, {postAt(kNow + 1), postAt(kNow - 1)});
    QVERIFY(read(t, owner).entries == std::vector{postAt(kNow + 1)});
}

void TimelineWritingTest::theTrimIsLookedForNowAndThen()
{
    const auto t = timelines({.trimOneIn = 16});
    RedisBatch batch(*m_client), again(*m_client);
    constexpr int deliveries = 16'000;
    for (int i = 0; i < deliveries; ++i) {
        t.addEntry(batch, kHome, userOf(i % 4, i % 100), postAt(kNow + i / 100));
        t.addEntry(again, kHome, userOf(i % 4, i % 100), postAt(kNow + i / 100));
    }
    const auto trims = batch.size() - deliveries;
    QVERIFY2(trims > 700 && trims < 1300, qPrintable(QString::number(trims))); // about a thousand
    QCOMPARE(again.size(), batch.size());
}

void TimelineWritingTest::removalOfManyOneAndNone()
{
    const auto t = timelines();
    const auto owner = userOf(1);
    std::vector<PostId> ids;
    for (int i = 0; i < 10; ++i)
        ids.push_back(postAt(kNow + i));
    deliver(t, owner, ids);
    setFloor(owner, {});
    for (const std::size_t count : {0, 1, 5}) {
        RedisBatch batch(*m_client);
        const std::vector gone(ids.begin(), ids.begin() + std::ptrdiff_t(count));
        t.removeEntries(batch, kHome, owner, gone);
        t.removeEntries(batch, kHome, owner, gone); // idempotent
        QVERIFY(batch.run(soon()));
        QCOMPARE(read(t, owner).entries.size(), 10 - count);
    }
    QVERIFY(read(t, owner).entries.back() == ids[5]);
}

void TimelineWritingTest::backfillStopsAtTheFloor()
{
    const auto t = timelines();
    const auto owner = userOf(0);
    deliver(t, owner, {postAt(kNow + 5)});
    setFloor(owner, postAt(kNow, 0, 2));
    const std::vector posts{postAt(kNow + 9), postAt(kNow + 1), postAt(kNow, 0, 2), postAt(kNow, 0, 1),
                            postAt(kNow - 7)};
    QVERIFY(backfill(t, owner, posts, postAt(kNow, 0, 2), runId(owner)));
    QCOMPARE(stored(owner), std::int64_t(4));
    const auto slice = read(t, owner);
    QCOMPARE(slice.floor.value, postAt(kNow, 0, 2).value);
    QVERIFY((slice.entries ==
             std::vector{postAt(kNow + 9), postAt(kNow + 5), postAt(kNow + 1), postAt(kNow, 0, 2)}));
    QVERIFY(backfill(t, owner, {}, PostId{},
                     runId(owner))); // complete further down than the timeline is: no change
    QCOMPARE(read(t, owner).floor.value, postAt(kNow, 0, 2).value);
}

void TimelineWritingTest::backfillRaisesTheFloor()
{
    const auto t = timelines();
    const auto owner = userOf(1);
    deliver(t, owner, {postAt(kNow - 3), postAt(kNow, 0, 1), postAt(kNow, 0, 7), postAt(kNow + 3)});
    setFloor(owner, {});
    QVERIFY(backfill(t, owner, {postAt(kNow + 1), postAt(kNow, 0, 5)}, postAt(kNow, 0, 5), runId(owner)));
    const auto slice = read(t, owner);
    QCOMPARE(slice.floor.value, postAt(kNow, 0, 5).value);
    QVERIFY((slice.entries ==
             std::vector{postAt(kNow + 3), postAt(kNow + 1), postAt(kNow, 0, 7), postAt(kNow, 0, 5)}));
    QVERIFY(m_redis->redis(node(owner), {"ZSCORE", timelineKey(kHome, owner), memberOf(postAt(kNow - 3))})
                .empty());
}

void TimelineWritingTest::backfillNeedsAValidFloor()
{
    const auto t = timelines();
    const auto owner = userOf(0);
    const std::vector posts{postAt(kNow)};
    QVERIFY(backfill(t, owner, posts, {}, runId(owner))); // none
    setFloor(owner, {});
    QVERIFY(backfill(t, owner, posts, {}, std::string(40, 'a'))); // of another life
    RedisBatch batch(*m_client);
    t.voidFloor(batch, kHome, owner);
    QVERIFY(batch.run(soon()));
    QVERIFY(backfill(t, owner, posts, {}, runId(owner)));
    QVERIFY(backfill(t, owner, posts, {}, ""));
    QCOMPARE(stored(owner), std::int64_t(0));
    RedisBatch told(*m_client);
    t.backfill(told, kHome, owner, posts, {}, runId(owner));
    QVERIFY(told.run(soon()));
    QCOMPARE(told.reply(0)->integer, std::int64_t(-1));
}

void TimelineWritingTest::backfillOfThousandsIsTrimmed()
{
    const auto t = timelines({.cap = 800, .slack = 80});
    const auto owner = userOf(1);
    setFloor(owner, {});
    std::vector<PostId> posts;
    for (int i = 0; i < 12'345; ++i)
        posts.push_back(postAt(kNow + i));
    QVERIFY(backfill(t, owner, posts, {}, runId(owner)));
    QCOMPARE(stored(owner), std::int64_t(800));
    const auto slice = read(t, owner);
    QCOMPARE(slice.floor.value, posts[posts.size() - 800].value);
    QCOMPARE(slice.entries.size(), std::size_t(800));
    QVERIFY(slice.entries.front() == posts.back() && slice.entries.back() == posts[posts.size() - 800]);
}

void TimelineWritingTest::publishEmptyIsCompleteToTheBeginning()
{
    const auto t = timelines();
    const auto owner = userOf(0);
    deliver(t, owner, {postAt(kNow)}); // the first delivery may be there before
    RedisBatch batch(*m_client);
    t.publishEmpty(batch, kHome, owner, runId(owner));
    QVERIFY(batch.run(soon()));
    const auto slice = read(t, owner);
    QVERIFY(slice.valid && slice.reachedFloor && slice.floor.value == 0);
    QVERIFY(slice.entries == std::vector{postAt(kNow)});
    QCOMPARE(m_redis->redis(node(owner), {"PTTL", timelineFloorKey(kHome, owner)}), std::string("-1"));
}

void TimelineWritingTest::publishEmptyLeavesWhatIsThere()
{
    const auto t = timelines();
    const auto owner = userOf(0);
    deliver(t, owner, {postAt(kNow)});
    setFloor(owner, postAt(kNow));
    RedisBatch batch(*m_client);
    t.publishEmpty(batch, kHome, owner, runId(owner));
    QVERIFY(batch.run(soon()));
    QCOMPARE(read(t, owner).floor.value, postAt(kNow).value);
    QCOMPARE(read(t, owner).entries.size(), std::size_t(1));
}

void TimelineWritingTest::publishEmptyDoesNotUndoAVoid()
{
    // A creation that is told twice, and a delivery that was lost between: the second telling knows nothing
    // of it.
    const auto t = timelines();
    const auto owner = userOf(0);
    for (int round = 0; round < 2; ++round) {
        RedisBatch batch(*m_client);
        if (round == 1) t.voidFloor(batch, kHome, owner);
        t.publishEmpty(batch, kHome, owner, runId(owner));
        QVERIFY(batch.run(soon()));
        QCOMPARE(read(t, owner).valid, round == 0);
    }
}

void TimelineWritingTest::voidFloorMakesAbsent()
{
    const auto t = timelines();
    const auto owner = userOf(1);
    setFloor(owner, {});
    RedisBatch batch(*m_client);
    t.voidFloor(batch, kHome, owner);
    QVERIFY(batch.run(soon()));
    QVERIFY(!read(t, owner).valid);
    // Of a reader who never comes back nothing stays for ever.
    QVERIFY(std::stoll(m_redis->redis(node(owner), {"PTTL", timelineFloorKey(kHome, owner)})) > 0);
}

void TimelineWritingTest::dropLeavesNothing()
{
    const auto t = timelines();
    const auto owner = userOf(1);
    deliver(t, owner, {postAt(kNow)});
    setFloor(owner, {});
    QVERIFY(t.beginBuild(*m_client, kHome, owner, 60s, soon()));
    QVERIFY(t.drop(*m_client, kHome, owner, soon()));
    QCOMPARE(m_redis->redis(node(owner), {"DBSIZE"}), std::string("0"));
    QVERIFY(t.drop(*m_client, kHome, owner, soon()));
}

void TimelineWritingTest::familiesDoNotMix()
{
    const auto t = timelines();
    const auto owner = userOf(2);
    const std::vector families{kHome, TimelineFamily::Author, TimelineFamily::Public};
    for (std::size_t i = 0; i < families.size(); ++i) {
        deliver(t, owner, {postAt(kNow + std::int64_t(i), 2)}, families[i]);
        RedisBatch batch(*m_client);
        t.publishEmpty(batch, families[i], owner, runId(owner));
        QVERIFY(batch.run(soon()));
    }
    for (std::size_t i = 0; i < families.size(); ++i)
        QVERIFY(read(t, owner, {}, {}, 10, families[i]).entries ==
                std::vector{postAt(kNow + std::int64_t(i), 2)});
    // The public timeline is its logical shard's, whoever of it is asked for.
    QCOMPARE(read(t, Timelines::publicOwner(2), {}, {}, 10, TimelineFamily::Public).entries.size(),
             std::size_t(1));
}

void TimelineWritingTest::flushedScriptsChangeNothing()
{
    const auto t = timelines({.cap = 10, .slack = 0, .trimOneIn = 1});
    const auto owner = userOf(0);
    const auto flush = [&] { m_redis->redis(node(owner), {"SCRIPT", "FLUSH"}); };
    const auto token = t.beginBuild(*m_client, kHome, owner, 60s, soon());
    QVERIFY(token && *token);
    flush();
    QVERIFY(*t.finishBuild(*m_client, kHome, owner, **token, std::vector{postAt(kNow)}, {}, soon()));
    flush();
    QCOMPARE(read(t, owner).entries.size(), std::size_t(1));
    flush();
    QVERIFY(backfill(t, owner, {postAt(kNow + 1)}, {}, runId(owner)));
    flush();
    for (int i = 2; i < 20; ++i) {
        deliver(t, owner, {postAt(kNow + i)});
        flush();
    }
    QCOMPARE(read(t, owner).entries.size(), std::size_t(10));
    flush();
    const auto other = t.beginBuild(*m_client, kHome, owner, 60s, soon());
    flush();
    QVERIFY(other && *other && *t.finishBuild(*m_client, kHome, owner, **other, {}, {}, soon()));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::TimelineWritingTest)
#include "timeline_writing_test.moc"
