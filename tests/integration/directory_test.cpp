// The directory and its id slots on a real server.
#include "backend/cluster/cluster_init.h"
#include "backend/cluster/directory.h"
#include "backend/cluster/slot_lease.h"
#include "backend/store/migrations.h"
#include "backend/store/postgres_pool.h"
#include "tests/support/private_cluster.h"
#include "tests/support/results.h"

#include <QTest>

#include <atomic>
#include <future>
#include <set>

using namespace backend;
using namespace std::chrono_literals;

namespace tests {
namespace {

constexpr std::string_view kArguments =
    "{\"why\": \"it's \\\"late\\\"\", \"engine\": -1}"; // as jsonb prints it
constexpr std::string_view kStatus = "{\"tasks\": 12}";

Deadline soon()
{
    return Deadline::after(30s);
}

ClusterPlan plan()
{
    ClusterPlan p{"here", "test", 4, {}};
    p.nodes.push_back(
        {{1, "pg-1", NodeKind::Postgres, "host=a"}, {Role::Directory, Role::Users, Role::Posts}});
    p.nodes.push_back({{2, "redis-1", NodeKind::Redis, "redis://c:1"}, {Role::Timelines}});
    return p;
}

} // namespace

class DirectoryTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void anEmptyDatabaseHoldsNoCluster();
    void settingsAreKept();
    void handlesAreFoundByPrefix();
    void prefixSearchUsesTheIndex();
    void importsAreOpenedOnce();
    void importSlotsComeFromTheTopAndAreNeverReused();
    void concurrentImportsTakeDifferentSlots();
    void theAuditLogKeepsExactArguments();
    void enginesComeAndGo();
    void ordersReachEngines();
    void silentEnginesAreRemoved();
    void aSlotIsTakenRenewedAndReleased();
    void aReleasedSlotContinuesAboveWhatWasUsed();
    void aLapsedSlotIsTakenOverAboveItsRange();
    void whoLostItsSlotTakesAnother();
    void aLapsedLeaseThatNobodyTookIsStillOurs();
    void aRenewalUnderWayIsNotOverlooked();
    void holdersNeverShareASlot();
    void aClockThatWasSetBackDoesNotShortenARange();
    void allSlotsTakenIsOverload();

private:
    void sql(const std::string& script)
    {
        const auto c = m_owner->lease(soon());
        VERIFY_OK(c);
        VERIFY_OK((*c)->executeScript(script, soon()));
    }
    // The leases' clock is the server's own: a span of a millisecond has lapsed when the next statement runs.
    static void letLapse() { QTest::qSleep(20); }

    std::unique_ptr<PrivateCluster> m_cluster;
    std::unique_ptr<SqlPool> m_owner, m_pool;
    std::unique_ptr<Directory> m_directory;
};

void DirectoryTest::initTestCase()
{
    m_cluster = PrivateCluster::start(1, 0);
    const auto node = m_cluster->node("pg-1");
    m_owner = makePostgresPool({1, "pg-1", NodeKind::Postgres, node.ownerAddress}, {2, 8, 5s});
    m_pool = makePostgresPool({1, "pg-1", NodeKind::Postgres, node.address},
                              {8, 64, 5s}); // as an engine: it owns nothing
    m_directory = std::make_unique<Directory>(*m_pool);
    VERIFY_ERROR(m_directory->settings(soon()), ErrorCode::NotFound);
    TAKE(c, m_owner->lease(soon()));
    VERIFY_OK(initCluster(
        plan(), {{1, c.get()}},
        [](SqlConnection& owner, const std::vector<SchemaTarget>& targets, Deadline deadline) {
            return migrate(owner, targets, deadline);
        },
        soon()));
}

void DirectoryTest::init()
{
    sql("TRUNCATE directory.handles, directory.imports, directory.id_slots, directory.engines, "
        "directory.audit_log");
}

void DirectoryTest::anEmptyDatabaseHoldsNoCluster()
{
    const auto node = m_cluster->node("pg-1");
    const auto elsewhere =
        makePostgresPool({1, "pg-1", NodeKind::Postgres, node.ownerAddress + " dbname=postgres"}, {1, 1, 5s});
    const auto settings = Directory(*elsewhere).settings(soon());
    VERIFY_ERROR(settings, ErrorCode::NotFound);
    QVERIFY(settings.error().message.find("cluster init") != std::string::npos);
}

