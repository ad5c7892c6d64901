// The engine's copy of the shard map, replaced as a whole when the directory has a newer epoch. Thread-safe.
#pragma once

#include "backend/cluster/directory.h"
#include "backend/domain/cluster.h"

#include <memory>
#include <mutex>

namespace backend {

class ShardMapCache final : public ShardMapSource
{
public:
    explicit ShardMapCache(ShardMap map) : m_map(std::make_shared<const ShardMap>(std::move(map))) {}

    std::shared_ptr<const ShardMap> current() const override
    {
        const std::lock_guard lock(m_mutex);
        return m_map;
    }
    // Older maps are ignored.
    void replace(ShardMap map)
    {
        const std::lock_guard lock(m_mutex);
        if (map.epoch > m_map->epoch) m_map = std::make_shared<const ShardMap>(std::move(map));
    }

private:
    mutable std::mutex m_mutex;
    std::shared_ptr<const ShardMap> m_map;
};

} // namespace backend
