// A Redis node that is lost and comes back empty: all that it carried is built again without anybody reading
// it, those seen last first, no faster than is allowed, while everybody reads on.
#include <QElapsedTimer>
#include <QProcess>
#include <QTest>
#include <QThread>

#include "backend/cache/objects.h"
#include "backend/cache/raw_timeline.h"
#include "backend/engine/open_engine.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"

#include <algorithm>
#include <map>
#include <set>

using namespace backend;
using namespace tests;

namespace {

constexpr int kReaders = 120, kPosts = 60;
constexpr int kPerSecond = 8;

std::string redisCli(const EmbeddedNode& node, const QStringList& words)
{
    QProcess cli;
    cli.start(QStringLiteral("redis-cli"),
              QStringList{QStringLiteral("-s"), QString::fromStdString(node.address).mid(7)} +
                  words); // after unix://
    if (!cli.waitForFinished() || cli.exitCode() != 0)
        throw std::runtime_error("redis-cli: " + cli.readAllStandardError().toStdString());
    return cli.readAllStandardOutput().toStdString();
}

} // namespace

class RestoreTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void whileItIsAwayPagesAreWhole();
    void allOfItIsRestored();

private:
    static constexpr int kPatience = 120'000;
    enum class Seen { Now, DaysAgo, LongAgo };

    std::unique_ptr<OpenEngine> open(int workers, int restorePerSecond, bool readOnly = false);
    void ageReaders();
    std::vector<RawTimeline> raws(TimelineFamily family, const std::vector<UserId>& owners);
    std::size_t valid(TimelineFamily family, const std::vector<UserId>& owners);
    void pagesAreReadThrough(Feed& feed, UserId reader);
    void objectsAreThere();
    std::vector<UserId> orderOfBuilds();

    std::unique_ptr<PrivateCluster> m_cluster;
    NodeEndpoint m_directory;
    std::unique_ptr<OpenEngine> m_engine; // restores nothing
    std::shared_ptr<const ShardMap> m_map;
    std::vector<UserId> m_readers;
    std::vector<PostId> m_posts; // newest first
    std::string m_lost;          // the node
    std::vector<UserId> m_there; // whose timelines it carries
    std::map<UserId, Seen> m_seen;
};

std::unique_ptr<OpenEngine> RestoreTest::open(int workers, int restorePerSecond, bool readOnly)
{
    auto options = engineOptions(m_directory, workers);
    options.readOnly = readOnly;
    options.restorePerSecond = restorePerSecond;
    return take(openEngine(options, soon()));
}

// All follow the first, some of the first write.
void RestoreTest::initTestCase()
{
    m_cluster = PrivateCluster::start(2, 2);
    m_directory = makeCluster(m_cluster->servers());
    m_engine = open(4, 0);
    auto& feed = m_engine->feed();
    for (int i = 0; i < kReaders; ++i)
        m_readers.push_back(take(feed.createUser({"reader" + std::to_string(i), "Reader"}, soon())).id);
    QVERIFY(drain(*m_engine));
    for (std::size_t i = 1; i < m_readers.size(); ++i)
        for (std::size_t author = 0; author < 3; ++author)
            if (i != author) take(feed.follow(m_readers[i], m_readers[author], soon()));
    for (int i = 0; i < kPosts; ++i)
        m_posts.insert(m_posts.begin(), take(feed.post(m_readers[std::size_t(i) % 3], "post", soon())).id);
    std::sort(m_posts.rbegin(), m_posts.rend()); // several within a millisecond, on different shards
    QVERIFY(drain(*m_engine));
    m_map = m_engine->shardMaps().current();
    const int lost = m_map->timelinesNode[std::size_t(m_readers[0].shard())];
    m_lost = m_map->node(lost)->name;
    for (const auto reader : m_readers)
        if (m_map->timelinesNode[std::size_t(reader.shard())] == lost) m_there.push_back(reader);
    QVERIFY(m_there.size() >= 20);
    ageReaders();
}

