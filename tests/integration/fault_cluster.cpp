#include "tests/integration/fault_cluster.h"

#include "backend/common/config.h"
#include "backend/operations/directory_lock.h"
#include "backend/operations/fanout_planner.h"
#include "backend/store/postgres_pool.h"

namespace tests {

void FaultCluster::prepare()
{
    m_cluster = PrivateCluster::start(2, 4);
    m_directory = makeCluster(m_cluster->servers());
    ClusterConfig config;
    config.name = "faults";
    config.environment = "demo";
    config.shards = kTestShards;
    config.directoryAddress = m_directory.address;
    config.timelineCap = 100; // small ones: timelines are trimmed, audiences are split
    config.fanoutChunk = 10;
    config.connections = 3; // of few nodes and threads; each costs a process, some eighty times
    m_config = m_place.filePath("cluster.toml").toStdString();
    take(writeClusterToml(config, m_config));

    const auto session = connectTo(m_config, 2);
    auto& feed = session->engine().feed();
    m_steady = take(feed.createUser({"steady", "User"}, soon())).id; // seen before all others
    m_model.created(m_steady);
    for (int i = 0; i < kUsers; ++i) {
        m_users.push_back(take(feed.createUser({"u_" + std::to_string(i), "User"}, soon())).id);
        m_model.created(m_users.back());
    }
    Deeds deeds(log());
    for (const auto follower : m_users)
        QVERIFY(deeds.follow(feed, follower, m_steady));
    for (const auto follower : m_users)
        for (std::size_t k = 0; k < kActors;
             ++k) // the first is followed by all, which makes more than one chunk
            if (follower != m_users[k] &&
                (k == 0 || follower == m_users[0] || (follower.value + std::int64_t(k)) % 2 == 0))
                QVERIFY(deeds.follow(feed, follower, m_users[k]));
    for (std::size_t i = 0; i < 150; ++i)
        QVERIFY(deeds.post(feed, m_users[i % kActors], "first." + std::to_string(i)));
    QVERIFY(drain(session->engine()));
}

std::unique_ptr<QProcess> FaultCluster::start(const QString& fault, const QString& deeds)
{
    auto victim = std::make_unique<QProcess>();
    victim->setProcessChannelMode(QProcess::ForwardedErrorChannel);
    auto environment = QProcessEnvironment::systemEnvironment();
    if (!fault.isEmpty()) environment.insert("ROOKERY_FAULT", fault + ":" + struck());
    victim->setProcessEnvironment(environment);
    victim->start(QStringLiteral(FAULT_VICTIM),
                  {QString::fromStdString(m_config.string()), QString::fromStdString(log()),
                   QString::number(++m_seed), deeds,
                   fault.contains("account.") || fault.contains("user.") ? "3" : "0"});
    return victim;
}

std::vector<UserId> FaultCluster::halfBuilt(app::OpenedSession& session, TimelineFamily family)
{
    const auto map = session.auditInputs().map;
    RedisClient client([&] {
        std::vector<NodeEndpoint> nodes;
        for (const auto& node : map->nodes)
            if (node.kind == NodeKind::Redis) nodes.push_back(node);
        return nodes;
    }());
    auto owners = m_users;
    owners.push_back(m_steady);
    if (family == TimelineFamily::Public) owners.clear();
    for (int shard = 0; family == TimelineFamily::Public && shard < map->shardCount; ++shard)
        owners.push_back(Timelines::publicOwner(shard));
    const auto raws = take(readRawTimelines(client, *map, family, owners, soon()));
    std::vector<UserId> found;
    for (std::size_t i = 0; i < owners.size(); ++i)
        if (raws[i].valid() && !raws[i].floor->whole) found.push_back(owners[i]);
    return found;
}

void FaultCluster::finish(QProcess& victim)
{
    victim.closeWriteChannel();
    QVERIFY2(victim.state() == QProcess::NotRunning || victim.waitForFinished(120'000),
             "the victim neither died nor drained its queue");
    QCOMPARE(victim.exitStatus(), QProcess::NormalExit);
    QCOMPARE(victim.exitCode(), 0);
}

std::vector<std::string> FaultCluster::on(const NodeEndpoint& node, const std::string& sql)
{
    const auto pool = makePostgresPool(node, {1, 1, std::chrono::seconds(5)});
    const auto connection = take(pool->lease(soon()));
    const auto rows = take(connection->execute(sql, {}, soon()));
    std::vector<std::string> out;
    for (std::size_t r = 0; r < rows.size(); ++r)
        out.emplace_back(rows.text(r, 0));
    return out;
}

std::vector<std::string> FaultCluster::onEveryPostgres(const std::string& sql)
{
    std::vector<std::string> out;
    for (const auto& node : m_cluster->endpoints()) {
        if (node.kind != NodeKind::Postgres) continue;
        const auto rows = on(node, sql);
        out.insert(out.end(), rows.begin(), rows.end());
    }
    return out;
}

std::vector<std::string> FaultCluster::onDirectory(const std::string& sql)
{
    return on(m_directory, sql);
}

// Written as the planner would have; while the lock is held, no engine that plans otherwise changes it.
void FaultCluster::beginToPull()
{
    const auto directory = makePostgresPool(m_directory, {1, 1, std::chrono::seconds(5)});
    const auto lock = DirectoryLock::tryTake(*directory, FanoutPlanner::kLock, soon());
    QVERIFY(lock);
    onDirectory("WITH changed AS (INSERT INTO directory.pulled_authors (author, state, reason) VALUES (" +
                std::to_string(m_users[0].value) +
                ", 2, 'a test') ON CONFLICT (author) DO UPDATE SET state = 2, backfilling = false,"
                " merged_to = excluded.merged_to RETURNING 1) UPDATE directory.pulled_version"
                " SET version = version + 1");
    const auto session = connectTo(m_config, 2);
    Deeds deeds(log());
    const auto isPulled = [&] { // once its workers know the list
        PostId made;
        if (!deeds.post(session->engine().feed(), m_users[0], "known." + std::to_string(++m_seed), &made))
            throw std::runtime_error("nothing can be posted");
        if (!drain(session->engine())) throw std::runtime_error("the queue does not drain");
        return take(session->engine().monitor().ledger(made, soon())).mode == FanoutMode::Pull;
    };
    QTRY_VERIFY_WITH_TIMEOUT(isPulled(), 60'000);
    for (int i = 0; i < 10; ++i)
        QVERIFY(deeds.post(session->engine().feed(), m_users[0], "pulled." + std::to_string(++m_seed)));
    QVERIFY(drain(session->engine()));
}

void FaultCluster::endPulling()
{
    onDirectory("WITH changed AS (UPDATE directory.pulled_authors SET state = 3, merged_to ="
                " (((extract(epoch FROM now()) * 1000)::bigint - 1262304000000 + 12000) << 22) - 1,"
                " changed_at = now() - interval '1 minute' RETURNING 1)"
                " UPDATE directory.pulled_version SET version = version + 1");
}

// Nobody who knew less is at work any more: what waits until all know need not.
void FaultCluster::nobodyIsMerged()
{
    lapseLeases();
    const auto session = connectTo(m_config, 2);
    const auto directory = makePostgresPool(m_directory, {1, 1, std::chrono::seconds(5)});
    const auto connection = take(directory->lease(soon()));
    const auto rows = [&] {
        take(
            connection->execute("UPDATE directory.pulled_authors SET changed_at = now() - interval '1 minute'"
                                " WHERE state = 3",
                                {}, soon()));
        return take(connection->execute("SELECT author FROM directory.pulled_authors", {}, soon())).size();
    };
    QTRY_COMPARE_WITH_TIMEOUT(rows(), std::size_t(0), 60'000);
}

void FaultCluster::flush(const std::string& redis)
{
    const auto node = m_cluster->node(redis);
    RedisClient client({node});
    RedisBatch batch(client);
    batch.add(node.id, {"FLUSHALL"});
    take(batch.run(soon()));
}

// A fresh engine does what is left.
void FaultCluster::everythingIsRight()
{
    lapseLeases(); // whose holder is dead: waiting would show nothing more
    const auto session = connectTo(m_config, 2);
    QVERIFY(drainSooner(session->engine(), *session->auditInputs().pools));
    m_model.read(log());
    const auto differences = m_model.compare(session->engine().feed());
    QVERIFY2(differences.empty(), differences.c_str());
    for (const auto family : {TimelineFamily::Home, TimelineFamily::Author, TimelineFamily::Public})
        QTRY_VERIFY2_WITH_TIMEOUT(halfBuilt(*session, family).empty(),
                                  "a timeline does not reach its full depth", 60'000);
    const auto findings = auditFindings(*session);
    QVERIFY2(findings.empty(), findings.c_str());
    ledgersAreExact(*session);
    m_someSleep = false; // every page was looked at
}

// However often its tasks ran: each reader is accounted for once, and as what happened to them.
void FaultCluster::ledgersAreExact(app::OpenedSession& session)
{
    ++m_ledgerLooks;
    const auto posts = m_model.by(m_steady); // newest first
    for (const auto post : posts) {
        if (post <= m_heldUpTo) break;
        const auto ledger = take(session.engine().monitor().ledger(post, soon()));
        const auto text = std::to_string(ledger.audience) + " readers, " + std::to_string(ledger.pushed) +
                          " pushed, " + std::to_string(ledger.skippedDormant) + " dormant, " +
                          std::to_string(ledger.pulled) + " pulled";
        QVERIFY2(ledger.audience == kUsers + 1 && ledger.accounted() == ledger.audience, text.c_str());
        QVERIFY2(ledger.skippedDeleted == 0 && ledger.failed == 0, text.c_str());
        // Who falls asleep between plan and delivery is passed over like one who went.
        QVERIFY2(m_someSleep || (ledger.skippedDormant == 0 && ledger.skippedUnfollowed == 0), text.c_str());
        m_ledgersHeld += ledger.mode == FanoutMode::Push;
    }
    if (!posts.empty()) m_heldUpTo = posts.front();
}

void FaultCluster::updateAllShards(const std::string& table, const std::string& set)
{
    const auto ofShards = " FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                          " WHERE c.relkind = 'r' AND n.nspname LIKE 'users\\_%' AND c.relname = '" +
                          table + "'";
    const auto found = onEveryPostgres("SELECT c.oid::regclass" + ofShards).size();
    if (found != std::size_t(kTestShards))
        throw std::runtime_error(std::to_string(found) + " shards have a table " + table);
    onEveryPostgres("DO $$ DECLARE one regclass; BEGIN FOR one IN SELECT c.oid" + ofShards +
                    " LOOP EXECUTE 'UPDATE ' || one || $set$ SET " + set + "$set$; END LOOP; END $$");
}

void FaultCluster::nobodyWasSeen()
{
    m_someSleep = true;
    updateAllShards("users", "last_seen_at = now() - interval '60 days'");
}

} // namespace tests
