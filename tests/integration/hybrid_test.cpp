// Authors whose posts are merged when their readers read instead of pushed: the same pages, to the very end
// and across every border, while authors move over and back.
#include <QTest>
#include <QThread>

#include "app/session/demo_cluster.h"
#include "backend/engine/open_engine.h"
#include "backend/operations/fanout_planner.h"
#include "backend/store/postgres_pool.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"
#include "tests/support/social_model.h"

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

using namespace backend;
using namespace tests;

class HybridTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void ruleOfThePlanner();
    void authorsAboveTheThresholdAreMerged();
    void pagesAreTheSameAcrossEveryBorder();
    void edgesOfPulledAuthorsShowAtOnce();
    void explainAndLedgerSayPulled();
    void aDeadPostgresLeavesThePulledOnes();
    void nobodyNoticesAuthorsMovingOver();
    void afterALongRestEveryCallerLooks();

private:
    std::unique_ptr<OpenEngine> open(int workers);
    Feed& feed() { return m_engine->feed(); }
    UserId user();
    PostId post(UserId author);
    void follow(UserId follower, UserId followee);
    void unfollow(UserId follower, UserId followee);
    void threshold(const char* text, UserId author, std::optional<PullState> until);
    std::optional<PullState> stateOf(UserId author);
    std::vector<TimelineEntry> home(UserId reader, int limit = 50);
    std::vector<PostId> ids(const std::vector<TimelineEntry>& entries);
    void drained() { QVERIFY(drain(*m_engine)); }

    std::unique_ptr<PrivateCluster> m_cluster;
    NodeEndpoint m_directory;
    std::unique_ptr<OpenEngine> m_engine;
    SocialModel m_model;
    UserId m_star, m_reader;
    std::vector<UserId> m_small, m_crowd;
    int m_users = 0;
};

std::unique_ptr<OpenEngine> HybridTest::open(int workers)
{
    EngineOptions options;
    options.directory = m_directory;
    options.role = "test";
    options.workers = workers;
    options.timelines.cap = 60; // pages cross the floor
    options.timelines.segment = 10;
    options.publicPageAge = Milliseconds(0);
    return take(openEngine(options, soon()));
}

UserId HybridTest::user()
{
    const auto id = take(feed().createUser({"user" + std::to_string(++m_users), "User"}, soon())).id;
    m_model.created(id);
    return id;
}

PostId HybridTest::post(UserId author)
{
    const auto made = take(feed().post(author, "a post", soon()));
    m_model.posted(made);
    return made.id;
}

void HybridTest::follow(UserId follower, UserId followee)
{
    take(feed().follow(follower, followee, soon()));
    m_model.followed(follower, followee);
}

void HybridTest::unfollow(UserId follower, UserId followee)
{
    take(feed().unfollow(follower, followee, soon()));
    m_model.unfollowed(follower, followee);
}

std::optional<PullState> HybridTest::stateOf(UserId author)
{
    for (const auto& one : take(m_engine->operations().fanoutPolicy(soon())).pulled)
        if (one.author == author) return one.state;
    return std::nullopt;
}

