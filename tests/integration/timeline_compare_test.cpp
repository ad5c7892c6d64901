// A home timeline damaged by hand in a real Redis: the comparison shows each entry as what it is, waits for
// what the queue has still to do, and shows no difference after a repair.
#include <QTest>

#include "backend/cache/raw_timeline.h"
#include "tests/support/demo_session.h"
#include "tests/support/lateness.h"
#include "tests/support/results.h"

#include <algorithm>

using namespace backend;
using namespace tests;

class TimelineCompareTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { m_session = openDemo({.dataDirectory = {}, .workers = 2}); }
    void cleanupTestCase() { m_session.reset(); }
    void init();
    void cleanup() { std::ignore = operations().resumeWorkers(-1, soon()); }

    void whatIsTheSameIsSaidToBe();
    void damageIsShownAndRepaired();
    void entryInTwoSegmentsIsDouble();
    void waitingWorkIsNoDifference();
    void deletedPostIsNoDifference();
    void belowTheFloorIsNoDifference();
    void floorTooHighIsAFaultOfNoEntry();
    void withoutFloorNothingIsKept();
    void noTimeToLookAgain();
    void unknownReaders();

private:
    Feed& feed() { return m_session->engine().feed(); }
    Operations& operations() { return m_session->engine().operations(); }
    User user() { return take(feed().createUser({"reader" + std::to_string(++m_users), "U"}, soon())); }
    PostId post(const User& by) { return take(feed().post(by.id, "words", soon())).id; }
    void drained() { QVERIFY(drain(m_session->engine())); }
    RedisReply redis(std::initializer_list<std::string_view> words);
    std::string key() { return timelineKey(TimelineFamily::Home, m_reader.id); }
    std::string floorKey() { return timelineFloorKey(TimelineFamily::Home, m_reader.id); }
    static std::string score(PostId post) { return std::to_string(-unixMillisecondsOf(post.value)); }
    TimelineComparison compare() { return take(operations().compareTimeline(m_reader.id, soon())); }
    void repair()
    {
        TimelineAuditQuery query;
        query.scope = TimelineAuditQuery::Scope::Reader;
        query.reader = m_reader.id;
        QCOMPARE(take(operations().repairTimelines(query, soon())).repaired, std::int64_t(1));
    }
    static const ComparedEntry& entryOf(const TimelineComparison& comparison, PostId post);
    void noDifference(std::int64_t entries);

    std::shared_ptr<app::OpenedSession> m_session;
    User m_author, m_reader;
    std::vector<PostId> m_posts; // ascending
    int m_users = 0;
};

// A fresh author with a few posts, and a reader who follows.
void TimelineCompareTest::init()
{
    m_author = user();
    m_reader = user();
    drained();
    take(feed().follow(m_reader.id, m_author.id, soon()));
    m_posts.clear();
    for (int i = 0; i < 6; ++i)
        m_posts.push_back(post(m_author));
    drained();
}

RedisReply TimelineCompareTest::redis(std::initializer_list<std::string_view> words)
{
    const auto map = m_session->auditInputs().map;
    const int node = map->timelinesNode[std::size_t(m_reader.id.shard())];
    RedisClient client({*map->node(node)});
    return take(client.command(node, words, soon()));
}

const ComparedEntry& TimelineCompareTest::entryOf(const TimelineComparison& comparison, PostId post)
{
    const auto found = std::find_if(comparison.entries.begin(), comparison.entries.end(),
                                    [post](const auto& entry) { return entry.post == post; });
    if (found == comparison.entries.end()) throw std::runtime_error("no entry " + std::to_string(post.value));
    return *found;
}

void TimelineCompareTest::noDifference(std::int64_t entries)
{
    const auto same = compare();
    QCOMPARE(same.state, TimelineComparison::State::Compared);
    QCOMPARE(same.faults(), std::int64_t(0));
    QCOMPARE(same.count(EntryVerdict::Same), entries);
    QCOMPARE(std::int64_t(same.entries.size()), entries);
}

