// Deleted posts: hidden at once, and their space reclaimed later, at the pace that is set, however idle the
// workers are and whoever dies meanwhile.
#include "backend/cache/raw_timeline.h"
#include "backend/cache/redis_client.h"
#include "backend/common/config.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

#include <algorithm>

using namespace backend;
using namespace tests;

class ReclaimTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void hiddenAtOnceReclaimedAtItsPace();
    void killedInBetween();
    void aTombstoneThatWasLostComesBack();

private:
    static constexpr int kPerSecond = 16, kReaders = 3, kPosts = 12;
    static constexpr int kEntries = kPosts * (kReaders + 1); // the author has them, too

    std::vector<PostId> postMany(app::OpenedSession& session);
    void deleteAll(app::OpenedSession& session, const std::vector<PostId>& posts);
    std::size_t entriesOf(app::OpenedSession& session, const std::vector<PostId>& posts);
    bool anyIsShown(app::OpenedSession& session, const std::vector<PostId>& posts);
    std::int64_t deadLetters(app::OpenedSession& session)
    {
        return std::int64_t(take(session.engine().operations().deadLetters(10, soon())).size());
    }
    RedisReply tombstone(app::OpenedSession& session, const std::string& command, PostId post);

    QTemporaryDir m_place;
    std::unique_ptr<PrivateCluster> m_cluster;
    std::filesystem::path m_config;
    UserId m_author;
    std::vector<UserId> m_readers;
};

namespace {

std::vector<NodeEndpoint> redisNodes(const ShardMap& map)
{
    std::vector<NodeEndpoint> nodes;
    for (const auto& node : map.nodes)
        if (node.kind == NodeKind::Redis) nodes.push_back(node);
    return nodes;
}

} // namespace

void ReclaimTest::initTestCase()
{
    m_cluster = PrivateCluster::start(2, 2);
    const auto directory = makeCluster(m_cluster->servers());
    ClusterConfig config;
    config.name = "reclaim";
    config.environment = "demo";
    config.shards = kTestShards;
    config.directoryAddress = directory.address;
    config.reclaimPerSecond = kPerSecond;
    m_config = m_place.filePath("cluster.toml").toStdString();
    take(writeClusterToml(config, m_config));

    const auto session = connectTo(m_config, 2);
    auto& feed = session->engine().feed();
    m_author = take(feed.createUser({"author", "Author"}, soon())).id;
    for (int i = 0; i < kReaders; ++i)
        m_readers.push_back(take(feed.createUser({"reader" + std::to_string(i), "Reader"}, soon())).id);
    QVERIFY(drain(session->engine()));
    for (const auto reader : m_readers)
        take(feed.follow(reader, m_author, soon()));
    QVERIFY(drain(session->engine()));
}

std::vector<PostId> ReclaimTest::postMany(app::OpenedSession& session)
{
    std::vector<PostId> posts;
    for (int i = 0; i < kPosts; ++i)
        posts.push_back(take(session.engine().feed().post(m_author, "will not stand", soon())).id);
    return posts;
}

void ReclaimTest::deleteAll(app::OpenedSession& session, const std::vector<PostId>& posts)
{
    for (const auto post : posts)
        take(session.engine().feed().deletePost(post, soon()));
}

// Of these posts in all home timelines, shown or not.
std::size_t ReclaimTest::entriesOf(app::OpenedSession& session, const std::vector<PostId>& posts)
{
    const auto inputs = session.auditInputs();
    RedisClient redis(redisNodes(*inputs.map));
    auto owners = m_readers;
    owners.push_back(m_author);
    std::size_t count = 0;
    for (const auto& timeline :
         take(readRawTimelines(redis, *inputs.map, TimelineFamily::Home, owners, soon())))
        for (const auto post : posts)
            count += std::size_t(std::count(timeline.ids.begin(), timeline.ids.end(), post));
    return count;
}

bool ReclaimTest::anyIsShown(app::OpenedSession& session, const std::vector<PostId>& posts)
{
    for (const auto reader : m_readers) {
        const auto page = take(session.engine().feed().homePage(reader, {}, soon()));
        for (const auto& entry : page.entries)
            if (std::find(posts.begin(), posts.end(), entry.id) != posts.end()) return true;
    }
    return false;
}

