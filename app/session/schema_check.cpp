#include "app/session/schema_check.h"

#include "backend/cluster/directory.h"
#include "backend/cluster/placement.h"
#include "backend/store/migrations.h"
#include "backend/store/postgres_pool.h"

#include <future>
#include <vector>

using namespace backend;

namespace app {
namespace {

constexpr std::chrono::seconds kNodePatience{3};

Result<void> checkNode(const NodeEndpoint& node, const std::vector<SchemaTarget>& targets, Deadline deadline)
{
    const auto pool = makePostgresPool(node, {});
    const auto connection = pool->lease(deadline);
    auto checked = connection ? checkSchemas(**connection, targets, deadline) : fail(connection.error());
    if (checked || checked.error().code == ErrorCode::SchemaTooNew ||
        checked.error().code == ErrorCode::Configuration)
        return checked;
    return {};
}

} // namespace

Result<void> requireKnownSchemas(const NodeEndpoint& endpoint, Deadline deadline)
{
    const auto pool = makePostgresPool(endpoint, {});
    Directory directory(*pool);
    ROOKERY_ASSIGN(const auto settings, directory.settings(deadline));
    {
        // Before anything else of a directory is read: a newer program's may look different.
        ROOKERY_ASSIGN(const auto connection, pool->lease(deadline));
        ROOKERY_TRY(checkSchemas(*connection, {{"directory", "directory"}}, deadline));
    }
    ROOKERY_ASSIGN(const auto map, directory.loadShardMap(deadline));
    std::vector<std::future<Result<void>>> running;
    for (const auto& node : map.nodes)
        if (node.kind == NodeKind::Postgres)
            running.push_back(std::async(std::launch::async, [&] {
                return checkNode(node, schemasOn(map, node.id, settings.directoryNode),
                                 deadline.earlier(kNodePatience));
            }));
    Result<void> outcome;
    for (auto& one : running)
        if (auto checked = one.get(); !checked && outcome) outcome = std::move(checked);
    return outcome;
}

} // namespace app
