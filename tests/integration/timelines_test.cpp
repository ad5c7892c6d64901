// What Timelines promises about entries, floors, trimming and paging, on real servers.
#include <QTest>

#include "tests/support/redis_fixture.h"

#include <algorithm>
#include <random>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

namespace {

constexpr auto kHome = TimelineFamily::Home;
constexpr std::int64_t kDay = 86'400'000;
constexpr std::int64_t kNow = 5'000 * kDay; // ids' milliseconds

std::vector<PostId> descending(std::vector<PostId> ids)
{
    std::sort(ids.rbegin(), ids.rend());
    return ids;
}

} // namespace

class TimelinesTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void namesOfKeysAndMembers();
    void orderIsIdOrder();
    void addingTwiceIsAddingOnce();
    void absentWithoutFloor();
    void floorOfAnotherLifeIsVoid();
    void restartedNodeHasNoTimelines();
    void unreadableFloorIsAbsent_data();
    void unreadableFloorIsAbsent();
    void pagesCoverEverythingOnce();
    void cursorNeedNotBeAnEntry();
    void afterGivesTheNewestAbove();
    void entriesBelowTheFloorAreIgnored();
    void reachedFloorIsExact();
    void readManyKeepsOwnersApart();
    void readManyWithADeadNode();
    void floorsOfMany();
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

private:
    Timelines timelines(TimelineLimits limits = {}) const { return Timelines(*m_redis, limits); }
    static Deadline soon() { return RedisFixture::soon(); }
    int node(UserId owner) const { return m_redis->current()->timelinesNode[std::size_t(owner.shard())]; }
    std::string runId(UserId owner) { return *m_client->runId(node(owner), soon()); }

    void deliver(const Timelines& to, UserId owner, const std::vector<PostId>& posts, TimelineFamily family = kHome)
    {
        RedisBatch batch(*m_client);
        for (const auto post : posts) to.addEntry(batch, family, owner, post);
        if (const auto done = batch.run(soon()); !done) throw std::runtime_error(done.error().message);
    }
    void setFloor(UserId owner, PostId floor)
    {
        m_redis->redis(node(owner), {"SET", timelineFloorKey(kHome, owner), memberOf(floor) + " " + runId(owner)});
    }
    TimelineSlice read(const Timelines& from, UserId owner, std::optional<PostId> before = {}, std::optional<PostId> after = {},
                       int limit = 10'000, TimelineFamily family = kHome)
    {
        auto slice = from.read(*m_client, family, owner, before, after, limit, soon());
        if (!slice) throw std::runtime_error(slice.error().message);
        return *slice;
    }
    std::int64_t stored(UserId owner) { return std::stoll(m_redis->redis(node(owner), {"ZCARD", timelineKey(kHome, owner)})); }
    Result<void> backfill(const Timelines& to, UserId owner, const std::vector<PostId>& posts, PostId downTo, const std::string& run)
    {
        RedisBatch batch(*m_client);
        to.backfill(batch, kHome, owner, posts, downTo, run);
        return batch.run(soon());
    }

    std::unique_ptr<RedisFixture> m_redis;
    std::unique_ptr<RedisClient> m_client;
};

void TimelinesTest::initTestCase() { m_redis = std::make_unique<RedisFixture>(2, 4); }

void TimelinesTest::init()
{
    m_redis->reset();
    m_client = std::make_unique<RedisClient>(m_redis->nodes());
}

