// The object cache on real servers: what may overwrite what, how long it lives, and what comes back.
#include <QTest>

#include "backend/cache/objects.h"
#include "tests/support/redis_fixture.h"

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class ObjectsTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void postsComeBackAsTheyWere_data();
    void postsComeBackAsTheyWere();
    void usersComeBackAsTheyWere();
    void aFillNeverOverwrites();
    void aTombstoneOverwritesAFill();
    void aFillAfterATombstoneCannotRevive();
    void agesAreBoundedAndJittered();
    void readingDoesNotExtend();
    void aTombstoneOutlivesEveryBody();
    void countersAreSetOnlyByNewerVersions_data();
    void countersAreSetOnlyByNewerVersions();
    void countersExpire();
    void manyIdsOverManyNodes();
    void aDeadNodeMakesAReadPartial();
    void foreignValuesAreMisses();

private:
    template <class Add>
    void run(Add add)
    {
        RedisBatch batch(*m_client);
        add(batch);
        if (const auto done = batch.run(soon()); !done) throw std::runtime_error(done.error().message);
    }
    CachedPost read(PostId id) { return m_objects->posts(*m_client, std::vector{id}, soon()).posts.front(); }
    std::string redis(int shard, std::initializer_list<std::string_view> words)
    {
        return m_redis->redis(m_redis->current()->timelinesNode[std::size_t(shard)], words);
    }
    static std::string postKey(PostId id)
    {
        return "{" + std::to_string(id.shard()) + "}:post:" + std::to_string(id.value);
    }
    static Deadline soon() { return RedisFixture::soon(); }

    std::unique_ptr<RedisFixture> m_redis;
    std::unique_ptr<Objects> m_objects;
    std::unique_ptr<RedisClient> m_client;
};

void ObjectsTest::initTestCase()
{
    m_redis = std::make_unique<RedisFixture>(2, 4);
    m_objects = std::make_unique<Objects>(*m_redis, ObjectTimes{});
}

void ObjectsTest::init()
{
    m_redis->reset();
    m_client = std::make_unique<RedisClient>(m_redis->nodes());
}

void ObjectsTest::postsComeBackAsTheyWere_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("plain") << QByteArray("hello  world ");
    QTest::newRow("unicode") << QByteArray("Nest im Baum \xF0\x9F\xAA\xB9 \xC3\xA4");
    QTest::newRow("lines") << QByteArray("one\r\ntwo\n\n three");
    QTest::newRow("the tombstone's word") << QByteArray("deleted");
    QTest::newRow("numbers") << QByteArray("42 43");
    QTest::newRow("bytes") << QByteArray("\x00\xff\x01 \x80", 5);
    QTest::newRow("long") << QByteArray(2'000, 'x');
}

void ObjectsTest::postsComeBackAsTheyWere()
{
    QFETCH(QByteArray, body);
    const Post post{postAt(7, 3, 5), userOf(3, 9), body.toStdString()};
    run([&](RedisBatch& batch) { m_objects->fillPost(batch, post); });
    const auto back = read(post.id);
    QCOMPARE(int(back.state), int(CachedPost::State::Present));
    QVERIFY(back.post.id == post.id && back.post.author == post.author && back.post.body == post.body);
}

