// The directory: shard map, settings, engines with their orders, imports, audit log. Looked up by primary key only, on
// the pool of the node that holds it. Owned by the engine; thread-safe.
#pragma once

#include "backend/common/sql.h"
#include "backend/domain/cluster.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backend {

// What an operator ordered for one engine.
struct EngineOrders
{
    bool paused = false;
    int workersWanted = 0;
    std::int64_t epoch = 0;      // of the shard map
    std::int64_t ageShiftMs = 0; // see Operations::setAgeShift
};

struct EngineRegistration
{
    int slot = 0;
    std::string name; // "host:pid"
    std::string role;
    int workersWanted = 0;
};

struct StoredImport
{
    std::string fileHash;
    std::vector<int> slots;
    std::int64_t timeShiftMs = 0;
    std::string phase;
    std::int64_t linesDone = 0;
    bool created = false;
};

class Directory
{
public:
    explicit Directory(SqlPool& pool) : m_pool(pool) {}

    [[nodiscard]] Result<ShardMap> loadShardMap(Deadline deadline);
    [[nodiscard]] Result<std::optional<std::string>> setting(std::string_view key, Deadline deadline);
    [[nodiscard]] Result<void> setSetting(std::string_view key, std::string_view value, Deadline deadline);

    // Replaces whatever row the slot had.
    [[nodiscard]] Result<void> registerEngine(const EngineRegistration& engine, Deadline deadline);
    // Publishes the status and returns the orders. NotFound when the row is gone (registered again by the caller).
    [[nodiscard]] Result<EngineOrders> heartbeat(int slot, const std::string& statusJson, Deadline deadline);
    [[nodiscard]] Result<void> removeEngine(int slot, Deadline deadline);
    // Engine slot -1: all engines. Return how many engines heard it.
    [[nodiscard]] Result<int> setPaused(int slot, bool paused, Deadline deadline);
    [[nodiscard]] Result<int> setWorkersWanted(int slot, int workers, Deadline deadline);

    // The import of this file, made when there is none: `slots` id slots are taken from the top, never given out again.
    [[nodiscard]] Result<StoredImport> openImport(const std::string& fileHash, int slots, std::int64_t timeShiftMs,
                                                  Deadline deadline);
    [[nodiscard]] Result<void> saveImport(const std::string& fileHash, const std::string& phase, std::int64_t linesDone,
                                          Deadline deadline);

    [[nodiscard]] Result<void> appendAudit(const std::string& engine, const std::string& who, const std::string& action,
                                           const std::string& argumentsJson, const std::string& outcome, Deadline deadline);

private:
    SqlPool& m_pool;
};

} // namespace backend
