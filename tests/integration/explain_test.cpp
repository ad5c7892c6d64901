// "Why is this post (not) in that timeline?": each answer, provoked on real servers, and the trail behind it.
#include "tests/support/demo_session.h"
#include "tests/support/fixed_maps.h"

#include "backend/cache/redis_client.h"
#include "backend/cache/timelines.h"
#include "backend/common/config.h"
#include "backend/store/reader_store.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <unistd.h>

using namespace backend;
using namespace tests;
using namespace std::chrono_literals;

class ExplainTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase() { m_session.reset(); }
    void init();

    void deliveredPostTellsWhenAndBy();
    void chunkTellsItsPlanItsTaskAndItsWorker();
    void ownPostNeedsNoFollow();
    void rowsFromBeforeTellNoWorker();
    void laterFollowIsBackfilled();
    void strangersPostIsNotFollowed();
    void endedFollowTellsWhen();
    void whatIsNotRememberedIsNotClaimed();
    void anEarlierSleepIsNotClaimedToHaveBeenNone();
    void deletedPostTellsWhen();
    void tombstoneAndReclaimingAreTold();
    void deliveryAfterTheDeletionIsSkipped();
    void unknownPostAndReader();
    void waitingTaskIsUnderWay();
    void heldTaskTellsByWhomAndUntilWhen();
    void retryTellsWhenItIsDue();
    void dormantAtDeliveryIsSkipped();
    void olderThanTheTimelineIsBelowTheFloor();
    void tooOldForTheTimelineIsTrimmedByAge();
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
    void sleep();
    void redis(const QStringList& words);
    // On the node that holds the author's posts, and so the tasks of its posts.
    SqlRows sql(const std::string& text, const SqlParameters& parameters = {});
    std::string deliveries() const { return shardTable(Role::Posts, m_author.id.shard(), "deliveries"); }
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

const ExplainStep* stepOf(const Explanation& explanation, ExplainElement element)
{
    for (const auto& step : explanation.trail)
        if (step.element == element) return &step;
    return nullptr;
}

