// Home timelines held against PostgreSQL on a live cluster: each way to break one by hand is found and named,
// a repair heals it and touches nothing else, and what the queue has still to do is never a difference.
#include <QTest>

#include "backend/cache/raw_timeline.h"
#include "tests/integration/ctl_process.h"
#include "tests/support/demo_session.h"
#include "tests/support/fixed_maps.h"
#include "tests/support/lateness.h"
#include "tests/support/results.h"

#include <algorithm>
#include <atomic>
#include <thread>

using namespace backend;
using namespace tests;

class TimelineAuditTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase() { m_session.reset(); }
    void init();
    void cleanup() { std::ignore = operations().resumeWorkers(-1, soon()); }

    void missingPostIsFoundAndRepaired();
    void extraPostIsFoundAndRepaired();
    void wrongScoreIsFoundAndRepaired();
    void doubleIsFoundAndRepaired();
    void entriesBeyondTheCapAreFoundAndRepaired();
    void floorThatIsTooHighIsFoundAndRepaired();
    void timelineThatIsNotKeptIsListedAndBuilt();
    void aShardsRepairTouchesThatShardOnly();
    void dormantReadersAreSkipped();
    void postsOfPulledAuthorsMayBeThereOrNot();
    void scopes();
    void waitingWorkIsNoDifference();
    void faultIsFoundBesideWaitingWork();
    void runningWorkloadGivesNoFalseDifference();
    void noTimeToLookAgain();
    void commandLine();
    void backgroundCountsWhatItFinds();

private:
    Feed& feed() { return m_session->engine().feed(); }
    Operations& operations() { return m_session->engine().operations(); }
    User user() { return take(feed().createUser({"user" + std::to_string(++m_users), "U"}, soon())); }
    PostId post(const User& by) { return take(feed().post(by.id, "words", soon())).id; }
    void drained() { QVERIFY(drain(m_session->engine())); }

    RedisReply redis(const User& reader, std::initializer_list<std::string_view> words);
    RawTimeline raw(const User& reader);
    std::string key(const User& reader) { return timelineKey(TimelineFamily::Home, reader.id); }
    static std::string score(PostId post) { return std::to_string(-unixMillisecondsOf(post.value)); }
    TimelineAuditQuery of(const User& reader)
    {
        TimelineAuditQuery query;
        query.scope = TimelineAuditQuery::Scope::Reader;
        query.reader = reader.id;
        return query;
    }
    TimelineAuditReport audit(const TimelineAuditQuery& query = {})
    {
        return take(operations().auditTimelines(query, Deadline::after(std::chrono::minutes(2))));
    }
    // The reader's only difference of that kind is about that post; a repair heals it, and the neighbour
    // stays.
    void foundAndRepaired(TimelineFault fault, PostId about, bool alone = true);
    SqlRows directory(const std::string& sql, const SqlParameters& parameters);
    std::int64_t recorded(const std::string& action);

    std::shared_ptr<app::OpenedSession> m_session;
    User m_author, m_reader, m_neighbour;
    std::vector<PostId> m_posts;
    int m_users = 0;
};

namespace {

std::string text(const TimelineAuditReport& report)
{
    std::string out;
    for (const auto& one : report.differences)
        out += std::to_string(one.reader.value) + " " + std::string(toString(one.fault)) + ": " + one.detail +
               " (" + one.explained + ")\n";
    return out;
}

} // namespace

void TimelineAuditTest::initTestCase()
{
    m_session = openDemo({.dataDirectory = {}, .workers = 2});
}

// A fresh author with a few posts, and two readers who follow.
void TimelineAuditTest::init()
{
    m_author = user();
    m_reader = user();
    m_neighbour = user();
    drained();
    take(feed().follow(m_reader.id, m_author.id, soon()));
    take(feed().follow(m_neighbour.id, m_author.id, soon()));
    m_posts.clear();
    for (int i = 0; i < 5; ++i)
        m_posts.push_back(post(m_author));
    drained();
    for (const auto& one : {m_reader, m_neighbour}) // a slow machine may have published none with the account
        take(feed().homePage(one.id, {}, soon()));
}

