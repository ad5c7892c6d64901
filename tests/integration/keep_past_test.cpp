// The setting that keeps the past: after an unfollow what was posted before stays in the home timeline, on
// every page and through every rebuild, and nothing newer comes in.
#include <QTest>
#include <QThread>

#include "backend/cache/redis_client.h"
#include "backend/engine/open_engine.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"
#include "tests/support/social_model.h"

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

using namespace backend;
using namespace tests;

class KeepPastTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void whatWasPostedStays();
    void alsoOfAPulledAuthor();
    void whatIsCommittedLateStaysToo();
    void explainSaysSo();
    void onlyUnfollowsUnderTheSettingKeep();
    void whateverHappensMeanwhile();

private:
    std::unique_ptr<OpenEngine> open(bool keep);
    Feed& feed() { return m_engine->feed(); }
    UserId user();
    PostId post(UserId author);
    void follow(UserId follower, UserId followee);
    void unfollow(UserId follower, UserId followee);
    std::vector<PostId> home(UserId reader, int limit = 50);
    std::string differences(UserId reader, int limit); // of pages of that size to the model
    void drained();
    void everythingAsExpected(UserId reader);

    std::unique_ptr<PrivateCluster> m_cluster;
    NodeEndpoint m_directory;
    std::unique_ptr<OpenEngine> m_engine;
    SocialModel m_model;
    int m_users = 0;
};

std::unique_ptr<OpenEngine> KeepPastTest::open(bool keep)
{
    EngineOptions options;
    options.directory = m_directory;
    options.role = "test";
    options.workers = 4;
    options.keepPast = keep;
    options.timelines.cap = 60; // pages cross the floor
    options.timelines.segment = 10;
    return take(openEngine(options, soon()));
}

void KeepPastTest::initTestCase()
{
    m_cluster = PrivateCluster::start(2, 3);
    m_directory = makeCluster(m_cluster->servers());
    m_engine = open(true);
}

UserId KeepPastTest::user()
{
    const auto id = take(feed().createUser({"user" + std::to_string(++m_users), "User"}, soon())).id;
    m_model.created(id);
    return id;
}

PostId KeepPastTest::post(UserId author)
{
    const auto made = take(feed().post(author, "a post", soon()));
    m_model.posted(made);
    return made.id;
}

void KeepPastTest::follow(UserId follower, UserId followee)
{
    take(feed().follow(follower, followee, soon()));
    m_model.followed(follower, followee);
}

void KeepPastTest::unfollow(UserId follower, UserId followee)
{
    take(feed().unfollow(follower, followee, soon()));
    m_model.unfollowedKeeping(follower, followee);
}

std::vector<PostId> KeepPastTest::home(UserId reader, int limit)
{
    std::vector<PostId> ids;
    PageQuery query;
    query.limit = limit;
    do {
        const auto page = take(feed().homePage(reader, query, soon()));
        if (page.partial) throw std::runtime_error("a partial page");
        for (const auto& entry : page.entries)
            ids.push_back(entry.id);
        query.before = page.next;
    } while (query.before);
    return ids;
}

std::string KeepPastTest::differences(UserId reader, int limit)
{
    const auto found = home(reader, limit), expected = m_model.home(reader);
    std::string text;
    for (const auto id : expected)
        if (std::find(found.begin(), found.end(), id) == found.end())
            text += " without " + std::to_string(id.value);
    for (const auto id : found)
        if (std::find(expected.begin(), expected.end(), id) == expected.end())
            text += " with " + std::to_string(id.value);
    if (text.empty() && found != expected) text = " another order";
    return text.empty() ? text : "pages of " + std::to_string(limit) + ":" + text;
}

// Nothing here is committed late: the second look at an ended edge need not wait.
void KeepPastTest::drained()
{
    QVERIFY(drainSooner(*m_engine, m_engine->pools()));
}

// By every page size, out of Redis and built anew.
void KeepPastTest::everythingAsExpected(UserId reader)
{
    for (const int limit : {3, 7, 50})
        if (const auto wrong = differences(reader, limit); !wrong.empty()) QFAIL(wrong.c_str());
    const auto findings = auditFindings(*m_engine);
    QVERIFY2(findings.empty(), findings.c_str());
    take(m_engine->operations().rebuildTimeline(reader, soon()));
    if (const auto wrong = differences(reader, 9); !wrong.empty()) QFAIL(wrong.c_str());
    QCOMPARE(auditFindings(*m_engine), std::string());
    TimelineAuditQuery query;
    query.reader = reader;
    const auto report = take(m_engine->operations().auditTimelines(query, soon()));
    QCOMPARE(report.differing, std::int64_t(0));
}

