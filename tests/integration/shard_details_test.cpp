// What is told of a logical shard and of its history, on real servers: held against SQL and redis-cli of the
// test's own, with pages counted by the test itself, and with a node that is silent.
#include "tests/support/demo_session.h"

#include "backend/cache/timelines.h"

#include <QProcess>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <map>

using namespace backend;
using namespace std::chrono_literals;
using namespace tests;

class ShardDetailsTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase() { m_session.reset(); }

    void authorsAreTheLedgers();
    void readersAreThePagesAsked();
    void looksOfAnOperatorAreNoVisits();
    void tasksAreTheQueues();
    void historyIsWhatHappened();
    void sizesAreRedisOwn();
    void unknownShardIsNotFound();
    void silentNodeCostsOnlyItsPart(); // last

private:
    Engine& engine() { return m_session->engine(); }
    Feed& feed() { return engine().feed(); }
    Monitor& monitor() { return engine().monitor(); }
    User user() { return take(feed().createUser({"user" + std::to_string(++m_users), "U"}, soon())); }
    // One in that shard: handles are hashed.
    User userIn(int shard);
    ShardDetails details(int shard) { return take(monitor().shardDetails(shard, soon(), {})); }
    QString psql(const std::string& node, const QString& sql);

    std::shared_ptr<app::OpenedSession> m_session;
    int m_users = 0;
};

void ShardDetailsTest::initTestCase()
{
    m_session = openDemo({.dataDirectory = {}, .workers = 2});
}

User ShardDetailsTest::userIn(int shard)
{
    for (;;)
        if (const auto made = user(); made.id.shard() == shard) return made;
}