void TimelinesTest::namesOfKeysAndMembers()
{
    const UserId owner{makeRawId(3, 17, 5)};
    const auto number = std::to_string(owner.value);
    QCOMPARE(timelineKey(kHome, owner), "{17}:home:" + number);
    QCOMPARE(timelineFloorKey(kHome, owner), "{17}:home-floor:" + number);
    QCOMPARE(timelineKey(TimelineFamily::Author, owner), "{17}:author:" + number);
    QCOMPARE(timelineKey(TimelineFamily::Public, Timelines::publicOwner(17)), std::string("{17}:public"));
    QCOMPARE(timelineFloorKey(TimelineFamily::Public, Timelines::publicOwner(17)), std::string("{17}:public-floor"));
    QCOMPARE(memberOf(PostId{42}), std::string("0000000000000000042"));
    QCOMPARE(memberOf(PostId{std::numeric_limits<std::int64_t>::max()}), std::string("9223372036854775807"));
    for (const auto value : {std::int64_t(0), std::int64_t(1), kNow << 22, std::numeric_limits<std::int64_t>::max()})
        QCOMPARE(postOfMember(memberOf(PostId{value}))->value, value);
    for (const auto* text : {"", "42", "000000000000000004x", "-000000000000000042", "00000000000000000042", "9999999999999999999"})
        QVERIFY2(!postOfMember(text), text);
}

void TimelinesTest::orderIsIdOrder()
{
    const auto t = timelines();
    const auto owner = userOf(1);
    std::vector<PostId> ids; // many of the same millisecond, ids far above 2^53, that differ in their last bits only
    for (int ms = 0; ms < 5; ++ms)
        for (int shard = 0; shard < 4; ++shard)
            for (int slot : {0, 1, 2, 1023}) ids.push_back(postAt(kNow + ms, shard, slot));
    auto shuffled = ids;
    std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937_64(7));
    deliver(t, owner, shuffled);
    setFloor(owner, {});
    const auto slice = read(t, owner);
    QVERIFY(slice.valid && slice.reachedFloor);
    QVERIFY(slice.entries == descending(ids));
}

void TimelinesTest::addingTwiceIsAddingOnce()
{
    const auto t = timelines();
    const auto owner = userOf(0);
    for (int round = 0; round < 3; ++round) deliver(t, owner, {postAt(kNow), postAt(kNow + 1)});
    setFloor(owner, {});
    QVERIFY((read(t, owner).entries == std::vector{postAt(kNow + 1), postAt(kNow)}));
}

void TimelinesTest::absentWithoutFloor()
{
    const auto t = timelines();
    deliver(t, userOf(0), {postAt(kNow)});
    const auto slice = read(t, userOf(0));
    QVERIFY(!slice.valid && slice.entries.empty());
}

void TimelinesTest::floorOfAnotherLifeIsVoid()
{
    const auto t = timelines();
    const auto owner = userOf(1);
    const auto before = runId(owner);
    QVERIFY(m_redis->servers().restartNode("redis-2"));
    QVERIFY(runId(owner) != before);
    // As if the node had come back with an old data file.
    deliver(t, owner, {postAt(kNow)});
    m_redis->redis(node(owner), {"SET", timelineFloorKey(kHome, owner), memberOf(PostId{}) + " " + before});
    QVERIFY(!read(t, owner).valid);
    QVERIFY(!t.floors(*m_client, kHome, std::vector{owner}, soon())->front());
    // Nothing that follows makes the old floor valid: not a trim that raises it, not a new owner's publishing.
    const auto trimming = timelines({.cap = 2, .slack = 0, .trimOneIn = 1});
    deliver(trimming, owner, {postAt(kNow + 1), postAt(kNow + 2), postAt(kNow + 3)});
    RedisBatch batch(*m_client);
    t.publishEmpty(batch, kHome, owner, runId(owner));
    QVERIFY(batch.run(soon()));
    QVERIFY(!read(t, owner).valid);
    QVERIFY(m_redis->redis(node(owner), {"GET", timelineFloorKey(kHome, owner)}).ends_with(before));
}

void TimelinesTest::restartedNodeHasNoTimelines()
{
    const auto t = timelines();
    for (int shard = 0; shard < 2; ++shard) {
        deliver(t, userOf(shard), {postAt(kNow)});
        setFloor(userOf(shard), {});
    }
    QVERIFY(m_redis->servers().restartNode("redis-1"));
    QVERIFY(!read(t, userOf(0)).valid);
    QVERIFY(read(t, userOf(1)).valid); // on the other node
}