RedisReply TimelineAuditTest::redis(const User& reader, std::initializer_list<std::string_view> words)
{
    const auto map = m_session->auditInputs().map;
    const int node = map->timelinesNode[std::size_t(reader.id.shard())];
    RedisClient client({*map->node(node)});
    return take(client.command(node, words, soon()));
}

RawTimeline TimelineAuditTest::raw(const User& reader)
{
    const auto map = m_session->auditInputs().map;
    RedisClient client({*map->node(map->timelinesNode[std::size_t(reader.id.shard())])});
    const std::vector<UserId> owners{reader.id};
    return take(readRawTimelines(client, *map, TimelineFamily::Home, owners, soon())).front();
}

SqlRows TimelineAuditTest::directory(const std::string& sql, const SqlParameters& parameters)
{
    const auto inputs = m_session->auditInputs();
    const FixedMaps maps(inputs.map);
    SqlSession sqls(*inputs.pools, maps);
    for (const auto& [node, pool] : inputs.pools->all()) {
        auto* connection = take(sqls.connection(node, soon()));
        if (take(connection->execute("SELECT to_regclass('directory.audit_log') IS NOT NULL", {}, soon()))
                .boolean(0, 0))
            return take(connection->execute(sql, parameters, soon()));
    }
    throw std::runtime_error("no node has the directory");
}

std::int64_t TimelineAuditTest::recorded(const std::string& action)
{
    return directory("SELECT count(*) FROM directory.audit_log WHERE action = $1", {sqlParameter(action)})
        .integer(0, 0);
}

void TimelineAuditTest::foundAndRepaired(TimelineFault fault, PostId about, bool alone)
{
    const auto neighbour = raw(m_neighbour);
    TimelineAuditQuery shard;
    shard.scope = TimelineAuditQuery::Scope::Shard;
    shard.shard = m_reader.id.shard();
    for (const auto& query : {of(m_reader), shard}) {
        const auto report = audit(query);
        QVERIFY2(report.differing == 1 && !report.clean(), text(report).c_str());
        QVERIFY2(!alone || report.differencesTotal == 1, text(report).c_str());
        const auto found = std::find_if(report.differences.begin(), report.differences.end(),
                                        [&](const auto& one) { return one.fault == fault; });
        QVERIFY2(found != report.differences.end(), text(report).c_str());
        QCOMPARE(found->reader, m_reader.id);
        QCOMPARE(found->shard, m_reader.id.shard());
        QVERIFY(found->node.starts_with("redis-"));
        QVERIFY2(about.value == 0 ||
                     std::find(found->posts.begin(), found->posts.end(), about) != found->posts.end(),
                 text(report).c_str());
    }
    const auto before = recorded("repair_timelines");
    const auto repair = take(operations().repairTimelines(of(m_reader), soon()));
    QCOMPARE(repair.repaired, std::int64_t(1));
    QCOMPARE(repair.notRepaired, std::int64_t(0));
    QCOMPARE(repair.found.differing, std::int64_t(1));
    QCOMPARE(recorded("repair_timelines"), before + 2); // begun, before anything changed, and done
    const auto last =
        directory("SELECT string_agg(outcome, ', ' ORDER BY id DESC) FROM (SELECT id, outcome FROM"
                  " directory.audit_log WHERE action = $1 ORDER BY id DESC LIMIT 2) AS lately",
                  {sqlParameter(std::string("repair_timelines"))});
    QCOMPARE(std::string(last.text(0, 0)), std::string("ok, begun"));
    const auto after = audit(of(m_reader));
    QVERIFY2(after.clean() && after.verified == 1 && after.differencesTotal == 0, text(after).c_str());
    QCOMPARE(auditFindings(*m_session), std::string());
    const auto same = raw(m_neighbour);
    QVERIFY(same.ids == neighbour.ids && same.floorText == neighbour.floorText);
}