// "|" between columns, a line for each row; as the owner, through a program of PostgreSQL's own.
QString ShardDetailsTest::psql(const std::string& node, const QString& sql)
{
    for (const auto& one : m_session->servers()->nodes()) {
        if (one.name != node) continue;
        QProcess program;
        program.start("psql", {"-X", "-A", "-t", "-c", sql, QString::fromStdString(one.ownerAddress)});
        program.waitForFinished(20'000);
        if (program.exitCode() != 0) throw std::runtime_error(program.readAllStandardError().toStdString());
        return QString::fromUtf8(program.readAllStandardOutput()).trimmed();
    }
    throw std::runtime_error("no node " + node);
}

void ShardDetailsTest::authorsAreTheLedgers()
{
    const auto loud = user();
    const int shard = loud.id.shard();
    const auto quiet = userIn(shard);
    for (int i = 0; i < 7; ++i)
        take(feed().follow(user().id, loud.id, soon()));
    QVERIFY(drain(engine()));
    for (int i = 0; i < 3; ++i)
        take(feed().post(loud.id, "loud", soon()));
    take(feed().post(quiet.id, "quiet", soon()));
    QVERIFY(drain(engine()));

    const auto out = details(shard);
    QCOMPARE(out.shard, shard);
    QVERIFY2(out.authors.problem.empty(), out.authors.problem.c_str());
    QVERIFY(out.namesProblem.empty());
    const auto schema = QString("posts_%1").arg(shard, 4, 10, QLatin1Char('0'));
    const auto node = take(monitor().locate(loud.id)).postsNode;
    const auto rows =
        psql(node, QString("SELECT p.author_id, count(DISTINCT p.id), sum(d.pushed) FROM %1.posts p, "
                           "%1.deliveries d WHERE d.post_id = p.id GROUP BY 1 ORDER BY 3 DESC")
                       .arg(schema))
            .split('\n');
    QCOMPARE(int(out.authors.authors.size()), int(rows.size()));
    for (int i = 0; i < int(rows.size()); ++i) {
        const auto& author = out.authors.authors[std::size_t(i)];
        QCOMPARE(QString("%1|%2|%3").arg(author.author.value).arg(author.posts).arg(author.deliveries),
                 rows[i]);
    }
    const auto& first = out.authors.authors.front();
    QVERIFY(first.author == loud.id);
    QCOMPARE(first.handle, loud.handle);
    QCOMPARE(first.posts, 3);
    QCOMPARE(first.deliveries, 3 * 8); // followers and the author
    QCOMPARE(out.authors.posts, 4);
    const auto window = out.takenAt - out.authors.since;
    QVERIFY(window == 15min);
}

void ShardDetailsTest::readersAreThePagesAsked()
{
    const auto fan = user();
    const int shard = fan.id.shard();
    const auto guest = userIn(shard);
    const auto before = details(shard).readers.pages;
    for (int i = 0; i < 9; ++i)
        take(feed().homePage(fan.id, {}, soon()));
    take(feed().homePage(guest.id, {}, soon()));
    take(feed().authorPage(guest.id, {}, soon())); // no home page
    const auto out = details(shard).readers;
    QCOMPARE(out.pages, before + 10);
    const auto of = [&](UserId reader) {
        const auto found = std::find_if(out.readers.begin(), out.readers.end(),
                                        [&](const auto& one) { return one.reader == reader; });
        return found == out.readers.end() ? HotReader{} : *found;
    };
    QVERIFY(out.readers.front().reader == fan.id);
    QCOMPARE(of(fan.id).handle, fan.handle);
    QCOMPARE(of(fan.id).atLeast, 9);
    QCOMPARE(of(fan.id).atMost, 9);
    QCOMPARE(of(guest.id).atLeast, 1);
}

void ShardDetailsTest::looksOfAnOperatorAreNoVisits()
{
    const auto reader = user();
    const auto before = details(reader.id.shard()).readers.pages;
    PageQuery query;
    query.peek = true;
    take(feed().homePage(reader.id, query, soon()));
    QCOMPARE(details(reader.id.shard()).readers.pages, before);
}

void ShardDetailsTest::tasksAreTheQueues()
{
    QVERIFY(drain(engine()));
    QVERIFY(pauseAll(engine()));
    const auto author = user(); // its user_created waits on the directory's node
    const int shard = author.id.shard();
    for (int i = 0; i < 4; ++i)
        take(feed().post(author.id, "waits", soon()));
    const auto other = user();
    take(feed().post(other.id, "waits elsewhere", soon()));

    const auto out = details(shard);
    std::map<QString, std::int64_t> told, truth;
    for (const auto& node : out.tasks) {
        QVERIFY2(node.problem.empty(), node.problem.c_str());
        QVERIFY(node.whole);
        for (const auto& kind : node.kinds) {
            told[QString("%1 %2").arg(QString::fromStdString(node.name)).arg(int(kind.kind))] +=
                kind.unfinished();
            QVERIFY(kind.oldestAgeSeconds > 0 && kind.oldestAgeSeconds < 60);
        }
    }
    std::vector<std::string> nodes;
    for (const auto& node : m_session->servers()->nodes())
        if (node.kind == NodeKind::Postgres) nodes.push_back(node.name);
    for (const auto& node : nodes)
        for (const auto& row :
             psql(node,
                  QString("SELECT kind, count(*) FROM queue.tasks WHERE shard = %1 GROUP BY kind").arg(shard))
                 .split('\n', Qt::SkipEmptyParts))
            truth[QString("%1 %2").arg(QString::fromStdString(node), row.section('|', 0, 0))] +=
                row.section('|', 1).toInt();
    QVERIFY(told == truth);
    std::int64_t posts = 0;
    for (const auto& [kind, count] : told)
        if (kind.endsWith(QString(" %1").arg(int(TaskKind::PostCreated)))) posts += count;
    QCOMPARE(posts, shard == other.id.shard() ? 5 : 4);
    take(engine().operations().resumeWorkers(-1, soon()));
    QVERIFY(drain(engine()));
    for (const auto& node : details(shard).tasks)
        QVERIFY(node.kinds.empty());
}

// The deliveries of a known burst are in the shards of those who follow, and in no other.
void ShardDetailsTest::historyIsWhatHappened()
{
    const auto author = user();
    std::map<int, int> readersIn; // by shard; the author reads along
    ++readersIn[author.id.shard()];
    for (int i = 0; i < 20; ++i) {
        const auto reader = user();
        ++readersIn[reader.id.shard()];
        take(feed().follow(reader.id, author.id, soon()));
    }
    QVERIFY(drain(engine()));
    QVERIFY(laterSnapshots(monitor(), 4)); // what came before has been counted
    const auto before = monitor().snapshot()->deliveriesTotal;
    const auto begin = std::chrono::floor<std::chrono::seconds>(monitor().snapshot()->takenAt) + 1s;
    std::this_thread::sleep_until(begin);
    for (int i = 0; i < 50; ++i)
        take(feed().post(author.id, "burst", soon()));
    QVERIFY(drain(engine()));
    QTRY_COMPARE_WITH_TIMEOUT(monitor().snapshot()->deliveriesTotal, before + 50 * 21, 60'000);
    QVERIFY(laterSnapshots(monitor()));
    const auto end = monitor().snapshot()->takenAt;
    const auto out = take(monitor().shardHistory(BalanceMetric::Deliveries, begin, end, 300));
    QVERIFY(out.step == 1s);
    QCOMPARE(out.shards, engine().shardCount());
    std::vector<double> sums(std::size_t(out.shards), 0);
    double total = 0;
    for (std::size_t column = 0; column < out.at.size(); ++column)
        for (int shard = 0; shard < out.shards; ++shard)
            if (const float rate = out.value(column, shard); !std::isnan(rate)) {
                sums[std::size_t(shard)] += double(rate);
                total += double(rate);
            }
    QVERIFY(total > 0);
    // However long the sampler took from one look to the next: every shard has its part of the readers.
    for (int shard = 0; shard < out.shards; ++shard) {
        const double part = sums[std::size_t(shard)] / total, expected = readersIn[shard] / 21.0;
        QVERIFY2(std::abs(part - expected) <= 0.1 * expected,
                 qPrintable(QString("shard %1: %2, not %3").arg(shard).arg(part).arg(expected)));
    }
}

// What the history holds as bytes and entries now is what the sweep counted, and its entries are Redis' own.
void ShardDetailsTest::sizesAreRedisOwn()
{
    const auto author = user();
    const int shard = author.id.shard();
    for (int i = 0; i < 5; ++i)
        take(feed().post(author.id, "entry", soon()));
    QVERIFY(drain(engine()));
    const auto where = take(monitor().locate(author.id));
    const auto socket = QString::fromStdString(where.homeRedisCommand).section('\'', 1, 1);
    const auto redis = [&](const QStringList& words) {
        QProcess cli;
        cli.start("redis-cli", QStringList{"-s", socket} + words);
        cli.waitForFinished(20'000);
        return QString::fromUtf8(cli.readAllStandardOutput()).split('\n', Qt::SkipEmptyParts);
    };
    std::int64_t entries = 0;
    for (const auto& key : redis({"--scan", "--pattern", QString("{%1}:home:*").arg(shard)}))
        entries += redis({"ZCARD", key}).value(0).toLongLong();
    QVERIFY(entries >= 5);
    const auto newest = [&](BalanceMetric metric) {
        const auto now = monitor().snapshot()->takenAt;
        const auto out = take(monitor().shardHistory(metric, now - 20s, now + 1s, 300));
        float value = NAN;
        for (std::size_t column = 0; column < out.at.size(); ++column)
            if (!std::isnan(out.value(column, shard))) value = out.value(column, shard);
        return double(value);
    };
    // A column is the mean of ten seconds: it is reached once the sweep has counted for so long.
    QTRY_COMPARE_WITH_TIMEOUT(newest(BalanceMetric::Entries), double(entries), 60'000);
    QTRY_COMPARE_WITH_TIMEOUT(newest(BalanceMetric::Bytes),
                              double(monitor().snapshot()->shards[std::size_t(shard)].bytes), 60'000);
}

void ShardDetailsTest::unknownShardIsNotFound()
{
    for (const int shard : {-1, engine().shardCount()})
        QVERIFY(monitor().shardDetails(shard, soon(), {}).error().code == ErrorCode::NotFound);
    const auto now = monitor().snapshot()->takenAt;
    QVERIFY(monitor().shardHistory(BalanceMetric::Reads, now, now, 10).error().code ==
            ErrorCode::InvalidArgument);
}

void ShardDetailsTest::silentNodeCostsOnlyItsPart()
{
    const auto reader = user();
    const int shard = reader.id.shard();
    take(feed().homePage(reader.id, {}, soon()));
    take(feed().post(reader.id, "mine", soon()));
    QVERIFY(drain(engine()));
    const auto where = take(monitor().locate(reader.id));
    QVERIFY(where.usersNode != where.postsNode);
    take(m_session->servers()->pauseNode(where.postsNode));
    std::vector<ShardDetails> told;
    const auto out = take(monitor().shardDetails(shard, Deadline::after(3s),
                                                 [&](const ShardDetails& soFar) { told.push_back(soFar); }));
    take(m_session->servers()->resumeNode(where.postsNode));
    // What the others say is told while the silent one is waited for, and that it is.
    QVERIFY(!told.empty());
    const auto knows = [&](const ShardDetails& soFar) {
        return soFar.authors.awaited == where.postsNode && !soFar.readers.readers.empty() &&
               std::all_of(soFar.tasks.begin(), soFar.tasks.end(), [&](const auto& node) {
                   return node.awaited == (node.name == where.postsNode) && node.problem.empty();
               });
    };
    QVERIFY(std::any_of(told.begin(), told.end(), knows));
    QVERIFY(out.authors.awaited.empty() && out.namesAwaited.empty());
    QVERIFY(out.authors.authors.empty());
    QVERIFY2(out.authors.problem.find(where.postsNode) != std::string::npos, out.authors.problem.c_str());
    bool usersThere = false;
    for (const auto& node : out.tasks) {
        QCOMPARE(node.problem.empty(), node.name != where.postsNode);
        usersThere = usersThere || node.name == where.usersNode;
    }
    QVERIFY(usersThere);
    QVERIFY(out.readers.pages >= 1);
    QVERIFY(out.namesProblem.empty()); // users are on the other node
    const auto found = std::find_if(out.readers.readers.begin(), out.readers.readers.end(),
                                    [&](const auto& one) { return one.reader == reader.id; });
    QVERIFY(found != out.readers.readers.end());
    QCOMPARE(found->handle, reader.handle);
}

QTEST_GUILESS_MAIN(ShardDetailsTest)
#include "shard_details_test.moc"