void TimelinesTest::unreadableFloorIsAbsent_data()
{
    QTest::addColumn<QString>("value");
    QTest::newRow("void") << "void";
    QTest::newRow("empty") << "";
    QTest::newRow("id only") << "0000000000000000000";
    QTest::newRow("short id") << "0 RUN";
    QTest::newRow("letters") << "000000000000000000x RUN";
    QTest::newRow("more behind") << "0000000000000000000 RUN more";
}

void TimelinesTest::unreadableFloorIsAbsent()
{
    QFETCH(QString, value);
    const auto t = timelines();
    const auto owner = userOf(0);
    deliver(t, owner, {postAt(kNow)});
    m_redis->redis(node(owner), {"SET", timelineFloorKey(kHome, owner),
                                 value.replace("RUN", QString::fromStdString(runId(owner))).toStdString()});
    QVERIFY(!read(t, owner).valid);
    QVERIFY(!t.floors(*m_client, kHome, std::vector{owner}, soon())->front());
}

void TimelinesTest::pagesCoverEverythingOnce()
{
    const auto t = timelines();
    const auto owner = userOf(1);
    std::mt19937_64 random(11);
    std::set<PostId> ids; // crowded milliseconds: up to some 60 entries share one score
    while (ids.size() < 400) ids.insert(postAt(kNow + std::int64_t(random() % 8), int(random() % 4), int(random() % 64)));
    deliver(t, owner, {ids.begin(), ids.end()});
    setFloor(owner, {});
    for (const int limit : {1, 7, 50, 200}) {
        std::vector<PostId> seen;
        std::optional<PostId> before;
        for (;;) {
            const auto page = read(t, owner, before, {}, limit);
            QVERIFY(page.valid && page.entries.size() <= std::size_t(limit));
            seen.insert(seen.end(), page.entries.begin(), page.entries.end());
            QCOMPARE(page.reachedFloor, seen.size() == ids.size());
            if (page.reachedFloor) break;
            QCOMPARE(page.entries.size(), std::size_t(limit));
            before = page.entries.back();
        }
        QVERIFY(seen == descending({ids.begin(), ids.end()}));
    }
}

void TimelinesTest::cursorNeedNotBeAnEntry()
{
    const auto t = timelines();
    const auto owner = userOf(0);
    deliver(t, owner, {postAt(kNow, 0, 1), postAt(kNow, 0, 3), postAt(kNow, 0, 5)});
    setFloor(owner, {});
    QVERIFY((read(t, owner, postAt(kNow, 0, 4)).entries == std::vector{postAt(kNow, 0, 3), postAt(kNow, 0, 1)}));
    QVERIFY(read(t, owner, postAt(kNow, 0, 1)).entries.empty());
    QVERIFY(read(t, owner, postAt(kNow, 0, 1)).reachedFloor);
    QCOMPARE(read(t, owner, PostId{std::numeric_limits<std::int64_t>::max()}).entries.size(), std::size_t(3));
}

void TimelinesTest::afterGivesTheNewestAbove()
{
    const auto t = timelines();
    const auto owner = userOf(0);
    std::vector<PostId> ids;
    for (int i = 0; i < 10; ++i) ids.push_back(postAt(kNow + i));
    deliver(t, owner, ids);
    setFloor(owner, {});
    const auto above = read(t, owner, {}, ids[4], 3);
    QVERIFY((above.entries == std::vector{ids[9], ids[8], ids[7]}));
    QVERIFY(!above.reachedFloor);
    const auto all = read(t, owner, {}, ids[4], 100);
    QVERIFY((all.entries == std::vector{ids[9], ids[8], ids[7], ids[6], ids[5]}));
    QVERIFY(!all.reachedFloor); // entries lie below
    QVERIFY((read(t, owner, ids[8], ids[5], 100).entries == std::vector{ids[7], ids[6]}));
    QVERIFY(read(t, owner, {}, ids[9], 100).entries.empty());
    QCOMPARE(read(t, owner, {}, PostId{}, 100).entries.size(), std::size_t(10));
    QVERIFY(read(t, owner, {}, PostId{}, 100).reachedFloor);
}