void TimelineCompareTest::whatIsTheSameIsSaidToBe()
{
    const auto same = compare();
    QCOMPARE(same.state, TimelineComparison::State::Compared);
    QCOMPARE(same.reader, m_reader.id);
    QCOMPARE(same.shard, m_reader.id.shard());
    QVERIFY(same.node.starts_with("redis-"));
    QCOMPARE(same.inRedis, std::int64_t(6));
    QCOMPARE(same.inPostgres, std::int64_t(6));
    QCOMPARE(same.faults(), std::int64_t(0));
    QCOMPARE(same.leftOut, std::int64_t(0));
    QCOMPARE(same.entries.size(), m_posts.size());
    for (std::size_t i = 0; i < m_posts.size(); ++i) { // newest first
        const auto& entry = same.entries[i];
        QCOMPARE(entry.post, m_posts[m_posts.size() - 1 - i]);
        QVERIFY(entry.inRedis && entry.inPostgres && entry.verdict == EntryVerdict::Same);
        QCOMPARE(entry.author, m_author.id);
        QCOMPARE(entry.authorHandle, m_author.handle);
    }
}

void TimelineCompareTest::damageIsShownAndRepaired()
{
    const auto stranger = user();
    const auto strange = post(stranger);
    drained();
    const PostId none{strange.value + (std::int64_t(7) << (kShardBits + kSlotBits))}; // there is no such post
    redis({"ZREM", key(), memberOf(m_posts[2])});
    redis({"ZADD", key(), score(strange), memberOf(strange)});
    redis({"ZADD", key(), score(none), memberOf(none)});
    redis({"ZADD", key(), "XX", "-5", memberOf(m_posts[4])});
    const auto damaged = compare();
    const auto& missing = entryOf(damaged, m_posts[2]);
    QVERIFY(missing.verdict == EntryVerdict::Missing && !missing.inRedis && missing.inPostgres);
    const auto& extra = entryOf(damaged, strange);
    QVERIFY(extra.verdict == EntryVerdict::Extra && extra.inRedis && !extra.inPostgres);
    QCOMPARE(extra.authorHandle, stranger.handle);
    const auto& invented = entryOf(damaged, none);
    QVERIFY(invented.verdict == EntryVerdict::Extra && !invented.author);
    const auto& score5 = entryOf(damaged, m_posts[4]);
    QVERIFY(score5.verdict == EntryVerdict::WrongScore && score5.inRedis && score5.inPostgres);
    QVERIFY2(score5.detail.find("-5") != std::string::npos &&
                 score5.detail.find(score(m_posts[4])) != std::string::npos,
             score5.detail.c_str());
    QCOMPARE(damaged.faults(), std::int64_t(4));
    QCOMPARE(damaged.count(EntryVerdict::Same), std::int64_t(4));
    QCOMPARE(damaged.inRedis, std::int64_t(7));
    QVERIFY(std::is_sorted(damaged.entries.rbegin(), damaged.entries.rend(),
                           [](const auto& a, const auto& b) { return a.post < b.post; }));
    repair();
    noDifference(6);
}

void TimelineCompareTest::entryInTwoSegmentsIsDouble()
{
    for (int i = 0; i < 360; ++i)
        post(m_author);
    drained();
    const auto first = redis({"ZRANGE", key() + ":1", "0", "0"});
    QVERIFY(first.elements.size() == 1 && redis({"ZCARD", key() + ":2"}).integer > 0);
    const auto twice = *postOfMember(first.elements[0].text);
    redis({"ZADD", key() + ":2", score(twice), memberOf(twice)});
    const auto damaged = compare();
    QVERIFY(entryOf(damaged, twice).verdict == EntryVerdict::Double);
    QVERIFY(damaged.faults() >= 1);
    repair();
    noDifference(366);
}

