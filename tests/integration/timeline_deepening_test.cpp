// Timelines of which the newest part is there and the rest is added below its floor: against everything that
// may come between, each race provoked by interleaving calls, and once all of it at random against a model.
#include <QTest>

#include "backend/cache/floor_adoption.h"
#include "backend/cache/raw_timeline.h"
#include "backend/cache/timeline_keys.h"
#include "tests/integration/timelines_fixture.h"

#include <random>
#include <set>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class TimelineDeepeningTest : public QObject, TimelinesFixture
{
    Q_OBJECT

private slots:
    void initTestCase() { start(); }
    void init();
    void aPartIsThereFirst();
    void theRestComesStepByStep();
    void whatIsWholeOrAbsentIsLeftAlone();
    void oneDeepensAtATime();
    void aTakenOverDeepenerLowersNothing();
    void lateDeliveriesShowWhenTheFloorPassesThem();
    void whatWasLeftBelowTheFloorIsCleared();
    void interference_data();
    void interference();
    void nothingIsTrimmedMeanwhile();
    void whoStopsBuildersReadsAFloorThatLiesStill();
    void backfillKeepsItShort();
    void trimKeepsItShort();
    void anotherLife();
    void aPlannedRestartKeepsItShort();
    void atRandom();

private:
    static PostId at(int i) { return postAt(kNow + i); }
    static std::vector<PostId> range(int from, int upTo) // newest first
    {
        std::vector<PostId> out;
        for (int i = upTo; i >= from; --i)
            out.push_back(at(i));
        return out;
    }
    void publish(const std::vector<PostId>& posts, PostId floor, bool whole = false)
    {
        const auto build = m_timelines->beginBuild(*m_client, kHome, m_owner, 60s, soon());
        QVERIFY(build && build->start == Timelines::Start::Begun);
        QVERIFY(*m_timelines->finishBuild(*m_client, kHome, m_owner, build->token, posts, {floor, whole},
                                          soon()));
    }
    Timelines::Deepening begin(Milliseconds staleAfter = 60s)
    {
        return *m_timelines->beginDeepening(*m_client, kHome, m_owner, staleAfter, soon());
    }
    bool deepen(const std::string& token, const std::vector<PostId>& posts, PostId floor, bool whole = true)
    {
        return *m_timelines->deepen(*m_client, kHome, m_owner, token, posts, {floor, whole}, soon());
    }
    TimelineSlice look() { return read(*m_timelines, m_owner); }
    template <class Add>
    void meanwhile(Add add)
    {
        RedisBatch batch(*m_client);
        add(batch);
        QVERIFY(batch.run(soon()));
    }
    void isConsistent(); // as an audit sees it
    std::optional<TimelineFloor> floor()
    {
        return m_timelines->floors(*m_client, kHome, std::vector{m_owner}, soon())->front();
    }

    const UserId m_owner = userOf(0);
    std::unique_ptr<Timelines> m_timelines;
};

void TimelineDeepeningTest::init()
{
    reset();
    m_timelines =
        std::make_unique<Timelines>(*m_redis, TimelineLimits{.cap = 40, .checkOneIn = 1, .upkeepOneIn = 1});
}

void TimelineDeepeningTest::isConsistent()
{
    const auto raw =
        readRawTimelines(*m_client, *m_redis->current(), kHome, std::vector{m_owner}, soon())->front();
    QVERIFY2(raw.oddities.empty(), raw.oddities.empty() ? "" : raw.oddities.front().c_str());
    QVERIFY(raw.doubles.empty());
}

void TimelineDeepeningTest::aPartIsThereFirst()
{
    publish(range(80, 99), at(80));
    const auto slice = look();
    QVERIFY(slice.valid && !slice.whole && slice.reachedFloor);
    QVERIFY(slice.entries == range(80, 99));
    QCOMPARE(slice.floor.value, at(80).value);
    QVERIFY(floor() && !floor()->whole);
    const auto raw =
        readRawTimelines(*m_client, *m_redis->current(), kHome, std::vector{m_owner}, soon())->front();
    QVERIFY(raw.valid() && !raw.floor->whole);
    QVERIFY(m_timelines->beginBuild(*m_client, kHome, m_owner, 60s, soon())->start ==
            Timelines::Start::Needless);
    QVERIFY(look().entries == range(80, 99));
}