void TimelinesTest::entriesBelowTheFloorAreIgnored()
{
    const auto t = timelines();
    const auto owner = userOf(1);
    deliver(t, owner, {postAt(kNow, 0, 1), postAt(kNow, 0, 2), postAt(kNow, 0, 3), postAt(kNow + 1)});
    setFloor(owner, postAt(kNow, 0, 2)); // between entries of one millisecond; the floor's own id counts
    const auto slice = read(t, owner);
    QVERIFY(slice.valid && slice.reachedFloor);
    QCOMPARE(slice.floor.value, postAt(kNow, 0, 2).value);
    QVERIFY((slice.entries == std::vector{postAt(kNow + 1), postAt(kNow, 0, 3), postAt(kNow, 0, 2)}));
    QVERIFY(read(t, owner, postAt(kNow, 0, 1)).entries.empty()); // a cursor below the floor
    QVERIFY(read(t, owner, postAt(kNow, 0, 1)).reachedFloor);
}

void TimelinesTest::reachedFloorIsExact()
{
    const auto t = timelines();
    const auto owner = userOf(0);
    deliver(t, owner, {postAt(kNow), postAt(kNow + 1), postAt(kNow + 2)});
    setFloor(owner, postAt(kNow + 1));
    QVERIFY(!read(t, owner, {}, {}, 1).reachedFloor);
    QVERIFY(read(t, owner, {}, {}, 2).reachedFloor); // what is below the floor does not count
    QVERIFY(!read(t, owner, {}, {}, 0).reachedFloor);
    const auto empty = userOf(0, 1);
    setFloor(empty, {});
    QVERIFY(read(t, empty).valid && read(t, empty).reachedFloor && read(t, empty).entries.empty());
}

void TimelinesTest::readManyKeepsOwnersApart()
{
    const auto t = timelines();
    std::vector<UserId> owners;
    for (int i = 0; i < 40; ++i) {
        owners.push_back(userOf(i % 4, i));
        deliver(t, owners.back(), {postAt(kNow + i), postAt(kNow + 100 + i)});
        if (i % 3) setFloor(owners.back(), {});
    }
    const auto slices = t.readMany(*m_client, kHome, owners, postAt(kNow + 100), 5, soon());
    QCOMPARE(slices.size(), owners.size());
    for (int i = 0; i < 40; ++i) {
        const auto& slice = slices[std::size_t(i)];
        QVERIFY(slice.has_value());
        QCOMPARE(slice->valid, i % 3 != 0);
        if (slice->valid) QVERIFY(slice->entries == std::vector{postAt(kNow + i)});
    }
}

void TimelinesTest::readManyWithADeadNode()
{
    const auto t = timelines();
    const std::vector owners{userOf(0), userOf(1), userOf(2), userOf(3)};
    for (const auto owner : owners) setFloor(owner, {});
    QVERIFY(m_redis->servers().killNode("redis-2"));
    const auto slices = t.readMany(*m_client, kHome, owners, {}, 5, soon());
    QVERIFY(slices[0] && slices[0]->valid && slices[2] && slices[2]->valid);
    QVERIFY(!slices[1] && slices[1].error().code == ErrorCode::Unavailable);
    QVERIFY(!slices[3]);
}

void TimelinesTest::floorsOfMany()
{
    const auto t = timelines();
    setFloor(userOf(0), {});
    setFloor(userOf(1), postAt(kNow));
    const auto floors = t.floors(*m_client, kHome, std::vector{userOf(0), userOf(1), userOf(2)}, soon());
    QVERIFY(floors.has_value());
    QCOMPARE((*floors)[0]->value, std::int64_t(0));
    QCOMPARE((*floors)[1]->value, postAt(kNow).value);
    QVERIFY(!(*floors)[2]);
}

void TimelinesTest::trimRaisesTheFloor()
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