void DirectoryTest::settingsAreKept()
{
    TAKE(none, m_directory->setting("age_shift_ms", soon()));
    QVERIFY(!none);
    VERIFY_OK(m_directory->saveSetting("age_shift_ms", "1", soon()));
    VERIFY_OK(m_directory->saveSetting("age_shift_ms", "-86400000", soon()));
    TAKE(some, m_directory->setting("age_shift_ms", soon()));
    QCOMPARE(*some, std::string("-86400000"));
    TAKE(epoch, m_directory->epoch(soon()));
    QCOMPARE(epoch, std::int64_t(1));
}

void DirectoryTest::handlesAreFoundByPrefix()
{
    sql("INSERT INTO directory.handles VALUES ('ann', 1), ('anna', 2), ('annB', 3), ('ann_b', 4), ('ann%', "
        "5), ('anm', 6),"
        " ('anno', 7), ('bob', 8), ('Ann', 9), ('zoë', 10), ('zo🐦', 11)");
    const auto found = [&](const std::string& prefix, int limit = 100) {
        std::string joined;
        const auto entries = m_directory->handlesByPrefix(prefix, limit, soon());
        if (!entries) return entries.error().message;
        for (const auto& entry : *entries)
            joined += (joined.empty() ? "" : " ") + entry.handle;
        return joined;
    };
    QCOMPARE(found("ann"), std::string("ann ann% annB ann_b anna anno")); // by bytes
    QCOMPARE(found("ann", 2), std::string("ann ann%"));
    QCOMPARE(found("ann%"), std::string("ann%")); // nothing is a wildcard
    QCOMPARE(found("ann_"), std::string("ann_b"));
    QCOMPARE(found("zo"), std::string("zoë zo🐦"));
    QCOMPARE(found("zoë"), std::string("zoë"));
    QCOMPARE(found("x"), std::string());
    TAKE(bob, m_directory->userByHandle("bob", soon()));
    QCOMPARE(bob->value, std::int64_t(8));
    TAKE(nobody, m_directory->userByHandle("nobody", soon()));
    QVERIFY(!nobody);
}

void DirectoryTest::prefixSearchUsesTheIndex()
{
    sql("INSERT INTO directory.handles SELECT 'user' || g, g FROM generate_series(1, 20000) AS g; ANALYZE "
        "directory.handles");
    TAKE(c, m_pool->lease(soon()));
    TAKE(plan, c->execute("EXPLAIN SELECT handle, user_id FROM directory.handles WHERE handle >= 'user12' "
                          "AND handle < E'user12\\U0010FFFF'"
                          " ORDER BY handle LIMIT 10",
                          {}, soon()));
    std::string text;
    for (std::size_t r = 0; r < plan.size(); ++r)
        text += std::string(plan.text(r, 0)) + "\n";
    QVERIFY2(text.find("handles_pkey") != std::string::npos && text.find("Sort") == std::string::npos,
             text.c_str());
    TAKE(entries, m_directory->handlesByPrefix("user12", 3, soon()));
    QCOMPARE(entries.size(), std::size_t(3));
    QCOMPARE(entries[0].handle, std::string("user12"));
}

void DirectoryTest::importsAreOpenedOnce()
{
    TAKE(first, m_directory->openImport("abc", 3, 42, soon()));
    QVERIFY(first.created);
    QCOMPARE(first.phase, std::string("accounts"));
    QCOMPARE(first.timeShiftMs, std::int64_t(42));
    TAKE(second, m_directory->openImport("abc", 9, 77, soon())); // what the first decided stands
    QVERIFY(!second.created);
    QVERIFY(second.idSlots == first.idSlots);
    QCOMPARE(second.timeShiftMs, std::int64_t(42));
    second.phase = "posts";
    second.linesDone = 1234;
    VERIFY_OK(m_directory->saveImport(second, soon()));
    TAKE(found, m_directory->findImport("abc", soon()));
    QCOMPARE(found->phase, std::string("posts"));
    QCOMPARE(found->linesDone, std::int64_t(1234));
    QVERIFY(found->idSlots == first.idSlots);
    TAKE(unknown, m_directory->findImport("other", soon()));
    QVERIFY(!unknown);
    second.fileHash = "other";
    VERIFY_ERROR(m_directory->saveImport(second, soon()), ErrorCode::NotFound);
    VERIFY_ERROR(m_directory->openImport("none", 0, 0, soon()), ErrorCode::InvalidArgument);
}