void TimelineDeepeningTest::theRestComesStepByStep()
{
    publish(range(80, 99), at(80));
    const auto begun = begin();
    QVERIFY(begun.start == Timelines::Start::Begun);
    QCOMPARE(begun.floor.value, at(80).value);
    QCOMPARE(begun.entries, std::int64_t(20));
    QVERIFY(look().entries == range(80, 99));
    QVERIFY(deepen(begun.token, range(40, 79), at(40), false));
    QVERIFY(!look().whole);
    QVERIFY(look().entries == range(40, 99));
    QCOMPARE(look().floor.value, at(40).value);
    QVERIFY(deepen(begun.token, range(0, 39), {}, true));
    QVERIFY(look().whole && look().entries == range(0, 99));
    QVERIFY(!deepen(begun.token, range(0, 39), {}, true)); // the token went with the last step
    for (const auto size : segments(m_owner))
        QVERIFY(size < 40); // cut as ever
    isConsistent();
    deliver(*m_timelines, m_owner, range(100, 160));
    isConsistent();
    QVERIFY(look().entries.front() == at(160));
    QVERIFY(look().entries.size() >= 40 && look().entries.size() < 100);
}

void TimelineDeepeningTest::whatIsWholeOrAbsentIsLeftAlone()
{
    QVERIFY(begin().start == Timelines::Start::Needless);
    publish(range(80, 99), at(80), true);
    QVERIFY(begin().start == Timelines::Start::Needless);
    QVERIFY(look().entries == range(80, 99));
    meanwhile([&](RedisBatch& batch) { m_timelines->voidFloor(batch, kHome, m_owner); });
    QVERIFY(begin().start == Timelines::Start::Needless);
}

void TimelineDeepeningTest::oneDeepensAtATime()
{
    publish(range(80, 99), at(80));
    const auto first = begin();
    QVERIFY(begin().start == Timelines::Start::Busy);
    QVERIFY(m_timelines->giveUpBuild(*m_client, kHome, m_owner, first.token, soon()));
    QVERIFY(begin().start == Timelines::Start::Begun);
    QVERIFY(!deepen(first.token, range(40, 79), at(40)));
}

void TimelineDeepeningTest::aTakenOverDeepenerLowersNothing()
{
    publish(range(80, 99), at(80));
    const auto first = begin(), second = begin(0ms);
    QVERIFY(second.start == Timelines::Start::Begun);
    QVERIFY(!deepen(first.token, range(40, 79), at(40)));
    QVERIFY(look().entries == range(80, 99));
    QVERIFY(deepen(second.token, range(60, 79), at(60)));
    QVERIFY(!deepen(first.token, range(40, 79), at(40))); // nor afterwards
    QVERIFY(look().entries == range(60, 99));
}

void TimelineDeepeningTest::lateDeliveriesShowWhenTheFloorPassesThem()
{
    publish(range(80, 99), at(80));
    const auto begun = begin();
    const auto late = postAt(kNow + 50, 1); // committed after PostgreSQL was read
    deliver(*m_timelines, m_owner, {late, at(100)});
    QCOMPARE(look().entries.size(), std::size_t(21));
    QVERIFY(deepen(begun.token, range(60, 79), at(60), false));
    QVERIFY(deepen(begun.token, range(40, 59), at(40)));
    auto expected = range(40, 100);
    expected.push_back(late);
    QVERIFY(look().entries == descending(expected));
    isConsistent();
}

// Somebody delivered it, somebody else, who read the floor, did not remove it: nobody may ever see it.
void TimelineDeepeningTest::whatWasLeftBelowTheFloorIsCleared()
{
    auto there = range(81, 99);
    there.push_back(postAt(kNow + 80, 5));
    publish(there, there.back());
    const auto left = postAt(kNow + 50, 1), older = postAt(kNow + 10, 1), sameTime = at(80);
    deliver(*m_timelines, m_owner, {left, older, sameTime});
    QVERIFY(look().entries == there);
    const auto begun = begin();
    QCOMPARE(begun.entries, std::int64_t(20));
    QVERIFY(deepen(begun.token, range(0, 79), {}));
    const auto rest = range(0, 79);
    there.insert(there.end(), rest.begin(), rest.end());
    QVERIFY(look().entries == there);
    isConsistent();
}

void TimelineDeepeningTest::interference_data()
{
    QTest::addColumn<int>("what");
    for (const auto& [name, what] :
         {std::pair("removal", 0), std::pair("removal of nothing", 1), std::pair("backfill", 2),
          std::pair("void", 3), std::pair("drop", 4), std::pair("stopped", 5)})
        QTest::newRow(name) << what;
}