std::string textOf(const Explanation& explanation)
{
    std::string text = explanation.reason + "\n";
    for (const auto& step : explanation.trail)
        text += std::string(toString(step.element)) + (step.at ? " at: " : ": ") + step.what + "\n";
    return text;
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

SqlRows ExplainTest::sql(const std::string& text, const SqlParameters& parameters)
{
    const auto inputs = m_session->auditInputs();
    const auto shard = std::size_t(m_author.id.shard());
    const auto connection = take(take(inputs.pools->pool(inputs.map->postsNode[shard]))->lease(soon()));
    return take(connection->execute(text, parameters, soon()));
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
    QVERIFY(mentions(told, "logical shard " + std::to_string(id.shard()) + " on pg-"));
    // By which task and whom.
    const auto row = sql("SELECT task_id, worker FROM " + deliveries() + " WHERE post_id = $1::bigint",
                         {sqlParameter(id.value)});
    const auto* step = stepOf(told, ExplainElement::Delivered);
    QVERIFY2(step && step->at == delivered, textOf(told).c_str());
    QVERIFY(step->what.find("by task post_created " + std::string(row.text(0, 0)) + " on pg-") !=
            std::string::npos);
    const std::string worker(row.text(0, 1)), process = ":" + std::to_string(::getpid());
    QVERIFY2(worker.ends_with(process + "/1") || worker.ends_with(process + "/2"), worker.c_str());
    QVERIFY2(step->what.find("worker " + worker.substr(worker.size() - 1) + " of ") != std::string::npos &&
                 step->what.ends_with(process),
             step->what.c_str());
    QVERIFY(mentions(told, "the post's id is in it"));
    QVERIFY(std::is_sorted(told.trail.begin(), told.trail.end(),
                           [](const auto& a, const auto& b) { return a.at && b.at && *a.at < *b.at; }));
}

// Of an audience that is delivered in chunks, by another engine than the one that is asked.
void ExplainTest::chunkTellsItsPlanItsTaskAndItsWorker()
{
    const QTemporaryDir place;
    auto config = take(readClusterToml(m_session->configFile()));
    config.fanoutChunk = 10;
    const std::filesystem::path file = place.filePath("cluster.toml").toStdString();
    take(writeClusterToml(config, file));
    for (int i = 0; i < 30; ++i)
        take(feed().follow(user().id, m_author.id, soon()));
    drained();
    QVERIFY(stopWorkers(m_session->engine()));
    {
        const auto other = connectTo(file, 2);
        const auto id = take(other->engine().feed().post(m_author.id, "to many", soon())).id;
        QVERIFY(drain(other->engine()));
        const auto told = explain(id);
        QVERIFY2(told.answer == ExplainAnswer::Delivered && told.shown, textOf(told).c_str());
        const auto* planned = stepOf(told, ExplainElement::Planned);
        const auto* delivered = stepOf(told, ExplainElement::Delivered);
        QVERIFY2(planned && planned->at && delivered && delivered->at && *planned->at <= *delivered->at,
                 textOf(told).c_str());
        QVERIFY2(planned->what.find("planned in chunks") != std::string::npos, planned->what.c_str());
        QVERIFY2(delivered->what.find("by task deliver_chunk ") != std::string::npos &&
                     delivered->what.find("worker") != std::string::npos &&
                     !delivered->what.starts_with("chunk 0"),
                 delivered->what.c_str());
        const auto stranger = take(operations().explain(id, user().id, soon())); // in a chunk's range, too
        QVERIFY2(!stepOf(stranger, ExplainElement::Delivered) && !stranger.shown, textOf(stranger).c_str());
    }
    take(operations().setWorkerCount(-1, 2, soon()));
}

void ExplainTest::ownPostNeedsNoFollow()
{
    const auto id = take(feed().post(m_reader.id, "mine", soon())).id;
    drained();
    const auto told = explain(id);
    QVERIFY(told.answer == ExplainAnswer::Delivered && told.shown);
    QVERIFY(mentions(told, "one's own posts"));
}

void ExplainTest::rowsFromBeforeTellNoWorker()
{
    const auto id = post();
    drained();
    sql("UPDATE " + deliveries() + " SET task_id = NULL, worker = NULL WHERE post_id = $1::bigint",
        {sqlParameter(id.value)});
    const auto told = explain(id);
    const auto* step = stepOf(told, ExplainElement::Delivered);
    QVERIFY2(step && step->at && step->what.ends_with("ms after commit"), textOf(told).c_str());
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
    QVERIFY(timeOf(told, "it is backfilled") > timeOf(told, "posted by"));
    QVERIFY2(mentions(told, "passed the reader over by task post_created") &&
                 mentions(told, "the reader did not follow the author then"),
             textOf(told).c_str());
    QVERIFY(stepOf(told, ExplainElement::Skipped)->at && !stepOf(told, ExplainElement::Delivered));
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

void ExplainTest::tombstoneAndReclaimingAreTold()
{
    const auto id = post();
    drained();
    const std::string key = "{" + std::to_string(id.shard()) + "}:post:" + std::to_string(id.value);
    const auto postsRedis = [&](const std::string& command) {
        const auto map = m_session->auditInputs().map;
        const int node = map->timelinesNode[std::size_t(id.shard())];
        RedisClient client({*map->node(node)});
        return take(client.command(node, {command, key}, soon()));
    };
    QVERIFY(pauseAll(m_session->engine()));
    take(feed().deletePost(id, soon()));
    auto told = explain(id);
    QVERIFY2(mentions(told, "the post's tombstone is in the object cache on redis-"), textOf(told).c_str());
    QVERIFY(mentions(told, "is not reclaimed yet") && mentions(told, "the post's id is in it"));
    QVERIFY(timeOf(told, "its tombstone hides it") > timeOf(told, "posted by"));
    postsRedis("DEL");
    told = explain(id);
    QVERIFY2(mentions(told, "tombstone is not in the object cache on redis-"), textOf(told).c_str());
    take(operations().resumeWorkers(-1, soon()));
    drained();
    told = explain(id);
    QVERIFY2(mentions(told, "the post's tombstone is in"), textOf(told).c_str());
    QVERIFY(mentions(told, "the space of its entries is reclaimed") &&
            mentions(told, "the post's id is not in it"));
    // One that is held: it costs a minute of the pace at least.
    sql("INSERT INTO queue.tasks (kind, shard, state, rank, expires_at, units, payload) VALUES (6, 0, 2, 0,"
        " now() + interval '1 day', 1000000, $1)",
        {"{\"post\":" + std::to_string(id.value) + ",\"chunk\":\"x\"}"});
    told = explain(id);
    QVERIFY2(timeOf(told, "is held until its turn") > timeOf(told, "the post was deleted"),
             textOf(told).c_str());
    QVERIFY(mentions(told, "is not reclaimed yet"));
    sql("DELETE FROM queue.tasks WHERE units = 1000000");
}

void ExplainTest::deliveryAfterTheDeletionIsSkipped()
{
    QVERIFY(pauseAll(m_session->engine()));
    const auto id = post();
    take(feed().deletePost(id, soon()));
    take(operations().resumeWorkers(-1, soon()));
    drained();
    const auto told = explain(id);
    const auto* step = stepOf(told, ExplainElement::Skipped);
    QVERIFY2(step && step->what.ends_with("the post was deleted by then"), textOf(told).c_str());
    QVERIFY(step->at > timeOf(told, "its tombstone hides it"));
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
    QVERIFY(pauseAll(m_session->engine()));
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

// Another engine's worker, as far as the queue can tell.
void ExplainTest::heldTaskTellsByWhomAndUntilWhen()
{
    QVERIFY(pauseAll(m_session->engine()));
    const auto id = post();
    QVERIFY(!sql("SELECT id FROM queue.claim(10, 60000, 'far:17/3')").empty());
    const auto told = explain(id);
    QVERIFY2(told.answer == ExplainAnswer::UnderWay, told.reason.c_str());
    QVERIFY2(mentions(told, "is held by worker 3 of far:17, attempt 1"), textOf(told).c_str());
    const auto until = timeOf(told, "until then worker 3 of far:17 has its lease on post_created");
    QVERIFY(until && *until > timeOf(told, "is held by") && *until < std::chrono::system_clock::now() + 61s);
    sql("UPDATE queue.tasks SET state = 0, attempts = 0, lease_until = NULL WHERE state = 1");
    take(operations().resumeWorkers(-1, soon()));
    drained();
}

void ExplainTest::retryTellsWhenItIsDue()
{
    QVERIFY(pauseAll(m_session->engine()));
    const auto id = post();
    QVERIFY(!sql("SELECT id FROM queue.claim(10, 60000, 'far:17/3')").empty());
    sql("UPDATE queue.tasks SET state = 2, lease_until = NULL, error = 'it failed',"
        " run_at = now() + interval '1 hour' WHERE state = 1");
    const auto told = explain(id);
    QVERIFY2(mentions(told, "waits for its next attempt, attempt 1: it failed"), textOf(told).c_str());
    const auto due = timeOf(told, "is due then");
    QVERIFY(due && *due > std::chrono::system_clock::now() + 50min);
    // What waits for a node is due when that answers, whatever time stands there.
    int node = 0;
    for (const auto& one : m_session->engine().monitor().snapshot()->nodes)
        if (one.name == "redis-2") node = one.id;
    QVERIFY(node != 0);
    sql("INSERT INTO queue.parked (node, task, free_at) SELECT $1::int, id, now() FROM queue.tasks"
        " WHERE state = 2",
        {sqlParameter(node)});
    const auto parked = explain(id);
    QVERIFY2(mentions(parked, "waits for redis-2 to answer again, attempt 1: it failed"),
             textOf(parked).c_str());
    QVERIFY(!timeOf(parked, "is due then"));
    sql("UPDATE queue.tasks SET attempts = 0, run_at = now() WHERE state = 2");
    take(operations().resumeWorkers(-1, soon()));
    drained();
}

// The reader, as after 60 days.
void ExplainTest::sleep()
{
    const auto inputs = m_session->auditInputs();
    const FixedMaps maps(inputs.map);
    SqlSession session(*inputs.pools, maps);
    take(session.runOne(Role::Users, m_reader.id.shard(),
                        {"UPDATE " + shardTable(Role::Users, m_reader.id.shard(), "users") +
                             " SET last_seen_at = now() - interval '60 days' WHERE id = $1::bigint",
                         {sqlParameter(m_reader.id.value)}},
                        soon()));
    QCOMPARE(take(ReaderStore::makeDormant(session, std::vector{m_reader.id}, 30 * 24h, soon())), 1);
    drained();
}

void ExplainTest::dormantAtDeliveryIsSkipped()
{
    const auto before = post();
    drained();
    sleep();
    const auto id = post();
    drained();
    auto told = explain(id);
    QVERIFY2(told.answer == ExplainAnswer::Rebuilt && told.shown, told.reason.c_str());
    const auto slept = timeOf(told, "the reader became dormant"), skipped = timeOf(told, "dormant then");
    QVERIFY2(slept && skipped && *slept < *skipped, textOf(told).c_str());
    QVERIFY(mentions(told, "passed the reader over by task post_created"));
    told = explain(before); // it was delivered, while the reader was warm
    QVERIFY2(stepOf(told, ExplainElement::Delivered) && !stepOf(told, ExplainElement::Skipped),
             textOf(told).c_str());

    QVERIFY(pageShows(id)); // the reader returns
    drained();
    told = explain(id);
    QVERIFY2(told.answer == ExplainAnswer::Delivered, told.reason.c_str());
    QVERIFY2(timeOf(told, "dormant then") == skipped && timeOf(told, "the reader returned") > skipped,
             textOf(told).c_str());
    QVERIFY(!stepOf(told, ExplainElement::Delivered));
    const auto after = post();
    drained();
    told = explain(after);
    QVERIFY2(stepOf(told, ExplainElement::Delivered) && !stepOf(told, ExplainElement::Skipped),
             textOf(told).c_str());
}

// Of follows only the last one is remembered.
void ExplainTest::whatIsNotRememberedIsNotClaimed()
{
    const auto follow = [&] {
        take(feed().follow(m_reader.id, m_author.id, soon()));
        drained();
    };
    const auto unfollow = [&] {
        take(feed().unfollow(m_reader.id, m_author.id, soon()));
        drained();
    };
    const auto first = post();
    drained();
    unfollow();
    auto told = explain(first); // followed, delivered, ended: all of it is known
    QVERIFY2(stepOf(told, ExplainElement::Delivered) && !stepOf(told, ExplainElement::Skipped) &&
                 !mentions(told, "not known"),
             textOf(told).c_str());
    const auto began = timeOf(told, "began to follow"), delivered = timeOf(told, "was delivered");
    QVERIFY2(began && delivered && *began < *delivered && *delivered < timeOf(told, "ended following"),
             textOf(told).c_str());
    const auto between = post();
    drained();
    follow();
    told = explain(first); // it was delivered under the follow before this one
    QVERIFY2(!stepOf(told, ExplainElement::Skipped) &&
                 mentions(told, "whether the reader followed the author then is not known"),
             textOf(told).c_str());
    told = explain(between); // it was not, and that is not remembered either
    QVERIFY2(!mentions(told, "did not follow"), textOf(told).c_str());
    unfollow();
    QVERIFY2(mentions(explain(first), "followed the author then is not known"), "of two follows back");

    const auto stranger = user(); // followed after the post, for the first time, and not any more
    const auto early = take(feed().post(stranger.id, "words", soon())).id;
    drained();
    take(feed().follow(m_reader.id, stranger.id, soon()));
    drained();
    take(feed().unfollow(m_reader.id, stranger.id, soon()));
    drained();
    told = explain(early);
    QVERIFY2(!stepOf(told, ExplainElement::Delivered) &&
                 mentions(told, "the reader did not follow the author then"),
             textOf(told).c_str());
}

void ExplainTest::anEarlierSleepIsNotClaimedToHaveBeenNone()
{
    sleep();
    const auto id = post();
    drained();
    QVERIFY2(mentions(explain(id), "the reader was dormant then"), textOf(explain(id)).c_str());
    QVERIFY(pageShows(id)); // the reader returns
    drained();
    const auto awake = post();
    drained();
    sleep();
    auto told = explain(id); // of the first sleep only its end is remembered
    QVERIFY2(!stepOf(told, ExplainElement::Skipped) &&
                 mentions(told, "whether the reader was dormant then is not known"),
             textOf(told).c_str());
    told = explain(awake);
    QVERIFY2(stepOf(told, ExplainElement::Delivered) && !mentions(told, "not known"), textOf(told).c_str());
}

void ExplainTest::olderThanTheTimelineIsBelowTheFloor()
{
    const auto oldest = post();
    std::vector<PostId> newer;
    for (int i = 0; i < 950; ++i)
        newer.push_back(post());
    drained();
    const auto told = explain(oldest);
    // With the 800th newer one it is beyond what the timeline keeps.
    QVERIFY2(timeOf(told, "trimmed by count") == newer[799].time(), textOf(told).c_str());
    QVERIFY(mentions(told, "by then the reader had 800 newer posts") &&
            mentions(told, "is below that floor"));
    QVERIFY2(told.answer == ExplainAnswer::BelowFloor, told.reason.c_str());
    QVERIFY(told.shown);
    PageQuery query;
    query.before = PostId{oldest.value + 1};
    QCOMPARE(take(feed().homePage(m_reader.id, query, soon())).entries[0].id, oldest);
}

void ExplainTest::tooOldForTheTimelineIsTrimmedByAge()
{
    const auto id = post();
    drained();
    take(operations().setAgeShift(-30 * 24h, soon())); // as if 30 days had passed
    take(operations().rebuildTimeline(m_reader.id, soon()));
    const auto told = explain(id);
    take(operations().setAgeShift(0h, soon()));
    take(operations().rebuildTimeline(m_reader.id, soon()));
    QVERIFY2(told.answer == ExplainAnswer::BelowFloor && told.shown, textOf(told).c_str());
    QVERIFY2(
        timeOf(told, "the post was 30 days old, the greatest age that the timeline keeps: trimmed by age") ==
            id.time(),
        textOf(told).c_str());
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
    QTRY_VERIFY_WITH_TIMEOUT(explain(id).answer == ExplainAnswer::Stuck, 60'000);
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