void TimelinesTest::trimWaitsForTheSlack()
{
    const auto t = timelines({.cap = 10, .slack = 5, .trimOneIn = 1});
    const auto owner = userOf(0);
    setFloor(owner, {});
    for (int i = 0; i < 15; ++i) deliver(t, owner, {postAt(kNow + i)});
    QCOMPARE(stored(owner), std::int64_t(15));
    QCOMPARE(read(t, owner).floor.value, std::int64_t(0));
    deliver(t, owner, {postAt(kNow + 15)});
    QCOMPARE(stored(owner), std::int64_t(10));
    QCOMPARE(read(t, owner).floor.value, postAt(kNow + 6).value); // the 10th newest
}

void TimelinesTest::trimWithoutFloorJustDrops()
{
    const auto t = timelines({.cap = 10, .slack = 0, .trimOneIn = 1});
    const auto owner = userOf(0);
    for (int i = 0; i < 20; ++i) deliver(t, owner, {postAt(kNow + i)});
    QCOMPARE(stored(owner), std::int64_t(10));
    QVERIFY(!m_redis->exists(node(owner), timelineFloorKey(kHome, owner)));
}

void TimelinesTest::trimBelowTheFloorLeavesIt()
{
    const auto t = timelines({.cap = 10, .slack = 0, .trimOneIn = 1});
    const auto owner = userOf(0);
    setFloor(owner, postAt(kNow + 100));
    for (int i = 0; i < 50; ++i) deliver(t, owner, {postAt(kNow + i)}); // all of them late
    deliver(t, owner, {postAt(kNow + 101)});
    QCOMPARE(stored(owner), std::int64_t(10));
    const auto slice = read(t, owner);
    QCOMPARE(slice.floor.value, postAt(kNow + 100).value);
    QVERIFY(slice.entries == std::vector{postAt(kNow + 101)});
    std::vector<PostId> more; // now the cap-th newest lies above the floor, but nothing above the floor is dropped
    for (int i = 0; i < 9; ++i) more.push_back(postAt(kNow + 110 + i));
    deliver(t, owner, more);
    QCOMPARE(stored(owner), std::int64_t(10));
    QCOMPARE(read(t, owner).floor.value, postAt(kNow + 100).value);
    QCOMPARE(read(t, owner).entries.size(), std::size_t(10));
}

void TimelinesTest::trimByAge()
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

void TimelinesTest::nothingOldLeavesTheFloorAtTheBeginning()
{
    const auto t = timelines({.trimOneIn = 1, .age = 24h});
    const auto owner = userOf(1);
    setFloor(owner, {});
    deliver(t, owner, {postAt(kNow - kDay), postAt(kNow)});
    QCOMPARE(read(t, owner).floor.value, std::int64_t(0)); // a page may still say that this is the very end
    deliver(t, owner, {postAt(5), postAt(10)});            // days after the first id there can be: no age to go back
    QCOMPARE(read(t, owner).entries.size(), std::size_t(4));
}