void TimelineDeepeningTest::interference()
{
    QFETCH(int, what);
    publish(range(80, 99), at(80));
    const auto begun = begin();
    meanwhile([&](RedisBatch& batch) {
        if (what == 0) m_timelines->removeEntries(batch, kHome, m_owner, range(85, 85));
        if (what == 1) m_timelines->removeEntries(batch, kHome, m_owner, {});
        if (what == 2) m_timelines->backfill(batch, kHome, m_owner, range(101, 101), {}, runId(m_owner));
        if (what == 3) m_timelines->voidFloor(batch, kHome, m_owner);
        if (what == 4) m_timelines->addDrop(batch, kHome, m_owner);
    });
    if (what == 5)
        QVERIFY(m_timelines->floors(*m_client, kHome, std::vector{m_owner}, soon(),
                                    Timelines::Builders::Stopped));
    QVERIFY(!deepen(begun.token, range(0, 79), {}));
    const auto slice = look();
    QCOMPARE(slice.valid, what != 3 && what != 4);
    if (!slice.valid) return;
    QCOMPARE(slice.floor.value, at(80).value);
    QVERIFY(!slice.whole);
    const auto again = begin(); // and whoever reads what there is now may go on
    QVERIFY(deepen(again.token, range(0, 79), {}));
    QCOMPARE(look().entries.size(), std::size_t(what == 0 ? 99 : what == 2 ? 101 : 100));
    isConsistent();
}

void TimelineDeepeningTest::nothingIsTrimmedMeanwhile()
{
    publish(range(80, 99), at(80));
    const auto begun = begin();
    for (int i = 100; i < 250; ++i) // the cap is 40: the floor would be raised above what is being read
        deliver(*m_timelines, m_owner, {at(i)});
    QCOMPARE(look().floor.value, at(80).value);
    QVERIFY(deepen(begun.token, range(40, 79), at(40)));
    QVERIFY(look().entries == range(40, 249));
    isConsistent();
    for (int i = 250; i < 300; ++i)
        deliver(*m_timelines, m_owner, {at(i)});
    QVERIFY(look().floor > at(80));
    QVERIFY(look().entries.size() >= 40 && look().entries.size() < 100);
    QVERIFY(look().entries == range(300 - int(look().entries.size()), 299));
    isConsistent();
}

void TimelineDeepeningTest::whoStopsBuildersReadsAFloorThatLiesStill()
{
    publish(range(80, 99), at(80));
    const auto begun = begin();
    const std::vector owners{m_owner, userOf(1)};
    const auto floors = m_timelines->floors(*m_client, kHome, owners, soon(), Timelines::Builders::Stopped);
    QVERIFY(floors && (*floors)[0] && !(*floors)[1]);
    QCOMPARE((*floors)[0]->id.value, at(80).value);
    QVERIFY(!deepen(begun.token, range(40, 79), at(40)));
    QCOMPARE(floor()->id.value, at(80).value);
}

void TimelineDeepeningTest::backfillKeepsItShort()
{
    publish(range(80, 99), at(80));
    meanwhile([&](RedisBatch& batch) {
        m_timelines->backfill(batch, kHome, m_owner, std::vector{at(101), at(70)}, at(90), runId(m_owner));
    });
    QCOMPARE(look().floor.value, at(90).value);
    QVERIFY(!look().whole);
    const auto begun = begin();
    QCOMPARE(begun.floor.value, at(90).value);
    QVERIFY(deepen(begun.token, range(0, 89), {}));
    QCOMPARE(look().entries.size(), std::size_t(101));
    isConsistent();
}

void TimelineDeepeningTest::trimKeepsItShort()
{
    publish(range(80, 99), at(80));
    for (int i = 100; i < 250; ++i)
        deliver(*m_timelines, m_owner, {at(i)});
    QVERIFY(look().floor > at(80));
    QVERIFY(!look().whole);
    const auto begun = begin();
    QVERIFY(begun.entries >= 40); // deep enough as it is
    QVERIFY(deepen(begun.token, {}, begun.floor));
    QVERIFY(look().whole);
    isConsistent();
}

void TimelineDeepeningTest::anotherLife()
{
    publish(range(80, 99), at(80));
    const auto begun = begin();
    const auto key = "{0}:home-build:" + std::to_string(m_owner.value);
    const auto old = m_redis->redis(node(m_owner), {"GET", timelineFloorKey(kHome, m_owner)});
    QVERIFY(m_redis->servers().restartNode("redis-1"));
    QVERIFY(!deepen(begun.token, range(0, 79), {}));
    m_redis->redis(node(m_owner), {"SET", key, begun.token}); // as from an old dump
    QVERIFY(!deepen(begun.token, range(0, 79), {}));
    m_redis->redis(node(m_owner), {"SET", key, begun.token});
    m_redis->redis(node(m_owner), {"SET", timelineFloorKey(kHome, m_owner), old});
    QVERIFY(!deepen(begun.token, range(0, 79), {}));
    QVERIFY(!look().valid);
    QVERIFY(begin().start == Timelines::Start::Needless);
}

