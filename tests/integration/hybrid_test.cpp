// Authors whose posts are merged when their readers read instead of pushed: the same pages, to the very end
// and across every border, while authors move over and back.
#include <QTest>
#include <QThread>

#include "backend/cache/timelines.h"
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
    void whoIsPushedAgainIsMergedNoMore();
    void whoDeepensMeanwhileReadsAgain();
    void aLostBackfillBeginsAgain();
    void theAutomaticPlannerMovesAuthorsOver();
    void afterALongRestEveryCallerLooks();
    void whoCannotAskPushesEverybody();

private:
    std::unique_ptr<OpenEngine> open(int workers);
    Feed& feed() { return m_engine->feed(); }
    UserId user();
    PostId post(UserId author);
    void follow(UserId follower, UserId followee);
    std::vector<UserId> fansOf(UserId author, int count);
    void unfollow(UserId follower, UserId followee);
    void threshold(const char* text, UserId author, std::optional<PullState> until);
    bool everyCopyKnows(); // of the list of pulled authors, as the directory has it
    bool haveCome(const std::vector<UserId>& readers);
    std::optional<PullState> stateOf(UserId author);
    std::string reasonOf(UserId author);
    void directory(const std::string& sql, UserId author);
    void unseen(const std::vector<UserId>& readers, int days);
    void pagesOfAllLimits(UserId reader);
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
    options.restorePerSecond = 0; // it would build what a test leaves without a floor
    options.workers = workers;
    options.timelines.cap = 60; // pages cross the floor
    options.timelines.segment = 10;
    options.publicPageAge = Milliseconds(0);
    options.fanout.pulledReaders = 4; // several tasks
    options.planner.planEvery = Milliseconds(1'000);
    options.planner.autoFollowers = 30;
    options.planner.sample = 10;
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

std::vector<UserId> HybridTest::fansOf(UserId author, int count)
{
    std::vector<UserId> fans;
    for (int i = 0; i < count; ++i)
        fans.push_back(user());
    drained();
    for (const auto fan : fans)
        follow(fan, author);
    drained();
    return fans;
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

std::string HybridTest::reasonOf(UserId author)
{
    for (const auto& one : take(m_engine->operations().fanoutPolicy(soon())).pulled)
        if (one.author == author) return one.reason;
    return {};
}

void HybridTest::directory(const std::string& sql, UserId author)
{
    const auto pool = makePostgresPool(m_directory, {2, 2, std::chrono::seconds(5)});
    const auto connection = take(pool->lease(soon()));
    take(connection->execute("WITH changed AS (" + sql +
                                 " RETURNING 1) UPDATE directory.pulled_version SET version = version + 1"
                                 " WHERE EXISTS (SELECT FROM changed)",
                             {sqlParameter(author.value)}, soon()));
}

void HybridTest::unseen(const std::vector<UserId>& readers, int days)
{
    SqlSession session(m_engine->pools(), m_engine->shardMaps());
    for (const auto reader : readers)
        take(session.runOne(Role::Users, reader.shard(),
                            {"UPDATE " + shardTable(Role::Users, reader.shard(), "users") +
                                 " SET last_seen_at = now() - make_interval(days => $2::int)"
                                 " WHERE id = $1::bigint",
                             {sqlParameter(reader.value), sqlParameter(days)}},
                            soon()));
}

void HybridTest::pagesOfAllLimits(UserId reader)
{
    for (const int limit : {1, 3, 7, 20, 50, 200})
        QCOMPARE(ids(home(reader, limit)), m_model.home(reader));
}

void HybridTest::threshold(const char* text, UserId author, std::optional<PullState> until)
{
    take(m_engine->operations().setPushThreshold(*parsePushThreshold(text), soon()));
    QTRY_VERIFY_WITH_TIMEOUT(stateOf(author) == until, 60'000);
    QTRY_VERIFY_WITH_TIMEOUT(everyCopyKnows(), 60'000);
}

bool HybridTest::everyCopyKnows()
{
    const auto pool = makePostgresPool(m_directory, {1, 1, std::chrono::seconds(5)});
    const auto version =
        take(take(pool->lease(soon()))->execute("SELECT version FROM directory.pulled_version", {}, soon()))
            .integer(0, 0);
    return m_engine->pulledAuthors(soon())->version >= version;
}

// They read, and PostgreSQL has noted it for each: a machine that has no time at once does so another time.
bool HybridTest::haveCome(const std::vector<UserId>& readers)
{
    SqlSession session(m_engine->pools(), m_engine->shardMaps());
    bool all = true;
    for (const auto reader : readers) {
        take(feed().homePage(reader, {}, soon()));
        const auto rows = take(
            session.runOne(Role::Users, reader.shard(),
                           {"SELECT last_seen_at > now() - interval '1 hour' FROM " +
                                shardTable(Role::Users, reader.shard(), "users") + " WHERE id = $1::bigint",
                            {sqlParameter(reader.value)}},
                           soon()));
        all = all && rows.boolean(0, 0);
    }
    return all;
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
    m_directory = makeCluster(m_cluster->servers());
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
        // From before, and since. What Redis does not answer in time PostgreSQL does: then it is read again.
        std::vector<TimelineEntry> entries;
        QTRY_VERIFY_WITH_TIMEOUT(
            (entries = home(fan), !entries.empty() && entries.front().source == EntrySource::Pulled), 60'000);
        QVERIFY(entries.back().source == EntrySource::Pushed);
        QCOMPARE(ids(entries), m_model.home(fan));
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

// A reader looks all the time while the star is pushed again, pulled again and pushed again until nothing has
// to be merged. What was there stays there, in order, and what the queue has done is there.
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
    const std::vector<std::pair<const char*, std::optional<PullState>>> way{
        {"never", PullState::Ending}, {"5", PullState::Pulled}, {"never", std::nullopt}};
    for (const auto& [wanted, state] : way) {
        take(m_engine->operations().setPushThreshold(*parsePushThreshold(wanted), soon()));
        const auto until = Deadline::after(std::chrono::minutes(2));
        for (int i = 0; stateOf(m_star) != state || (state != PullState::Ending && stateOf(nova) != state);
             ++i) {
            const auto fan = m_crowd[std::size_t(i) % m_crowd.size()]; // comes and goes meanwhile
            unfollow(fan, m_star);
            fewPosts();
            follow(fan, m_star);
            fewPosts();
            if (!until.expired()) continue;
            wrong.push_back(std::string("the planner does not come to an end of ") + wanted);
            break;
        }
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
    const auto pushed = post(m_star);
    drained();
    QVERIFY(take(m_engine->monitor().ledger(pushed, soon())).mode == FanoutMode::Push);
    QCOMPARE(auditFindings(*m_engine), std::string());
}

// The pages are the same before, during and after, and at the end nothing of them is merged. Who has no valid
// floor is left alone.
void HybridTest::whoIsPushedAgainIsMergedNoMore()
{
    threshold("5", m_star, PullState::Pulled);
    for (int i = 0; i < 30; ++i)
        post(i % 3 ? m_star : m_small[0]);
    drained();
    pagesOfAllLimits(m_reader);
    const auto absent = m_crowd[0];
    RedisClient client(m_cluster->endpoints());
    const int node = m_engine->shardMaps().current()->timelinesNode[std::size_t(absent.shard())];
    take(client.command(node, {"UNLINK", timelineFloorKey(TimelineFamily::Home, absent)}, soon()));
    QTRY_VERIFY(home(m_reader, 20).front().source == EntrySource::Pulled);

    threshold("never", m_star, PullState::Ending);
    const auto meanwhile = post(m_star);
    take(feed().deletePost(m_model.by(m_star)[3], soon()));
    m_model.deleted(m_model.by(m_star)[3]);
    const auto late = user();
    drained();
    follow(late, m_star);
    unfollow(m_crowd[1], m_star);
    drained();
    QVERIFY(stateOf(m_star) == PullState::Ending);
    pagesOfAllLimits(m_reader);
    QTRY_VERIFY_WITH_TIMEOUT(!stateOf(m_star), 180'000);
    drained();
    // No copy of the list knows yet, or some do, or all.
    pagesOfAllLimits(m_reader);
    QTRY_VERIFY_WITH_TIMEOUT(everyCopyKnows(), 60'000);
    const auto floor =
        take(client.command(node, {"GET", timelineFloorKey(TimelineFamily::Home, absent)}, soon())).text;
    QVERIFY2(floor.empty() || floor == "void", floor.c_str()); // so marked when its entries were trimmed
    for (const auto reader : {m_reader, late, m_crowd[1], m_crowd[2], absent})
        pagesOfAllLimits(reader);
    for (const auto& entry : home(m_reader, 20))
        QVERIFY(entry.source != EntrySource::Pulled);
    QVERIFY(take(m_engine->operations().explain(meanwhile, m_reader, soon())).answer ==
            ExplainAnswer::Delivered);
    QCOMPARE(auditFindings(*m_engine), std::string());
}

// Whoever deepens a timeline may have read PostgreSQL before the last post that was pulled was committed.
void HybridTest::whoDeepensMeanwhileReadsAgain()
{
    const auto author = user();
    const auto fans = fansOf(author, 7);
    threshold("5", author, PullState::Pulled);
    for (int i = 0; i < 6; ++i)
        post(author);
    drained();
    threshold("never", author, PullState::Ending);
    drained();
    const auto reader = fans[5];
    pagesOfAllLimits(reader);
    RedisClient client(m_cluster->endpoints());
    const int node = m_engine->shardMaps().current()->timelinesNode[std::size_t(reader.shard())];
    auto part = floorValue(m_model.by(author)[3], take(client.runId(node, soon())));
    part[20] = '3'; // to become deeper
    take(client.command(node, {"SET", timelineFloorKey(TimelineFamily::Home, reader), part}, soon()));
    const Timelines timelines(m_engine->shardMaps(), {.cap = 60, .segment = 10});
    const auto begun =
        take(timelines.beginDeepening(client, TimelineFamily::Home, reader, std::chrono::minutes(2), soon()));
    QVERIFY(begun.start == Timelines::Start::Begun);
    QTRY_VERIFY_WITH_TIMEOUT(!stateOf(author), 180'000);
    QVERIFY(!take(timelines.deepen(client, TimelineFamily::Home, reader, begun.token, {}, {}, soon())));
    drained();
    for (const auto fan : fans)
        pagesOfAllLimits(fan);
    QCOMPARE(auditFindings(*m_engine), std::string());
}

// Somebody discarded the dead letter.
void HybridTest::aLostBackfillBeginsAgain()
{
    directory("INSERT INTO directory.pulled_authors (author, state, changed_at, reason, backfilling)"
              " VALUES ($1::bigint, 3, now() - interval '1 minute', 'a test', true)",
              m_small[1]);
    QTRY_VERIFY_WITH_TIMEOUT(!stateOf(m_small[1]), 60'000);
    drained();
    pagesOfAllLimits(m_reader);
    QCOMPARE(auditFindings(*m_engine), std::string());
}

// Those who came first, and would be asked first, have not come for long; the others came just now. Then
// nobody has come for long, then all come back.
void HybridTest::theAutomaticPlannerMovesAuthorsOver()
{
    const auto busy = user();
    const auto fans = fansOf(busy, 40);
    for (int i = 0; i < 2; ++i) // of the day for which one that just joined counts
        post(busy);
    drained();
    auto oldest = fans;
    std::sort(oldest.begin(), oldest.end());
    oldest.resize(10);
    unseen(fans, 0);
    unseen(oldest, 6); // asked alone they would say that they come too seldom
    take(m_engine->operations().setPushThreshold(*parsePushThreshold("auto"), soon()));
    QTest::qWait(4'000);
    QVERIFY(!stateOf(busy));

    unseen(fans, 10);
    QTRY_VERIFY_WITH_TIMEOUT(stateOf(busy) == PullState::Pulled, 60'000);
    const auto reason = reasonOf(busy); // some had been forgotten sooner than others
    QVERIFY2(reason.starts_with("2.0 posts a day to 40 followers who come 0.") &&
                 reason.ends_with(" times a day"),
             reason.c_str());
    QVERIFY(!stateOf(m_star)); // too few followers
    post(busy);
    drained();
    QCOMPARE(ids(home(fans[0])), m_model.home(fans[0]));
    QTRY_VERIFY_WITH_TIMEOUT(haveCome(fans), 180'000);
    QTRY_VERIFY_WITH_TIMEOUT(stateOf(busy) == PullState::Ending, 60'000);
    QTRY_VERIFY_WITH_TIMEOUT(!stateOf(busy), 180'000);
    drained();
    for (const auto fan : fans)
        QCOMPARE(ids(home(fan)), m_model.home(fan));
    QCOMPARE(auditFindings(*m_engine), std::string());
}

// A copy of the list that nobody asked for may be older than any change waits for: then also those who find
// another caller looking wait for what that one sees.
void HybridTest::afterALongRestEveryCallerLooks()
{
    const auto pool = makePostgresPool(m_directory, {8, 8, std::chrono::seconds(5)});
    PulledAuthors copy(*pool);
    std::atomic<int> knowing = 0;
    // A look is waited for briefly, which may be too short for a busy machine; so it may look once more.
    for (int attempt = 0; attempt < 5 && knowing != 4; ++attempt) {
        const auto before = copy.current(soon())->version;
        const auto connection = take(pool->lease(soon()));
        take(connection->execute("UPDATE directory.pulled_version SET version = version + 1", {}, soon()));
        QTest::qWait(int(PulledAuthors::kSettled.count() / 2 + 100));
        auto locked = take(SqlTransaction::begin(*connection, soon()));
        take(connection->execute("LOCK TABLE directory.pulled_version IN ACCESS EXCLUSIVE MODE", {}, soon()));
        knowing = 0;
        std::vector<std::jthread> callers;
        for (int i = 0; i < 4; ++i)
            callers.emplace_back([&] { knowing += copy.current(soon())->version > before; });
        QTest::qWait(100);
        take(locked.commit(soon()));
        callers.clear();
    }
    QCOMPARE(knowing.load(), 4);
}

// Who was pulled when the directory answered last may be pushed again, and merged nowhere, by now.
void HybridTest::whoCannotAskPushesEverybody()
{
    take(m_engine->operations().setPushThreshold(*parsePushThreshold("1"), soon())); // as the row says
    directory("INSERT INTO directory.pulled_authors (author, state, reason) VALUES ($1::bigint, 2, 'a test')"
              " ON CONFLICT (author) DO UPDATE SET state = 2", // the planner may have been first
              m_star);
    const auto pool = makePostgresPool(m_directory, {8, 8, std::chrono::seconds(5)});
    PulledAuthors copy(*pool);
    QTRY_VERIFY_WITH_TIMEOUT(!copy.forDelivery(soon())->pushed(m_star), 60'000);
    const auto connection = take(pool->lease(soon()));
    auto locked = take(SqlTransaction::begin(*connection, soon()));
    take(connection->execute("LOCK TABLE directory.pulled_version IN ACCESS EXCLUSIVE MODE", {}, soon()));
    QTest::qWait(int(PulledAuthors::kSettled.count()) + 100);
    QVERIFY(copy.forDelivery(soon())->pushed(m_star));
    QVERIFY(copy.current(soon())->merged(m_star)); // readers go on
    take(locked.commit(soon()));
    QTRY_VERIFY_WITH_TIMEOUT(!copy.forDelivery(soon())->pushed(m_star), 60'000);
}

QTEST_GUILESS_MAIN(HybridTest)
#include "hybrid_test.moc"
