// One private PostgreSQL node with two tables, for the tests of pools and connections. Base of the test; its
// thread.
#pragma once

#include "backend/store/postgres_pool.h"
#include "tests/support/private_cluster.h"
#include "tests/support/results.h"

#include <QTest>

#include <chrono>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class PostgresFixture
{
protected:
    void start()
    {
        m_cluster = PrivateCluster::start(1, 0);
        const auto p = pool();
        TAKE(c, p->lease(soon()));
        VERIFY_OK(c->executeScript("CREATE TABLE item (id bigint PRIMARY KEY, name text);"
                                   " CREATE TABLE pile (a int, b text)",
                                   soon()));
    }
    NodeEndpoint owner() const
    {
        const auto node = m_cluster->node("pg-1");
        return {1, "pg-1", NodeKind::Postgres, node.ownerAddress};
    }
    std::unique_ptr<SqlPool> pool(int connections = 4, int waiters = 8) const
    {
        return makePostgresPool(owner(), {connections, waiters, 2s});
    }
    static Deadline soon() { return Deadline::after(20s); }

    std::unique_ptr<PrivateCluster> m_cluster;
};

} // namespace tests
