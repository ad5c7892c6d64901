// Counters recounted on a live cluster: each way to make them drift by hand is found, named and set right,
// and what the queue has still to count is no drift.
#include <QTest>

#include "backend/cache/raw_timeline.h"
#include "tests/integration/ctl_process.h"
#include "tests/support/demo_session.h"
#include "tests/support/lateness.h"
#include "tests/support/results.h"

#include <atomic>
#include <thread>

using namespace backend;
using namespace tests;

class CounterAuditTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase() { m_session.reset(); }
    void cleanup();

    void aLivingClusterHasNone();
    void driftInPostgresIsFoundAndSetRight();
    void driftInRedisIsFoundAndSetRight();
    void aRowThatIsGoneIsMadeAgain();
    void aFollowThatNoTaskWillCountIsCarriedOut();
    void waitingWorkIsNoDrift();
    void aDeadLetterOfAPostIsNoDrift();
    void noTimeToLookAgain();
    void runningWorkloadGivesNoFalseDrift();
    void scopes();
    void commandLine();

private:
    Feed& feed() { return m_session->engine().feed(); }
    Operations& operations() { return m_session->engine().operations(); }
    CounterAuditReport audit(const CounterAuditQuery& query = {})
    {
        return take(operations().auditCounters(query, Deadline::after(std::chrono::minutes(1))));
    }
    CounterAuditReport reconcile(const CounterAuditQuery& query = {})
    {
        return take(operations().reconcileCounters(query, Deadline::after(std::chrono::minutes(1))));
    }
    SqlRows sql(int node, const std::string& statement)
    {
        const auto connection = take(m_session->auditInputs().pools->all().at(node)->lease(soon()));
        return take(connection->execute(statement, {}, soon()));
    }
    SqlRows usersSql(UserId user, const std::string& statement)
    {
        return sql(m_map->usersNode[std::size_t(user.shard())], statement);
    }
    std::string counters(UserId user) { return shardTable(Role::Users, user.shard(), "counters"); }
    std::string is(UserId user) { return " = " + std::to_string(user.value); }
    std::optional<RawCounters> cached(UserId user)
    {
        return take(readRawCounters(*m_redis, *m_map, std::vector{user}, soon()))[0];
    }
    void makeDrift(UserId user) // one post more than there is
    {
        usersSql(user, "UPDATE " + counters(user) +
                           " SET posts = posts + 1, version = version + 1 WHERE user_id" + is(user));
    }
    UserId star() const { return m_users[0]; } // whom all follow, with 5 posts

    std::shared_ptr<app::OpenedSession> m_session;
    std::shared_ptr<const ShardMap> m_map;
    std::unique_ptr<RedisClient> m_redis;
    std::vector<UserId> m_users;
};

namespace {

std::string text(const CounterAuditReport& report)
{
    std::string out;
    for (const auto& drift : report.drifts)
        out += std::to_string(drift.user.value) + ": " + drift.detail + "; " + drift.message + "\n";
    return out;
}

} // namespace

void CounterAuditTest::initTestCase()
{
    m_session = openDemo({.dataDirectory = {}, .workers = 2});
    m_map = m_session->auditInputs().map;
    std::vector<NodeEndpoint> nodes;
    for (const auto& node : m_map->nodes)
        if (node.kind == NodeKind::Redis) nodes.push_back(node);
    m_redis = std::make_unique<RedisClient>(nodes);
    for (int i = 0; i < 20; ++i)
        m_users.push_back(take(feed().createUser({"user" + std::to_string(i), "U"}, soon())).id);
    for (std::size_t i = 1; i < m_users.size(); ++i)
        take(feed().follow(m_users[i], m_users[0], soon()));
    for (int i = 0; i < 5; ++i)
        take(feed().post(m_users[0], "words", soon()));
    QVERIFY(drain(m_session->engine()));
}

void CounterAuditTest::cleanup()
{
    std::ignore = operations().resumeWorkers(-1, soon());
    QVERIFY(drain(m_session->engine()));
    const auto report = audit();
    QVERIFY2(report.drifted == 0 && report.undecided == 0, text(report).c_str());
    QCOMPARE(auditFindings(*m_session), std::string());
}

void CounterAuditTest::aLivingClusterHasNone()
{
    const auto report = audit();
    QVERIFY2(report.clean() && report.drifted == 0, text(report).c_str());
    QCOMPARE(report.users, std::int64_t(m_users.size()));
    QCOMPARE(take(feed().counters(star(), soon())), (Counters{19, 0, 5}));
}

