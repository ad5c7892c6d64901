// "Why is this post (not) in that timeline?": each answer, provoked on real servers, and the trail behind it.
#include "tests/support/demo_session.h"

#include "backend/cache/timelines.h"

#include <QProcess>
#include <QTest>

#include <algorithm>

using namespace backend;
using namespace tests;

class ExplainTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase() { m_session.reset(); }
    void init();

    void deliveredPostTellsWhenAndBy();
    void ownPostNeedsNoFollow();
    void laterFollowIsBackfilled();
    void strangersPostIsNotFollowed();
    void endedFollowTellsWhen();
    void deletedPostTellsWhen();
    void unknownPostAndReader();
    void waitingTaskIsUnderWay();
    void olderThanTheTimelineIsBelowTheFloor();
    void lostTimelineIsRebuiltAtTheNextPage();
    void postMissingFromTheSetIsAFault();
    void postTooManyInTheSetIsAFault();
    void deadLetterIsNamed();

private:
    Feed& feed() { return m_session->engine().feed(); }
    Operations& operations() { return m_session->engine().operations(); }
    User user() { return take(feed().createUser({"user" + std::to_string(++m_users), "U"}, soon())); }
    PostId post() { return take(feed().post(m_author.id, "words", soon())).id; }
    void drained() { QVERIFY(drain(m_session->engine())); }
    Explanation explain(PostId post) { return take(operations().explain(post, m_reader.id, soon())); }
    void redis(const QStringList& words);
    // What the reader's first page says, to hold the answer against.
    bool pageShows(PostId post);

    std::shared_ptr<app::OpenedSession> m_session;
    User m_author, m_reader;
    int m_users = 0;
};

namespace {

bool mentions(const Explanation& explanation, const std::string& words)
{
    return std::any_of(explanation.trail.begin(), explanation.trail.end(),
                       [&](const auto& step) { return step.what.find(words) != std::string::npos; });
}

std::optional<TimePoint> timeOf(const Explanation& explanation, const std::string& words)
{
    for (const auto& step : explanation.trail)
        if (step.what.find(words) != std::string::npos) return step.at;
    return std::nullopt;
}

} // namespace

void ExplainTest::initTestCase()
{
    m_session = openDemo({.dataDirectory = {}, .workers = 2});
}

// A fresh author and a reader who follows.
void ExplainTest::init()
{
    m_author = user();
    m_reader = user();
    take(feed().follow(m_reader.id, m_author.id, soon()));
    drained();
}

void ExplainTest::redis(const QStringList& words)
{
    const auto where = take(m_session->engine().monitor().locate(m_reader.id));
    // "redis-cli -s '/path' ZUNION …": the address in it is the node's.
    const auto path = QString::fromStdString(where.homeRedisCommand).section(QLatin1Char('\''), 1, 1);
    QProcess cli;
    cli.start(QStringLiteral("redis-cli"), QStringList{QStringLiteral("-s"), path} + words);
    QVERIFY(cli.waitForFinished());
    QCOMPARE(cli.exitCode(), 0);
}

bool ExplainTest::pageShows(PostId post)
{
    const auto page = take(feed().homePage(m_reader.id, {}, soon()));
    return std::any_of(page.entries.begin(), page.entries.end(),
                       [&](const auto& entry) { return entry.id == post; });
}

void ExplainTest::deliveredPostTellsWhenAndBy()
{
    const auto id = post();
    drained();
    const auto told = explain(id);
    QVERIFY2(told.answer == ExplainAnswer::Delivered, told.reason.c_str());
    QVERIFY(told.shown && pageShows(id));
    QCOMPARE(told.author, m_author.id);
    const auto posted = timeOf(told, "posted by"), followed = timeOf(told, "began to follow"),
               delivered = timeOf(told, "was delivered");
    QVERIFY(posted && followed && delivered);
    QVERIFY(*followed < *posted && *posted <= *delivered);
    QVERIFY(mentions(told, "the post's id is in it"));
    QVERIFY(std::is_sorted(told.trail.begin(), told.trail.end(),
                           [](const auto& a, const auto& b) { return a.at && b.at && *a.at < *b.at; }));
}

void ExplainTest::ownPostNeedsNoFollow()
{
    const auto id = take(feed().post(m_reader.id, "mine", soon())).id;
    drained();
    const auto told = explain(id);
    QVERIFY(told.answer == ExplainAnswer::Delivered && told.shown);
    QVERIFY(mentions(told, "one's own posts"));
}

void ExplainTest::laterFollowIsBackfilled()
{
    m_reader = user();
    const auto id = post();
    drained();
    take(feed().follow(m_reader.id, m_author.id, soon()));
    drained();
    const auto told = explain(id);
    QVERIFY2(told.answer == ExplainAnswer::Delivered, told.reason.c_str());
    QVERIFY(mentions(told, "it is backfilled"));
}

void ExplainTest::strangersPostIsNotFollowed()
{
    const auto id = take(feed().post(user().id, "elsewhere", soon())).id;
    drained();
    const auto told = explain(id);
    QVERIFY(told.answer == ExplainAnswer::NotFollowed && !told.shown && !pageShows(id));
    QVERIFY2(told.reason.find("never followed") != std::string::npos, told.reason.c_str());
}

void ExplainTest::endedFollowTellsWhen()
{
    const auto id = post();
    drained();
    take(feed().unfollow(m_reader.id, m_author.id, soon()));
    drained();
    const auto told = explain(id);
    QVERIFY(told.answer == ExplainAnswer::NotFollowed && !told.shown && !pageShows(id));
    QVERIFY(timeOf(told, "ended following") > timeOf(told, "posted by"));
}