void TimelineCompareTest::waitingWorkIsNoDifference()
{
    QVERIFY(pauseAll(m_session->engine()));
    const auto late = post(m_author);
    redis({"ZREM", key(), memberOf(m_posts[0])}); // and a fault beside it
    const auto now = compare();
    const auto& waiting = entryOf(now, late);
    QVERIFY(waiting.verdict == EntryVerdict::Waiting && !waiting.inRedis && waiting.inPostgres);
    QVERIFY(entryOf(now, m_posts[0]).verdict == EntryVerdict::Missing);
    QCOMPARE(now.faults(), std::int64_t(1));
    take(operations().resumeWorkers(-1, soon()));
    drained();
    repair();
    noDifference(7);
}

void TimelineCompareTest::deletedPostIsNoDifference()
{
    QVERIFY(pauseAll(m_session->engine()));
    take(feed().deletePost(m_posts[3], soon()));
    const auto now = compare();
    QVERIFY(entryOf(now, m_posts[3]).verdict == EntryVerdict::Deleted);
    QCOMPARE(now.faults(), std::int64_t(0));
    QCOMPARE(now.inPostgres, std::int64_t(5));
}

void TimelineCompareTest::belowTheFloorIsNoDifference()
{
    const auto floor = redis({"GET", floorKey()}).text;
    redis({"SET", floorKey(), memberOf(m_posts[2]) + floor.substr(19)});
    const auto now = compare();
    QCOMPARE(now.floor, m_posts[2]);
    QCOMPARE(now.count(EntryVerdict::BelowFloor), std::int64_t(2));
    QVERIFY(entryOf(now, m_posts[1]).verdict == EntryVerdict::BelowFloor);
    QCOMPARE(now.count(EntryVerdict::Same), std::int64_t(4));
}

void TimelineCompareTest::floorTooHighIsAFaultOfNoEntry()
{
    const auto floor = redis({"GET", floorKey()}).text;
    redis({"SET", floorKey(), memberOf(m_posts[3]) + floor.substr(19)});
    const auto now = compare();
    QVERIFY(now.others.size() == 1 && now.others[0].fault == TimelineFault::FloorTooHigh);
    QCOMPARE(now.faults(), std::int64_t(1));
    repair();
    noDifference(6);
}

void TimelineCompareTest::withoutFloorNothingIsKept()
{
    redis({"DEL", floorKey()});
    const auto now = compare();
    QCOMPARE(now.state, TimelineComparison::State::NotKept);
    QVERIFY(now.entries.empty() && now.inRedis == 6);
    repair();
    noDifference(6);
}

// What differs is told after other looks only, and for these there is no time.
void TimelineCompareTest::noTimeToLookAgain()
{
    constexpr std::chrono::milliseconds given{100};
    redis({"ZREM", key(), memberOf(m_posts[2])});
    const Lateness lateness;
    const auto hasty = operations().compareTimeline(m_reader.id, Deadline::after(given));
    VERIFY_IN_TIME(lateness, given);
    VERIFY_ERROR(hasty, ErrorCode::DeadlineExceeded);
    QVERIFY(hasty.error().retryable);
    repair();
}

void TimelineCompareTest::unknownReaders()
{
    const UserId nobody{m_reader.id.value + (std::int64_t(900) << (kShardBits + kSlotBits))};
    for (const auto reader : {nobody, UserId{0}, UserId{-3}, UserId{makeRawId(5, kMaxShards - 1, 0)}}) {
        const auto told = operations().compareTimeline(reader, soon());
        QVERIFY(!told && told.error().code == ErrorCode::NotFound);
    }
    const auto late =
        operations().compareTimeline(m_reader.id, Deadline::after(std::chrono::milliseconds(0)));
    QVERIFY(!late);
}

QTEST_GUILESS_MAIN(TimelineCompareTest)
#include "timeline_compare_test.moc"
