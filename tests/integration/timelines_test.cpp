// What Timelines promises to readers, on real servers: floors, order, paging, many owners at once.
#include <QTest>

#include "tests/integration/timelines_fixture.h"

#include <random>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class TimelinesTest : public QObject, private TimelinesFixture
{
    Q_OBJECT

private slots:
    void initTestCase() { start(); }
    void init() { reset(); }
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
};

void TimelinesTest::namesOfKeysAndMembers()
{
    const UserId owner{makeRawId(3, 17, 5)};
    const auto number = std::to_string(owner.value);
    QCOMPARE(timelineKey(kHome, owner), "{17}:home:" + number);
    QCOMPARE(timelineFloorKey(kHome, owner), "{17}:home-floor:" + number);
    QCOMPARE(timelineKey(TimelineFamily::Author, owner), "{17}:author:" + number);
    QCOMPARE(timelineKey(TimelineFamily::Public, Timelines::publicOwner(17)), std::string("{17}:public"));
    QCOMPARE(timelineFloorKey(TimelineFamily::Public, Timelines::publicOwner(17)),
             std::string("{17}:public-floor"));
    QCOMPARE(memberOf(PostId{42}), std::string("0000000000000000042"));
    QCOMPARE(memberOf(PostId{std::numeric_limits<std::int64_t>::max()}), std::string("9223372036854775807"));
    for (const auto value :
         {std::int64_t(0), std::int64_t(1), kNow << 22, std::numeric_limits<std::int64_t>::max()})
        QCOMPARE(postOfMember(memberOf(PostId{value}))->value, value);
    for (const auto* text : {"", "42", "000000000000000004x", "-000000000000000042", "00000000000000000042",
                             "9999999999999999999"})
        QVERIFY2(!postOfMember(text), text);
}

void TimelinesTest::orderIsIdOrder()
{
    const auto t = timelines();
    const auto owner = userOf(1);
    std::vector<PostId>
        ids; // many of the same millisecond, ids far above 2^53, that differ in their last bits only
    for (int ms = 0; ms < 5; ++ms)
        for (int shard = 0; shard < 4; ++shard)
            for (int slot : {0, 1, 2, 1023})
                ids.push_back(postAt(kNow + ms, shard, slot));
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
    for (int round = 0; round < 3; ++round)
        deliver(t, owner, {postAt(kNow), postAt(kNow + 1)});
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
    m_redis->redis(node(owner), {"SET", timelineFloorKey(kHome, owner), floorValue(PostId{}, before)});
    QVERIFY(!read(t, owner).valid);
    QVERIFY(!t.floors(*m_client, kHome, std::vector{owner}, soon())->front());
    // Nothing that follows makes the old floor valid: not a trim that raises it, not a new owner's
    // publishing.
    const auto trimming = timelines({.cap = 2, .upkeepOneIn = 1});
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
    QTest::newRow("short id") << "0 2 RUN";
    QTest::newRow("letters") << "000000000000000000x 2 RUN";
    QTest::newRow("more behind") << "0000000000000000000 2 RUN more";
    QTest::newRow("another layout") << "0000000000000000000 RUN";
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
    while (ids.size() < 400)
        ids.insert(postAt(kNow + std::int64_t(random() % 8), int(random() % 4), int(random() % 64)));
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
    QVERIFY(
        (read(t, owner, postAt(kNow, 0, 4)).entries == std::vector{postAt(kNow, 0, 3), postAt(kNow, 0, 1)}));
    QVERIFY(read(t, owner, postAt(kNow, 0, 1)).entries.empty());
    QVERIFY(read(t, owner, postAt(kNow, 0, 1)).reachedFloor);
    QCOMPARE(read(t, owner, PostId{std::numeric_limits<std::int64_t>::max()}).entries.size(), std::size_t(3));
}

void TimelinesTest::afterGivesTheNewestAbove()
{
    const auto t = timelines();
    const auto owner = userOf(0);
    std::vector<PostId> ids;
    for (int i = 0; i < 10; ++i)
        ids.push_back(postAt(kNow + i));
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
    for (const auto owner : owners)
        setFloor(owner, {});
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
    QCOMPARE((*floors)[0]->id.value, std::int64_t(0));
    QCOMPARE((*floors)[1]->id.value, postAt(kNow).value);
    QVERIFY(!(*floors)[2]);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::TimelinesTest)
#include "timelines_test.moc"
