// A bounded pool of connections to one PostgreSQL node (see SqlPool). app/ and tests own it; thread-safe. It
// has two threads: one opens connections, so that no caller ever waits in a connection attempt past its
// deadline; the other is the watchdog of all its statements.
#pragma once

#include "backend/common/sql.h"
#include "backend/domain/cluster.h"

#include <chrono>
#include <memory>

namespace backend {

struct PoolLimits
{
    int maxConnections = 8;
    int maxWaiters = 64; // callers that wait while every connection is leased; one more is refused
    std::chrono::milliseconds connectTimeout{
        3'000};                       // of one attempt; whole seconds, at least 2, are what libpq can do
    std::string applicationName = {}; // given to the server; empty: the address', or "rookery"
    // How long the pool's end waits for an attempt that hangs, before it leaves the attempt to itself.
    std::chrono::milliseconds patienceAtEnd{200};
};

// Connects on the first lease. The password, if any, comes from PGPASSWORD or ~/.pgpass.
std::unique_ptr<SqlPool> makePostgresPool(const NodeEndpoint& node, const PoolLimits& limits);

} // namespace backend
