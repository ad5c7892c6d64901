// What Operations::fanoutCosts says of authors is what the planner decides by: for authors whose posts come
// to something else over the time that they are there than over the week or the time that has posts.
#include <QTest>

#include "app/session/demo_cluster.h"
#include "backend/engine/open_engine.h"
#include "backend/operations/author_load.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

using namespace backend;
using namespace std::chrono_literals;

namespace tests {

class FanoutCostsTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void authorsCountByTheirOwnDays();
    void thePlannerDecidesAsTheCostsSay_data();
    void thePlannerDecidesAsTheCostsSay();

private:
    UserId join(std::chrono::hours ago);
    void giveFollowers(UserId author, std::size_t count);
    void post(UserId author, int times);
    FanoutCosts costs() { return take(m_engine->operations().fanoutCosts(soon())); }
    std::vector<PulledAuthor> pulled() { return take(m_engine->operations().fanoutPolicy(soon())).pulled; }

    std::unique_ptr<PrivateCluster> m_cluster;
    std::unique_ptr<OpenEngine> m_engine;
    FanoutPlannerSettings m_planner;
    std::vector<UserId> m_fans;
    UserId m_old, m_young, m_new, m_small;
    int m_users = 0;
};

// A user whose id is of then.
UserId FanoutCostsTest::join(std::chrono::hours ago)
{
    const auto then = std::chrono::system_clock::now() - ago;
    const auto ms = std::chrono::duration_cast<Milliseconds>(then.time_since_epoch()).count();
    const int shard = m_users % m_engine->shardCount();
    const UserId id{makeRawId(ms - kIdEpochUnixMs, shard, int(kMaxSlots) - 1)};
    const BulkUser user{id, "user" + std::to_string(++m_users), "User"};
    take(m_engine->operations().bulkCreateUsers(std::span(&user, 1), soon()));
    return id;
}

void FanoutCostsTest::giveFollowers(UserId author, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i)
        take(m_engine->feed().follow(m_fans[i], author, soon()));
}

void FanoutCostsTest::post(UserId author, int times)
{
    for (int i = 0; i < times; ++i)
        take(m_engine->feed().post(author, "a post", soon()));
}

// Followers come once a day, so an author is pulled who posts more than 10 times a day: 8 and a quarter.
void FanoutCostsTest::initTestCase()
{
    m_cluster = PrivateCluster::start(2, 2);
    m_planner.planEvery = 500ms;
    m_planner.autoFollowers = 6;
    EngineOptions options;
    options.directory = take(app::prepareDemoCluster(m_cluster->servers(), Deadline::after(1min))).directory;
    options.workers = 4;
    options.dormantAfter = {};
    options.restorePerSecond = 0;
    options.planner = m_planner;
    m_engine = take(openEngine(options, soon()));
    take(m_engine->operations().setPushThreshold({PushThreshold::Kind::Never, 0}, soon()));
    for (int i = 0; i < 12; ++i)
        m_fans.push_back(join(0h));
    m_old = join(20 * 24h);
    m_young = join(36h);
    m_new = join(0h);
    m_small = join(36h);
    QVERIFY(drain(*m_engine));
    giveFollowers(m_old, 12);
    giveFollowers(m_young, 8);
    giveFollowers(m_new, 10);
    giveFollowers(m_small, 3);
    post(m_old, 49);
    for (const auto author : {m_young, m_new, m_small})
        post(author, 21);
    QVERIFY(drain(*m_engine));
    SqlSession sql(m_engine->pools(), m_engine->shardMaps());
    for (const auto fan : m_fans)
        take(sql.runOne(Role::Users, fan.shard(),
                        {"UPDATE " + shardTable(Role::Users, fan.shard(), "users") +
                             " SET last_seen_at = now() - interval '1 day' WHERE id = $1::bigint",
                         {sqlParameter(fan.value)}},
                        soon()));
}

void FanoutCostsTest::authorsCountByTheirOwnDays()
{
    const auto found = costs();
    QCOMPARE(found.sample.size(), std::size_t(4));
    QCOMPARE(found.autoFollowers, m_planner.autoFollowers); // as this engine plans
    QCOMPARE(found.mergeCost, m_planner.mergeCost);
    for (const auto& author : found.sample) {
        const double expected = author.author == m_old ? 7 : author.author == m_new ? 21 : 14;
        QVERIFY2(std::abs(author.postsPerDay - expected) < 0.05 * expected,
                 qPrintable(QString::number(author.postsPerDay)));
        QVERIFY2(std::abs(author.visitsPerDay - 1) < 0.05, qPrintable(QString::number(author.visitsPerDay)));
    }
}

void FanoutCostsTest::thePlannerDecidesAsTheCostsSay_data()
{
    QTest::addColumn<QString>("threshold");
    QTest::addColumn<int>("authors"); // that are pulled then
    QTest::newRow("auto") << "auto" << 2;
    QTest::newRow("more than 9 followers") << "9" << 2;
    QTest::newRow("more than 3 followers") << "3" << 3;
    QTest::newRow("auto again: a quarter less moves nobody back") << "auto" << 3;
}

// What is decided shows as rows of the directory, all of one plan at once; those that end are pulled no more.
void FanoutCostsTest::thePlannerDecidesAsTheCostsSay()
{
    QFETCH(QString, threshold);
    QFETCH(int, authors);
    const auto wanted = *parsePushThreshold(threshold.toStdString());
    const auto before = costs();
    FanoutPlannerSettings settings;
    settings.autoFollowers = before.autoFollowers;
    settings.mergeCost = before.mergeCost;
    std::set<UserId> expected;
    for (const auto& author : before.sample)
        if (wantsPull({author.author, author.followers, author.postsPerDay, author.visitsPerDay}, wanted,
                      settings, author.pulled))
            expected.insert(author.author);
    QCOMPARE(int(expected.size()), authors);

    take(m_engine->operations().setPushThreshold(wanted, soon()));
    const auto decided = [this] {
        std::set<UserId> out;
        for (const auto& one : pulled())
            if (one.state != PullState::Ending) out.insert(one.author);
        return out;
    };
    QTRY_VERIFY_WITH_TIMEOUT(decided() == expected, 30'000);
    QTest::qWait(int(3 * (1'000 + m_planner.planEvery.count()))); // and so it stays, plan after plan
    QVERIFY(decided() == expected);
    const auto after = costs();
    for (const auto& author : after.sample)
        QCOMPARE(author.pulled, expected.contains(author.author));
    if (wanted.kind != PushThreshold::Kind::Auto) return;
    for (const auto& one : pulled()) { // the planner's own figure, in its own words
        const auto at = std::find_if(after.sample.begin(), after.sample.end(),
                                     [&](const auto& author) { return author.author == one.author; });
        if (one.reason.find(" posts a day ") == std::string::npos) continue; // begun by a number of followers
        char figure[64];
        std::snprintf(figure, sizeof figure, "%.1f posts a day to %lld followers who come %.2f times a day",
                      at->postsPerDay, static_cast<long long>(at->followers), at->visitsPerDay);
        QCOMPARE(one.reason, std::string(figure));
    }
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::FanoutCostsTest)
#include "fanout_costs_test.moc"