void ExplainTest::deletedPostTellsWhen()
{
    const auto id = post();
    drained();
    take(feed().deletePost(id, soon()));
    const auto told = explain(id);
    QVERIFY(told.answer == ExplainAnswer::Deleted && !told.shown && !pageShows(id));
    QVERIFY(timeOf(told, "was deleted") > timeOf(told, "posted by"));
    drained();
}

void ExplainTest::unknownPostAndReader()
{
    QVERIFY(explain(PostId{post().value + (std::int64_t(1) << 40)}).answer == ExplainAnswer::NoSuchPost);
    QVERIFY(explain(PostId{-1}).answer == ExplainAnswer::NoSuchPost);
    for (const auto nobody : {UserId{0}, UserId{m_reader.id.value + 1}}) {
        const auto told = operations().explain(post(), nobody, soon());
        QVERIFY(!told && told.error().code == ErrorCode::NotFound);
    }
    drained();
}

void ExplainTest::waitingTaskIsUnderWay()
{
    take(operations().pauseWorkers(-1, soon()));
    const auto id = post();
    auto told = explain(id);
    QVERIFY2(told.answer == ExplainAnswer::UnderWay, told.reason.c_str());
    QVERIFY(!told.shown && !pageShows(id));
    QVERIFY(mentions(told, "post_created") && mentions(told, "waits for a worker"));
    take(operations().resumeWorkers(-1, soon()));
    drained();
    told = explain(id);
    QVERIFY(told.answer == ExplainAnswer::Delivered && told.shown);
}

void ExplainTest::olderThanTheTimelineIsBelowTheFloor()
{
    const auto oldest = post();
    for (int i = 0; i < 950; ++i)
        post();
    drained();
    const auto told = explain(oldest);
    QVERIFY2(told.answer == ExplainAnswer::BelowFloor, told.reason.c_str());
    QVERIFY(told.shown);
    PageQuery query;
    query.before = PostId{oldest.value + 1};
    QCOMPARE(take(feed().homePage(m_reader.id, query, soon())).entries[0].id, oldest);
}

void ExplainTest::lostTimelineIsRebuiltAtTheNextPage()
{
    const auto id = post();
    drained();
    redis({"FLUSHALL"});
    auto told = explain(id);
    QVERIFY2(told.answer == ExplainAnswer::Rebuilt && told.shown, told.reason.c_str());
    QVERIFY(pageShows(id));
    drained();
    told = explain(id);
    QVERIFY2(told.answer == ExplainAnswer::Delivered, told.reason.c_str());
}

void ExplainTest::postMissingFromTheSetIsAFault()
{
    const auto id = post();
    drained();
    redis({"ZREM", QString::fromStdString(timelineKey(TimelineFamily::Home, m_reader.id)),
           QString::fromStdString(memberOf(id))});
    const auto told = explain(id);
    QVERIFY(told.answer == ExplainAnswer::Missing && !told.shown && !pageShows(id));
    QVERIFY2(told.reason.find("rebuild") != std::string::npos, told.reason.c_str());
    take(operations().rebuildTimeline(m_reader.id, soon()));
    QVERIFY(explain(id).answer == ExplainAnswer::Delivered);
}

void ExplainTest::postTooManyInTheSetIsAFault()
{
    const auto id = take(feed().post(user().id, "elsewhere", soon())).id;
    drained();
    redis({"ZADD", QString::fromStdString(timelineKey(TimelineFamily::Home, m_reader.id)),
           QString::number(-unixMillisecondsOf(id.value)), QString::fromStdString(memberOf(id))});
    const auto told = explain(id);
    QVERIFY2(told.answer == ExplainAnswer::Extra && told.shown && pageShows(id), told.reason.c_str());
    take(operations().rebuildTimeline(m_reader.id, soon()));
    QVERIFY(explain(id).answer == ExplainAnswer::NotFollowed);
}

void ExplainTest::deadLetterIsNamed()
{
    const auto id = post();
    drained();
    redis({"ZREM", QString::fromStdString(timelineKey(TimelineFamily::Home, m_reader.id)),
           QString::fromStdString(memberOf(id))});
    const auto inputs = m_session->auditInputs();
    auto connection = take(inputs.pools->all().begin()->second->lease(soon()));
    take(connection->execute("INSERT INTO queue.tasks (kind, shard, attempts, rank, expires_at, payload) "
                             "VALUES (3, 0, 7, 0, now() + interval "
                             "'1 day', $1)",
                             {"{\"post\":" + std::to_string(id.value) + ",\"chunk\":\"x\"}"}, soon()));
    QTRY_VERIFY_WITH_TIMEOUT(explain(id).answer == ExplainAnswer::Stuck, 20'000);
    const auto told = explain(id);
    QVERIFY(mentions(told, "became a dead letter"));
    QVERIFY2(told.reason.find("deliver_chunk") != std::string::npos, told.reason.c_str());
    const auto letters = take(operations().deadLetters(10, soon()));
    QCOMPARE(letters.size(), std::size_t(1));
    const std::vector<TaskRef> refs{letters[0].ref};
    take(operations().discardDeadLetters(refs, soon()));
    QVERIFY(explain(id).answer == ExplainAnswer::Missing);
}

QTEST_GUILESS_MAIN(ExplainTest)
#include "explain_test.moc"