void CounterAuditTest::driftInPostgresIsFoundAndSetRight()
{
    usersSql(star(),
             "UPDATE " + counters(star()) +
                 " SET followers = 7, following = 1, posts = 50, version = version + 1 WHERE user_id" +
                 is(star()));
    const auto found = audit();
    QCOMPARE(found.drifted, std::int64_t(1));
    const auto& drift = found.drifts.front();
    QVERIFY(drift.user == star() && !drift.reconciled && !found.clean());
    QCOMPARE(drift.stored, (Counters{7, 1, 50}));
    QCOMPARE(drift.recounted, (Counters{19, 0, 5}));
    QVERIFY2(drift.detail.find("7 followers") != std::string::npos, drift.detail.c_str());
    QCOMPARE(audit().drifted, std::int64_t(1)); // looking changes nothing

    const auto done = reconcile();
    QVERIFY2(done.clean() && done.reconciled == 1, text(done).c_str());
    QCOMPARE(take(feed().counters(star(), soon())), (Counters{19, 0, 5}));
    QCOMPARE(cached(star())->counters, (Counters{19, 0, 5}));
    // What was begun is recorded before anything changes, what was done afterwards.
    std::string recorded;
    for (const auto& [node, pool] : m_session->auditInputs().pools->all())
        if (sql(node, "SELECT to_regclass('directory.audit_log') IS NOT NULL").boolean(0, 0))
            recorded +=
                sql(node, "SELECT coalesce(string_agg(outcome || ' ' || (arguments->>'users' LIKE '%" +
                              std::to_string(star().value) +
                              "%' IS TRUE), ', ' ORDER BY id), '') FROM directory.audit_log"
                              " WHERE action = 'reconcile_counters'")
                    .text(0, 0);
    QCOMPARE(recorded, std::string("begun false, ok true"));
}

void CounterAuditTest::driftInRedisIsFoundAndSetRight()
{
    const int node = m_map->timelinesNode[std::size_t(star().shard())];
    const auto key = "{" + std::to_string(star().shard()) + "}:counters:" + std::to_string(star().value);
    // One of a higher version would stand against all that PostgreSQL tells.
    take(m_redis->command(node, {"SET", key, "1000000 1 2 3"}, soon()));
    const auto found = audit();
    QCOMPARE(found.drifted, std::int64_t(1));
    QCOMPARE(*found.drifts.front().cached, (Counters{1, 2, 3}));
    QCOMPARE(found.drifts.front().stored, (Counters{19, 0, 5}));
    QVERIFY(reconcile().clean());
    QCOMPARE(cached(star())->counters, (Counters{19, 0, 5}));
    QVERIFY(cached(star())->version > 1'000'000);
    take(feed().post(star(), "one more", soon()));
    QVERIFY(drain(m_session->engine()));
    QCOMPARE(cached(star())->counters, (Counters{19, 0, 6}));
}

void CounterAuditTest::aRowThatIsGoneIsMadeAgain()
{
    usersSql(star(), "DELETE FROM " + counters(star()) + " WHERE user_id" + is(star()));
    QCOMPARE(audit().drifted, std::int64_t(1));
    QVERIFY(reconcile().clean());
    QCOMPARE(take(feed().counters(star(), soon())).followers, std::int64_t(19));
}

// As a discarded dead letter leaves it.
void CounterAuditTest::aFollowThatNoTaskWillCountIsCarriedOut()
{
    const auto follower = m_users[1], followee = m_users[2];
    QVERIFY(pauseAll(m_session->engine()));
    take(feed().follow(follower, followee, soon()));
    QCOMPARE(audit().drifted, std::int64_t(0)); // its task waits
    QCOMPARE(audit().undecided, std::int64_t(1));
    usersSql(follower, "DELETE FROM queue.tasks WHERE payload LIKE '%\"follower\":" +
                           std::to_string(follower.value) + "%'");
    const auto found = audit();
    QCOMPARE(found.drifted, std::int64_t(1));
    QCOMPARE(found.drifts.front().lostFollows, std::int64_t(1));
    QVERIFY(reconcile().clean());
    take(operations().resumeWorkers(-1, soon()));
    QVERIFY(drain(m_session->engine()));
    QCOMPARE(take(feed().counters(followee, soon())).followers, std::int64_t(1));
    QCOMPARE(take(feed().counters(follower, soon())).following, std::int64_t(2));
}

void CounterAuditTest::waitingWorkIsNoDrift()
{
    QVERIFY(pauseAll(m_session->engine()));
    for (int i = 0; i < 3; ++i)
        take(feed().post(m_users[3], "waits", soon()));
    const auto report = audit();
    QVERIFY2(report.drifted == 0, text(report).c_str());
    QCOMPARE(report.undecided, std::int64_t(1));
    QCOMPARE(reconcile().reconciled, std::int64_t(0));
}

