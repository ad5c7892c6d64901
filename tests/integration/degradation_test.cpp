// Every call, while a node is silent or dead: it returns by its deadline, with a typed error that names what
// is wrong, or with as much of the page as can still be read. Reads degrade in a stated order: object cache,
// PostgreSQL, entries without bodies, marked.
#include <QTemporaryDir>
#include <QTest>

#include "app/session/demo_cluster.h"
#include "backend/cache/redis_client.h"
#include "backend/cache/timelines.h"
#include "backend/common/config.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"

#include <array>
#include <atomic>
#include <functional>
#include <set>
#include <thread>

using namespace backend;
using namespace tests;

namespace {

constexpr std::chrono::milliseconds kDeadline{600};
constexpr std::chrono::milliseconds kMargin{3'000}; // for a machine that is busy with other tests

constexpr int kElsewhere = 3; // posts on another node

// What is out of order.
enum Broken { Users, Posts, TimelineNode };
constexpr std::array<const char*, 3> kBroken{"users", "posts", "timelines"};

enum class Outcome { Whole, Partial, Error };
constexpr std::array<const char*, 3> kOutcomes{"whole", "partial", "an error"};

} // namespace

class DegradationTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void pages_data();
    void pages();
    void everyCall_data() { faults(); }
    void everyCall();
    void publicPageWithoutASilentShard();
    void overloadIsRefusedEarly();
    void allIsWellAfterwards();

private:
    static void faults();
    Feed& feed() { return m_session->engine().feed(); }
    std::string nodeOf(int broken) const;
    void breakNode(int broken, bool dead);
    void mend(int broken, bool dead);
    void makeFloor(UserId reader, PostId floor);
    void forgetBodies();
    PostId post(UserId author) { return take(feed().post(author, "a post", soon())).id; }

    QTemporaryDir m_place;
    std::unique_ptr<PrivateCluster> m_cluster;
    std::filesystem::path m_config;
    std::shared_ptr<app::OpenedSession> m_session;
    UserId m_author, m_reader, m_shortReader; // the short one's timeline goes down to the 20th post only
    std::vector<PostId> m_posts;              // ascending
    UserLocation m_at;                        // of the author; the readers' timelines are on the same node
};

void DegradationTest::initTestCase()
{
    m_cluster = PrivateCluster::start(3, 4);
    const auto demo =
        take(app::prepareDemoCluster(m_cluster->servers(), Deadline::after(std::chrono::minutes(1))));
    ClusterConfig config;
    config.name = "degradation";
    config.environment = "demo";
    config.shards = app::kDemoShards;
    config.directoryAddress = demo.directory.address;
    m_config = m_place.filePath("cluster.toml").toStdString();
    take(writeClusterToml(config, m_config));
    m_session = connectTo(m_config, 2);

    // All three on one Redis node, and the author's rows not on the directory's node.
    auto& monitor = m_session->engine().monitor();
    std::vector<UserId*> wanted{&m_author, &m_reader, &m_shortReader};
    UserId elsewhere; // with its posts on another node than the author's
    for (int i = 0; !wanted.empty() || !elsewhere; ++i) {
        const auto user = take(feed().createUser({"u_" + std::to_string(i), "User"}, soon())).id;
        const auto at = take(monitor.locate(user));
        if (m_author && at.postsNode != m_at.postsNode) elsewhere = user;
        if (m_author && (at.timelinesNode != m_at.timelinesNode || at.usersNode != m_at.usersNode)) continue;
        if (wanted.empty()) continue;
        if (!m_author) m_at = at;
        *wanted.front() = user;
        wanted.erase(wanted.begin());
    }
    QVERIFY(drain(m_session->engine()));
    take(feed().follow(m_reader, m_author, soon()));
    take(feed().follow(m_shortReader, m_author, soon()));
    QVERIFY(drain(m_session->engine()));
    for (int i = 0; i < 40; ++i)
        m_posts.push_back(post(m_author));
    for (int i = 0; i < kElsewhere; ++i)
        post(elsewhere);
    QVERIFY(drain(m_session->engine()));
    makeFloor(m_shortReader, m_posts[20]);
}

