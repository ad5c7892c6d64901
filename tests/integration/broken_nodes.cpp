#include "tests/integration/broken_nodes.h"

#include "backend/cache/redis_client.h"
#include "backend/store/postgres_pool.h"
#include "tests/support/demo_session.h"

#include <QtGlobal>

using namespace backend;

namespace tests {

BrokenNodes::~BrokenNodes()
{
    try {
        mend();
    } catch (const std::exception& error) {
        qWarning("the nodes could not be mended: %s", error.what());
    }
}

void BrokenNodes::breakNode(const std::string& name, Manner manner)
{
    const auto node = m_cluster.node(name);
    if (manner == Manner::Dead) {
        take(m_cluster.servers().killNode(name));
    } else if (manner == Manner::Silent) {
        take(m_cluster.servers().pauseNode(name));
    } else if (node.kind == NodeKind::Postgres) {
        m_locks[name] = lockAll(node);
    } else {
        RedisClient client({node});
        take(client.command(node.id, {"CLIENT", "PAUSE", "3600000", "ALL"}, soon()));
    }
    m_broken[name] = manner;
}

// Engines go on meanwhile: one of their transactions may hold one table and want another.
BrokenNodes::Locks BrokenNodes::lockAll(const EmbeddedNode& node)
{
    NodeEndpoint owner = node;
    owner.address = node.ownerAddress;
    Locks out;
    out.pool = makePostgresPool(owner, {.maxConnections = 1, .maxWaiters = 1});
    for (int attempt = 1;; ++attempt) {
        out.connection = take(out.pool->lease(soon()));
        auto& sql = *out.connection;
        const auto tables =
            take(sql.execute("SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables"
                             " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
                             {}, soon()));
        take(sql.begin(soon()));
        const auto locked = sql.executeScript(
            "LOCK TABLE " + std::string(tables.text(0, 0)) + " IN ACCESS EXCLUSIVE MODE", soon());
        if (locked) return out;
        if (attempt == 5) throw std::runtime_error(locked.error().message);
        out.connection.reset();
    }
}

void BrokenNodes::mendNode(const std::string& name, Manner manner)
{
    if (manner == Manner::Silent) {
        take(m_cluster.servers().resumeNode(name));
    } else if (m_locks.erase(name) == 0) {
        // A pause of all clients cannot be taken back: the command for it would wait as well.
        if (manner == Manner::Slow) take(m_cluster.servers().killNode(name));
        take(m_cluster.servers().restartNode(name));
    }
}

void BrokenNodes::mend()
{
    while (!m_broken.empty()) {
        const auto [name, manner] = *m_broken.begin();
        m_broken.erase(m_broken.begin());
        mendNode(name, manner);
    }
}

} // namespace tests