void TimelinesTest::aTrimCutOffInTheMiddleHasRaisedTheFloor()
{
    const auto owner = userOf(0);
    setFloor(owner, {});
    std::vector<PostId> ids;
    for (int i = 0; i < 20; ++i) ids.push_back(postAt(kNow + i));
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

void TimelinesTest::lateDeliveryBelowTheFloorIsHarmless()
{
    const auto t = timelines();
    const auto owner = userOf(0);
    setFloor(owner, postAt(kNow));
    deliver(t, owner, {postAt(kNow + 1), postAt(kNow - 1)});
    QVERIFY(read(t, owner).entries == std::vector{postAt(kNow + 1)});
}

void TimelinesTest::theTrimIsLookedForNowAndThen()
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

void TimelinesTest::removalOfManyOneAndNone()
{
    const auto t = timelines();
    const auto owner = userOf(1);
    std::vector<PostId> ids;
    for (int i = 0; i < 10; ++i) ids.push_back(postAt(kNow + i));
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

void TimelinesTest::backfillStopsAtTheFloor()
{
    const auto t = timelines();
    const auto owner = userOf(0);
    deliver(t, owner, {postAt(kNow + 5)});
    setFloor(owner, postAt(kNow, 0, 2));
    const std::vector posts{postAt(kNow + 9), postAt(kNow + 1), postAt(kNow, 0, 2), postAt(kNow, 0, 1), postAt(kNow - 7)};
    QVERIFY(backfill(t, owner, posts, postAt(kNow, 0, 2), runId(owner)));
    QCOMPARE(stored(owner), std::int64_t(4));
    const auto slice = read(t, owner);
    QCOMPARE(slice.floor.value, postAt(kNow, 0, 2).value);
    QVERIFY((slice.entries == std::vector{postAt(kNow + 9), postAt(kNow + 5), postAt(kNow + 1), postAt(kNow, 0, 2)}));
    QVERIFY(backfill(t, owner, {}, PostId{}, runId(owner))); // complete further down than the timeline is: no change
    QCOMPARE(read(t, owner).floor.value, postAt(kNow, 0, 2).value);
}

void TimelinesTest::backfillRaisesTheFloor()
{
    const auto t = timelines();
    const auto owner = userOf(1);
    deliver(t, owner, {postAt(kNow - 3), postAt(kNow, 0, 1), postAt(kNow, 0, 7), postAt(kNow + 3)});
    setFloor(owner, {});
    QVERIFY(backfill(t, owner, {postAt(kNow + 1), postAt(kNow, 0, 5)}, postAt(kNow, 0, 5), runId(owner)));
    const auto slice = read(t, owner);
    QCOMPARE(slice.floor.value, postAt(kNow, 0, 5).value);
    QVERIFY((slice.entries == std::vector{postAt(kNow + 3), postAt(kNow + 1), postAt(kNow, 0, 7), postAt(kNow, 0, 5)}));
    QVERIFY(m_redis->redis(node(owner), {"ZSCORE", timelineKey(kHome, owner), memberOf(postAt(kNow - 3))}).empty());
}

void TimelinesTest::backfillNeedsAValidFloor()
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

void TimelinesTest::backfillOfThousandsIsTrimmed()
{
    const auto t = timelines({.cap = 800, .slack = 80});
    const auto owner = userOf(1);
    setFloor(owner, {});
    std::vector<PostId> posts;
    for (int i = 0; i < 12'345; ++i) posts.push_back(postAt(kNow + i));
    QVERIFY(backfill(t, owner, posts, {}, runId(owner)));
    QCOMPARE(stored(owner), std::int64_t(800));
    const auto slice = read(t, owner);
    QCOMPARE(slice.floor.value, posts[posts.size() - 800].value);
    QCOMPARE(slice.entries.size(), std::size_t(800));
    QVERIFY(slice.entries.front() == posts.back() && slice.entries.back() == posts[posts.size() - 800]);
}

void TimelinesTest::publishEmptyIsCompleteToTheBeginning()
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

void TimelinesTest::publishEmptyLeavesWhatIsThere()
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

void TimelinesTest::publishEmptyDoesNotUndoAVoid()
{
    // A creation that is told twice, and a delivery that was lost between: the second telling knows nothing of it.
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

void TimelinesTest::voidFloorMakesAbsent()
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

void TimelinesTest::dropLeavesNothing()
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

void TimelinesTest::familiesDoNotMix()
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
        QVERIFY(read(t, owner, {}, {}, 10, families[i]).entries == std::vector{postAt(kNow + std::int64_t(i), 2)});
    // The public timeline is its logical shard's, whoever of it is asked for.
    QCOMPARE(read(t, Timelines::publicOwner(2), {}, {}, 10, TimelineFamily::Public).entries.size(), std::size_t(1));
}

void TimelinesTest::flushedScriptsChangeNothing()
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

QTEST_GUILESS_MAIN(tests::TimelinesTest)
#include "timelines_test.moc"
