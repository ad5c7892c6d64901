// Every call of an engine, while nodes are dead, silent or slow: it returns by its deadline, with a typed
// error where it cannot do what it was asked for.
#include <QTest>

#include "backend/common/task_payloads.h"
#include "tests/integration/degraded_cluster.h"
#include "tests/integration/every_call.h"
#include "tests/support/lateness.h"
#include "tests/support/results.h"

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

using namespace backend;
using namespace tests;

namespace {

constexpr std::chrono::milliseconds kDeadline{600};
constexpr int kLanes = 3; // calls at a time

} // namespace

class EveryCallTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { m_all = std::make_unique<DegradedCluster>(); }
    void cleanupTestCase() { m_all.reset(); }
    void everyCall_data();
    void everyCall();
    void everyCallIsThere();
    void whatTimedOutIsRecorded();
    void allIsWellAfterwards();

private:
    CallSubjects subjects();
    std::vector<TaskRef> bury(const char* word);

    std::unique_ptr<DegradedCluster> m_all;
    int m_number = 0; // of handles and letters
};

// Dead letters on every node, with tasks that can be done again at any time.
std::vector<TaskRef> EveryCallTest::bury(const char* word)
{
    std::vector<TaskRef> letters;
    for (const auto& [node, pool] : m_all->session->auditInputs().pools->all()) {
        const auto connection = take(pool->lease(soon()));
        letters.push_back({node, 1'000'000'000 + ++m_number});
        take(connection->execute("INSERT INTO queue.dead_letters (id, kind, shard, payload, error, "
                                 "signature, attempts, created_at)"
                                 " VALUES ($1::bigint, $2::int, $3::int, $4, $5, 'buried', 8, now())",
                                 {sqlParameter(letters.back().id), sqlParameter(int(TaskKind::EdgeChanged)),
                                  sqlParameter(m_all->reader.shard()),
                                  encode(EdgePayload{m_all->reader, m_all->author}), std::string(word)},
                                 soon()));
    }
    return letters;
}

CallSubjects EveryCallTest::subjects()
{
    CallSubjects out;
    out.name = "fresh_" + std::to_string(++m_number);
    out.imported = out.name + "_i";
    take(m_all->engine().operations().openImport(out.imported, 1, 0, soon()));
    out.author = m_all->author;
    out.reader = m_all->reader;
    out.shortReader = m_all->shortReader;
    out.other = m_all->userThere(out.name + "_b");
    out.doomedUser = m_all->userThere(out.name + "_d");
    out.doomedAccount = m_all->userThere(out.name + "_e");
    out.post = m_all->posts[5];
    out.doomedPost = m_all->post();
    const auto later = std::int64_t(1) << (kShardBits + kSlotBits); // a millisecond
    out.users = {{UserId{out.other.value + later}, out.name + "_c", "User"}};
    out.follows = {{m_all->reader, out.other}};
    out.posts = {{PostId{out.doomedPost.value + later}, m_all->author, "imported"}};
    out.toRetry = bury("retried");
    out.toDiscard = bury("discarded");
    return out;
}

void EveryCallTest::everyCall_data()
{
    QTest::addColumn<int>("broken");
    QTest::addColumn<int>("manner");
    for (const auto broken : kAllBroken)
        for (const auto manner : kAllManners)
            QTest::addRow("%s %s", kBroken[std::size_t(broken)], kManners[std::size_t(manner)])
                << int(broken) << int(manner);
}

void EveryCallTest::everyCall()
{
    QFETCH(int, broken);
    QFETCH(int, manner);
    auto& engine = m_all->engine();
    auto& operations = engine.operations();
    auto about = subjects();
    const auto kept = bury("kept");
    about.node = m_all->nodeId(m_all->nodesOf(broken)[0]);
    about.letter = kept[0];
    for (const auto& letter : kept)
        if (letter.node == about.node) about.letter = letter;
    QVERIFY(m_all->drained());
    m_all->makeFloor(m_all->shortReader, m_all->posts[20]); // there is something to repair
    const std::set<ErrorCode> honest{ErrorCode::Unavailable, ErrorCode::DeadlineExceeded,
                                     ErrorCode::Overloaded};
    // All others do without: what the store acknowledges does not wait for a cache. (The costs are asked of
    // all logical shards: a machine that is busy may need longer for that.)
    const std::set<std::string> aboutRedis{
        "rebuildTimeline", "explain",       "bulkCreateUsers",   "bulkFollow",     "auditTimelines",
        "repairTimelines", "auditCounters", "reconcileCounters", "findOrphanKeys", "removeOrphanKeys",
        "compareTimeline", "nodeDetails",   "fanoutCosts"};
    const std::set<std::string> withoutDirectory{"post",     "deletePost", "follow",     "unfollow",
                                                 "homePage", "authorPage", "publicPage", "profile",
                                                 "counters", "followers",  "following"};
    const auto calls = tests::everyCall(engine, about);
    m_all->breakNodes(broken, Manner(manner));
    std::mutex mutex;
    QStringList wrong;
    const auto judge = [&](const EngineCall& call) {
        const Lateness lateness;
        const auto problem = call.run(Deadline::after(kDeadline));
        const bool inTime = lateness.inTime(kDeadline);
        const auto times = lateness.text(kDeadline);
        const bool late =
            problem && problem->code == ErrorCode::DeadlineExceeded && !lateness.machineIsOnTime();
        const auto name = QString::fromStdString(call.name);
        const auto said =
            problem ? QString::fromStdString(std::string(toString(problem->code)) + ": " + problem->message)
                    : QString();
        const std::lock_guard lock(mutex);
        if (!inTime) wrong << name + ": " + QString::fromStdString(times) + "; " + said;
        if (problem && (!honest.contains(problem->code) || problem->message.empty()))
            wrong << name + ": " + said;
        if (problem && !late && broken >= TimelineNode && !aboutRedis.contains(call.name))
            wrong << name + " needs Redis: " + said;
        if (problem && !late && broken == Directory && withoutDirectory.contains(call.name))
            wrong << name + " needs the directory: " + said;
    };
    {
        std::atomic<std::size_t> next = 0;
        std::vector<std::jthread> lanes;
        for (int lane = 0; lane < kLanes; ++lane)
            lanes.emplace_back([&] {
                for (auto i = next++; i < calls.size(); i = next++)
                    judge(calls[i]);
            });
    }
    m_all->mend();
    for (int i = 0; i < 2; ++i) { // whatever became of it: bulk writing may be run again
        take(operations.bulkCreateUsers(about.users, soon()));
        take(operations.bulkFollow(about.follows, soon()));
        take(operations.bulkPost(about.posts, soon()));
    }
    take(operations.resumeWorkers(-1, soon()));
    take(operations.setWorkerCount(-1, 2, soon()));
    std::vector<TaskRef> letters;
    for (const auto& letter : take(operations.deadLetters(100, soon()))) {
        QCOMPARE(letter.signature, std::string("buried"));
        letters.push_back(letter.ref);
    }
    QVERIFY(letters.size() >= kept.size());
    take(operations.discardDeadLetters(letters, soon()));
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join("\n")));
    QVERIFY(m_all->drained());
}