RedisReply ReclaimTest::tombstone(app::OpenedSession& session, const std::string& command, PostId post)
{
    const auto map = session.auditInputs().map;
    RedisClient redis(redisNodes(*map));
    return take(redis.command(
        map->timelinesNode[std::size_t(post.shard())],
        {command, "{" + std::to_string(post.shard()) + "}:post:" + std::to_string(post.value)}, soon()));
}

void ReclaimTest::hiddenAtOnceReclaimedAtItsPace()
{
    const auto session = connectTo(m_config, 2);
    const auto posts = postMany(*session);
    QVERIFY(drain(session->engine()));
    QCOMPARE(entriesOf(*session, posts), std::size_t(kEntries));
    QElapsedTimer clock;
    clock.start();
    deleteAll(*session, posts);
    QVERIFY(!anyIsShown(*session, posts));
    QVERIFY(entriesOf(*session, posts) > 0);
    // The last one's tombstone stands for longer than any reclaiming may take.
    QVERIFY(tombstone(*session, "PTTL", posts.back()).integer > 30LL * 86'400'000);
    QVERIFY(drain(session->engine()));
    QVERIFY2(clock.elapsed() >= 1'000LL * kEntries / kPerSecond,
             qPrintable(QString::number(clock.elapsed())));
    QCOMPARE(entriesOf(*session, posts), std::size_t(0));
    QVERIFY(!anyIsShown(*session, posts));
    QCOMPARE(deadLetters(*session), std::int64_t(0));
    const auto left = tombstone(*session, "PTTL", posts.front()).integer;
    QVERIFY2(left > 0 && left <= 3'600'000, qPrintable(QString::number(left))); // it has done its duty
    QCOMPARE(auditFindings(*session), std::string());
}

// The engine that reclaims is killed while some is done and some is not.
void ReclaimTest::killedInBetween()
{
    std::vector<PostId> posts;
    QElapsedTimer clock;
    {
        const auto session = connectTo(m_config, 0); // works through others
        QProcess worker;
        worker.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        worker.start(QCoreApplication::applicationFilePath(), {"--work", QString::fromStdString(m_config)});
        posts = postMany(*session);
        QVERIFY(drain(session->engine()));
        clock.start();
        deleteAll(*session, posts);
        QTRY_VERIFY_WITH_TIMEOUT(entriesOf(*session, posts) < std::size_t(kEntries), 60'000);
        worker.kill();
        QVERIFY(worker.waitForFinished());
        QVERIFY(entriesOf(*session, posts) > 0);
        QVERIFY(!anyIsShown(*session, posts));
    }
    const auto session = connectTo(m_config, 2);
    QVERIFY(drain(session->engine()));
    QVERIFY2(clock.elapsed() >= 1'000LL * kEntries / kPerSecond,
             qPrintable(QString::number(clock.elapsed())));
    QCOMPARE(entriesOf(*session, posts), std::size_t(0));
    QVERIFY(!anyIsShown(*session, posts));
    QCOMPARE(deadLetters(*session), std::int64_t(0));
    QCOMPARE(auditFindings(*session), std::string());
}

void ReclaimTest::aTombstoneThatWasLostComesBack()
{
    std::vector<PostId> posts;
    {
        const auto session = connectTo(m_config, 2);
        posts = postMany(*session);
        QVERIFY(drain(session->engine()));
    }
    const auto session = connectTo(m_config, 0); // nobody reclaims
    const auto post = posts.back();
    deleteAll(*session, {post});
    QCOMPARE(tombstone(*session, "DEL", post).integer, std::int64_t(1));
    QVERIFY(!anyIsShown(*session, posts = {post})); // PostgreSQL knows
    QCOMPARE(entriesOf(*session, posts), std::size_t(kReaders + 1));
    QCOMPARE(tombstone(*session, "GET", post).text, std::string("deleted")); // the next need not ask there
}

int main(int argc, char** argv)
{
    if (argc == 3 && std::string_view(argv[1]) == "--work") {
        const auto session = connectTo(argv[2], 2);
        for (;;)
            QThread::sleep(1);
    }
    const QCoreApplication application(argc, argv);
    ReclaimTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "reclaim_test.moc"