void KeepPastTest::whatWasPostedStays()
{
    const auto reader = user(), left = user(), other = user();
    follow(reader, left);
    follow(reader, other);
    drained();
    for (int i = 0; i < 120; ++i)
        post(i % 3 ? left : other);
    drained();
    unfollow(reader, left);
    drained();
    everythingAsExpected(reader);
    for (int i = 0; i < 20; ++i)
        post(i % 2 ? left : other);
    drained();
    everythingAsExpected(reader);
    QVERIFY(take(feed().counters(reader, soon())).following == 1);

    // One of the kept ones is deleted.
    const auto kept = m_model.by(left).at(15);
    take(feed().deletePost(kept, soon()));
    m_model.deleted(kept);
    QCOMPARE(home(reader), m_model.home(reader));

    follow(reader, left); // everything again, and what was missed
    drained();
    everythingAsExpected(reader);
    unfollow(reader, left);
    post(left);
    drained();
    everythingAsExpected(reader);
}

void KeepPastTest::alsoOfAPulledAuthor()
{
    const auto reader = user(), star = user();
    std::vector<UserId> crowd;
    for (int i = 0; i < 6; ++i)
        crowd.push_back(user());
    for (const auto fan : crowd)
        follow(fan, star);
    follow(reader, star);
    drained();
    take(m_engine->operations().setPushThreshold(*parsePushThreshold("5"), soon()));
    const auto pulled = [&] {
        for (const auto& one : take(m_engine->operations().fanoutPolicy(soon())).pulled)
            if (one.author == star && one.state == PullState::Pulled) return true;
        return false;
    };
    QTRY_VERIFY_WITH_TIMEOUT(pulled(), 60'000);
    const auto known = [&] { return !m_engine->pulledAuthors(soon())->pushed(star); };
    QTRY_VERIFY_WITH_TIMEOUT(known(), 60'000);
    for (int i = 0; i < 10; ++i)
        post(star);
    drained();
    QCOMPARE(home(reader), m_model.home(reader));
    unfollow(reader, star);
    post(star);
    drained();
    everythingAsExpected(reader);
    take(m_engine->operations().setPushThreshold(*parsePushThreshold("never"), soon()));
}

// The id was made before the reader left, the row came after the edge had been brought in line.
void KeepPastTest::whatIsCommittedLateStaysToo()
{
    const auto reader = user(), left = user();
    follow(reader, left);
    drained();
    const auto before = std::chrono::duration_cast<Milliseconds>(
        (std::chrono::system_clock::now() - std::chrono::seconds(1)).time_since_epoch());
    unfollow(reader, left);
    QTRY_COMPARE_WITH_TIMEOUT(take(feed().counters(reader, soon())).following, std::int64_t(0), 60'000);
    const Post late{PostId{makeRawId(before.count() - kIdEpochUnixMs, left.shard(), kMaxSlots - 1)}, left,
                    "late"};
    take(m_engine->operations().bulkPost(std::span(&late, 1), soon()));
    drained();
    QCOMPARE(home(reader), std::vector{late.id});
    QCOMPARE(auditFindings(*m_engine), std::string());
}

void KeepPastTest::explainSaysSo()
{
    const auto reader = user(), left = user();
    follow(reader, left);
    const auto old = post(left);
    drained();
    unfollow(reader, left);
    const auto later = post(left);
    drained();
    const auto shown = take(m_engine->operations().explain(old, reader, soon()));
    QVERIFY(shown.answer == ExplainAnswer::Delivered && shown.shown);
    QVERIFY(std::any_of(shown.trail.begin(), shown.trail.end(), [](const ExplainStep& step) {
        return step.what.find("keeps what was posted before") != std::string::npos;
    }));
    QVERIFY(take(m_engine->operations().explain(later, reader, soon())).answer == ExplainAnswer::NotFollowed);
}

void KeepPastTest::onlyUnfollowsUnderTheSettingKeep()
{
    const auto plain = open(false);
    const auto reader = user(), left = user(), kept = user();
    follow(reader, left);
    follow(reader, kept);
    post(left);
    post(kept);
    drained();
    take(plain->feed().unfollow(reader, left, soon()));
    m_model.unfollowed(reader, left);
    unfollow(reader, kept);
    drained();
    everythingAsExpected(reader);
    QCOMPARE(home(reader).size(), std::size_t(1));
}

void KeepPastTest::whateverHappensMeanwhile()
{
    constexpr int kActors = 12;
    std::vector<UserId> actors;
    for (int i = 0; i < kActors; ++i)
        actors.push_back(user());
    drained();
    const auto plain = open(false);
    std::atomic<bool> over = false;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            std::minstd_rand random{unsigned(t + 1)};
            auto& by = (t == 3 ? plain : m_engine)->feed();
            while (!over) {
                const auto one = actors[random() % kActors], two = actors[random() % kActors];
                switch (random() % 4) {
                case 0:
                    std::ignore = by.unfollow(one, two, soon());
                    break;
                case 1:
                    std::ignore = by.homePage(one, {}, soon());
                    break;
                case 2:
                    if (one != two) std::ignore = by.follow(one, two, soon());
                    break;
                default:
                    std::ignore = by.post(one, "meanwhile", soon());
                }
            }
        });
    QTest::qWait(3'000);
    over = true;
    threads.clear();
    drained();
    const auto findings = auditFindings(*m_engine);
    QVERIFY2(findings.empty(), findings.c_str());
}

QTEST_GUILESS_MAIN(KeepPastTest)
#include "keep_past_test.moc"
