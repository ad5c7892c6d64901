// What Timelines promises about delivering, trimming, backfilling, removing and publishing, on real servers.
#include <QTest>

#include "backend/cache/raw_timeline.h"
#include "tests/integration/timelines_fixture.h"

#include <random>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

namespace {

constexpr int kNever = 1 << 30;

} // namespace

class TimelineWritingTest : public QObject, private TimelinesFixture
{
    Q_OBJECT

private slots:
    void initTestCase() { start(); }
    void init() { reset(); }
    void trimRaisesTheFloor();
    void aFullSegmentIsClosedAndTrims();
    void trimWithoutFloorJustDrops();
    void trimBelowTheFloorLeavesIt();
    void trimByAge();
    void nothingOldLeavesTheFloorAtTheBeginning();
    void aTrimCutOffInTheMiddleHasRaisedTheFloor();
    void lateDeliveryBelowTheFloorIsHarmless();
    void theSizeIsAskedForNowAndThen();
    void closedSegmentsAreFullAndCompact();
    void lateDeliveriesGoWhereTheyBelong();
    void aBurstIsCutIntoSegments();
    void anEmptiedSegmentIsPassedOver();
    void segmentsAgainstAModel_data();
    void segmentsAgainstAModel();
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
    const auto t = timelines({.cap = 10, .upkeepOneIn = 1});
    const auto owner = userOf(1);
    setFloor(owner, {});
    std::vector<PostId> ids;
    for (int i = 0; i < 100; ++i) {
        ids.push_back(postAt(kNow + i / 3, 0, i % 3)); // some of one millisecond: they go together
        deliver(t, owner, {ids.back()});
        const auto slice = read(t, owner);
        QVERIFY(slice.valid && slice.entries.size() >= std::min<std::size_t>(ids.size(), 10));
        QVERIFY(stored(owner) <= 20);
        std::vector<PostId> expected; // everything down to the floor, its own id included
        for (const auto id : ids)
            if (id >= slice.floor) expected.push_back(id);
        QVERIFY(slice.entries == descending(expected));
    }
    QVERIFY(read(t, owner).floor >= ids[79]);
}

void TimelineWritingTest::aFullSegmentIsClosedAndTrims()
{
    const auto t = timelines({.cap = 10, .segment = 5, .checkOneIn = 1, .upkeepOneIn = kNever});
    const auto owner = userOf(0);
    setFloor(owner, {});
    for (int i = 0; i < 14; ++i)
        deliver(t, owner, {postAt(kNow + i)});
    QVERIFY((segments(owner) == std::vector<std::int64_t>{4, 5, 5}));
    QCOMPARE(read(t, owner).floor.value, std::int64_t(0));
    deliver(t, owner, {postAt(kNow + 14)});
    QVERIFY((segments(owner) == std::vector<std::int64_t>{0, 5, 5}));
    QCOMPARE(read(t, owner).floor.value, postAt(kNow + 5).value); // the 10th newest
}

void TimelineWritingTest::trimWithoutFloorJustDrops()
{
    const auto t = timelines({.cap = 10, .upkeepOneIn = 1});
    const auto owner = userOf(0);
    for (int i = 0; i < 20; ++i)
        deliver(t, owner, {postAt(kNow + i)});
    QCOMPARE(stored(owner), std::int64_t(10));
    QVERIFY(!read(t, owner).valid);
    RedisBatch batch(*m_client); // whoever is told only now that the owner is new must not call it complete
    t.publishEmpty(batch, kHome, owner, runId(owner));
    QVERIFY(batch.run(soon()));
    QVERIFY(!read(t, owner).valid);
    QVERIFY(std::stoll(m_redis->redis(node(owner), {"PTTL", timelineFloorKey(kHome, owner)})) > 0);
}

void TimelineWritingTest::trimBelowTheFloorLeavesIt()
{
    const auto t = timelines({.cap = 10, .upkeepOneIn = 1});
    const auto owner = userOf(0);
    setFloor(owner, postAt(kNow + 100));
    for (int i = 0; i < 50; ++i)
        deliver(t, owner, {postAt(kNow + i)}); // all of them late
    deliver(t, owner, {postAt(kNow + 101)});
    QCOMPARE(stored(owner), std::int64_t(11));
    const auto slice = read(t, owner);
    QCOMPARE(slice.floor.value, postAt(kNow + 100).value);
    QVERIFY(slice.entries == std::vector{postAt(kNow + 101)});
    std::vector<PostId>
        more; // now the cap-th newest lies above the floor, but nothing above the floor is dropped
    for (int i = 0; i < 9; ++i)
        more.push_back(postAt(kNow + 110 + i));
    deliver(t, owner, more);
    QCOMPARE(stored(owner), std::int64_t(10));
    QVERIFY(read(t, owner).floor <= postAt(kNow + 101)); // nothing lies between
    QCOMPARE(read(t, owner).entries.size(), std::size_t(10));
}

