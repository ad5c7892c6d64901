#include "app/session/owner_connections.h"

#include "backend/store/migrations.h"
#include "backend/store/postgres_pool.h"

using namespace backend;

namespace app {

Result<OwnerConnections> connectOwners(const std::vector<NodeEndpoint>& nodes, Deadline deadline)
{
    OwnerConnections owners;
    for (const auto& node : nodes) {
        auto& pool = owners.pools[node.id] = makePostgresPool(node, {});
        ROOKERY_ASSIGN(auto lease, pool->lease(deadline));
        owners.connections[node.id] = lease.get();
        owners.leases.emplace(node.id, std::move(lease));
    }
    return owners;
}

SchemaMigrator schemaMigrator()
{
    return [](SqlConnection& owner, const std::vector<SchemaTarget>& targets, Deadline deadline) {
        return migrate(owner, targets, deadline);
    };
}

} // namespace app