void TimelineAuditTest::missingPostIsFoundAndRepaired()
{
    redis(m_reader, {"ZREM", key(m_reader), memberOf(m_posts[2])});
    const auto report = audit(of(m_reader));
    QVERIFY2(report.differences.size() == 1 && report.differences[0].posts == std::vector{m_posts[2]},
             text(report).c_str());
    QVERIFY2(report.differences[0].explained.starts_with("missing: "), text(report).c_str());
    foundAndRepaired(TimelineFault::Missing, m_posts[2]);
}

void TimelineAuditTest::extraPostIsFoundAndRepaired()
{
    const auto stranger = user();
    const auto strange = post(stranger);
    drained();
    redis(m_reader, {"ZADD", key(m_reader), score(strange), memberOf(strange)});
    const auto report = audit(of(m_reader));
    QVERIFY2(report.differences.size() == 1 && report.differences[0].posts == std::vector{strange},
             text(report).c_str());
    QVERIFY2(report.differences[0].explained.starts_with("extra: "), text(report).c_str());
    foundAndRepaired(TimelineFault::Extra, strange);
}

void TimelineAuditTest::wrongScoreIsFoundAndRepaired()
{
    redis(m_reader, {"ZADD", key(m_reader), "XX", "-5", memberOf(m_posts[1])});
    foundAndRepaired(TimelineFault::OutOfOrder, m_posts[1]);
}

void TimelineAuditTest::doubleIsFoundAndRepaired()
{
    for (int i = 0; i < 360; ++i)
        post(m_author);
    drained();
    const auto older = key(m_reader) + ":1", newer = key(m_reader) + ":2";
    const auto first = redis(m_reader, {"ZRANGE", older, "0", "0"});
    QVERIFY(first.elements.size() == 1 && redis(m_reader, {"ZCARD", newer}).integer > 0);
    const auto twice = *postOfMember(first.elements[0].text);
    redis(m_reader, {"ZADD", newer, score(twice), memberOf(twice)});
    // Pages show it once all the same; the segments are not as noted either.
    foundAndRepaired(TimelineFault::Double, twice, false);
}

void TimelineAuditTest::entriesBeyondTheCapAreFoundAndRepaired()
{
    const auto newest = m_posts.back();
    for (int i = 1; i <= 1'500; ++i) { // of nobody
        const PostId none{newest.value + (std::int64_t(i) << (kShardBits + kSlotBits))};
        redis(m_reader, {"ZADD", key(m_reader), score(none), memberOf(none)});
    }
    foundAndRepaired(TimelineFault::BeyondCap, {}, false);
}

void TimelineAuditTest::floorThatIsTooHighIsFoundAndRepaired()
{
    const auto floor = raw(m_reader).floorText.value();
    redis(m_reader, {"SET", timelineFloorKey(TimelineFamily::Home, m_reader.id),
                     memberOf(m_posts[3]) + floor.substr(19)});
    foundAndRepaired(TimelineFault::FloorTooHigh, m_posts[3]);
}

void TimelineAuditTest::timelineThatIsNotKeptIsListedAndBuilt()
{
    redis(m_reader, {"DEL", timelineFloorKey(TimelineFamily::Home, m_reader.id)});
    const auto report = audit(of(m_reader));
    QVERIFY2(report.clean() && report.cold == 1 && report.verified == 0, text(report).c_str());
    QVERIFY(report.differences.size() == 1 && report.differences[0].fault == TimelineFault::Cold);
    QCOMPARE(take(operations().repairTimelines(of(m_reader), soon())).repaired, std::int64_t(1));
    QVERIFY(raw(m_reader).valid());
    QCOMPARE(audit(of(m_reader)).verified, std::int64_t(1));
}

