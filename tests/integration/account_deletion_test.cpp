// Deleted accounts: hidden everywhere at once, taken apart in small steps that hold up nobody, and nothing of
// them left at the end: whatever happens meanwhile.
#include <QTest>
#include <QThread>

#include "backend/cache/key_names.h"
#include "backend/cache/redis_client.h"
#include "backend/cache/timelines.h"
#include "backend/engine/open_engine.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"
#include "tests/support/social_model.h"

#include <algorithm>
#include <atomic>
#include <random>
#include <set>
#include <thread>

using namespace backend;
using namespace tests;

constexpr int kStep = 20;

class AccountDeletionTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanup();

    void hiddenAtOnce_data();
    void hiddenAtOnce();
    void pagesAreFullAroundIt();
    void otherEnginesRefuseItSoon();
    void nothingIsLeft();
    void inSmallStepsBesideOthers();
    void aReturnIsNoRevival();
    void whateverHappensMeanwhile();

private:
    std::unique_ptr<OpenEngine> open(int workers);
    void startWorkers() { take(m_engine->operations().setWorkerCount(m_engine->self().slot, 4, soon())); }
    Feed& feed() { return m_engine->feed(); }
    UserId user(const std::string& handle = {});
    PostId post(UserId author, OpenEngine* by = nullptr);
    void follow(UserId follower, UserId followee);
    std::vector<PostId> home(Feed& by, UserId reader, int limit = 50);
    std::vector<PostId> publicIds(Feed& by);
    bool finished(UserId user);
    void waitUntilGone(UserId user);
    std::vector<std::string> keysOf(UserId user);
    void freshCluster();
    void nothingIsLeftOf(const std::set<PostId>& gone);
    SqlRows sql(Role role, UserId user, const std::string& text);

    std::unique_ptr<PrivateCluster> m_cluster;
    NodeEndpoint m_directory;
    std::unique_ptr<OpenEngine> m_engine, m_other; // the other has no workers
    SocialModel m_model;
    int m_users = 0;
};

std::unique_ptr<OpenEngine> AccountDeletionTest::open(int workers)
{
    EngineOptions options;
    options.directory = m_directory;
    options.role = "test";
    options.workers = workers;
    options.timelines.cap = 60; // pages cross the floor
    options.timelines.segment = 10;
    options.publicPageAge = Milliseconds(0);
    options.fanout.accountEdges = options.fanout.accountPosts = kStep;
    return take(openEngine(options, soon()));
}

void AccountDeletionTest::freshCluster()
{
    m_other.reset();
    m_engine.reset();
    m_cluster.reset();
    m_model = {};
    m_cluster = PrivateCluster::start(2, 3);
    m_directory = makeCluster(m_cluster->servers());
    m_engine = open(4);
    m_other = open(0);
}

void AccountDeletionTest::initTestCase()
{
    freshCluster();
}

void AccountDeletionTest::cleanup()
{
    startWorkers();
}

UserId AccountDeletionTest::user(const std::string& handle)
{
    const auto id = take(feed().createUser(
                             {handle.empty() ? "user" + std::to_string(++m_users) : handle, "User"}, soon()))
                        .id;
    m_model.created(id);
    return id;
}

PostId AccountDeletionTest::post(UserId author, OpenEngine* by)
{
    const auto made = take((by ? by->feed() : feed()).post(author, "a post", soon()));
    m_model.posted(made);
    return made.id;
}

void AccountDeletionTest::follow(UserId follower, UserId followee)
{
    take(feed().follow(follower, followee, soon()));
    m_model.followed(follower, followee);
}

std::vector<PostId> AccountDeletionTest::home(Feed& by, UserId reader, int limit)
{
    std::vector<PostId> ids;
    PageQuery query;
    query.limit = limit;
    do {
        const auto page = take(by.homePage(reader, query, soon()));
        if (page.partial) throw std::runtime_error("a partial page");
        for (const auto& entry : page.entries)
            ids.push_back(entry.id);
        query.before = page.next;
    } while (query.before);
    return ids;
}

std::vector<PostId> AccountDeletionTest::publicIds(Feed& by)
{
    std::vector<PostId> ids;
    PageQuery query;
    query.limit = 200;
    for (const auto& entry : take(by.publicPage(query, soon())).entries)
        ids.push_back(entry.id);
    return ids;
}

