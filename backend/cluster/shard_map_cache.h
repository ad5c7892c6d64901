// The engine's copy of the shard map, replaced when the directory has a newer one. Owned by the engine;
// thread-safe.
#pragma once

#include "backend/cluster/directory.h"

#include <mutex>

namespace backend {

class ShardMapCache final : public ShardMapSource
{
public:
    // Loads the first map.
    [[nodiscard]] static Result<std::unique_ptr<ShardMapCache>> open(Directory& directory, Deadline deadline);

    std::shared_ptr<const ShardMap> current() const override;
    // Asks the directory for its epoch and loads the map when it is newer. True when the map changed.
    [[nodiscard]] Result<bool> refresh(Deadline deadline);

private:
    ShardMapCache(Directory& directory, ShardMap map);

    Directory& m_directory;
    std::mutex m_refreshing; // one at a time; readers never wait for it
    mutable std::mutex m_mutex;
    std::shared_ptr<const ShardMap> m_map;
};

} // namespace backend