void TimelineAuditTest::aShardsRepairTouchesThatShardOnly()
{
    auto elsewhere = m_neighbour;
    while (elsewhere.id.shard() == m_reader.id.shard()) { // one follower of another shard
        elsewhere = user();
        take(feed().follow(elsewhere.id, m_author.id, soon()));
    }
    auto beside = m_reader;
    while (beside.id == m_reader.id || beside.id.shard() != m_reader.id.shard()) // one more of this one
        beside = user();
    take(feed().follow(beside.id, m_author.id, soon()));
    drained();
    for (const auto& reader : {m_reader, beside, elsewhere})
        redis(reader, {"ZREM", key(reader), memberOf(m_posts[2])});
    const auto untouched = raw(elsewhere);
    TimelineAuditQuery query;
    query.scope = TimelineAuditQuery::Scope::Shard;
    query.shard = m_reader.id.shard();
    const auto before = recorded("repair_timelines");
    const auto repair = take(operations().repairTimelines(query, soon()));
    QCOMPARE(repair.found.differing, std::int64_t(2));
    QCOMPARE(repair.repaired, std::int64_t(2));
    QCOMPARE(repair.notRepaired, std::int64_t(0));
    QCOMPARE(recorded("repair_timelines"), before + 2); // however many pages and readers
    const auto after = audit(query);
    QVERIFY2(after.clean() && after.differencesTotal == 0 && after.verified >= 2, text(after).c_str());
    const auto same = raw(elsewhere);
    QVERIFY(same.ids == untouched.ids && same.floorText == untouched.floorText);
    const auto all = audit();
    QVERIFY2(all.differing == 1 && all.differences[0].reader == elsewhere.id, text(all).c_str());
    take(operations().repairTimelines(of(elsewhere), soon()));
    QVERIFY(audit().clean());
}

void TimelineAuditTest::dormantReadersAreSkipped()
{
    const auto inputs = m_session->auditInputs();
    const FixedMaps maps(inputs.map);
    SqlSession sql(*inputs.pools, maps);
    const int shard = m_reader.id.shard();
    const auto setWarm = [&](bool warm) {
        take(sql.runOne(Role::Users, shard,
                        {"UPDATE " + shardTable(Role::Users, shard, "users") +
                             " SET warm = $2::boolean WHERE id = $1::bigint",
                         {sqlParameter(m_reader.id.value), sqlParameter(warm)}},
                        soon()));
    };
    setWarm(false);
    redis(m_reader, {"ZREM", key(m_reader), memberOf(m_posts[2])}); // nobody reads it
    const auto one = audit(of(m_reader)), all = audit();
    setWarm(true);
    QVERIFY(one.clean() && one.dormant == 1 && one.verified == 0 && one.cold == 0);
    QVERIFY2(all.clean() && all.dormant == 1, text(all).c_str());
    QVERIFY(!audit(of(m_reader)).clean());
    take(operations().repairTimelines(of(m_reader), soon()));
}