void TimelineDeepeningTest::aPlannedRestartKeepsItShort()
{
    publish(range(80, 99), at(80));
    auto value = m_redis->redis(node(m_owner), {"GET", timelineFloorKey(kHome, m_owner)});
    QVERIFY(hasStampOf(value, runId(m_owner)) && !hasStampOf(value, std::string(40, '0')));
    const std::string former(40, 'a'); // as of the life before
    value.replace(value.size() - former.size(), former.size(), former);
    m_redis->redis(node(m_owner), {"SET", timelineFloorKey(kHome, m_owner), value});
    QVERIFY(!look().valid);
    QCOMPARE(adoptFloors(m_redis->nodes().front(), former, soon())->adopted, std::int64_t(1));
    QVERIFY(look().valid && !look().whole);
    QVERIFY(look().entries == range(80, 99));
    QVERIFY(begin().start == Timelines::Start::Begun);
}

// PostgreSQL is a set of posts here. Deliveries of any age, removals, backfills and parts of builds come in
// any order; a removal goes by the floor it read after stopping builders, as an unfollow does.
void TimelineDeepeningTest::atRandom()
{
    for (unsigned seed = 1; seed <= 15; ++seed) {
        init();
        std::mt19937 random(seed);
        const auto some = [&](int below) { return int(random() % unsigned(below)); };
        int clock = 300;
        std::set<PostId> posts; // what belongs there
        for (int i = 0; i < clock; ++i)
            posts.insert(at(i));
        const auto newest = [&](std::optional<PostId> before, std::size_t most) {
            std::vector<PostId> out;
            for (auto it = before ? posts.lower_bound(*before) : posts.end();
                 it != posts.begin() && out.size() < most;)
                out.push_back(*--it);
            return out;
        };
        std::optional<Timelines::Deepening> begun;
        std::vector<PostId> part; // as it was read by who has begun
        PostId partFloor;
        for (int step = 0; step < 250; ++step) {
            if (!look().valid) {
                const auto first = newest({}, 21);
                publish(first, first.back());
                begun.reset();
            }
            const int what = some(10);
            if (what < 4) { // deliveries, some of them late
                std::vector<PostId> made;
                for (int i = some(12); i >= 0; --i)
                    made.push_back(some(3) == 0 ? postAt(kNow + some(clock), 1 + step % 900) : at(clock++));
                posts.insert(made.begin(), made.end());
                deliver(*m_timelines, m_owner, made);
            } else if (what == 4) { // an unfollow
                std::vector<PostId> gone;
                for (const auto id : posts)
                    if (some(30) == 0) gone.push_back(id);
                for (const auto id : gone)
                    posts.erase(id);
                const auto floors = m_timelines->floors(*m_client, kHome, std::vector{m_owner}, soon(),
                                                        Timelines::Builders::Stopped);
                std::erase_if(gone, [&](PostId id) { return id < floors->front()->id; });
                meanwhile(
                    [&](RedisBatch& batch) { m_timelines->removeEntries(batch, kHome, m_owner, gone); });
            } else if (what == 5) { // a follow
                std::vector<PostId> more;
                for (int i = some(20); i >= 0; --i)
                    more.push_back(postAt(kNow + some(clock), 901 + step % 100));
                posts.insert(more.begin(), more.end());
                const auto floors = m_timelines->floors(*m_client, kHome, std::vector{m_owner}, soon(),
                                                        Timelines::Builders::Stopped);
                std::erase_if(more, [&](PostId id) { return id < floors->front()->id; });
                QVERIFY(backfill(*m_timelines, m_owner, more, {}, runId(m_owner)));
            } else if (what < 8 || !begun) {
                if (const auto deepening = begin(some(2) == 0 ? 60'000ms : 0ms);
                    deepening.start == Timelines::Start::Begun) {
                    begun = deepening;
                    part = newest(deepening.floor, std::size_t(1 + some(30)));
                    partFloor = part.empty() ? PostId{} : part.back();
                }
            } else if (what == 8) {
                const bool whole = partFloor.value == 0 || some(4) == 0;
                std::ignore = deepen(begun->token, part, partFloor, whole);
                begun.reset();
            } else if (some(10) == 0) {
                meanwhile([&](RedisBatch& batch) { m_timelines->voidFloor(batch, kHome, m_owner); });
                continue;
            }
            const auto slice = look();
            QVERIFY(slice.valid && slice.reachedFloor);
            std::vector<PostId> expected;
            for (auto it = posts.rbegin(); it != posts.rend() && *it >= slice.floor; ++it)
                expected.push_back(*it);
            QVERIFY2(slice.entries == expected,
                     qPrintable(QString("seed %1, step %2, %3").arg(seed).arg(step).arg(what)));
            isConsistent();
            if (QTest::currentTestFailed()) return;
        }
    }
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::TimelineDeepeningTest)
#include "timeline_deepening_test.moc"