void CounterAuditTest::aDeadLetterOfAPostIsNoDrift()
{
    QVERIFY(pauseAll(m_session->engine()));
    take(feed().post(m_users[4], "fails", soon()));
    const int node = m_map->postsNode[std::size_t(m_users[4].shard())];
    sql(node, "WITH gone AS (DELETE FROM queue.tasks RETURNING *) INSERT INTO queue.dead_letters"
              " (id, kind, shard, payload, error, signature, attempts, created_at)"
              " SELECT id, kind, shard, payload, 'broken', 'broken', 8, created_at FROM gone");
    QCOMPARE(audit().drifted, std::int64_t(0));
    QCOMPARE(audit().undecided, std::int64_t(1));
    const auto letters = take(operations().deadLetters(10, soon()));
    QCOMPARE(letters.size(), std::size_t(1));
    QCOMPARE(take(operations().retryDeadLetters(std::vector{letters[0].ref}, soon())), 1);
}

// What differs is told after another look only, and for that there is no time.
void CounterAuditTest::noTimeToLookAgain()
{
    constexpr std::chrono::milliseconds given{100};
    makeDrift(star());
    CounterAuditQuery query;
    query.user = star();
    const Lateness lateness;
    const auto hasty = operations().auditCounters(query, Deadline::after(given));
    VERIFY_IN_TIME(lateness, given);
    if (hasty) {
        QVERIFY(!hasty->stoppedBecause.empty());
        QCOMPARE(hasty->drifted, std::int64_t(0));
        QCOMPARE(hasty->undecided, std::int64_t(1));
    } else {
        VERIFY_ERROR(hasty, ErrorCode::DeadlineExceeded); // not even the first look was done
    }
    QVERIFY(reconcile(query).clean());
}

// Beside the traffic the drift of somebody who takes no part in it is found, and set right; nothing else is.
void CounterAuditTest::runningWorkloadGivesNoFalseDrift()
{
    const auto idle = m_users[15];
    makeDrift(idle);
    std::atomic<bool> stop = false;
    std::atomic<int> deeds = 0;
    std::thread traffic([&] {
        for (std::size_t i = 0; !stop; ++i) {
            deeds += feed().post(m_users[i % 5], "traffic", soon()).has_value();
            deeds += (i % 2 ? feed().follow(m_users[5 + i % 7], m_users[i % 5], soon())
                            : feed().unfollow(m_users[5 + i % 7], m_users[i % 5], soon()))
                         .has_value();
        }
    });
    std::vector<CounterAuditReport> rounds;
    std::vector<int> meanwhile;
    for (int round = 0; round < 4; ++round) {
        const int before = deeds;
        rounds.push_back(round < 3 ? audit() : reconcile()); // which must not touch the others either
        meanwhile.push_back(deeds - before);
    }
    stop = true;
    traffic.join();
    for (std::size_t round = 0; round < rounds.size(); ++round) {
        const auto& report = rounds[round];
        QCOMPARE(report.stoppedBecause, std::string());
        QCOMPARE(report.users, std::int64_t(20));
        QVERIFY2(report.drifted == 1, text(report).c_str());
        QVERIFY2(report.drifts[0].user == idle, text(report).c_str());
        QCOMPARE(report.drifts[0].reconciled, round == 3);
        QVERIFY2(meanwhile[round] >= 3, std::to_string(meanwhile[round]).c_str());
    }
}

void CounterAuditTest::scopes()
{
    CounterAuditQuery query;
    query.user = star();
    QCOMPARE(audit(query).users, std::int64_t(1));
    query = {};
    query.shard = star().shard();
    const auto there = std::count_if(m_users.begin(), m_users.end(),
                                     [&](UserId user) { return user.shard() == star().shard(); });
    QCOMPARE(audit(query).users, std::int64_t(there));
    query.shard = 9'999;
    VERIFY_ERROR(operations().auditCounters(query, soon()), ErrorCode::InvalidArgument);
    query = {};
    query.user = UserId{12345};
    VERIFY_ERROR(operations().auditCounters(query, soon()), ErrorCode::NotFound);
}

void CounterAuditTest::commandLine()
{
    const auto config = QString::fromStdString(m_session->configFile().string());
    QCOMPARE(runCtl({"counters", "--config", config}).exitCode, 0);
    makeDrift(star());
    const auto found = runCtl({"counters", "--config", config, "--user", "@user0", "--json"});
    QCOMPARE(found.exitCode, 1);
    QCOMPARE(found.json()["drifted"].toInt(), 1);
    const auto done = runCtl({"counters", "--config", config, "--reconcile", "--json"});
    QCOMPARE(done.exitCode, 0);
    QCOMPARE(done.json()["reconciled"].toInt(), 1);
    QCOMPARE(runCtl({"counters", "--config", config}).exitCode, 0);
}

QTEST_GUILESS_MAIN(CounterAuditTest)
#include "counter_audit_test.moc"