void DirectoryTest::importSlotsComeFromTheTopAndAreNeverReused()
{
    TAKE(first, m_directory->openImport("a", 2, 0, soon()));
    QVERIFY((first.idSlots == std::vector{1023, 1022}));
    sql("DELETE FROM directory.imports"); // the record may go, its slots do not come back
    TAKE(second, m_directory->openImport("a", 2, 0, soon()));
    QVERIFY((second.idSlots == std::vector{1021, 1020}));
    SlotLease engine(*m_pool, "host:1");
    TAKE(grant, engine.renew(soon()));
    QCOMPARE(grant.slot, 0);
    sql("INSERT INTO directory.id_slots SELECT s, 'engine', 'x', 'infinity', 0 FROM generate_series(1, 1018) "
        "AS s");
    const auto full = m_directory->openImport("b", 2, 0, soon());
    VERIFY_ERROR(full, ErrorCode::Overloaded);
    TAKE(nothing, m_directory->findImport("b", soon()));
    QVERIFY(!nothing);
    TAKE(last, m_directory->openImport("b", 1, 0, soon())); // the refusal kept nothing
    QVERIFY((last.idSlots == std::vector{1019}));
}

void DirectoryTest::concurrentImportsTakeDifferentSlots()
{
    std::vector<std::future<Result<ImportRecord>>> running;
    for (int i = 0; i < 8; ++i)
        running.push_back(std::async(std::launch::async, [&, i] {
            return m_directory->openImport("file" + std::to_string(i / 2), 4, i, soon());
        }));
    std::map<std::string, std::vector<int>> byFile;
    int created = 0;
    for (auto& one : running) {
        const auto record = one.get();
        VERIFY_OK(record);
        created += int(record->created);
        auto& taken = byFile[record->fileHash];
        if (!taken.empty()) QVERIFY(taken == record->idSlots);
        taken = record->idSlots;
    }
    QCOMPARE(created, 4);
    std::set<int> all;
    for (const auto& [file, taken] : byFile)
        all.insert(taken.begin(), taken.end());
    QCOMPARE(all.size(), std::size_t(16));
}

void DirectoryTest::theAuditLogKeepsExactArguments()
{
    VERIFY_OK(m_directory->appendAudit({"host:1", "ann", "pause_workers", std::string(kArguments), "ok", {}},
                                       soon()));
    VERIFY_OK(m_directory->appendAudit({"host:1", "bob", "discard", "{}", "no such task", {}}, soon()));
    TAKE(entries, m_directory->newestAudit(10, soon()));
    QCOMPARE(entries.size(), std::size_t(2));
    QCOMPARE(entries[0].who, std::string("bob"));
    QCOMPARE(entries[1].arguments, std::string(kArguments));
    QVERIFY(entries[1].at <= entries[0].at && entries[1].at.time_since_epoch().count() > 0);
    TAKE(c, m_pool->lease(soon()));
    VERIFY_ERROR(c->execute("DELETE FROM directory.audit_log", {}, soon()),
                 ErrorCode::Unauthorized); // no engine can
}