void ObjectsTest::usersComeBackAsTheyWere()
{
    const User user{userOf(1, 3), "rook_1", "Ada  Rook, the 2nd ",
                    TimePoint(std::chrono::microseconds(1'700'000'000'123'456))};
    const User plain{userOf(2, 3), "x", "", TimePoint()};
    run([&](RedisBatch& batch) {
        m_objects->fillUser(batch, user);
        m_objects->fillUser(batch, plain);
    });
    const auto back = m_objects->users(*m_client, std::vector{user.id, plain.id, userOf(0)}, soon());
    QVERIFY(!back.partial);
    QVERIFY(back.users[0].state == CachedUser::State::Present && back.users[0].user.id == user.id &&
            back.users[0].user.handle == user.handle);
    QVERIFY(back.users[0].user.displayName == user.displayName &&
            back.users[0].user.createdAt == user.createdAt);
    QVERIFY(back.users[1].state == CachedUser::State::Present && back.users[1].user.handle == "x" &&
            back.users[1].user.displayName.empty());
    QVERIFY(back.users[2].state == CachedUser::State::Missing);
}

void ObjectsTest::aFillNeverOverwrites()
{
    const Post first{postAt(1), userOf(0), "first"}, second{postAt(1), userOf(0), "second"};
    run([&](RedisBatch& batch) {
        m_objects->fillPost(batch, first);
        m_objects->fillPost(batch, second);
    });
    QCOMPARE(read(first.id).post.body, std::string("first"));
}

void ObjectsTest::aTombstoneOverwritesAFill()
{
    const Post post{postAt(1), userOf(0), "gone"};
    run([&](RedisBatch& batch) {
        m_objects->fillPost(batch, post);
        m_objects->tombstonePost(batch, post.id);
        m_objects->tombstonePost(batch, post.id);
    });
    QCOMPARE(int(read(post.id).state), int(CachedPost::State::Deleted));
}

void ObjectsTest::aFillAfterATombstoneCannotRevive()
{
    // A reader loaded the row, was held up, and fills after the post was deleted.
    const Post post{postAt(1), userOf(0), "gone"};
    RedisClient slow(m_redis->nodes());
    RedisBatch late(slow);
    m_objects->fillPost(late, post);
    run([&](RedisBatch& batch) { m_objects->tombstonePost(batch, post.id); });
    QVERIFY(late.run(soon()));
    QCOMPARE(int(read(post.id).state), int(CachedPost::State::Deleted));
}

void ObjectsTest::agesAreBoundedAndJittered()
{
    std::set<std::int64_t> lives;
    for (int i = 0; i < 50; ++i) {
        const Post post{postAt(i), userOf(0), "x"};
        run([&](RedisBatch& batch) { m_objects->fillPost(batch, post); });
        // EXPIRETIME against the server's clock would tell the same; the moment between is far below the
        // jitter.
        const auto left = std::stoll(redis(0, {"PTTL", postKey(post.id)}));
        QVERIFY2(left <= 300'000 && left > 240'000 - 20'000, qPrintable(QString::number(left)));
        lives.insert(left / 2'000);
    }
    QVERIFY(lives.size() > 5); // they do not expire together
}

void ObjectsTest::readingDoesNotExtend()
{
    const Post post{postAt(1), userOf(0), "x"};
    run([&](RedisBatch& batch) { m_objects->fillPost(batch, post); });
    redis(0, {"PEXPIRE", postKey(post.id), "100000"});
    QVERIFY(read(post.id).state == CachedPost::State::Present);
    run([&](RedisBatch& batch) { m_objects->fillPost(batch, post); }); // nor does a fill that finds it there
    QVERIFY(std::stoll(redis(0, {"PTTL", postKey(post.id)})) <= 100'000);
}

void ObjectsTest::aTombstoneOutlivesEveryBody()
{
    run([&](RedisBatch& batch) { m_objects->tombstonePost(batch, postAt(1)); });
    const auto left = [&] { return std::stoll(redis(0, {"PTTL", postKey(postAt(1))})); };
    QVERIFY(left() > 30LL * 86'400'000); // as long as a timeline may hold the post's id
    run([&](RedisBatch& batch) { m_objects->tombstoneReclaimed(batch, postAt(1)); });
    QVERIFY(left() > 3'500'000 && left() <= 3'600'000);
}

void ObjectsTest::countersAreSetOnlyByNewerVersions_data()
{
    QTest::addColumn<qint64>("first");
    QTest::addColumn<qint64>("second");
    QTest::addColumn<bool>("taken");
    QTest::newRow("newer") << qint64(9) << qint64(10) << true;
    QTest::newRow("older") << qint64(10) << qint64(9) << false;
    QTest::newRow("the same") << qint64(7) << qint64(7) << false;
    QTest::newRow("beyond doubles, newer") << (qint64(1) << 53) << (qint64(1) << 53) + 1 << true;
    QTest::newRow("beyond doubles, older") << (qint64(1) << 53) + 1 << (qint64(1) << 53) << false;
    QTest::newRow("from nothing") << qint64(0) << qint64(1) << true;
}

void ObjectsTest::countersAreSetOnlyByNewerVersions()
{
    QFETCH(qint64, first);
    QFETCH(qint64, second);
    QFETCH(bool, taken);
    const auto user = userOf(1);
    QVERIFY(!*m_objects->counters(*m_client, user, soon()));
    run([&](RedisBatch& batch) {
        m_objects->setCounters(batch, user, {first, {1, 2, 3}});
        m_objects->setCounters(batch, user, {second, {4, 5, 6}});
    });
    const auto back = m_objects->counters(*m_client, user, soon());
    QVERIFY(back && *back);
    QCOMPARE((*back)->version, std::int64_t(taken ? second : first));
    QVERIFY((*back)->counters == (taken ? Counters{4, 5, 6} : Counters{1, 2, 3}));
}

void ObjectsTest::countersExpire()
{
    run([&](RedisBatch& batch) { m_objects->setCounters(batch, userOf(1), {1, {1, 2, 3}}); });
    const auto left = std::stoll(redis(1, {"PTTL", "{1}:counters:" + std::to_string(userOf(1).value)}));
    QVERIFY(left > 0 && left <= 3'600'000);
}

void ObjectsTest::manyIdsOverManyNodes()
{
    std::vector<PostId> ids;
    run([&](RedisBatch& batch) {
        for (int i = 0; i < 500; ++i) {
            ids.push_back(postAt(i, i % 4));
            if (i % 5 == 0)
                m_objects->tombstonePost(batch, ids.back());
            else if (i % 5 != 1)
                m_objects->fillPost(batch, {ids.back(), userOf(i % 4), "body " + std::to_string(i)});
        }
    });
    const auto back = m_objects->posts(*m_client, ids, soon());
    QVERIFY(!back.partial);
    for (int i = 0; i < 500; ++i) {
        const auto& post = back.posts[std::size_t(i)];
        const auto expected = i % 5 == 0   ? CachedPost::State::Deleted
                              : i % 5 == 1 ? CachedPost::State::Missing
                                           : CachedPost::State::Present;
        QCOMPARE(int(post.state), int(expected));
        if (post.state == CachedPost::State::Present) QCOMPARE(post.post.body, "body " + std::to_string(i));
    }
}

void ObjectsTest::aDeadNodeMakesAReadPartial()
{
    const Post here{postAt(1, 0), userOf(0), "here"}, there{postAt(1, 1), userOf(1), "there"};
    run([&](RedisBatch& batch) {
        m_objects->fillPost(batch, here);
        m_objects->fillPost(batch, there);
    });
    QVERIFY(m_redis->servers().killNode("redis-2"));
    const auto back = m_objects->posts(*m_client, std::vector{here.id, there.id}, soon());
    QVERIFY(back.partial);
    QVERIFY(back.posts[0].state == CachedPost::State::Present &&
            back.posts[1].state == CachedPost::State::Missing);
    QVERIFY(m_objects->users(*m_client, std::vector{userOf(1)}, soon()).partial);
    QVERIFY(!m_objects->counters(*m_client, userOf(1), soon()));
}

void ObjectsTest::foreignValuesAreMisses()
{
    redis(0, {"SET", postKey(postAt(1)), "not ours"});
    redis(0, {"SET", "{0}:user:" + std::to_string(userOf(0).value), ""});
    redis(0, {"SET", "{0}:counters:" + std::to_string(userOf(0).value), "1 2 three 4"});
    QVERIFY(read(postAt(1)).state == CachedPost::State::Missing);
    QVERIFY(m_objects->users(*m_client, std::vector{userOf(0)}, soon()).users.front().state ==
            CachedUser::State::Missing);
    const auto counters = m_objects->counters(*m_client, userOf(0), soon());
    QVERIFY(counters && !*counters);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::ObjectsTest)
#include "objects_test.moc"
