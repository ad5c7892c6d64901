#include "backend/cluster/shard_map_cache.h"

namespace backend {

ShardMapCache::ShardMapCache(Directory& directory, ShardMap map)
    : m_directory(directory)
    , m_map(std::make_shared<const ShardMap>(std::move(map)))
{
}

Result<std::unique_ptr<ShardMapCache>> ShardMapCache::open(Directory& directory, Deadline deadline)
{
    ROOKERY_ASSIGN(auto map, directory.loadShardMap(deadline));
    return std::unique_ptr<ShardMapCache>(new ShardMapCache(directory, std::move(map)));
}

std::shared_ptr<const ShardMap> ShardMapCache::current() const
{
    const std::lock_guard lock(m_mutex);
    return m_map;
}

Result<bool> ShardMapCache::refresh(Deadline deadline)
{
    const auto before = current();
    const std::lock_guard refreshing(m_refreshing);
    if (current() != before) return true; // somebody else did it meanwhile
    ROOKERY_ASSIGN(const auto epoch, m_directory.epoch(deadline));
    if (epoch <= before->epoch) return false;
    ROOKERY_ASSIGN(auto loaded, m_directory.loadShardMap(deadline));
    auto map = std::make_shared<const ShardMap>(std::move(loaded));
    const std::lock_guard lock(m_mutex);
    m_map = std::move(map);
    return true;
}

} // namespace backend