void DirectoryTest::enginesComeAndGo()
{
    const TimePoint started =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    VERIFY_OK(m_directory->registerEngine({3, "host:3", "serve", started, 0, 4, false, {}}, soon()));
    VERIFY_OK(m_directory->registerEngine({1, "host:1", "desktop", started, 0, 0, true, {}}, soon()));
    TAKE(orders, m_directory->heartbeat(3, {"host:3", started}, kStatus, soon()));
    QVERIFY(!orders.paused);
    QCOMPARE(orders.workersWanted, 4);
    TAKE(engines, m_directory->engines(soon()));
    QCOMPARE(engines.size(), std::size_t(2));
    QCOMPARE(engines[0].slot, 1);
    QVERIFY(engines[0].paused);
    QCOMPARE(engines[1].name, std::string("host:3"));
    QCOMPARE(engines[1].status, std::string(kStatus));
    QVERIFY(engines[1].startedAt == started);
    QVERIFY(engines[1].heartbeatAgeSeconds >= 0 && engines[1].heartbeatAgeSeconds < 60);
    VERIFY_OK(m_directory->registerEngine({3, "host:33", "serve", started, 0, 2, false, {}}, soon()));
    TAKE(again, m_directory->orders(3, {"host:33", started}, soon()));
    QCOMPARE(again.workersWanted, 2);
    // Who had the slot before neither speaks for the new one nor is it ordered in its place nor removes it.
    VERIFY_ERROR(m_directory->heartbeat(3, {"host:3", started}, "{}", soon()), ErrorCode::NotFound);
    VERIFY_ERROR(m_directory->heartbeat(3, {"host:33", started - 1us}, "{}", soon()), ErrorCode::NotFound);
    VERIFY_ERROR(m_directory->orders(3, {"host:3", started}, soon()), ErrorCode::NotFound);
    VERIFY_OK(m_directory->removeEngine({"host:3", started}, soon()));
    // An engine is listed once, wherever it moves.
    VERIFY_OK(m_directory->registerEngine({5, "host:33", "serve", started, 0, 2, false, {}}, soon()));
    TAKE(moved, m_directory->engines(soon()));
    QCOMPARE(moved.size(), std::size_t(2));
    QCOMPARE(moved[1].slot, 5);
    VERIFY_OK(m_directory->removeEngine({"host:33", started}, soon()));
    VERIFY_ERROR(m_directory->heartbeat(5, {"host:33", started}, "{}", soon()), ErrorCode::NotFound);
    VERIFY_ERROR(m_directory->orders(5, {"host:33", started}, soon()), ErrorCode::NotFound);
}

void DirectoryTest::ordersReachEngines()
{
    VERIFY_ERROR(m_directory->setPaused(-1, true, soon()), ErrorCode::NotFound);
    VERIFY_OK(m_directory->registerEngine({0, "a", "serve", {}, 0, 4, false, {}}, soon()));
    VERIFY_OK(m_directory->registerEngine({1, "b", "serve", {}, 0, 0, false, {}}, soon()));
    VERIFY_OK(m_directory->registerEngine({2, "c", "desktop", {}, 0, 0, false, {}}, soon()));
    TAKE(paused, m_directory->setPaused(-1, true, soon()));
    QCOMPARE(paused, 3);
    TAKE(resumed, m_directory->setPaused(1, false, soon()));
    QCOMPARE(resumed, 1);
    TAKE(scaled, m_directory->setWorkersWanted(-1, 8, soon()));
    QCOMPARE(scaled, 2); // the desktop only looks
    TAKE(a, m_directory->heartbeat(0, {"a", {}}, "{}", soon()));
    TAKE(b, m_directory->heartbeat(1, {"b", {}}, "{}", soon()));
    TAKE(c, m_directory->heartbeat(2, {"c", {}}, "{}", soon()));
    QVERIFY(a.paused && !b.paused && c.paused);
    QCOMPARE(a.workersWanted, 8);
    QCOMPARE(b.workersWanted, 8);
    QCOMPARE(c.workersWanted, 0);
    TAKE(one, m_directory->setWorkersWanted(2, 1, soon()));
    QCOMPARE(one, 1);
    VERIFY_ERROR(m_directory->setWorkersWanted(9, 1, soon()), ErrorCode::NotFound);
    VERIFY_ERROR(m_directory->setWorkersWanted(0, 65, soon()), ErrorCode::InvalidArgument);
    VERIFY_ERROR(m_directory->setWorkersWanted(0, -1, soon()), ErrorCode::InvalidArgument);
}

void DirectoryTest::silentEnginesAreRemoved()
{
    VERIFY_OK(m_directory->registerEngine({0, "alive", "serve", {}, 0, 4, false, {}}, soon()));
    VERIFY_OK(m_directory->registerEngine({1, "dead", "serve", {}, 0, 4, false, {}}, soon()));
    sql("UPDATE directory.engines SET heartbeat_at = now() - interval '2 minutes' WHERE slot = 1");
    TAKE(removed, m_directory->removeSilentEngines(60s, soon()));
    QCOMPARE(removed, 1);
    TAKE(engines, m_directory->engines(soon()));
    QCOMPARE(engines.size(), std::size_t(1));
    QCOMPARE(engines[0].name, std::string("alive"));
}