bool AccountDeletionTest::finished(UserId user)
{
    for (const auto& one : take(m_engine->operations().accountDeletions(100, soon())))
        if (one.user == user) return one.finishedAt.has_value();
    return false;
}

// Waits that are there for engines that stop in the middle need not be waited out.
void AccountDeletionTest::waitUntilGone(UserId user)
{
    QVERIFY(drainSooner(*m_engine, m_engine->pools()));
    QVERIFY(finished(user));
}

std::vector<std::string> AccountDeletionTest::keysOf(UserId user)
{
    RedisClient client(m_cluster->endpoints());
    std::vector<std::string> keys;
    for (const auto& node : m_cluster->endpoints()) {
        if (node.kind != NodeKind::Redis) continue;
        const auto reply =
            take(client.command(node.id, {"KEYS", "*:" + std::to_string(user.value) + "*"}, soon()));
        for (const auto& key : reply.elements)
            keys.push_back(key.text);
    }
    return keys;
}

SqlRows AccountDeletionTest::sql(Role role, UserId user, const std::string& text)
{
    SqlSession session(m_engine->pools(), m_engine->shardMaps());
    return take(session.runOne(role, user.shard(), {text, {sqlParameter(user.value)}}, soon()));
}

void AccountDeletionTest::hiddenAtOnce_data()
{
    QTest::addColumn<bool>("cached");
    QTest::newRow("the object cache knows") << true;
    QTest::newRow("PostgreSQL alone knows") << false;
}

// Nobody has taken a single step of the queue yet.
void AccountDeletionTest::hiddenAtOnce()
{
    QFETCH(bool, cached);
    const std::string handle = cached ? "leaver" : "leaver2";
    const auto leaver = user(handle), reader = user(), friendly = user();
    follow(reader, leaver);
    follow(reader, friendly);
    follow(leaver, friendly);
    QVERIFY(drain(*m_engine));
    for (int i = 0; i < 90; ++i) // far below the floor
        post(i % 3 ? leaver : friendly);
    QVERIFY(drain(*m_engine));
    QCOMPARE(home(feed(), reader), m_model.home(reader));
    QCOMPARE(home(m_other->feed(), reader), m_model.home(reader));
    QVERIFY(stopWorkers(*m_engine)); // the other has none

    take(feed().deleteUser(leaver, soon()));
    if (!cached) {
        RedisClient client(m_cluster->endpoints());
        for (const auto& node : m_cluster->endpoints())
            if (node.kind == NodeKind::Redis)
                take(client.command(node.id,
                                    {"UNLINK", "{" + std::to_string(leaver.shard()) +
                                                   "}:user:" + std::to_string(leaver.value)},
                                    soon()));
    }
    const auto theirs = m_model.by(friendly);
    for (auto* engine : {m_engine.get(), m_other.get()}) {
        auto& by = engine->feed();
        for (const int limit : {2, 7, 50})
            QCOMPARE(home(by, reader, limit), theirs);
        const auto all = publicIds(by);
        for (const auto id : m_model.by(leaver))
            QVERIFY(std::find(all.begin(), all.end(), id) == all.end());
        QVERIFY(by.profile(leaver, soon()).error().code == ErrorCode::NotFound);
        QVERIFY(by.userByHandle(handle, soon()).error().code == ErrorCode::NotFound);
        QVERIFY(take(by.searchUsers(handle, 10, soon())).empty());
        QVERIFY(take(by.followers(friendly, {}, 100, soon())).users.size() == 1); // the reader
        QVERIFY(take(by.following(reader, {}, 100, soon())).users.size() == 1);
    }
    QVERIFY(feed().authorPage(leaver, {}, soon()).error().code == ErrorCode::NotFound);
    QVERIFY(feed().homePage(leaver, {}, soon()).error().code == ErrorCode::NotFound);
    QVERIFY(feed().post(leaver, "too late", soon()).error().code == ErrorCode::NotFound);
    QVERIFY(feed().follow(leaver, friendly, soon()).error().code == ErrorCode::NotFound);
    QVERIFY(feed().follow(friendly, leaver, soon()).error().code == ErrorCode::NotFound);
    const auto why = take(m_engine->operations().explain(m_model.by(leaver).front(), reader, soon()));
    QVERIFY(why.answer == ExplainAnswer::Deleted);
    QVERIFY(why.reason.find("account") != std::string::npos);
    take(feed().deleteUser(leaver, soon())); // once more changes nothing
    QVERIFY(feed().deleteUser(UserId{leaver.value + 1}, soon()).error().code == ErrorCode::NotFound);
    m_model.gone(leaver);
}

