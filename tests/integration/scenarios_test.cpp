// Each scenario of the demo on a small real cluster: it begins, its effect is seen through the facade, it is
// put right again, and everything is as it should be afterwards.
#include <QTest>

#include "tests/support/demo_session.h"

#include <algorithm>
#include <csignal>

using namespace backend;
using namespace tests;

class ScenariosTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanup();
    void cleanupTestCase() { m_session.reset(); }

    void celebrityPostsReachEveryFollower();
    void stoppedInTheMiddleItGoesOnFromThere();
    void deleteStormLeavesNothingOfItsPosts();
    void coldCacheIsBuiltAgain();
    void hotShardIsFarAboveTheMean();
    void stoppedWorkersTasksAreTakenOver();
    void killedRedisIsDownUntilItIsBroughtBack();
    void slowPostgresIsSlowAndThenNot();
    void whatRunsIsNotStartedTwice();
    void onlyOnTheDemosOwnServers();
    void aSessionEndsWithScenariosUnderWay();

private:
    static constexpr int kPatience = 150'000;
    ScenarioControl& control() { return *m_session->scenarios(); }
    SnapshotPtr snapshot() { return m_session->engine().monitor().snapshot(); }
    ScenarioStatus status(Scenario scenario) { return control().report().scenarios[std::size_t(scenario)]; }
    bool idle(Scenario scenario) { return status(scenario).state == ScenarioState::Idle; }
    Health healthOf(const std::string& name);
    double probeOf(const std::string& name);
    std::string log();

    std::shared_ptr<app::OpenedSession> m_session;
};

void ScenariosTest::initTestCase()
{
    m_session = openDemo();
    auto& feed = m_session->engine().feed();
    std::vector<UserId> people;
    for (int i = 0; i < 96; ++i)
        people.push_back(take(feed.createUser({"person" + std::to_string(i), "Person"}, soon())).id);
    QVERIFY(drain(m_session->engine()));
    for (std::size_t i = 0; i < people.size(); ++i)
        for (std::size_t k = 1; k <= 5; ++k)
            take(feed.follow(people[i], people[(i + k * k) % people.size()], soon()));
    QVERIFY(drain(m_session->engine()));
}

// Whatever was done: the cluster is healthy, and the audit of all of it finds nothing.
void ScenariosTest::cleanup()
{
    if (!m_session) return;
    QVERIFY(drain(m_session->engine()));
    QTRY_VERIFY_WITH_TIMEOUT(std::all_of(snapshot()->nodes.begin(), snapshot()->nodes.end(),
                                         [](const auto& node) { return node.health == Health::Ok; }),
                             kPatience);
    QCOMPARE(auditFindings(*m_session), std::string());
}

Health ScenariosTest::healthOf(const std::string& name)
{
    for (const auto& node : snapshot()->nodes)
        if (node.name == name) return node.health;
    return Health::Unknown;
}

double ScenariosTest::probeOf(const std::string& name)
{
    for (const auto& node : snapshot()->nodes)
        if (node.name == name) return node.probeMilliseconds;
    return -1;
}

std::string ScenariosTest::log()
{
    std::string text;
    for (const auto& event : control().report().events)
        text += event.text + "\n";
    return text;
}

void ScenariosTest::celebrityPostsReachEveryFollower()
{
    auto& engine = m_session->engine();
    const auto before = snapshot()->deliveriesTotal;
    QVERIFY(!control().start(Scenario::CelebrityPosts, 300));
    QTRY_VERIFY_WITH_TIMEOUT(idle(Scenario::CelebrityPosts), kPatience);
    QCOMPARE(status(Scenario::CelebrityPosts).error, std::string());
    const auto author = take(engine.feed().userByHandle("celebrity", soon()));
    QCOMPARE(take(engine.feed().counters(author, soon())).followers, 300);
    const auto page = take(engine.feed().authorPage(author, {}, soon()));
    QCOMPARE(int(page.entries.size()), 8);
    const auto ledger = take(engine.monitor().ledger(page.entries.front().id, soon()));
    QCOMPARE(ledger.pushed, 301); // and the author
    QTRY_VERIFY_WITH_TIMEOUT(snapshot()->deliveriesTotal >= before + 8 * 301, kPatience);
    QCOMPARE(toString(take(engine.operations().fanoutPolicy(soon())).threshold), std::string("auto"));
}