void HybridTest::threshold(const char* text, UserId author, std::optional<PullState> until)
{
    take(m_engine->operations().setPushThreshold(*parsePushThreshold(text), soon()));
    QTRY_VERIFY_WITH_TIMEOUT(stateOf(author) == until, 30'000);
    QTest::qWait(1'500); // every copy of the list is a second old at most
}

std::vector<TimelineEntry> HybridTest::home(UserId reader, int limit)
{
    std::vector<TimelineEntry> all;
    PageQuery query;
    query.limit = limit;
    do {
        const auto page = take(feed().homePage(reader, query, soon()));
        if (page.partial) throw std::runtime_error("a partial page");
        all.insert(all.end(), page.entries.begin(), page.entries.end());
        query.before = page.next;
    } while (query.before);
    return all;
}

std::vector<PostId> HybridTest::ids(const std::vector<TimelineEntry>& entries)
{
    std::vector<PostId> out;
    for (const auto& entry : entries)
        out.push_back(entry.id);
    return out;
}

void HybridTest::initTestCase()
{
    m_cluster = PrivateCluster::start(2, 4);
    m_directory =
        take(app::prepareDemoCluster(m_cluster->servers(), Deadline::after(std::chrono::minutes(1))))
            .directory;
    m_engine = open(4);
    m_star = user();
    m_reader = user();
    for (int i = 0; i < 3; ++i)
        m_small.push_back(user());
    for (int i = 0; i < 8; ++i)
        m_crowd.push_back(user());
    drained();
    for (const auto fan : m_crowd)
        follow(fan, m_star);
    follow(m_reader, m_star);
    for (const auto author : m_small)
        follow(m_reader, author);
    drained();
}

void HybridTest::ruleOfThePlanner()
{
    const FanoutPlannerSettings settings{};
    const PushThreshold automatic, never{PushThreshold::Kind::Never, 0},
        above{PushThreshold::Kind::Followers, 100};
    const AuthorLoad busy{UserId{1}, 10'000, 50, 1}, read{UserId{1}, 10'000, 50, 40},
        small{UserId{1}, 100, 50, 1}, even{UserId{1}, 10'000, 8.0, 1};
    QVERIFY(wantsPull(busy, automatic, settings, false)); // posts often, read seldom
    QVERIFY(!wantsPull(read, automatic, settings, false));
    QVERIFY(!wantsPull(small, automatic, settings, false)); // hardly worth a list entry
    QVERIFY(!wantsPull(even, automatic, settings, false));  // neither here nor there: as it is
    QVERIFY(wantsPull(even, automatic, settings, true));
    QVERIFY(!wantsPull(busy, never, settings, true));
    QVERIFY(wantsPull(busy, above, settings, false));
    QVERIFY(!wantsPull(small, above, settings, true));
}

void HybridTest::authorsAboveTheThresholdAreMerged()
{
    post(m_star);
    drained();
    const auto asked = std::chrono::steady_clock::now();
    threshold("5", m_star, PullState::Pulled);
    // Not before every copy of the list had the time to know.
    QVERIFY(std::chrono::steady_clock::now() - asked > PulledAuthors::kSettled);
    QVERIFY(!stateOf(m_small[0]));
    const auto before = redisCalls(m_cluster->endpoints(), "zadd");
    const auto pulled = post(m_star);
    drained();
    QCOMPARE(redisCalls(m_cluster->endpoints(), "zadd") - before,
             std::int64_t(3)); // public, author, the author's own home
    for (const auto fan : m_crowd) {
        const auto entries = home(fan);
        QCOMPARE(ids(entries), m_model.home(fan));
        QVERIFY(entries.front().source == EntrySource::Pulled);
        QVERIFY(entries.back().source == EntrySource::Pushed); // from before
    }
    const auto ledger = take(m_engine->monitor().ledger(pulled, soon()));
    QVERIFY(ledger.mode == FanoutMode::Pull);
    QCOMPARE(ledger.audience, std::int64_t(10));
    QCOMPARE(ledger.pulled, std::int64_t(9));
    QCOMPARE(ledger.pushed, std::int64_t(1));
    QCOMPARE(auditFindings(*m_engine), std::string());
}

void HybridTest::pagesAreTheSameAcrossEveryBorder()
{
    std::mt19937 random(5);
    for (int i = 0; i < 160; ++i) // well beyond the cap
        post(random() % 2 ? m_star : m_small[random() % m_small.size()]);
    drained();
    const auto expected = m_model.home(m_reader);
    for (const int limit : {1, 3, 7, 20, 50, 200})
        QCOMPARE(ids(home(m_reader, limit)), expected);
    // Upwards from any entry, too.
    for (std::size_t i = 0; i < expected.size(); i += 13) {
        const auto page =
            take(feed().homePage(m_reader, {.before = {}, .after = expected[i], .limit = 200}, soon()));
        QCOMPARE(ids(page.entries),
                 std::vector<PostId>(expected.begin(), expected.begin() + std::ptrdiff_t(i)));
    }
    // Deleted ones are hidden, and pages stay full.
    for (std::size_t i = 0; i < 30; i += 3) {
        take(feed().deletePost(expected[i], soon()));
        m_model.deleted(expected[i]);
    }
    QCOMPARE(ids(home(m_reader, 7)), m_model.home(m_reader));
    drained();
    QCOMPARE(ids(home(m_reader, 7)), m_model.home(m_reader));
    QCOMPARE(auditFindings(*m_engine), std::string());
}

void HybridTest::edgesOfPulledAuthorsShowAtOnce()
{
    const auto late = user();
    drained();
    QCOMPARE(ids(home(late)), m_model.home(late));
    follow(late, m_star);
    drained();
    QCOMPARE(ids(home(late)), m_model.home(late));
    post(m_star);
    drained();
    QCOMPARE(ids(home(late)), m_model.home(late));
    unfollow(late, m_star);
    drained();
    QCOMPARE(ids(home(late)), m_model.home(late));
    QVERIFY(m_model.home(late).empty());
}

void HybridTest::explainAndLedgerSayPulled()
{
    const auto pulled = post(m_star);
    drained();
    const auto told = take(m_engine->operations().explain(pulled, m_reader, soon()));
    QVERIFY2(told.answer == ExplainAnswer::Pulled && told.shown, told.reason.c_str());
    QVERIFY(std::any_of(told.trail.begin(), told.trail.end(),
                        [](const auto& step) { return step.what.find("merge") != std::string::npos; }));
}

// Author timelines are in Redis: merging needs no PostgreSQL.
void HybridTest::aDeadPostgresLeavesThePulledOnes()
{
    const auto expected = ids(take(feed().homePage(m_reader, {}, soon())).entries);
    for (const char* node : {"pg-1", "pg-2"})
        take(m_cluster->servers().pauseNode(node));
    const auto page = feed().homePage(m_reader, {}, Deadline::after(std::chrono::seconds(2)));
    for (const char* node : {"pg-1", "pg-2"})
        take(m_cluster->servers().resumeNode(node));
    QVERIFY(page);
    QCOMPARE(ids(page->entries), expected);
    QVERIFY(!page->partial);
}

// A reader looks all the time while the star is pushed again, pulled again and pushed again. What was there
// stays there, in order, and what the queue has done is there.
void HybridTest::nobodyNoticesAuthorsMovingOver()
{
    const auto other = open(0); // an engine that only reads hears of it as well
    std::atomic<bool> over = false;
    std::atomic<int> looks = 0;
    std::vector<std::string> wrong, behind;
    const auto text = [](const TimelinePage& page) {
        return page.entries.empty() ? "nothing" : std::to_string(page.entries.front().id.value);
    };
    std::jthread looker([&] {
        std::vector<PostId> last;
        while (!over) {
            const auto page =
                other->feed().homePage(m_reader, {.before = {}, .after = {}, .limit = 60}, soon());
            if (!page || page->partial) {
                wrong.push_back(page ? "a partial page" : page.error().message);
                continue;
            }
            const auto now = ids(page->entries);
            if (!std::is_sorted(now.rbegin(), now.rend()) ||
                std::adjacent_find(now.begin(), now.end()) != now.end())
                wrong.push_back("out of order or twice");
            for (const auto id : last) // nothing disappears but at the page's end
                if (id >= now.back() && !std::binary_search(now.rbegin(), now.rend(), id))
                    wrong.push_back("lost " + std::to_string(id.value));
            last = now;
            ++looks;
            QThread::msleep(5);
        }
    });
    const auto nova = user(); // from pushed at first, the whole way over
    drained();
    for (const auto fan : m_crowd)
        follow(fan, nova);
    follow(m_reader, nova);
    drained();
    const auto fewPosts = [&] {
        for (int i = 0; i < 6; ++i) {
            post(i % 3 == 0 ? m_star : i % 3 == 1 ? nova : m_small[0]);
            if (!drain(*m_engine)) wrong.push_back("the queue does not drain");
            const auto all = m_model.home(m_reader);
            const auto page = take(other->feed().homePage(m_reader, {}, soon()));
            if (ids(page.entries) != std::vector<PostId>(all.begin(), all.begin() + 20))
                behind.push_back(text(page) + " instead of " + std::to_string(all.front().value));
        }
    };
    for (const auto& [wanted, state] : {std::pair{"never", PullState::Ending}, {"5", PullState::Pulled}}) {
        take(m_engine->operations().setPushThreshold(*parsePushThreshold(wanted), soon()));
        while (stateOf(m_star) != state || (state == PullState::Pulled && stateOf(nova) != state))
            fewPosts();
        for (int i = 0; i < 3; ++i)
            fewPosts();
    }
    drained();
    over = true;
    looker.join();
    QVERIFY2(wrong.empty(), wrong.empty() ? "" : wrong.front().c_str());
    QVERIFY2(behind.empty(), behind.empty() ? "" : behind.front().c_str());
    QVERIFY(looks > 100);
    QCOMPARE(ids(home(m_reader, 13)), m_model.home(m_reader));
    for (const auto fan : m_crowd)
        QCOMPARE(ids(home(fan, 13)), m_model.home(fan));
    threshold("never", m_star, PullState::Ending);
    const auto pushed = post(m_star);
    drained();
    QVERIFY(take(m_engine->monitor().ledger(pushed, soon())).mode == FanoutMode::Push);
    QCOMPARE(auditFindings(*m_engine), std::string());
}

// A copy of the list that nobody asked for may be older than any change waits for: then also those who find
// another caller looking wait for what that one sees.
void HybridTest::afterALongRestEveryCallerLooks()
{
    const auto pool = makePostgresPool(m_directory, {8, 8, std::chrono::seconds(5)});
    PulledAuthors copy(*pool);
    const auto before = copy.current(soon())->version;
    const auto connection = take(pool->lease(soon()));
    take(connection->execute("UPDATE directory.pulled_version SET version = version + 1", {}, soon()));
    QTest::qWait(int(PulledAuthors::kSettled.count() / 2 + 100));
    auto locked = take(SqlTransaction::begin(*connection, soon()));
    take(connection->execute("LOCK TABLE directory.pulled_version IN ACCESS EXCLUSIVE MODE", {}, soon()));
    std::atomic<int> knowing = 0;
    std::vector<std::jthread> callers;
    for (int i = 0; i < 4; ++i)
        callers.emplace_back([&] { knowing += copy.current(soon())->version > before; });
    QTest::qWait(100);
    take(locked.commit(soon()));
    callers.clear();
    QCOMPARE(knowing.load(), 4);
}

QTEST_GUILESS_MAIN(HybridTest)
#include "hybrid_test.moc"