void TimelineWritingTest::trimByAge()
{
    const auto t = timelines({.upkeepOneIn = 1, .age = 24h});
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
    const auto t = timelines({.upkeepOneIn = 1, .age = 24h});
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
    deliver(timelines({.cap = 1000, .segment = 5, .upkeepOneIn = 1}), owner, ids);
    m_redis->redis(node(owner), {"ACL", "SETUSER", "default", "-unlink"});
    RedisBatch batch(*m_client);
    std::vector<SizeCheck> checks;
    const auto trimming = timelines({.cap = 10, .upkeepOneIn = 1});
    trimming.addEntry(batch, checks, kHome, owner, postAt(kNow + 20));
    QVERIFY(batch.run(soon()));
    trimming.addUpkeep(batch, checks);
    const bool refused = !batch.run(soon());
    m_redis->redis(node(owner), {"ACL", "SETUSER", "default", "+@all"});
    QVERIFY(refused);
    const auto slice = read(timelines(), owner); // what the floor promises is there
    QCOMPARE(slice.floor.value, postAt(kNow + 10).value);
    QCOMPARE(slice.entries.size(), std::size_t(11));
}

void TimelineWritingTest::lateDeliveryBelowTheFloorIsHarmless()
{
    const auto t = timelines();
    const auto owner = userOf(0);
    setFloor(owner, postAt(kNow));
    deliver(t, owner, {postAt(kNow + 1), postAt(kNow - 1)});
    QVERIFY(read(t, owner).entries == std::vector{postAt(kNow + 1)});
}

void TimelineWritingTest::theSizeIsAskedForNowAndThen()
{
    const auto t = timelines({.checkOneIn = 16});
    RedisBatch batch(*m_client);
    std::vector<SizeCheck> checks, again;
    constexpr int deliveries = 16'000;
    for (int i = 0; i < deliveries; ++i) {
        t.addEntry(batch, checks, kHome, userOf(i % 4, i % 100), postAt(kNow + i / 100));
        t.addEntry(batch, again, kHome, userOf(i % 4, i % 100), postAt(kNow + i / 100));
    }
    QVERIFY2(checks.size() > 700 && checks.size() < 1300,
             qPrintable(QString::number(checks.size()))); // about a thousand
    QCOMPARE(again.size(), checks.size());
}

