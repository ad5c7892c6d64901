// An engine whose slot in the directory is taken by another: each snapshot goes on to say which engine is
// this program, with the slot that it has, or none; it speaks for nobody else meanwhile, and is counted once.
#include <QTest>

#include "backend/engine/open_engine.h"
#include "backend/store/postgres_pool.h"
#include "tests/support/demo_session.h"
#include "tests/support/private_cluster.h"

#include <algorithm>
#include <functional>

using namespace backend;
using namespace std::chrono_literals;

namespace tests {

class EngineSlotTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void aTakenSlotIsChangedForAnother();
    void withoutAnySlotItIsStillThisProgram();
    void itsEndLeavesTheOthersRow();

private:
    using Condition = std::function<bool(const ClusterSnapshot&, const EngineSnapshot& self)>;
    // Until a snapshot fits; all that are seen on the way have one engine that is this program, and the same.
    SnapshotPtr await(const Condition& fits);
    SqlRows sql(const std::string& statement)
    {
        return take(take(m_pool->lease(soon()))->execute(statement, {}, soon()));
    }
    std::string listed(); // slots and names in the directory

    std::unique_ptr<PrivateCluster> m_cluster;
    std::unique_ptr<SqlPool> m_pool;
    std::unique_ptr<OpenEngine> m_engine;
    std::string m_name;
    std::optional<TimePoint> m_startedAt;
};

SnapshotPtr EngineSlotTest::await(const Condition& fits)
{
    for (int i = 0; i < 1'200; ++i) {
        const auto snapshot = m_engine->monitor().snapshot();
        std::vector<EngineSnapshot> selves;
        std::copy_if(snapshot->engines.begin(), snapshot->engines.end(), std::back_inserter(selves),
                     [](const auto& engine) { return engine.self; });
        if (selves.size() == 1 && !m_startedAt) m_startedAt = selves[0].startedAt;
        if (m_startedAt &&
            (selves.size() != 1 || selves[0].name != m_name || selves[0].startedAt != *m_startedAt)) {
            qWarning("%zu engines are this program", selves.size());
            return nullptr;
        }
        if (m_startedAt && fits(*snapshot, selves[0])) return snapshot;
        QTest::qWait(50);
    }
    return nullptr;
}

std::string EngineSlotTest::listed()
{
    return std::string(
        sql("SELECT coalesce(string_agg(slot || ' ' || name, ', ' ORDER BY slot), '') FROM directory.engines")
            .text(0, 0));
}

void EngineSlotTest::initTestCase()
{
    m_cluster = PrivateCluster::start(2, 1);
    EngineOptions options;
    options.directory = makeCluster(m_cluster->servers());
    options.role = "test";
    options.workers = 2;
    m_pool = makePostgresPool(options.directory, {2, 8, 5s});
    m_engine = take(openEngine(options, soon()));
    m_name = m_engine->self().name;
    const auto author = take(m_engine->feed().createUser({"author", "A"}, soon())).id;
    QVERIFY(drain(*m_engine));
    for (int i = 0; i < 5; ++i)
        take(m_engine->feed().post(author, "a post", soon()));
    QVERIFY(drain(*m_engine));
    QVERIFY(await([](const auto& s, const auto& self) {
        return self.slot == 0 && self.workers == 2 && s.postsTotal == 5;
    }));
}