void DirectoryTest::aSlotIsTakenRenewedAndReleased()
{
    SlotLease lease(*m_pool, "host:1");
    QCOMPARE(lease.slot(), -1);
    TAKE(first, lease.renew(soon()));
    QCOMPARE(lease.slot(), 0);
    QVERIFY(first.untilMs - first.nowMs >= 59'000 && first.untilMs - first.nowMs <= 60'000);
    const auto system =
        std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    QVERIFY(std::abs(first.nowMs + kIdEpochUnixMs - system) < 60'000); // the server is this machine
    TAKE(second, lease.renew(soon()));
    QCOMPARE(second.slot, first.slot);
    QVERIFY(second.untilMs >= first.untilMs);
    QVERIFY(second.nowMs >= first.nowMs);
    VERIFY_OK(lease.release(first.nowMs + 5, soon()));
    QCOMPARE(lease.slot(), -1);
    VERIFY_OK(lease.release(first.nowMs + 5, soon())); // twice is once
}

void DirectoryTest::aReleasedSlotContinuesAboveWhatWasUsed()
{
    SlotLease old(*m_pool, "host:1"), next(*m_pool, "host:2");
    TAKE(before, old.renew(soon()));
    const auto used = before.nowMs + 900; // borrowed ids
    VERIFY_OK(old.release(used, soon()));
    TAKE(after, next.renew(soon()));
    QCOMPARE(after.slot, before.slot); // at once, without waiting for the old range to pass
    QCOMPARE(after.fromMs, used);
    QVERIFY(after.untilMs >= used + 60'000 || after.untilMs >= after.nowMs + 59'000);
    // A holder that made no ids cannot give back less than it was given.
    VERIFY_OK(next.release(0, soon()));
    SlotLease third(*m_pool, "host:3");
    TAKE(last, third.renew(soon()));
    QCOMPARE(last.slot, before.slot);
    QVERIFY(last.fromMs >= used);
}

void DirectoryTest::aLapsedSlotIsTakenOverAboveItsRange()
{
    SlotLease old(*m_pool, "host:1", 1ms);
    TAKE(before, old.renew(soon()));
    letLapse();
    SlotLease next(*m_pool, "host:2");
    TAKE(after, next.renew(soon()));
    QCOMPARE(after.slot, before.slot);
    QVERIFY(after.fromMs >= before.untilMs); // whatever the old holder still does stays below
    QVERIFY(after.fromMs <= after.nowMs);    // and the new one need not wait
}

void DirectoryTest::whoLostItsSlotTakesAnother()
{
    SlotLease old(*m_pool, "host:1", 1ms);
    TAKE(before, old.renew(soon()));
    IdGenerator ids(4);
    ids.grant(before);
    letLapse();
    SlotLease thief(*m_pool, "host:2");
    TAKE(taken, thief.renew(soon()));
    QCOMPARE(taken.slot, before.slot);
    VERIFY_ERROR(ids.next(0), ErrorCode::Unavailable); // past its range
    TAKE(other, old.renew(soon()));
    QVERIFY(other.slot != taken.slot);
    QCOMPARE(old.slot(), other.slot);
    ids.grant(other);
    letLapse();
    TAKE(again, thief.renew(soon())); // the thief's is still the thief's
    QCOMPARE(again.slot, taken.slot);
    // A late release by whoever lost it changes nothing for the new holder.
    VERIFY_OK(old.release(0, soon()));
    TAKE(still, thief.renew(soon()));
    QCOMPARE(still.slot, taken.slot);
}

void DirectoryTest::aLapsedLeaseThatNobodyTookIsStillOurs()
{
    SlotLease lease(*m_pool, "host:1", 1ms);
    TAKE(before, lease.renew(soon()));
    letLapse();
    TAKE(after, lease.renew(soon()));
    QCOMPARE(after.slot, before.slot);
    QVERIFY(after.untilMs > before.untilMs);
}

// The old holder renews its lapsed lease at the moment when another one looks for a slot.
void DirectoryTest::aRenewalUnderWayIsNotOverlooked()
{
    SlotLease old(*m_pool, "host:1", 1ms);
    TAKE(before, old.renew(soon()));
    letLapse();
    TAKE(renewing, m_owner->lease(soon()));
    TAKE(transaction, SqlTransaction::begin(*renewing, soon()));
    VERIFY_OK(renewing->execute(
        "UPDATE directory.id_slots SET lease_until = clock_timestamp() + interval '60 seconds',"
        " id_ms_until = id_ms_until + 60000 WHERE slot = $1::int",
        {sqlParameter(before.slot)}, soon()));
    auto looking = std::async(std::launch::async, [&] {
        SlotLease next(*m_pool, "host:2");
        return next.renew(soon());
    });
    looking.wait_for(300ms); // long enough to have looked; what follows holds in any order
    VERIFY_OK(transaction.commit(soon()));
    const auto taken = looking.get();
    VERIFY_OK(taken);
    QVERIFY2(taken->slot != before.slot || taken->fromMs >= before.untilMs + 60'000,
             "the renewed range was given out again");
}

void DirectoryTest::holdersNeverShareASlot()
{
    // Twelve engines of one name take, lose, renew and release at random; every id ever made is unlike all
    // others.
    std::atomic<int> disordered{0};
    std::vector<std::future<std::vector<std::int64_t>>> running;
    for (int engine = 0; engine < 12; ++engine)
        running.push_back(std::async(std::launch::async, [&, engine] {
            std::vector<std::int64_t> made;
            for (int life = 0; life < 5; ++life) {
                SlotLease lease(*m_pool, "same:name", Milliseconds(1 + engine % 4 * 10));
                IdGenerator ids(4);
                std::int64_t last = 0;
                for (int round = 0; round < 5; ++round) {
                    const auto grant = lease.renew(soon(), ids.nowMs());
                    if (!grant) continue;
                    ids.grant(*grant);
                    for (int i = 0; i < 200; ++i)
                        if (const auto id = ids.next(1)) {
                            disordered += int(*id <= last);
                            made.push_back(last = *id);
                        }
                }
                if (life % 2 == 0) std::ignore = lease.release(ids.usedUntilMs(), soon());
            }
            return made;
        }));
    std::set<std::int64_t> all;
    std::size_t count = 0;
    for (auto& one : running) {
        const auto made = one.get();
        count += made.size();
        all.insert(made.begin(), made.end());
    }
    QVERIFY(count > 500);
    QCOMPARE(all.size(), count);
    QCOMPARE(disordered.load(), 0);
}

void DirectoryTest::aClockThatWasSetBackDoesNotShortenARange()
{
    SlotLease lease(*m_pool, "host:1");
    TAKE(before, lease.renew(soon()));
    // As if the directory's clock had been an hour ahead until now: the holder's ids lie in that hour.
    sql("UPDATE directory.id_slots SET id_ms_until = id_ms_until + 3600000");
    IdGenerator ids(4);
    auto ahead = before;
    ahead.nowMs += 3'600'000;
    ahead.untilMs += 3'600'000;
    ids.grant(ahead);
    TAKE(one, ids.next(0));
    TAKE(after, lease.renew(soon(), ids.nowMs()));
    QVERIFY(after.untilMs >= ids.nowMs() + 59'000); // a whole span from the holder's own time
    ids.grant(after);
    TAKE(two, ids.next(0));
    QVERIFY(two > one);
    VERIFY_OK(lease.release(ids.usedUntilMs(), soon()));
    SlotLease next(*m_pool, "host:2");
    TAKE(later, next.renew(soon()));
    IdGenerator others(4);
    others.grant(later);
    TAKE(three, others.next(0)); // does not wait for the hour to pass
    QVERIFY(idMillisecondsOf(three) > idMillisecondsOf(two));
}

void DirectoryTest::allSlotsTakenIsOverload()
{
    sql("INSERT INTO directory.id_slots SELECT s, 'engine', 'x', 'infinity', 0 FROM generate_series(0, 1023) "
        "AS s");
    SlotLease lease(*m_pool, "host:1");
    const auto full = lease.renew(soon());
    VERIFY_ERROR(full, ErrorCode::Overloaded);
    QVERIFY2(full.error().message.find("1024 id slots") != std::string::npos &&
                 full.error().message.find("pg-1") != std::string::npos,
             full.error().message.c_str());
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::DirectoryTest)
#include "directory_test.moc"