// By turns, so that neither ids nor shards are in the order that is wanted.
void RestoreTest::ageReaders()
{
    SqlSession sql(m_engine->pools(), m_engine->shardMaps());
    for (std::size_t i = 0; i < m_there.size(); ++i) {
        const auto reader = m_there[i];
        m_seen[reader] = i % 3 == 0 ? Seen::LongAgo : i % 3 == 1 ? Seen::Now : Seen::DaysAgo;
        if (m_seen[reader] == Seen::Now) continue;
        take(sql.runOne(Role::Users, reader.shard(),
                        {"UPDATE " + shardTable(Role::Users, reader.shard(), "users") +
                             " SET last_seen_at = now() - $2::interval WHERE id = $1::bigint",
                         {sqlParameter(reader.value),
                          sqlParameter(m_seen[reader] == Seen::LongAgo ? "20 days" : "3 days")}},
                        soon()));
    }
}

std::vector<RawTimeline> RestoreTest::raws(TimelineFamily family, const std::vector<UserId>& owners)
{
    RedisClient client(m_cluster->endpoints());
    return take(readRawTimelines(client, *m_map, family, owners, soon()));
}

std::size_t RestoreTest::valid(TimelineFamily family, const std::vector<UserId>& owners)
{
    const auto found = raws(family, owners);
    return std::size_t(std::count_if(found.begin(), found.end(),
                                     [](const RawTimeline& raw) { return raw.valid() && raw.floor->whole; }));
}

// By who looks without building.
void RestoreTest::pagesAreReadThrough(Feed& feed, UserId reader)
{
    PageQuery query;
    query.limit = 50;
    query.peek = true;
    std::vector<PostId> ids;
    do {
        const auto page = take(feed.homePage(reader, query, soon()));
        QVERIFY(!page.partial);
        for (const auto& entry : page.entries) {
            // Unless it was restored meanwhile.
            QVERIFY(entry.source == EntrySource::ReadThrough ||
                    !raws(TimelineFamily::Home, {reader}).front().ids.empty());
            QVERIFY(!entry.bodyMissing && entry.body == "post");
            ids.push_back(entry.id);
        }
        query.before = page.next;
    } while (query.before);
    QVERIFY(ids == m_posts);
}

void RestoreTest::whileItIsAwayPagesAreWhole()
{
    take(m_cluster->servers().killNode(m_lost));
    for (std::size_t i = 1; i <= 3; ++i) // the first of them follows nobody
        pagesAreReadThrough(m_engine->feed(), m_there[i]);
}

// The node's own record, newest first, of whose builds began when.
std::vector<UserId> RestoreTest::orderOfBuilds()
{
    const auto log = QString::fromStdString(redisCli(m_cluster->node(m_lost), {"SLOWLOG", "GET", "-1"}));
    std::vector<UserId> order;
    for (const auto& line : log.split('\n'))
        for (const auto reader : m_there)
            if (line.contains("home-build:" + QString::number(reader.value))) {
                // Its first one counts: what is older stands further down.
                std::erase(order, reader);
                order.insert(order.begin(), reader);
            }
    return order;
}

void RestoreTest::objectsAreThere()
{
    RedisClient client(m_cluster->endpoints());
    const Objects objects(m_engine->shardMaps(), {});
    const auto users = objects.users(client, m_there, soon());
    for (const auto& user : users.users)
        QVERIFY(user.state == CachedUser::State::Present);
    const auto counters = take(readRawCounters(client, *m_map, m_there, soon()));
    QVERIFY(std::all_of(counters.begin(), counters.end(), [](const auto& one) { return one.has_value(); }));
    // What first pages show: the newest of all, and the newest of each author of the node.
    std::vector<PostId> shown(m_posts.begin(), m_posts.begin() + 20);
    for (const auto author : m_there)
        for (const auto post : m_posts)
            if (post.shard() == author.shard() && std::count(shown.begin(), shown.end(), post) == 0 &&
                std::count(m_readers.begin(), m_readers.begin() + 3, author) > 0)
                shown.push_back(post);
    const auto posts = objects.posts(client, shown, soon());
    for (const auto& post : posts.posts) {
        QVERIFY(post.state == CachedPost::State::Present);
        QCOMPARE(post.post.body, std::string("post"));
    }
}