std::string DegradationTest::nodeOf(int broken) const
{
    return broken == Users ? m_at.usersNode : broken == Posts ? m_at.postsNode : m_at.timelinesNode;
}

void DegradationTest::breakNode(int broken, bool dead)
{
    take(dead ? m_cluster->servers().killNode(nodeOf(broken))
              : m_cluster->servers().pauseNode(nodeOf(broken)));
}

void DegradationTest::mend(int broken, bool dead)
{
    take(dead ? m_cluster->servers().restartNode(nodeOf(broken))
              : m_cluster->servers().resumeNode(nodeOf(broken)));
}

// The timeline is complete down to `floor` only, as after a trim.
void DegradationTest::makeFloor(UserId reader, PostId floor)
{
    const auto node = m_cluster->node(m_at.timelinesNode);
    RedisClient client({node});
    const auto runId = take(client.runId(node.id, soon()));
    RedisBatch batch(client);
    batch.add(node.id, {"SET", timelineFloorKey(TimelineFamily::Home, reader), floorValue(floor, runId)});
    take(batch.run(soon()));
}

void DegradationTest::forgetBodies()
{
    for (const auto& node : m_cluster->endpoints()) {
        if (node.kind != NodeKind::Redis) continue;
        RedisClient client({node});
        RedisBatch batch(client);
        for (const auto id : m_posts)
            batch.add(node.id,
                      {"UNLINK", "{" + std::to_string(id.shard()) + "}:post:" + std::to_string(id.value)});
        take(batch.run(soon()));
    }
}

void DegradationTest::faults()
{
    QTest::addColumn<int>("broken");
    QTest::addColumn<bool>("dead");
    for (const int broken : {Users, Posts, TimelineNode})
        for (const bool dead : {false, true})
            QTest::addRow("%s %s", kBroken[std::size_t(broken)], dead ? "dead" : "silent") << broken << dead;
}

void DegradationTest::pages_data()
{
    struct Row
    {
        const char* page;
        Outcome users, posts, timelines;
    };
    using enum Outcome;
    const std::vector<Row> rows{
        {"home", Whole, Whole, Whole},
        {"home, bodies not cached", Whole, Partial, Whole},
        {"home, across the floor", Partial, Partial, Whole},
        {"home, below the floor", Error, Error, Whole},
        {"author", Whole, Whole, Whole},
        {"public", Whole, Whole, Whole},
        {"counters", Whole, Whole, Whole},
        {"profile", Error, Whole, Whole},
        {"following", Error, Whole, Whole},
    };
    QTest::addColumn<QString>("page");
    QTest::addColumn<int>("broken");
    QTest::addColumn<bool>("dead");
    QTest::addColumn<int>("expected");
    for (const auto& row : rows)
        for (const bool dead : {false, true})
            for (const auto& [broken, expected] :
                 {std::pair{Users, row.users}, {Posts, row.posts}, {TimelineNode, row.timelines}})
                QTest::addRow("%s: %s %s", row.page, kBroken[std::size_t(broken)], dead ? "dead" : "silent")
                    << QString(row.page) << int(broken) << dead << int(expected);
}