void TimelineWritingTest::closedSegmentsAreFullAndCompact()
{
    const auto t = timelines();
    const auto owner = userOf(0);
    setFloor(owner, {});
    for (int i = 0; i < 2'000; ++i)
        deliver(t, owner, {postAt(kNow + i)});
    const auto sizes = segments(owner);
    QVERIFY(stored(owner) >= 800 && stored(owner) <= 800 + 2 * 102);
    QVERIFY(sizes.size() >= 8);
    const auto bytesOf = [&](const std::string& key) {
        return std::stoll(m_redis->redis(node(owner), {"MEMORY", "USAGE", key}));
    };
    std::int64_t bytes = bytesOf(timelineFloorKey(TimelineFamily::Home, owner));
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const auto key = segmentKeys(owner)[i];
        if (i > 0)
            QCOMPARE(m_redis->redis(node(owner), {"OBJECT", "ENCODING", key}), std::string("listpack"));
        if (i > 0) QCOMPARE(sizes[i], std::int64_t(102));
        if (sizes[i] > 0) bytes += bytesOf(key);
    }
    const auto perEntry = double(bytes) / double(stored(owner));
    QVERIFY2(perEntry <= 24, qPrintable(QString::number(perEntry)));
    const auto slice = read(t, owner);
    QCOMPARE(slice.entries.size(), std::size_t(stored(owner)));
    QVERIFY(slice.entries.front() == postAt(kNow + 1'999));
}

void TimelineWritingTest::lateDeliveriesGoWhereTheyBelong()
{
    const auto t = timelines({.cap = 100, .segment = 10, .upkeepOneIn = 1});
    const auto owner = userOf(1);
    setFloor(owner, {});
    std::vector<PostId> ids;
    for (int i = 0; i < 35; ++i)
        ids.push_back(postAt(kNow + 10 * i));
    deliver(t, owner, ids);
    const auto before = segments(owner);
    const std::vector late{postAt(kNow + 101), postAt(kNow + 1), postAt(kNow - 7),
                           ids[3]}; // the last for a second time
    deliver(timelines({.checkOneIn = kNever, .upkeepOneIn = kNever}), owner, late);
    ids.insert(ids.end(), late.begin(), late.end() - 1);
    QVERIFY(read(t, owner).entries == descending(ids)); // seen before they are in their place, once each
    deliver(t, owner, {ids[34]});
    QVERIFY(read(t, owner).entries == descending(ids));
    QCOMPARE(stored(owner), std::int64_t(ids.size()));
    QCOMPARE(segments(owner).front(), before.front());
    const auto raw = readRawTimelines(*m_client, *m_redis->current(), kHome, std::vector{owner}, soon());
    QVERIFY(raw && raw->front().oddities.empty());
}

void TimelineWritingTest::aBurstIsCutIntoSegments()
{
    const auto t = timelines({.cap = 800, .upkeepOneIn = 1});
    const auto owner = userOf(1);
    setFloor(owner, {});
    std::vector<PostId> ids;
    for (int i = 0; i < 700; ++i)
        ids.push_back(postAt(kNow + i / 2, i % 2));
    deliver(timelines({.checkOneIn = kNever, .upkeepOneIn = kNever}), owner,
            ids); // far beyond the compact encoding
    deliver(t, owner, {ids.back()});
    const auto sizes = segments(owner);
    QVERIFY(sizes.size() >= 7);
    for (std::size_t i = 1; i < sizes.size(); ++i)
        QCOMPARE(m_redis->redis(node(owner), {"OBJECT", "ENCODING", segmentKeys(owner)[i]}),
                 std::string("listpack"));
    QVERIFY(read(t, owner).entries == descending(ids));
}

void TimelineWritingTest::anEmptiedSegmentIsPassedOver()
{
    const auto t = timelines({.cap = 100, .segment = 10, .upkeepOneIn = 1});
    const auto owner = userOf(0);
    setFloor(owner, {});
    std::vector<PostId> ids;
    for (int i = 0; i < 45; ++i)
        ids.push_back(postAt(kNow + i));
    deliver(t, owner, ids);
    QVERIFY((segments(owner) == std::vector<std::int64_t>{5, 10, 10, 10, 10}));
    RedisBatch batch(*m_client);
    const std::vector gone(ids.begin() + 10,
                           ids.begin() + 36); // two whole segments and some entries of a newer one
    t.removeEntries(batch, kHome, owner, gone);
    QVERIFY(batch.run(soon()));
    QVERIFY((segments(owner) == std::vector<std::int64_t>{5, 4, 0, 0, 10}));
    ids.erase(ids.begin() + 10, ids.begin() + 36);
    QVERIFY(read(t, owner).entries == descending(ids));
    const auto late = postAt(kNow + 15); // of the time of one that is gone
    deliver(t, owner, {late});
    ids.push_back(late);
    QVERIFY(read(t, owner).entries == descending(ids));
    const std::vector rest(ids.begin(), ids.end());
    t.removeEntries(batch, kHome, owner, rest);
    QVERIFY(batch.run(soon()));
    QVERIFY(read(t, owner).entries.empty() && read(t, owner).reachedFloor);
    for (int i = 100; i < 130; ++i)
        deliver(t, owner, {postAt(kNow + i)});
    QCOMPARE(read(t, owner).entries.size(), std::size_t(30));
}

void TimelineWritingTest::segmentsAgainstAModel_data()
{
    QTest::addColumn<int>("seed");
    for (const int seed : {1, 2, 3, 4})
        QTest::addRow("seed %d", seed) << seed;
}

// Everything that may happen to a timeline, at random; whatever it is, what the floor promises is there, in
// order.
void TimelineWritingTest::segmentsAgainstAModel()
{
    QFETCH(int, seed);
    std::mt19937_64 random{std::uint64_t(seed)};
    const auto some = [&](int below) { return int(random() % std::uint64_t(below)); };
    const auto t = timelines({.cap = 60, .segment = 8, .checkOneIn = 2, .upkeepOneIn = 16});
    const auto owner = userOf(1);
    setFloor(owner, {});
    std::set<PostId> model;
    std::int64_t now = kNow;
    for (int round = 0; round < 400; ++round) {
        const int what = some(10);
        std::vector<PostId> ids;
        const auto around = [&](std::int64_t span) {
            return postAt(now - std::int64_t(random() % std::uint64_t(span)), some(3), some(3));
        };
        if (what < 6) { // deliveries, some late, some for a second time
            now += some(4);
            for (int i = some(6); i >= 0; --i)
                ids.push_back(some(5) == 0 ? around(150) : around(2));
            deliver(t, owner, ids);
            model.insert(ids.begin(), ids.end());
        } else if (what < 8) { // removals
            for (const auto id : model)
                if (some(12) == 0) ids.push_back(id);
            RedisBatch batch(*m_client);
            t.removeEntries(batch, kHome, owner, ids);
            QVERIFY(batch.run(soon()));
            for (const auto id : ids)
                model.erase(id);
        } else if (what == 8) {
            for (int i = some(40); i >= 0; --i)
                ids.push_back(around(200));
            const auto downTo = some(3) == 0 ? around(100) : PostId{};
            QVERIFY(backfill(t, owner, ids, downTo, runId(owner)));
            model.insert(ids.begin(), ids.end());
        } else if (some(4) == 0) {
            RedisBatch batch(*m_client);
            t.voidFloor(batch, kHome, owner);
            QVERIFY(batch.run(soon()));
            const auto build = t.beginBuild(*m_client, kHome, owner, 0ms, soon());
            QVERIFY(build && build->start == Timelines::Start::Begun);
            deliver(t, owner, {around(2), around(30)});
            const auto made = descending({model.begin(), model.end()});
            const auto floor = made.size() > 60 ? made[59] : PostId{};
            QVERIFY(*t.finishBuild(*m_client, kHome, owner, build->token,
                                   std::span(made).first(std::min<std::size_t>(made.size(), 60)),
                                   {floor, true}, soon()));
            for (const auto id : read(t, owner).entries)
                model.insert(id); // those delivered meanwhile
            QVERIFY(std::all_of(made.begin(),
                                made.begin() + std::ptrdiff_t(std::min<std::size_t>(made.size(), 60)),
                                [&](PostId id) { return model.contains(id); }));
        }
        const auto slice = read(t, owner);
        QVERIFY(slice.valid && slice.reachedFloor);
        std::vector<PostId> expected;
        for (const auto id : model)
            if (id >= slice.floor) expected.push_back(id);
        QVERIFY(slice.entries == descending(expected));
        std::vector<PostId> paged; // the same in pages of odd size
        for (std::optional<PostId> before;;) {
            const auto page = read(t, owner, before, {}, 7);
            paged.insert(paged.end(), page.entries.begin(), page.entries.end());
            if (page.reachedFloor) break;
            before = page.entries.back();
        }
        QVERIFY(paged == slice.entries);
        const auto raw = readRawTimelines(*m_client, *m_redis->current(), kHome, std::vector{owner}, soon());
        QVERIFY(raw.has_value());
        QVERIFY2(raw->front().oddities.empty(),
                 raw->front().oddities.empty() ? "" : raw->front().oddities.front().c_str());
    }
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
    const auto t = timelines({.cap = 800});
    const auto owner = userOf(1);
    setFloor(owner, {});
    std::vector<PostId> posts;
    for (int i = 0; i < 12'345; ++i)
        posts.push_back(postAt(kNow + i));
    QVERIFY(backfill(t, owner, posts, {}, runId(owner)));
    const auto kept = std::size_t(stored(owner));
    QVERIFY(kept >= 800 && kept <= 800 + 2 * 102);
    const auto slice = read(t, owner);
    QCOMPARE(slice.floor.value, posts[posts.size() - kept].value);
    QCOMPARE(slice.entries.size(), kept);
    QVERIFY(slice.entries.front() == posts.back() && slice.entries.back() == posts[posts.size() - kept]);
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
    QVERIFY(t.beginBuild(*m_client, kHome, owner, 60s, soon()));
    const auto build = t.beginBuild(*m_client, kHome, owner, 0ms, soon());
    std::vector<PostId> many;
    for (int i = 0; i < 500; ++i)
        many.push_back(postAt(kNow + i));
    QVERIFY(*t.finishBuild(*m_client, kHome, owner, build->token, many, {}, soon()));
    QVERIFY(segments(owner).size() > 4);
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
    const auto t = timelines({.cap = 10, .upkeepOneIn = 1});
    const auto owner = userOf(0);
    const auto flush = [&] { m_redis->redis(node(owner), {"SCRIPT", "FLUSH"}); };
    const auto build = t.beginBuild(*m_client, kHome, owner, 60s, soon());
    QVERIFY(build && build->start == Timelines::Start::Begun);
    flush();
    QVERIFY(*t.finishBuild(*m_client, kHome, owner, build->token, std::vector{postAt(kNow)}, {}, soon()));
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
    m_redis->redis(node(owner), {"DEL", timelineFloorKey(kHome, owner)});
    const auto other = t.beginBuild(*m_client, kHome, owner, 60s, soon());
    flush();
    QVERIFY(*t.finishBuild(*m_client, kHome, owner, other->token, std::vector{postAt(kNow)},
                           {postAt(kNow), false}, soon()));
    flush();
    const auto deepening = t.beginDeepening(*m_client, kHome, owner, 60s, soon());
    flush();
    QVERIFY(*t.deepen(*m_client, kHome, owner, deepening->token, {}, {}, soon()));
    flush();
    QVERIFY(t.giveUpBuild(*m_client, kHome, owner, deepening->token, soon()));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::TimelineWritingTest)
#include "timeline_writing_test.moc"