void RestoreTest::allOfItIsRestored()
{
    take(m_cluster->servers().restartNode(m_lost)); // a private node keeps nothing
    redisCli(m_cluster->node(m_lost),
             {"CONFIG", "SET", "slowlog-max-len", "100000", "slowlog-log-slower-than", "0"});
    QCOMPARE(valid(TimelineFamily::Home, m_there), std::size_t(0));
    const auto looking = open(0, 0, true); // an engine that changes nothing
    UserId last;                           // comes last of all, or nearly
    for (const auto reader : m_there)
        if (m_seen[reader] == Seen::LongAgo) last = reader;

    QElapsedTimer took;
    took.start();
    const auto restoring = open(1, kPerSecond);
    std::vector<RestoreProgress> seen; // as the monitor publishes it
    const auto watch = [&] {
        const auto snapshot = restoring->monitor().snapshot();
        if (snapshot->restore && (seen.empty() || seen.back().updatedAt != snapshot->restore->updatedAt ||
                                  seen.back().looked != snapshot->restore->looked))
            seen.push_back(*snapshot->restore);
    };
    std::size_t soFar = 0;
    bool readMeanwhile = false;
    while (soFar < m_there.size()) {
        QVERIFY(took.elapsed() < kPatience);
        watch();
        const auto now = valid(TimelineFamily::Home, m_there);
        QVERIFY(now >= soFar);
        if (!readMeanwhile && now > 0 && now < m_there.size()) { // somewhere in the middle
            for (auto& feed : {std::ref(looking->feed()), std::ref(m_engine->feed())})
                pagesAreReadThrough(feed, last);
            readMeanwhile = true;
        }
        if (QTest::currentTestFailed()) return;
        soFar = now;
        QThread::msleep(100); // each look is hundreds of lines in the log that orderOfBuilds() reads
    }
    QVERIFY2(readMeanwhile, "no page was read while timelines were built");
    // Of the first there are some at once, those of a tenth of a second.
    QVERIFY2(took.elapsed() >= qint64(m_there.size() - 3) * 1'000 / kPerSecond,
             qPrintable(QString("%1 in %2 ms").arg(m_there.size()).arg(took.elapsed())));
    QTRY_COMPARE_WITH_TIMEOUT(valid(TimelineFamily::Author, m_there), m_there.size(), kPatience);
    const auto done = [&] {
        watch();
        return !restoring->monitor().snapshot()->restore;
    };
    QTRY_VERIFY_WITH_TIMEOUT(done(), kPatience);
    objectsAreThere();
    QCOMPARE(auditFindings(*m_engine), std::string());

    const auto order = orderOfBuilds();
    QCOMPARE(order.size(), m_there.size());
    QVERIFY(std::is_sorted(order.begin(), order.end(),
                           [&](UserId a, UserId b) { return m_seen.at(a) < m_seen.at(b); }));
    for (const auto group : {Seen::Now, Seen::DaysAgo, Seen::LongAgo})
        QVERIFY(std::any_of(order.begin(), order.end(),
                            [&](UserId reader) { return m_seen.at(reader) == group; }));

    QVERIFY(seen.size() >= 2);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        QVERIFY(seen[i].running);
        QVERIFY(seen[i].restored <= seen[i].looked && seen[i].looked <= seen[i].readers);
        QVERIFY(std::count(seen[i].nodes.begin(), seen[i].nodes.end(), m_lost) == 1);
        if (i == 0) continue;
        QVERIFY(seen[i].restored >= seen[i - 1].restored && seen[i].looked >= seen[i - 1].looked);
    }
    QVERIFY(seen.back().restored > seen.front().restored);
}

QTEST_GUILESS_MAIN(RestoreTest)
#include "restore_test.moc"