void TimelineAuditTest::postsOfPulledAuthorsMayBeThereOrNot()
{
    redis(m_reader, {"ZREM", key(m_reader), memberOf(m_posts[2])});
    QVERIFY(!audit(of(m_reader)).clean());
    directory("WITH changed AS (INSERT INTO directory.pulled_authors (author, state, reason)"
              " VALUES ($1::bigint, 2, 'a test') RETURNING 1)"
              " UPDATE directory.pulled_version SET version = version + 1 WHERE EXISTS (SELECT FROM changed)",
              {sqlParameter(m_author.id.value)});
    QTRY_VERIFY_WITH_TIMEOUT(audit(of(m_reader)).clean(), 60'000);
    const auto report = audit(of(m_reader));
    QVERIFY(report.verified == 1 && report.undecided == 0);
    directory("WITH changed AS (DELETE FROM directory.pulled_authors WHERE author = $1::bigint RETURNING 1)"
              " UPDATE directory.pulled_version SET version = version + 1 WHERE EXISTS (SELECT FROM changed)",
              {sqlParameter(m_author.id.value)});
    QTRY_VERIFY_WITH_TIMEOUT(!audit(of(m_reader)).clean(), 60'000);
    take(operations().repairTimelines(of(m_reader), soon()));
}

void TimelineAuditTest::scopes()
{
    const auto all = audit();
    QVERIFY2(all.clean(), text(all).c_str());
    QCOMPARE(all.verified, std::int64_t(m_users));
    QCOMPARE(all.readers, std::int64_t(m_users));
    TimelineAuditQuery sample;
    sample.scope = TimelineAuditQuery::Scope::Sample;
    sample.seed = 7;
    sample.sample = 6;
    QCOMPARE(audit(sample).readers, std::int64_t(6));
    sample.sample = 1'000'000; // everybody, however they are spread
    QCOMPARE(audit(sample).readers, std::int64_t(m_users));

    // The same seed takes the same readers.
    redis(m_reader, {"ZREM", key(m_reader), memberOf(m_posts[2])});
    int hits = 0;
    sample.sample = m_users / 2;
    for (sample.seed = 1; sample.seed <= 6; ++sample.seed) {
        const auto differing = audit(sample).differing;
        QCOMPARE(audit(sample).differing, differing);
        hits += int(differing);
    }
    QVERIFY(hits > 0 && hits < 6);
    take(operations().repairTimelines(of(m_reader), soon()));

    TimelineAuditQuery wrong;
    wrong.scope = TimelineAuditQuery::Scope::Shard;
    wrong.shard = 64;
    const auto noShard = operations().auditTimelines(wrong, soon());
    QVERIFY(!noShard && noShard.error().code == ErrorCode::InvalidArgument);
    User nobody;
    nobody.id = UserId{m_reader.id.value + 1};
    const auto noUser = operations().auditTimelines(of(nobody), soon());
    QVERIFY(!noUser && noUser.error().code == ErrorCode::NotFound);
}

void TimelineAuditTest::waitingWorkIsNoDifference()
{
    const auto other = user(), former = user();
    for (int i = 0; i < 3; ++i)
        post(other);
    post(former);
    take(feed().follow(m_reader.id, former.id, soon()));
    drained();
    QVERIFY(pauseAll(m_session->engine()));
    post(m_author);                                        // to be delivered
    take(feed().follow(m_reader.id, other.id, soon()));    // to be backfilled
    take(feed().unfollow(m_reader.id, former.id, soon())); // to be removed
    take(feed().deletePost(m_posts[1], soon()));
    QVERIFY(take(m_session->engine().monitor().unfinishedTasks(soon())) > 0);
    const auto one = audit(of(m_reader)), all = audit();
    QVERIFY2(one.clean() && one.undecided == 1, text(one).c_str());
    QVERIFY2(all.clean() && all.undecided >= 2, text(all).c_str()); // the neighbour waits for the post
    take(operations().resumeWorkers(-1, soon()));
    drained();
    const auto after = audit();
    QVERIFY2(after.clean() && after.undecided == 0, text(after).c_str());
}

void TimelineAuditTest::faultIsFoundBesideWaitingWork()
{
    QVERIFY(pauseAll(m_session->engine()));
    post(m_author);
    redis(m_reader, {"ZREM", key(m_reader), memberOf(m_posts[0])});
    const auto report = audit(of(m_reader));
    take(operations().resumeWorkers(-1, soon()));
    QVERIFY2(report.differences.size() == 1 && report.differences[0].posts == std::vector{m_posts[0]},
             text(report).c_str());
    drained();
    take(operations().repairTimelines(of(m_reader), soon()));
    QVERIFY(audit(of(m_reader)).clean());
}

void TimelineAuditTest::runningWorkloadGivesNoFalseDifference()
{
    std::atomic<bool> stop = false;
    std::thread crowd([&] {
        for (int i = 0; !stop; ++i) {
            std::ignore = feed().post(i % 2 ? m_author.id : m_neighbour.id, "words", soon());
            if (i % 5 == 0) std::ignore = feed().follow(m_reader.id, m_neighbour.id, soon());
            if (i % 5 == 3) std::ignore = feed().unfollow(m_reader.id, m_neighbour.id, soon());
        }
    });
    std::string found;
    for (int i = 0; i < 5; ++i)
        if (const auto report = operations().auditTimelines({}, soon()); !report)
            found += report.error().message;
        else if (!report->clean())
            found += text(*report);
    stop = true;
    crowd.join();
    QVERIFY2(found.empty(), found.c_str());
    drained();
    QVERIFY(audit().clean());
}

// What differs is told after other looks only, and for these there is no time.
void TimelineAuditTest::noTimeToLookAgain()
{
    constexpr std::chrono::milliseconds given{100};
    redis(m_reader, {"ZREM", key(m_reader), memberOf(m_posts[2])});
    const Lateness ofTheAudit;
    const auto found = operations().auditTimelines(of(m_reader), Deadline::after(given));
    VERIFY_IN_TIME(ofTheAudit, given);
    VERIFY_ERROR(found, ErrorCode::DeadlineExceeded);
    const Lateness ofTheRepair;
    const auto repaired = operations().repairTimelines(of(m_reader), Deadline::after(given));
    VERIFY_IN_TIME(ofTheRepair, given);
    VERIFY_ERROR(repaired, ErrorCode::DeadlineExceeded);
    QCOMPARE(take(operations().repairTimelines(of(m_reader), soon())).repaired, std::int64_t(1));
}

void TimelineAuditTest::commandLine()
{
    const auto config = QString::fromStdString(m_session->configFile().string());
    const auto run = [&](const QStringList& more) {
        return runCtl(QStringList{"audit", "--config", config} + more);
    };
    const auto reader = QString::number(m_reader.id.value);
    QCOMPARE(run({"--user", "@" + QString::fromStdString(m_reader.handle)}).exitCode, 0);
    redis(m_reader, {"ZREM", key(m_reader), memberOf(m_posts[2])});
    const auto found = run({"--user", reader, "--json"});
    QCOMPARE(found.exitCode, 1);
    QCOMPARE(found.json()["differing"].toInt(), 1);
    const auto all = run({"--all"});
    QCOMPARE(all.exitCode, 1);
    QVERIFY2(all.output.contains("1 timelines differ") && all.output.contains(reader.toUtf8()), all.output);
    QCOMPARE(run({"--repair"}).exitCode, 2);
    QCOMPARE(run({"--all", "--sample", "3"}).exitCode, 2);
    const auto repaired = run({"--all", "--repair", "--json"});
    QCOMPARE(repaired.exitCode, 0);
    QCOMPARE(repaired.json()["repaired"].toInt(), 1);
    QCOMPARE(run({"--sample", "10"}).exitCode, 0);
    QCOMPARE(run({}).exitCode, 0); // everything, as ever
}

void TimelineAuditTest::backgroundCountsWhatItFinds()
{
    const auto figures = [&] { return m_session->engine().monitor().snapshot()->verification; };
    QTRY_VERIFY_WITH_TIMEOUT(figures() && figures()->running && figures()->verifiedLastHour > 0, 60'000);
    const auto verified = figures()->verifiedLastHour, before = figures()->differencesLastHour;
    redis(m_reader, {"ZREM", key(m_reader), memberOf(m_posts[2])});
    QTRY_VERIFY_WITH_TIMEOUT(figures()->differencesLastHour > before, 120'000);
    QVERIFY(figures()->verifiedLastHour > verified);
    QCOMPARE(figures()->lastReader, m_reader.id);
    QVERIFY(figures()->lastDifferenceAt.has_value());
    QVERIFY(!audit(of(m_reader)).clean()); // found, and left to the operator
    take(operations().repairTimelines(of(m_reader), soon()));
}

QTEST_GUILESS_MAIN(TimelineAuditTest)
#include "timeline_audit_test.moc"