void ScenariosTest::stoppedInTheMiddleItGoesOnFromThere()
{
    QVERIFY(!control().start(Scenario::CelebrityPosts, 8'000));
    QTRY_VERIFY_WITH_TIMEOUT(status(Scenario::CelebrityPosts).fraction > 0.05, kPatience);
    control().stop(Scenario::CelebrityPosts);
    QTRY_VERIFY_WITH_TIMEOUT(idle(Scenario::CelebrityPosts), kPatience);
    QCOMPARE(status(Scenario::CelebrityPosts).error, std::string()); // a stop is no error
    auto& feed = m_session->engine().feed();
    QVERIFY(drain(m_session->engine()));
    const auto author = take(feed.userByHandle("celebrity", soon()));
    const auto followers = take(feed.counters(author, soon())).followers;
    QVERIFY(followers > 300 && followers < 8'000);
}

void ScenariosTest::deleteStormLeavesNothingOfItsPosts()
{
    auto& feed = m_session->engine().feed();
    const auto before = take(feed.publicPage({}, soon()));
    QVERIFY(!control().start(Scenario::DeleteStorm, 150));
    QTRY_VERIFY_WITH_TIMEOUT(idle(Scenario::DeleteStorm), kPatience);
    QCOMPARE(status(Scenario::DeleteStorm).error, std::string());
    QVERIFY2(log().find("150 posts are deleted") != std::string::npos, log().c_str());
    const auto after = take(feed.publicPage({}, soon()));
    const auto first = [](const TimelinePage& page) {
        return page.entries.empty() ? PostId() : page.entries[0].id;
    };
    QCOMPARE(first(after).value, first(before).value);
}

void ScenariosTest::coldCacheIsBuiltAgain()
{
    QVERIFY(!control().start(Scenario::ColdCache, 0));
    QTRY_VERIFY_WITH_TIMEOUT(!status(Scenario::ColdCache).subject.empty(), kPatience);
    const auto name = status(Scenario::ColdCache).subject;
    QTRY_VERIFY_WITH_TIMEOUT(idle(Scenario::ColdCache), kPatience);
    QCOMPARE(status(Scenario::ColdCache).error, std::string());
    // Whoever reads finds a complete timeline in Redis again; a peek builds none. On a busy machine a page
    // may come from PostgreSQL all the same: then it is read again.
    for (int i = 0; i < 96; ++i) {
        auto& feed = m_session->engine().feed();
        const auto reader = take(feed.userByHandle("person" + std::to_string(i), soon()));
        bool found = false;
        for (int again = 0; again < 3 && !found; ++again)
            found =
                take(feed.homePage(reader, {.before = {}, .after = {}, .limit = 20, .peek = true}, soon()))
                    .floor.has_value();
        QVERIFY(found);
    }
    QVERIFY2(log().find(name + " holds its timelines again") != std::string::npos, log().c_str());
}

void ScenariosTest::hotShardIsFarAboveTheMean()
{
    QVERIFY(!control().start(Scenario::HotShard, 30));
    QTRY_VERIFY_WITH_TIMEOUT(status(Scenario::HotShard).subject.starts_with("shard "), kPatience);
    const auto shard = std::size_t(std::stoi(status(Scenario::HotShard).subject.substr(6)));
    const auto hot = [&] {
        const auto now = snapshot();
        double total = 0;
        for (const auto& one : now->shards)
            total += one.readsPerSecond;
        return now->shards[shard].readsPerSecond > 20 && now->shards[shard].readsPerSecond > 0.9 * total;
    };
    QTRY_VERIFY_WITH_TIMEOUT(hot(), kPatience);
    control().stop(Scenario::HotShard);
    QTRY_VERIFY_WITH_TIMEOUT(idle(Scenario::HotShard), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(snapshot()->shards[shard].readsPerSecond < 5, kPatience);
}

void ScenariosTest::stoppedWorkersTasksAreTakenOver()
{
    QVERIFY(!control().start(Scenario::StoppedWorker, 0));
    QTRY_VERIFY_WITH_TIMEOUT(snapshot()->engines.size() == 2, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(idle(Scenario::StoppedWorker), 2 * kPatience);
    QCOMPARE(status(Scenario::StoppedWorker).error, std::string());
    QVERIFY2(log().find("stands still (SIGSTOP)") != std::string::npos, log().c_str());
    QVERIFY2(log().find("Its tasks were taken over") != std::string::npos, log().c_str());
    QVERIFY(drain(m_session->engine()));
}

void ScenariosTest::killedRedisIsDownUntilItIsBroughtBack()
{
    QVERIFY(!control().start(Scenario::KilledRedis, 0));
    QTRY_VERIFY_WITH_TIMEOUT(!status(Scenario::KilledRedis).subject.empty(), kPatience);
    const auto name = status(Scenario::KilledRedis).subject;
    QTRY_VERIFY_WITH_TIMEOUT(healthOf(name) == Health::Down, kPatience);
    QVERIFY(status(Scenario::KilledRedis).state == ScenarioState::Running);
    control().stop(Scenario::KilledRedis);
    QTRY_VERIFY_WITH_TIMEOUT(idle(Scenario::KilledRedis), kPatience);
    QCOMPARE(status(Scenario::KilledRedis).error, std::string());
    QTRY_VERIFY_WITH_TIMEOUT(healthOf(name) == Health::Ok, kPatience);
}

void ScenariosTest::slowPostgresIsSlowAndThenNot()
{
    QVERIFY(!control().start(Scenario::SlowPostgres, 120));
    QTRY_VERIFY_WITH_TIMEOUT(!status(Scenario::SlowPostgres).subject.empty(), kPatience);
    const auto name = status(Scenario::SlowPostgres).subject;
    QTRY_VERIFY_WITH_TIMEOUT(probeOf(name) > 100 || healthOf(name) != Health::Ok, kPatience);
    control().stop(Scenario::SlowPostgres);
    QTRY_VERIFY_WITH_TIMEOUT(idle(Scenario::SlowPostgres), kPatience);
    QCOMPARE(status(Scenario::SlowPostgres).error, std::string());
    QVERIFY(take(m_session->engine().monitor().unfinishedTasks(soon())) >= 0); // it answers
}

void ScenariosTest::whatRunsIsNotStartedTwice()
{
    QVERIFY(!control().start(Scenario::HotShard, 30));
    const auto second = control().start(Scenario::HotShard, 30);
    QVERIFY(second);
    QVERIFY(second->code == ErrorCode::Conflict);
    const auto huge = control().start(Scenario::DeleteStorm, kMostFollowers + 1);
    QVERIFY(huge);
    QVERIFY(huge->code == ErrorCode::InvalidArgument);
    control().stop(Scenario::HotShard);
    control().stop(Scenario::ColdCache); // nothing to stop
    QTRY_VERIFY_WITH_TIMEOUT(idle(Scenario::HotShard), kPatience);
}

void ScenariosTest::onlyOnTheDemosOwnServers()
{
    const auto connected = connectTo(m_session->configFile(), 0);
    QVERIFY(!connected->scenarios());
    app::SessionOptions options;
    options.readOnly = true;
    options.role = "test";
    const auto quiet = take(app::openSession(options, [](const SessionProgress&) {}, {}));
    QVERIFY(quiet->scenarios());
    const auto refused = quiet->scenarios()->start(Scenario::KilledRedis, 0);
    QVERIFY(refused);
    QVERIFY(refused->code == ErrorCode::ReadOnly);
    QVERIFY(quiet->scenarios()->report().events.empty());
}

// A dead node, a second engine and a server that stands still most of the time: nothing of it stays.
void ScenariosTest::aSessionEndsWithScenariosUnderWay()
{
    for (const auto scenario : {Scenario::KilledRedis, Scenario::SlowPostgres, Scenario::StoppedWorker})
        QVERIFY(!control().start(scenario, 0));
    QTRY_VERIFY_WITH_TIMEOUT(status(Scenario::KilledRedis).state == ScenarioState::Running, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(status(Scenario::SlowPostgres).state == ScenarioState::Running, kPatience);
    std::vector<pid_t> pids;
    for (const auto& node : m_session->servers()->nodes())
        if (node.pid > 0) pids.push_back(pid_t(node.pid));
    QVERIFY(pids.size() >= 8);
    const auto directory = m_session->servers()->directory();
    m_session.reset();
    for (const auto pid : pids)
        QVERIFY(::kill(pid, 0) != 0);
    QTRY_VERIFY_WITH_TIMEOUT(!std::filesystem::exists(directory), kPatience);
}

QTEST_GUILESS_MAIN(ScenariosTest)
#include "scenarios_test.moc"