// However much of a timeline is hidden, a page has as many entries as were asked for.
void AccountDeletionTest::pagesAreFullAroundIt()
{
    const auto leaver = user(), reader = user(), friendly = user();
    follow(reader, leaver);
    follow(reader, friendly);
    QVERIFY(drain(*m_engine));
    std::vector<PostId> before;
    for (int i = 0; i < 12; ++i)
        post(friendly);
    for (int i = 0; i < 1'000; ++i)
        post(leaver);
    QVERIFY(drain(*m_engine));
    QVERIFY(stopWorkers(*m_engine)); // the other has none
    take(feed().deleteUser(leaver, soon()));
    m_model.gone(leaver);
    PageQuery query;
    query.limit = 10;
    auto page = take(feed().homePage(reader, query, soon()));
    QCOMPARE(page.entries.size(), std::size_t(10));
    QVERIFY(!page.partial && page.next);
    query.before = page.next;
    page = take(feed().homePage(reader, query, soon()));
    QCOMPARE(page.entries.size(), std::size_t(2));
    QVERIFY(!page.next);
    QVERIFY(take(feed().publicPage(query, soon())).entries.size() == 10);
}

// An engine that knew the account hears of it with its heartbeat.
void AccountDeletionTest::otherEnginesRefuseItSoon()
{
    const auto leaver = user(), followee = user();
    QVERIFY(drain(*m_engine));
    post(leaver, m_other.get());
    take(feed().deleteUser(leaver, soon()));
    m_model.gone(leaver);
    const auto refused = [](const auto& result) {
        return !result && result.error().code == ErrorCode::NotFound;
    };
    QTRY_VERIFY_WITH_TIMEOUT(refused(m_other->feed().post(leaver, "too late", soon())), 60'000);
    QVERIFY(refused(m_other->feed().follow(leaver, followee, soon())));
    QVERIFY(refused(m_other->feed().authorPage(leaver, {}, soon())));
    waitUntilGone(leaver);
    QVERIFY(drain(*m_engine));
    QCOMPARE(auditFindings(*m_engine), std::string());
}

// Every home timeline of the cluster holds, down to its floor, what the model has and nothing else; no key
// holds any of the ids; and nobody finds a key that nobody needs.
void AccountDeletionTest::nothingIsLeftOf(const std::set<PostId>& gone)
{
    RedisClient client(m_cluster->endpoints());
    int homes = 0;
    for (const auto& node : m_cluster->endpoints()) {
        if (node.kind != NodeKind::Redis) continue;
        for (const auto& key : take(client.command(node.id, {"KEYS", "*"}, soon())).elements) {
            if (take(client.command(node.id, {"TYPE", key.text}, soon())).text != "zset") continue;
            const auto name = parseKeyName(key.text);
            QVERIFY2(name, key.text.c_str());
            const bool isHome = name->family == KeyFamily::Home;
            PostId floor;
            if (isHome) {
                ++homes;
                const auto value = take(client.command(
                    node.id, {"GET", timelineFloorKey(TimelineFamily::Home, UserId{name->owner})}, soon()));
                QVERIFY2(!value.isNil() && value.text != "void", key.text.c_str());
                floor = PostId{std::atoll(value.text.substr(0, 19).c_str())};
            }
            for (const auto& entry :
                 take(client.command(node.id, {"ZRANGE", key.text, "0", "-1"}, soon())).elements) {
                const auto id = PostId{std::atoll(entry.text.c_str())};
                QVERIFY2(!gone.contains(id), (key.text + " " + entry.text).c_str());
                QVERIFY2(!isHome || id < floor || m_model.posts().contains(id),
                         (key.text + " " + entry.text).c_str());
            }
        }
    }
    QVERIFY(homes > 0);
    const auto orphans = take(m_engine->operations().findOrphanKeys({}, soon()));
    QVERIFY2(orphans.orphans == 0, orphans.groups.empty() ? "" : orphans.groups[0].examples[0].c_str());
}

void AccountDeletionTest::nothingIsLeft()
{
    freshCluster(); // what others left there is not to be told from what this one leaves
    const auto leaver = user("comes_back"), star = user();
    std::vector<UserId> crowd;
    for (int i = 0; i < 12; ++i)
        crowd.push_back(user());
    for (const auto other : crowd) {
        follow(other, leaver);
        follow(leaver, other);
        follow(other, star);
    }
    QVERIFY(drain(*m_engine));
    for (int i = 0; i < 30; ++i)
        post(i % 2 ? leaver : star);
    const auto single = m_model.by(leaver).front();
    QVERIFY(drain(*m_engine));
    take(feed().deletePost(single, soon())); // one by one, before
    m_model.deleted(single);
    QVERIFY(drain(*m_engine));
    QVERIFY(!keysOf(leaver).empty());

    QVERIFY(feed().createUser({"comes_back", "User"}, soon()).error().code == ErrorCode::Conflict);
    const auto written = m_model.by(leaver);
    std::set<PostId> posted(written.begin(), written.end());
    QCOMPARE(posted.size(), std::size_t(14)); // one was deleted before
    posted.insert(single);
    take(m_engine->operations().deleteAccount(leaver, soon()));
    m_model.gone(leaver);
    waitUntilGone(leaver);
    QVERIFY(drain(*m_engine));
    for (const auto other : crowd) {
        QVERIFY(take(feed().counters(other, soon())) == m_model.counters(other));
        QCOMPARE(home(feed(), other), m_model.home(other));
    }
    QCOMPARE(auditFindings(*m_engine), std::string());
    nothingIsLeftOf(posted);
    if (QTest::currentTestFailed()) return;
    // The tombstone that outlives any fill; that edges changed is remembered for some seconds.
    QTRY_COMPARE(keysOf(leaver).size(), std::size_t(1));
    QVERIFY(keysOf(leaver).front().find(":user:") != std::string::npos);
    const auto posts =
        sql(Role::Posts, leaver,
            "SELECT count(*), count(*) FILTER (WHERE deleted_at IS NULL OR body <> '') FROM " +
                shardTable(Role::Posts, leaver.shard(), "posts") + " WHERE author_id = $1::bigint");
    QCOMPARE(posts.integer(0, 0), std::int64_t(15));
    QCOMPARE(posts.integer(0, 1), std::int64_t(0));
    const auto row = sql(Role::Users, leaver,
                         "SELECT handle || display_name FROM " +
                             shardTable(Role::Users, leaver.shard(), "users") + " WHERE id = $1::bigint");
    QCOMPARE(std::string(row.text(0, 0)), std::string());
    const auto deletions = take(m_engine->operations().accountDeletions(100, soon()));
    const auto one = std::find_if(deletions.begin(), deletions.end(),
                                  [&](const AccountDeletion& d) { return d.user == leaver; });
    QVERIFY(one != deletions.end());
    QCOMPARE(one->edges, std::int64_t(24));
    QCOMPARE(one->posts, std::int64_t(14)); // one was deleted before
    QVERIFY(one->handle.empty());

    const auto again = user("comes_back"); // somebody else
    QVERIFY(again != leaver);
    QVERIFY(take(feed().userByHandle("comes_back", soon())) == again);
    QVERIFY(take(feed().authorPage(again, {}, soon())).entries.empty());
}

// One task does a bounded piece, and others' work goes before the next.
void AccountDeletionTest::inSmallStepsBesideOthers()
{
    const auto leaver = user(), reader = user(), author = user();
    QVERIFY(drain(*m_engine));
    follow(reader, author);
    std::vector<Post> many;
    for (int i = 0; i < 1'000; ++i)
        many.push_back({PostId{makeRawId(1'000'000 + i, leaver.shard(), 1)}, leaver, "of long ago"});
    take(m_engine->operations().bulkPost(many, Deadline::after(std::chrono::minutes(1))));
    QVERIFY(drain(*m_engine));
    take(feed().deleteUser(leaver, soon()));
    m_model.gone(leaver);

    // Fifty steps with a pause after each: a post that comes meanwhile is delivered before they are over.
    QTest::qWait(200);
    const auto meanwhile = post(author);
    QTRY_VERIFY_WITH_TIMEOUT(take(m_engine->monitor().ledger(meanwhile, soon())).pushed == 2, 60'000);
    const auto left = sql(Role::Posts, leaver,
                          "SELECT count(*) FROM " + shardTable(Role::Posts, leaver.shard(), "posts") +
                              " WHERE author_id = $1::bigint AND deleted_at IS NULL");
    QVERIFY2(left.integer(0, 0) > 0, "the account was taken apart in one go");
    waitUntilGone(leaver);
    QVERIFY(drain(*m_engine));
    // Those of one step are deleted at one moment.
    const auto steps = sql(Role::Posts, leaver,
                           "SELECT max(n) FROM (SELECT count(*) AS n FROM " +
                               shardTable(Role::Posts, leaver.shard(), "posts") +
                               " WHERE author_id = $1::bigint GROUP BY deleted_at) AS s");
    QVERIFY(steps.integer(0, 0) <= kStep);
    QCOMPARE(auditFindings(*m_engine), std::string());
}

// Tasks and imports that come late do not bring the account back.
void AccountDeletionTest::aReturnIsNoRevival()
{
    const auto leaver = user("for_good"), reader = user();
    follow(reader, leaver);
    QVERIFY(drain(*m_engine));
    take(feed().deleteUser(leaver, soon()));
    m_model.gone(leaver);
    const std::vector<BulkUser> users{{leaver, "for_good", "Again"}};
    QCOMPARE(take(m_engine->operations().bulkCreateUsers(users, soon())).written, std::int64_t(0));
    const std::vector<Post> posts{{PostId{makeRawId(2'000'000, leaver.shard(), 1)}, leaver, "late"}};
    take(m_engine->operations().bulkPost(posts, soon()));
    const std::vector<BulkFollow> follows{{leaver, reader}};
    take(m_engine->operations().bulkFollow(follows, soon()));
    waitUntilGone(leaver);
    QVERIFY(drain(*m_engine));
    QVERIFY(home(feed(), reader).empty());
    QVERIFY(take(feed().counters(reader, soon())) == Counters{});
    QVERIFY(feed().profile(leaver, soon()).error().code == ErrorCode::NotFound);
    QVERIFY(feed().userByHandle("for_good", soon()).error().code == ErrorCode::NotFound);
    QCOMPARE(auditFindings(*m_engine), std::string());
}

// Everybody posts, follows and unfollows through two engines while some of them are deleted.
void AccountDeletionTest::whateverHappensMeanwhile()
{
    constexpr int kActors = 24, kLeavers = 8;
    std::vector<UserId> actors;
    for (int i = 0; i < kActors; ++i)
        actors.push_back(user());
    QVERIFY(drain(*m_engine));
    std::atomic<bool> over = false;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            std::minstd_rand random{unsigned(t + 1)};
            auto& by = (t % 2 ? m_other : m_engine)->feed();
            while (!over) {
                const auto one = actors[random() % kActors], two = actors[random() % kActors];
                switch (random() % 4) {
                case 0:
                    std::ignore = by.post(one, "meanwhile", soon());
                    break;
                case 1:
                    std::ignore = by.unfollow(one, two, soon());
                    break;
                case 2:
                    std::ignore = by.homePage(two, {}, soon());
                    break;
                default:
                    if (one != two) std::ignore = by.follow(one, two, soon());
                }
            }
        });
    QTest::qWait(500);
    for (int i = 0; i < kLeavers; ++i) {
        take((i % 2 ? m_other : m_engine)->feed().deleteUser(actors[std::size_t(i)], soon()));
        QTest::qWait(100);
    }
    QTest::qWait(2'500);
    over = true;
    threads.clear();
    for (int i = 0; i < kLeavers; ++i)
        waitUntilGone(actors[std::size_t(i)]);
    QVERIFY(drain(*m_engine));
    QCOMPARE(auditFindings(*m_engine), std::string());
    for (int i = 0; i < kLeavers; ++i) {
        const auto leaver = actors[std::size_t(i)];
        QVERIFY(take(feed().counters(leaver, soon())) == Counters{});
        const auto alive = sql(Role::Posts, leaver,
                               "SELECT count(*) FROM " + shardTable(Role::Posts, leaver.shard(), "posts") +
                                   " WHERE author_id = $1::bigint AND deleted_at IS NULL");
        QCOMPARE(alive.integer(0, 0), std::int64_t(0));
        for (int k = kLeavers; k < kActors; ++k) {
            for (const auto& followee : take(feed().following(actors[std::size_t(k)], {}, 100, soon())).users)
                QVERIFY(followee.id != leaver);
        }
    }
}

QTEST_GUILESS_MAIN(AccountDeletionTest)
#include "account_deletion_test.moc"