void EveryCallTest::everyCallIsThere()
{
    const CallSubjects nothing;
    std::set<std::string> called;
    for (const auto& call : tests::everyCall(m_all->engine(), nothing))
        called.insert(call.name);
    const auto declared = callsOfTheHeader();
    QVERIFY(declared.size() > 50);
    for (const auto& name : declared)
        QVERIFY2(called.contains(name), name.c_str());
    QCOMPARE(called.size(), declared.size());
}

// A deed that took all the time it was given leaves some for the record of it.
void EveryCallTest::whatTimedOutIsRecorded()
{
    auto& operations = m_all->engine().operations();
    const auto records = [&] {
        const auto pool = m_all->session->auditInputs().pools->all().at(m_all->nodeId("pg-3")).get();
        const auto rows = take(
            take(pool->lease(soon()))
                ->execute("SELECT action, count(*) FROM directory.audit_log GROUP BY action", {}, soon()));
        std::map<std::string, std::int64_t> out;
        for (std::size_t r = 0; r < rows.size(); ++r)
            out[std::string(rows.text(r, 0))] = rows.integer(r, 1);
        return out;
    };
    auto before = records();
    m_all->breakNodes(TimelineNode, Manner::Silent);
    const auto rebuilt = operations.rebuildTimeline(m_all->reader, Deadline::after(kDeadline));
    const auto repaired = operations.repairTimelines(
        {TimelineAuditQuery::Scope::Reader, m_all->reader, 0, 0, 0}, Deadline::after(kDeadline));
    const auto reconciled = operations.reconcileCounters({m_all->reader, -1}, Deadline::after(kDeadline));
    const auto removed = operations.removeOrphanKeys({}, Deadline::after(kDeadline));
    m_all->mend();
    VERIFY_ERROR(rebuilt, ErrorCode::DeadlineExceeded);
    VERIFY_ERROR(repaired, ErrorCode::DeadlineExceeded);
    VERIFY_ERROR(reconciled, ErrorCode::DeadlineExceeded);
    VERIFY_ERROR(removed, ErrorCode::DeadlineExceeded);
    auto after = records();
    for (const auto* action :
         {"rebuild_timeline", "repair_timelines", "reconcile_counters", "remove_orphan_keys"})
        QVERIFY2(after[action] == before[action] + 1, action);
}

void EveryCallTest::allIsWellAfterwards()
{
    QVERIFY(m_all->drained());
    const auto findings = auditFindings(*m_all->session);
    QVERIFY2(findings.empty(), findings.c_str());
}

QTEST_GUILESS_MAIN(EveryCallTest)
#include "every_call_test.moc"
