// What Operations::fanoutCosts says of authors is what the planner decides by: for authors whose posts come
// to something else over the time that they are there than over the week or the time that has posts.
#include <QTest>

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
    void bothAskTheSameFollowers();
    void warmOnesAreSearchedFor();

private:
    UserId join(std::chrono::hours ago);
    void cameLast(UserId reader, double daysAgo);
    void makeDormant(UserId author, std::size_t from, std::size_t to);
    AudienceLoad audience(UserId author, const std::set<int>& silentShards = {});
    void giveFollowers(UserId author, std::size_t count);
    void post(UserId author, int times);
    FanoutCosts costs() { return take(m_engine->operations().fanoutCosts(soon())); }
    std::vector<PulledAuthor> pulled() { return take(m_engine->operations().fanoutPolicy(soon())).pulled; }
    std::set<UserId> decided();

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

void FanoutCostsTest::cameLast(UserId reader, double daysAgo)
{
    SqlSession sql(m_engine->pools(), m_engine->shardMaps());
    take(sql.runOne(Role::Users, reader.shard(),
                    {"UPDATE " + shardTable(Role::Users, reader.shard(), "users") +
                         " SET last_seen_at = now() - $2::float8 * interval '1 day' WHERE id = $1::bigint",
                     {sqlParameter(reader.value), sqlParameter(daysAgo)}},
                    soon()));
}

// As far as the author's list of followers knows.
void FanoutCostsTest::makeDormant(UserId author, std::size_t from, std::size_t to)
{
    SqlSession sql(m_engine->pools(), m_engine->shardMaps());
    for (std::size_t i = from; i < to; ++i)
        take(sql.runOne(Role::Users, author.shard(),
                        {"UPDATE " + shardTable(Role::Users, author.shard(), "followers") +
                             " SET warm = false WHERE followee = $1::bigint AND follower = $2::bigint",
                         {sqlParameter(author.value), sqlParameter(m_fans[i].value)}},
                        soon()));
}

AudienceLoad FanoutCostsTest::audience(UserId author, const std::set<int>& silentShards)
{
    SqlSession sql(m_engine->pools(), m_engine->shardMaps());
    return take(
               readAudiences(sql, {{author.shard(), {author.value}}}, m_planner.sample, soon(), silentShards))
        .authors.at(author);
}

std::set<UserId> FanoutCostsTest::decided()
{
    std::set<UserId> out;
    for (const auto& one : pulled())
        if (one.state != PullState::Ending) out.insert(one.author);
    return out;
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
    m_planner.sample = 4;
    EngineOptions options;
    options.directory = makeCluster(m_cluster->servers());
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
    for (const auto fan : m_fans)
        cameLast(fan, 1);
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
    QTRY_VERIFY_WITH_TIMEOUT(decided() == expected, 60'000);
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

// Of more followers than are asked, some dormant, who come at quite different times.
void FanoutCostsTest::bothAskTheSameFollowers()
{
    for (std::size_t i = 0; i < m_fans.size(); ++i)
        cameLast(m_fans[i], std::pow(1.25, double(i) + 1));
    makeDormant(m_old, 2, 5);
    take(m_engine->operations().setPushThreshold({PushThreshold::Kind::Never, 0}, soon()));
    QTRY_VERIFY_WITH_TIMEOUT(decided().empty(), 60'000);
    take(m_engine->operations().setPushThreshold({PushThreshold::Kind::Auto, 0}, soon()));
    const std::set<UserId> expected{m_old, m_young, m_new};
    QTRY_VERIFY_WITH_TIMEOUT(decided() == expected, 60'000);
    const auto told = costs();
    for (const auto& one : pulled()) {
        if (!expected.contains(one.author)) continue;
        const auto at = std::find_if(told.sample.begin(), told.sample.end(),
                                     [&](const auto& author) { return author.author == one.author; });
        const auto planned = QString::fromStdString(one.reason).section(" come ", 1).section(' ', 0, 0);
        QVERIFY2(std::abs(planned.toDouble() - at->visitsPerDay) < 0.011, // of two digits
                 qPrintable(planned + " instead of " + QString::number(at->visitsPerDay)));
    }
}

// The last one that is warm is found among twelve, and asked where its node answers.
void FanoutCostsTest::warmOnesAreSearchedFor()
{
    QVERIFY(audience(m_old).warmShare > 0);
    makeDormant(m_old, 0, 7);
    makeDormant(m_old, 8, 12);
    cameLast(m_fans[7], 0.5);
    QVERIFY2(std::abs(audience(m_old).visitsPerDay - 2) < 0.01,
             qPrintable(QString::number(audience(m_old).visitsPerDay)));
    QCOMPARE(audience(m_old, {m_fans[7].shard()}).visitsPerDay, 0.0);
    makeDormant(m_old, 7, 8);
    QCOMPARE(audience(m_old).warmShare, 0.0);
    QCOMPARE(audience(m_old).visitsPerDay, 0.0);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::FanoutCostsTest)
#include "fanout_costs_test.moc"