void DegradationTest::pages()
{
    QFETCH(QString, page);
    QFETCH(int, broken);
    QFETCH(bool, dead);
    QFETCH(int, expected);
    // Warm: what was read a moment ago is cached.
    take(feed().homePage(m_reader, {.before = {}, .after = {}, .limit = 40}, soon()));
    take(feed().authorPage(m_author, {.before = {}, .after = {}, .limit = 40}, soon()));
    take(feed().publicPage({}, soon()));
    take(feed().counters(m_author, soon()));
    take(m_session->engine().operations().rebuildTimeline(m_shortReader, soon()));
    makeFloor(m_shortReader, m_posts[20]);
    if (page.endsWith("not cached")) forgetBodies();
    if (page == "public") QTest::qWait(1'100); // the page of a moment ago is forgotten

    const auto fresh = connectTo(m_config, 0); // knows nobody yet
    auto& feed = fresh->engine().feed();
    const auto deadline = [] { return Deadline::after(kDeadline); };
    const auto judge = [](const Result<TimelinePage>& result, std::size_t whole) {
        if (!result) return Outcome::Error;
        if (result->partial) return Outcome::Partial;
        return result->entries.size() == whole ? Outcome::Whole : Outcome::Error;
    };
    breakNode(broken, dead);
    Result<TimelinePage> result = fail(ErrorCode::Internal, "not asked");
    Outcome outcome = Outcome::Error;
    const auto begun = std::chrono::steady_clock::now();
    if (page.startsWith("home, across")) {
        result = feed.homePage(m_shortReader, {.before = {}, .after = {}, .limit = 40}, deadline());
        outcome = judge(result, 40);
    } else if (page.startsWith("home, below")) {
        result = feed.homePage(m_shortReader, {.before = m_posts[20], .after = {}, .limit = 20}, deadline());
        outcome = judge(result, 20);
    } else if (page.startsWith("home")) {
        result = feed.homePage(m_reader, {.before = {}, .after = {}, .limit = 20}, deadline());
        outcome = judge(result, 20);
    } else if (page == "author") {
        result = feed.authorPage(m_author, {.before = {}, .after = {}, .limit = 20}, deadline());
        outcome = judge(result, 20);
    } else if (page == "public") {
        result = feed.publicPage({.before = {}, .after = {}, .limit = 20}, deadline());
        outcome = judge(result, 20);
    } else if (page == "counters") {
        const auto counters = feed.counters(m_author, deadline());
        outcome = counters && counters->posts == 40 ? Outcome::Whole : Outcome::Error;
    } else if (page == "profile") {
        outcome = feed.profile(m_author, deadline()) ? Outcome::Whole : Outcome::Error;
    } else {
        outcome = feed.following(m_reader, {}, 10, deadline()) ? Outcome::Whole : Outcome::Error;
    }
    const auto took = std::chrono::steady_clock::now() - begun;
    mend(broken, dead);

    if (!result) qInfo("%s", result.error().message.c_str());
    QCOMPARE(kOutcomes[std::size_t(outcome)], kOutcomes[std::size_t(expected)]);
    QVERIFY(took < kDeadline + kMargin);
    if (outcome == Outcome::Partial) {
        QVERIFY(result->next); // the rest can be asked for
        QCOMPARE(*result->next, result->entries.back().id);
        QCOMPARE(result->entries.size(), std::size_t(20));
        for (std::size_t i = 0; i < result->entries.size(); ++i) {
            QCOMPARE(result->entries[i].id, m_posts[m_posts.size() - 1 - i]); // without a gap
            QCOMPARE(result->entries[i].bodyMissing, page.contains("not cached"));
        }
        const auto rest = take(feed.homePage(page.contains("across") ? m_shortReader : m_reader,
                                             {.before = result->next, .after = {}, .limit = 20}, soon()));
        QCOMPARE(rest.entries.size(), std::size_t(20));
        QCOMPARE(rest.entries.front().id, m_posts[19]);
    }
}

void DegradationTest::everyCall()
{
    QFETCH(int, broken);
    QFETCH(bool, dead);
    auto& engine = m_session->engine();
    auto& operations = engine.operations();
    const auto doomed = post(m_author);
    static int number = 0;
    const auto name = "fresh_" + std::to_string(++number);
    const auto other = take(feed().createUser({name + "_b", "User"}, soon())).id;
    QVERIFY(drain(engine));
    const auto later = std::int64_t(number) << (kShardBits + kSlotBits); // milliseconds
    const std::vector<BulkUser> users{{UserId{other.value + later}, name + "_c", "User"}};
    const std::vector<BulkFollow> follows{{m_reader, other}};
    const std::vector<Post> posts{{PostId{doomed.value + later}, m_author, "imported"}};
    const std::vector<TaskRef> noTasks;
    const auto error = [](const auto& result) {
        return result ? std::optional<Error>() : std::optional<Error>(result.error());
    };
    using Call = std::function<std::optional<Error>(Deadline)>;
    const std::vector<std::pair<const char*, Call>> calls{
        {"createUser",
         [&](Deadline d) {
             return error(feed().createUser({name, "User"}, d));
         }},
        {"post", [&](Deadline d) { return error(feed().post(m_author, "a post", d)); }},
        {"deletePost", [&](Deadline d) { return error(feed().deletePost(doomed, d)); }},
        {"follow", [&](Deadline d) { return error(feed().follow(other, m_author, d)); }},
        {"unfollow", [&](Deadline d) { return error(feed().unfollow(other, m_author, d)); }},
        {"homePage", [&](Deadline d) { return error(feed().homePage(m_reader, {}, d)); }},
        {"authorPage", [&](Deadline d) { return error(feed().authorPage(m_author, {}, d)); }},
        {"publicPage", [&](Deadline d) { return error(feed().publicPage({}, d)); }},
        {"profile", [&](Deadline d) { return error(feed().profile(m_author, d)); }},
        {"counters", [&](Deadline d) { return error(feed().counters(m_author, d)); }},
        {"userByHandle", [&](Deadline d) { return error(feed().userByHandle("u_0", d)); }},
        {"searchUsers", [&](Deadline d) { return error(feed().searchUsers("u_", 10, d)); }},
        {"followers", [&](Deadline d) { return error(feed().followers(m_author, {}, 10, d)); }},
        {"following", [&](Deadline d) { return error(feed().following(m_reader, {}, 10, d)); }},
        {"pauseWorkers", [&](Deadline d) { return error(operations.pauseWorkers(-1, d)); }},
        {"resumeWorkers", [&](Deadline d) { return error(operations.resumeWorkers(-1, d)); }},
        {"setWorkerCount", [&](Deadline d) { return error(operations.setWorkerCount(-1, 2, d)); }},
        {"deadLetters", [&](Deadline d) { return error(operations.deadLetters(10, d)); }},
        {"retryDeadLetters", [&](Deadline d) { return error(operations.retryDeadLetters(noTasks, d)); }},
        {"discardDeadLetters", [&](Deadline d) { return error(operations.discardDeadLetters(noTasks, d)); }},
        {"explain", [&](Deadline d) { return error(operations.explain(m_posts[5], m_reader, d)); }},
        {"doctor", [&](Deadline d) { return error(operations.doctor(d)); }},
        {"fanoutPolicy", [&](Deadline d) { return error(operations.fanoutPolicy(d)); }},
        {"setPushThreshold",
         [&](Deadline d) { return error(operations.setPushThreshold(PushThreshold{}, d)); }},
        {"rebuildTimeline", [&](Deadline d) { return error(operations.rebuildTimeline(m_shortReader, d)); }},
        {"bulkCreateUsers", [&](Deadline d) { return error(operations.bulkCreateUsers(users, d)); }},
        {"bulkFollow", [&](Deadline d) { return error(operations.bulkFollow(follows, d)); }},
        {"bulkPost", [&](Deadline d) { return error(operations.bulkPost(posts, d)); }},
        {"openImport", [&](Deadline d) { return error(operations.openImport(name, 1, 0, d)); }},
        {"saveImport",
         [&](Deadline d) {
             return error(operations.saveImport({name, {}, 0, "done", 0}, d));
         }},
        {"setAgeShift", [&](Deadline d) { return error(operations.setAgeShift(Milliseconds(0), d)); }},
        {"ledger", [&](Deadline d) { return error(engine.monitor().ledger(m_posts[5], d)); }},
        {"deliveryDelays",
         [&](Deadline d) { return error(engine.monitor().deliveryDelays(m_reader, m_posts, d)); }},
        {"unfinishedTasks", [&](Deadline d) { return error(engine.monitor().unfinishedTasks(d)); }},
        {"shardDetails", [&](Deadline d) { return error(engine.monitor().shardDetails(m_reader.shard(), d)); }},
        {"capacity", [&](Deadline d) { return error(engine.monitor().capacity({}, d)); }},
        {"events", [&](Deadline d) { return error(engine.monitor().events({}, d)); }},
    };
    const std::set<ErrorCode> honest{ErrorCode::Unavailable, ErrorCode::DeadlineExceeded,
                                     ErrorCode::Overloaded};
    const std::set<std::string_view> aboutRedis{"rebuildTimeline", "explain", "bulkCreateUsers",
                                                "bulkFollow"};
    breakNode(broken, dead);
    QStringList wrong;
    for (const auto& [called, call] : calls) {
        const auto begun = std::chrono::steady_clock::now();
        const auto problem = call(Deadline::after(kDeadline));
        const auto took =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
        if (took > kDeadline + kMargin) wrong << QString("%1 took %2 ms").arg(called).arg(took.count());
        if (problem && (!honest.contains(problem->code) || problem->message.empty()))
            wrong << QString("%1: %2: %3")
                         .arg(called, QString::fromStdString(std::string(toString(problem->code))),
                              QString::fromStdString(problem->message));
        // What the store acknowledges does not wait for a cache.
        if (problem && broken == TimelineNode && !aboutRedis.contains(called))
            wrong << QString("%1 needs Redis: %2").arg(called, QString::fromStdString(problem->message));
    }
    mend(broken, dead);
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join("\n")));
    for (int i = 0; i < 2; ++i) { // whatever became of it: bulk writing may be run again
        take(operations.bulkCreateUsers(users, soon()));
        take(operations.bulkFollow(follows, soon()));
        take(operations.bulkPost(posts, soon()));
    }
    take(operations.resumeWorkers(-1, soon()));
    take(operations.setWorkerCount(-1, 2, soon()));
    QVERIFY(drain(engine));
}

