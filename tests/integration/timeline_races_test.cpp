// Builds against everything that may come between: each race is provoked by interleaving calls, and once by
// threads that do nothing else.
#include <QTest>

#include "tests/support/redis_fixture.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

namespace {

constexpr auto kHome = TimelineFamily::Home;
constexpr std::int64_t kNow = 400'000'000'000;

std::vector<PostId> posts(int from, int upTo) // newest first
{
    std::vector<PostId> out;
    for (int i = upTo; i >= from; --i)
        out.push_back(postAt(kNow + i));
    return out;
}

} // namespace

class TimelineRacesTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void aBuildClearsAndPublishes();
    void aBuildOfThousands();
    void onlyOneBuildsAtATime();
    void whoGivesUpKeepsNobodyWaiting();
    void aStaleBuildIsTakenOver();
    void aTakenOverBuilderCannotFillAnyMore();
    void aDeadBuildersTokenGoesByItself();
    void deliveryDuringABuildStays();
    void trimDuringABuildDropsNothing();
    void backfillDuringABuild();
    void removalDuringABuild();
    void emptyRemovalDuringABuild();
    void interferenceWithABuildOfNothing();
    void voidingDuringABuild();
    void droppingDuringABuild();
    void publishEmptyDuringABuild();
    void publishEmptyAfterABrokenBuild();
    void restartDuringABuild();
    void aTokenThatSurvivedARestartIsWorthless();
    void removalTakesTheTokenFirst();
    void readersNeverSeeAHole();
    void trimsAndReadersAtTheSameTime();