// Another engine has taken it and is registered there. What was ordered before stands.
void EngineSlotTest::aTakenSlotIsChangedForAnother()
{
    take(m_engine->operations().pauseWorkers(0, soon()));
    QVERIFY(await([](const auto&, const auto& self) { return self.paused; }));
    sql("WITH taken AS (UPDATE directory.id_slots SET holder = 'there', lease_until = 'infinity' WHERE slot "
        "= 0)"
        " INSERT INTO directory.engines (slot, name, role, started_at, heartbeat_at, workers_wanted)"
        " VALUES (0, 'there:2', 'serve', '2026-01-01', now() + interval '1 hour', 3)"
        " ON CONFLICT (slot) DO UPDATE SET name = excluded.name, role = excluded.role,"
        " started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at,"
        " workers_wanted = excluded.workers_wanted, paused = false, status = '{}'");
    const auto moved =
        await([](const auto& s, const auto& self) { return self.slot == 1 && s.engines.size() == 2; });
    QVERIFY(moved);
    QVERIFY(moved->engines[0].name == "there:2" && moved->engines[0].slot == 0 && !moved->engines[0].self);
    QVERIFY(moved->engines[1].paused);
    QCOMPARE(moved->workers.size(), std::size_t(2));
    for (const auto& worker : moved->workers)
        QVERIFY(worker.engineSlot == 1 && worker.engineName == m_name);
    QCOMPARE(m_engine->self().slot, 1);
    QVERIFY(await([&](const auto& s, const auto&) { return s.sequence >= moved->sequence + 3; }));
    QCOMPARE(m_engine->monitor().snapshot()->postsTotal, std::int64_t(5)); // not counted again
    QCOMPARE(listed(), "0 there:2, 1 " + m_name);
    const auto other = sql("SELECT status::text, workers_wanted FROM directory.engines WHERE slot = 0");
    QCOMPARE(other.text(0, 0), std::string_view("{}")); // nobody spoke for it
    QCOMPARE(other.integer(0, 1), std::int64_t(3));
    take(m_engine->operations().resumeWorkers(1, soon()));
    QVERIFY(await([](const auto&, const auto& self) { return !self.paused; }));
}

// All are leased; this engine's row is there still, then it is gone.
void EngineSlotTest::withoutAnySlotItIsStillThisProgram()
{
    sql("INSERT INTO directory.id_slots (slot, purpose, holder, lease_until, id_ms_until)"
        " SELECT s, 'engine', 'x', 'infinity', 0 FROM generate_series(2, 1023) AS s");
    sql("UPDATE directory.id_slots SET holder = 'elsewhere', lease_until = 'infinity' WHERE slot = 1");
    const auto without = await([](const auto& s, const auto& self) {
        return self.slot == -1 && s.message.find("slots") != std::string::npos;
    });
    QVERIFY(without);
    QVERIFY2(without->health == Health::Degraded &&
                 without->message.find("heartbeat fails") != std::string::npos,
             without->message.c_str());
    QCOMPARE(m_engine->self().slot, -1);
    sql("DELETE FROM directory.engines WHERE slot = 1");
    const auto unlisted =
        await([&](const auto& s, const auto&) { return s.sequence >= without->sequence + 4; });
    QVERIFY(unlisted);
    QCOMPARE(unlisted->engines.size(), std::size_t(2));
    const auto& own = unlisted->engines[0];
    QVERIFY(own.self && own.slot == -1 && own.workers == 2 && own.workersWanted == 2);
    QCOMPARE(own.role, std::string("test"));
    QVERIFY(own.heartbeatAgeSeconds > 1);
    QCOMPARE(std::count_if(unlisted->workers.begin(), unlisted->workers.end(),
                           [&](const auto& w) { return w.engineSlot == -1 && w.engineName == m_name; }),
             std::ptrdiff_t(2));

    sql("DELETE FROM directory.id_slots WHERE holder = 'x'");
    QVERIFY(
        await([](const auto&, const auto& self) { return self.slot == 2 && self.heartbeatAgeSeconds < 3; }));
    QCOMPARE(listed(), "0 there:2, 2 " + m_name);
    QCOMPARE(m_engine->monitor().snapshot()->postsTotal, std::int64_t(5));
}

// Its lease of a slot was taken once more, without its knowing; it takes nothing along but its own.
void EngineSlotTest::itsEndLeavesTheOthersRow()
{
    sql("UPDATE directory.engines SET name = 'there:3', started_at = '2026-01-02' WHERE slot = 2");
    m_engine.reset();
    const auto names = listed();
    QVERIFY2(names.find("there:2") != std::string::npos && names.find("there:3") != std::string::npos &&
                 names.find(m_name) == std::string::npos,
             names.c_str());
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::EngineSlotTest)
#include "engine_slot_test.moc"