// Of three nodes with posts one says nothing, and Redis has nothing: what the others have is shown, marked.
void DegradationTest::publicPageWithoutASilentShard()
{
    const auto all = take(feed().publicPage({.before = {}, .after = {}, .limit = 200}, soon()));
    for (const char* redis : {"redis-1", "redis-2", "redis-3", "redis-4"})
        take(m_cluster->servers().pauseNode(redis));
    QTest::qWait(1'100);
    const auto fromStore = feed().publicPage({.before = {}, .after = {}, .limit = 200}, soon());
    take(m_cluster->servers().pauseNode(nodeOf(Posts)));
    QTest::qWait(1'100);
    const auto some =
        feed().publicPage({.before = {}, .after = {}, .limit = 200}, Deadline::after(kDeadline));
    take(m_cluster->servers().resumeNode(nodeOf(Posts)));
    for (const char* redis : {"redis-1", "redis-2", "redis-3", "redis-4"})
        take(m_cluster->servers().resumeNode(redis));
    QVERIFY(fromStore);
    QVERIFY(!fromStore->partial);
    QCOMPARE(fromStore->entries.size(), all.entries.size());
    QVERIFY2(some.has_value(), some ? "" : some.error().message.c_str());
    QVERIFY(some->partial);
    QCOMPARE(some->entries.size(), std::size_t(kElsewhere));
}

// More callers than connections and room to wait: those beyond are refused at once, the others are answered
// by their deadline, and nobody waits for ever.
void DegradationTest::overloadIsRefusedEarly()
{
    breakNode(Posts, false);
    std::atomic<int> answered = 0, refused = 0, late = 0;
    {
        std::vector<std::jthread> callers;
        for (int i = 0; i < 160; ++i)
            callers.emplace_back([&] {
                const auto begun = std::chrono::steady_clock::now();
                const auto result = feed().post(m_author, "a post", Deadline::after(kDeadline));
                const auto took = std::chrono::steady_clock::now() - begun;
                if (took > kDeadline + kMargin) ++late;
                if (!result && result.error().code == ErrorCode::Overloaded)
                    ++refused;
                else
                    ++answered;
            });
    }
    mend(Posts, false);
    QCOMPARE(late.load(), 0);
    QVERIFY(refused > 0);
    QCOMPARE(answered + refused, 160);
    QVERIFY(answered <= 16 + 64); // connections and waiters
    QVERIFY(feed().post(m_author, "a post", soon()));
}

void DegradationTest::allIsWellAfterwards()
{
    QVERIFY(drain(m_session->engine()));
    const auto findings = auditFindings(*m_session);
    QVERIFY2(findings.empty(), findings.c_str());
}

QTEST_GUILESS_MAIN(DegradationTest)
#include "degradation_test.moc"