private:
    std::string begin(Milliseconds staleAfter = 60s)
    {
        // One that is there is left alone.
        if (read().valid)
            meanwhile([&](RedisBatch& batch) { m_timelines->voidFloor(batch, kHome, m_owner); });
        const auto build = m_timelines->beginBuild(*m_builder, kHome, m_owner, staleAfter, soon());
        if (!build || build->start != Timelines::Start::Begun) throw std::runtime_error("no token");
        return build->token;
    }
    bool finish(const std::string& token, const std::vector<PostId>& ids, PostId floor = {})
    {
        const auto done =
            m_timelines->finishBuild(*m_builder, kHome, m_owner, token, ids, {floor, true}, soon());
        if (!done) throw std::runtime_error(done.error().message);
        return *done;
    }
    // By another client, as another engine would.
    template <class Add>
    void meanwhile(Add add)
    {
        RedisBatch batch(*m_other);
        add(batch);
        if (const auto done = batch.run(soon()); !done) throw std::runtime_error(done.error().message);
    }
    void deliver(PostId post, const Timelines& to)
    {
        std::vector<SizeCheck> checks;
        meanwhile([&](RedisBatch& batch) {
            to.addEntry(batch, checks, kHome, m_owner, post);
            if (!batch.run(soon())) throw std::runtime_error("not delivered");
            to.addUpkeep(batch, checks);
        });
    }
    TimelineSlice read() { return *m_timelines->read(*m_other, kHome, m_owner, {}, {}, 10'000, soon()); }
    std::string runId() { return *m_other->runId(m_node, soon()); }
    std::string raw(const char* what)
    {
        return m_redis->redis(m_node,
                              {"GET", "{0}:home-" + std::string(what) + ":" + std::to_string(m_owner.value)});
    }
    std::int64_t stored()
    {
        return std::stoll(m_redis->redis(m_node, {"ZCARD", timelineKey(kHome, m_owner)}));
    }
    static Deadline soon() { return RedisFixture::soon(); }

    const UserId m_owner = userOf(0);
    int m_node = 0;
    std::unique_ptr<RedisFixture> m_redis;
    std::unique_ptr<Timelines> m_timelines, m_trimming;
    std::unique_ptr<RedisClient> m_builder, m_other;
};

void TimelineRacesTest::initTestCase()
{
    m_redis = std::make_unique<RedisFixture>(1, 1);
    m_node = m_redis->nodes().front().id;
    m_timelines = std::make_unique<Timelines>(*m_redis, TimelineLimits{});
    m_trimming = std::make_unique<Timelines>(*m_redis, TimelineLimits{.cap = 10, .upkeepOneIn = 1});
}

void TimelineRacesTest::init()
{
    m_redis->reset();
    m_builder = std::make_unique<RedisClient>(m_redis->nodes());
    m_other = std::make_unique<RedisClient>(m_redis->nodes());
}

void TimelineRacesTest::aBuildClearsAndPublishes()
{
    QVERIFY(finish(begin(), posts(0, 9)));
    QCOMPARE(read().entries.size(), std::size_t(10));
    const auto token = begin(); // of a timeline that is there
    QVERIFY(!read().valid);
    QCOMPARE(stored(), std::int64_t(0));
    QVERIFY(finish(token, posts(5, 9), postAt(kNow + 5)));
    const auto slice = read();
    QVERIFY(slice.valid && slice.reachedFloor);
    QVERIFY(slice.entries == posts(5, 9));
    QCOMPARE(slice.floor.value, postAt(kNow + 5).value);
    QVERIFY(raw("build").empty());
    QCOMPARE(m_redis->redis(m_node, {"PTTL", timelineFloorKey(kHome, m_owner)}), std::string("-1"));
    QVERIFY(!finish(token, posts(0, 9))); // twice is once
    QVERIFY(read().entries == posts(5, 9));
}

void TimelineRacesTest::aBuildOfThousands()
{
    QVERIFY(finish(begin(), posts(1, 4'321)));
    QVERIFY(read().entries == posts(1, 4'321));
    QVERIFY(finish(begin(), {}));
    QVERIFY(read().valid && read().entries.empty());
}

void TimelineRacesTest::onlyOneBuildsAtATime()
{
    const auto token = begin();
    const auto another = [&] {
        return m_timelines->beginBuild(*m_other, kHome, m_owner, 60s, soon())->start;
    };
    QVERIFY(another() == Timelines::Start::Busy);
    QVERIFY(finish(token, posts(0, 3)));
    QVERIFY(another() == Timelines::Start::Needless); // who comes late builds nothing a second time
    QVERIFY(read().entries == posts(0, 3));
    meanwhile([&](RedisBatch& batch) { m_timelines->voidFloor(batch, kHome, m_owner); });
    QVERIFY(another() == Timelines::Start::Begun);
}

void TimelineRacesTest::whoGivesUpKeepsNobodyWaiting()
{
    const auto token = begin();
    QVERIFY(m_timelines->giveUpBuild(*m_builder, kHome, m_owner, token, soon()));
    const auto next = m_timelines->beginBuild(*m_other, kHome, m_owner, 60s, soon());
    QVERIFY(next->start == Timelines::Start::Begun);
    QVERIFY(m_timelines->giveUpBuild(*m_builder, kHome, m_owner, token, soon())); // not another's
    QVERIFY(finish(next->token, posts(0, 3)));
}

void TimelineRacesTest::aStaleBuildIsTakenOver()
{
    const auto first = begin();
    const auto second = begin(0ms); // whatever its age, it is stale
    QVERIFY(first != second);
    QVERIFY(!finish(first, posts(0, 3)));
    QVERIFY(!read().valid);
    QVERIFY(finish(second, posts(0, 5)));
    QVERIFY(read().entries == posts(0, 5));
}

void TimelineRacesTest::aTakenOverBuilderCannotFillAnyMore()
{
    const auto first = begin();
    const auto second = begin(0ms);
    QVERIFY(!finish(first, posts(0, 2'000))); // it read before something was removed, say
    QCOMPARE(stored(), std::int64_t(0));
    QVERIFY(finish(second, posts(3, 5)));
    QVERIFY(read().entries == posts(3, 5));
    QVERIFY(!finish(first, posts(0, 2'000))); // nor afterwards
    QVERIFY(read().entries == posts(3, 5));
}

void TimelineRacesTest::aDeadBuildersTokenGoesByItself()
{
    begin(100ms);
    const auto left =
        std::stoll(m_redis->redis(m_node, {"PTTL", "{0}:home-build:" + std::to_string(m_owner.value)}));
    QVERIFY(left > 0 && left <= 60'000);
}

void TimelineRacesTest::deliveryDuringABuildStays()
{
    deliver(postAt(kNow + 7), *m_timelines); // before: cleared, PostgreSQL has it
    const auto token = begin();
    deliver(postAt(kNow + 20), *m_timelines); // after the builder has read, or before: both must do
    deliver(postAt(kNow + 9), *m_timelines);
    QVERIFY(finish(token, posts(0, 9)));
    auto expected = posts(0, 9);
    expected.insert(expected.begin(), postAt(kNow + 20));
    QVERIFY(read().entries == expected);
}

void TimelineRacesTest::trimDuringABuildDropsNothing()
{
    const auto token = begin();
    for (int i = 0; i < 30; ++i)
        deliver(postAt(kNow + i), *m_trimming); // cap 10: what is dropped now no floor tells of
    QCOMPARE(stored(), std::int64_t(30));
    QVERIFY(finish(token, {}));
    QVERIFY(read().entries == posts(0, 29));
    deliver(postAt(kNow + 30), *m_trimming);
    QVERIFY(read().entries == posts(20, 30)); // whole segments of five go
    QCOMPARE(read().floor.value, postAt(kNow + 20).value);
}

void TimelineRacesTest::backfillDuringABuild()
{
    const auto token = begin();
    meanwhile(
        [&](RedisBatch& batch) { m_timelines->backfill(batch, kHome, m_owner, posts(0, 3), {}, runId()); });
    QVERIFY(!finish(token, posts(4, 9)));
    QVERIFY(!read().valid);
    QCOMPARE(stored(), std::int64_t(0));
}

void TimelineRacesTest::removalDuringABuild()
{
    const auto token = begin();
    meanwhile([&](RedisBatch& batch) { m_timelines->removeEntries(batch, kHome, m_owner, posts(4, 4)); });
    QVERIFY(!finish(token, posts(0, 9))); // read before the removal was committed
    QVERIFY(!read().valid);
}

void TimelineRacesTest::emptyRemovalDuringABuild()
{
    // An unfollow that finds nothing to remove has still changed what a build must read.
    const auto token = begin();
    meanwhile([&](RedisBatch& batch) { m_timelines->removeEntries(batch, kHome, m_owner, {}); });
    QVERIFY(!finish(token, posts(0, 9)));
}

void TimelineRacesTest::interferenceWithABuildOfNothing()
{
    // Without a piece to fill, publishing alone must notice. The same holds for what comes after the last
    // piece.
    const auto token = begin();
    meanwhile([&](RedisBatch& batch) { m_timelines->removeEntries(batch, kHome, m_owner, posts(4, 4)); });
    QVERIFY(!finish(token, {}));
    const auto first = begin(), second = begin(0ms);
    QVERIFY(!finish(first, {}));
    QVERIFY(!read().valid);
    QVERIFY(finish(second, {}));
}

void TimelineRacesTest::voidingDuringABuild()
{
    const auto token = begin();
    meanwhile([&](RedisBatch& batch) { m_timelines->voidFloor(batch, kHome, m_owner); });
    QVERIFY(!finish(token, posts(0, 9)));
    QVERIFY(!read().valid);
    QVERIFY(finish(begin(), posts(0, 9))); // and one that begins after it may publish
    QVERIFY(read().valid);
}

void TimelineRacesTest::droppingDuringABuild()
{
    const auto token = begin();
    QVERIFY(m_timelines->drop(*m_other, kHome, m_owner, soon()));
    QVERIFY(!finish(token, posts(0, 9)));
    QCOMPARE(m_redis->redis(m_node, {"DBSIZE"}), std::string("0"));
}

void TimelineRacesTest::publishEmptyDuringABuild()
{
    deliver(postAt(kNow), *m_timelines);
    const auto token = begin(); // clears what was delivered
    meanwhile([&](RedisBatch& batch) { m_timelines->publishEmpty(batch, kHome, m_owner, runId()); });
    QVERIFY(!read().valid);
    QVERIFY(finish(token, posts(0, 0)));
    QVERIFY(read().entries == posts(0, 0));
}

void TimelineRacesTest::publishEmptyAfterABrokenBuild()
{
    deliver(postAt(kNow), *m_timelines);
    begin(); // its builder dies; what was delivered is cleared
    meanwhile([&](RedisBatch& batch) {
        m_timelines->removeEntries(batch, kHome, m_owner, {}); // takes the token
        m_timelines->publishEmpty(batch, kHome, m_owner, runId());
    });
    QVERIFY(!read().valid);
}

void TimelineRacesTest::restartDuringABuild()
{
    const auto token = begin();
    QVERIFY(m_redis->servers().restartNode("redis-1"));
    QVERIFY(!finish(token, posts(0, 9)));
    QVERIFY(!read().valid);
}

void TimelineRacesTest::aTokenThatSurvivedARestartIsWorthless()
{
    // A node that comes back with an old data file has the token, but not what was delivered since.
    const auto token = begin();
    QVERIFY(m_redis->servers().restartNode("redis-1"));
    m_redis->redis(m_node, {"SET", "{0}:home-build:" + std::to_string(m_owner.value), token});
    QVERIFY(!finish(token, posts(0, 9)));
    QVERIFY(!read().valid);
    QVERIFY(finish(begin(0ms), posts(0, 9)));
    QVERIFY(read().valid);
}

void TimelineRacesTest::removalTakesTheTokenFirst()
{
    const auto token = begin();
    m_redis->redis(m_node, {"ACL", "SETUSER", "default", "-zrem"}); // cut off in the middle
    RedisBatch batch(*m_other);
    m_timelines->removeEntries(batch, kHome, m_owner, posts(4, 4));
    const bool refused = !batch.run(soon());
    m_redis->redis(m_node, {"ACL", "SETUSER", "default", "+@all"});
    QVERIFY(refused);
    QVERIFY(batch.reply(0).has_value() && batch.reply(0)->integer == 1);
    QVERIFY(!batch.reply(1));
    QVERIFY(!finish(token, posts(0, 9)));
}

void TimelineRacesTest::readersNeverSeeAHole()
{
    // One builds again and again, everybody else reads: whatever is valid is whole.
    const auto whole = posts(0, 999);
    QVERIFY(finish(begin(), whole));
    std::atomic<bool> over{false};
    std::atomic<int> valid{0}, holes{0};
    {
        std::vector<std::jthread> readers;
        for (int i = 0; i < 2; ++i)
            readers.emplace_back([&] {
                RedisClient client(m_redis->nodes());
                while (!over) {
                    const auto slice = m_timelines->read(client, kHome, m_owner, {}, {}, 2'000, soon());
                    if (!slice || !slice->valid) continue;
                    ++valid;
                    if (slice->entries != whole) ++holes;
                }
            });
        for (int round = 0; round < 150; ++round) {
            const auto token = begin(0ms);
            finish(token, whole);
        }
        while (valid == 0)
            std::this_thread::yield();
        over = true;
    }
    QCOMPARE(holes.load(), 0);
}

void TimelineRacesTest::trimsAndReadersAtTheSameTime()
{
    // One delivers in order and trims each time: a reader sees a run of neighbours, from its floor to the
    // newest.
    QVERIFY(finish(begin(), {}));
    std::atomic<bool> over{false};
    std::atomic<int> seen{0}, holes{0};
    {
        std::jthread reader([&] {
            RedisClient client(m_redis->nodes());
            while (!over) {
                const auto slice = m_timelines->read(client, kHome, m_owner, {}, {}, 100, soon());
                if (!slice || !slice->valid || slice->entries.empty()) continue;
                ++seen;
                const auto& ids = slice->entries;
                for (std::size_t i = 1; i < ids.size(); ++i)
                    if (idMillisecondsOf(ids[i - 1].value) != idMillisecondsOf(ids[i].value) + 1) ++holes;
                if (slice->floor.value != 0 && ids.back() != slice->floor) ++holes;
            }
        });
        for (int i = 0; i < 2'000; ++i)
            deliver(postAt(kNow + i), *m_trimming);
        while (seen == 0)
            std::this_thread::yield();
        over = true;
    }
    QCOMPARE(holes.load(), 0);
    QVERIFY(read().entries == posts(1'990, 1'999));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::TimelineRacesTest)
#include "timeline_races_test.moc"
