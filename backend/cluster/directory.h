// The directory database of a cluster: settings, nodes and placements, handles, engines, imports, audit log.
// Every call is one round trip on a connection of its own from the pool. Owned by the engine; thread-safe.
#pragma once

#include "backend/common/sql.h"
#include "backend/domain/cluster.h"
#include "backend/domain/import_record.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backend {

struct ClusterSettings
{
    std::string clusterName, environment;
    int shardCount = 0;
    int directoryNode = 0;
    std::int64_t epoch = 0;
    std::string id; // a UUID, the cluster's for good
};

struct HandleEntry
{
    std::string handle;
    UserId user;
};

// Which engine it is, whatever slot it has: a slot is leased and may be another's later.
struct EngineIdentity
{
    std::string name;    // "host:pid"
    TimePoint startedAt; // in microseconds: two of one name differ
    bool operator==(const EngineIdentity&) const = default;
};

struct EngineRecord
{
    int slot = 0;
    std::string name; // "host:pid"
    std::string role; // "desktop", "serve", "demo"
    TimePoint startedAt;
    double heartbeatAgeSeconds = 0; // by the directory's clock
    int workersWanted = 0;
    bool paused = false;
    std::string status; // JSON, the engine's own
};

// What operators want of an engine's workers.
struct EngineOrders
{
    bool paused = false;
    int workersWanted = 0;
};

struct AuditEntry
{
    std::string engine, who, action;
    std::string arguments; // JSON, exactly as called
    std::string outcome;   // "ok" or the error
    TimePoint at;          // set by the directory
};

class Directory
{
public:
    explicit Directory(SqlPool& pool)
        : m_pool(pool)
    {
    }

    // NotFound when the node holds no cluster.
    [[nodiscard]] Result<ClusterSettings> settings(Deadline deadline);
    [[nodiscard]] Result<std::int64_t> epoch(Deadline deadline);
    [[nodiscard]] Result<ShardMap> loadShardMap(Deadline deadline);
    [[nodiscard]] Result<std::optional<std::string>> setting(std::string_view key, Deadline deadline);
    [[nodiscard]] Result<void> saveSetting(std::string_view key, std::string_view value, Deadline deadline);

    [[nodiscard]] Result<std::optional<UserId>> userByHandle(std::string_view handle, Deadline deadline);
    // Ascending by handle's bytes.
    [[nodiscard]] Result<std::vector<HandleEntry>> handlesByPrefix(std::string_view prefix, int limit,
                                                                   Deadline deadline);

    // The import of that file; the first call makes it with `slots` id slots that nobody ever gets again,
    // taken from the highest free ones downwards. Overloaded when there are not that many left.
    [[nodiscard]] Result<ImportRecord> openImport(const std::string& fileHash, int slots,
                                                  std::int64_t timeShiftMs, Deadline deadline);
    [[nodiscard]] Result<std::optional<ImportRecord>> findImport(const std::string& fileHash,
                                                                 Deadline deadline);
    [[nodiscard]] Result<std::vector<std::string>>
    imports(Deadline deadline); // their file hashes, in no order
    [[nodiscard]] Result<void> saveImport(const ImportRecord& record,
                                          Deadline deadline); // phase and lines done

    [[nodiscard]] Result<void> appendAudit(const AuditEntry& entry, Deadline deadline);
    [[nodiscard]] Result<std::vector<AuditEntry>> newestAudit(int limit, Deadline deadline);

    // Accounts whose deletion began since a minute before `sinceUs` (0: since a minute before now), by the
    // directory's clock, and when it was asked.
    struct DeletedAccounts
    {
        std::vector<UserId> users;
        std::int64_t untilUs = 0;
    };
    [[nodiscard]] Result<DeletedAccounts> deletedAccounts(std::int64_t sinceUs, Deadline deadline);

    // Replaces whatever the slot had, and what the engine had under another one. heartbeatAgeSeconds and
    // status of the record are not used. REQUIRES: the slot is leased to it.
    [[nodiscard]] Result<void> registerEngine(const EngineRecord& engine, Deadline deadline);
    // NotFound when the engine was removed meanwhile, or another one has the slot: see to the lease and
    // register again. The other's row is left alone.
    [[nodiscard]] Result<EngineOrders> heartbeat(int slot, const EngineIdentity& engine,
                                                 std::string_view statusJson, Deadline deadline);
    [[nodiscard]] Result<std::vector<EngineRecord>> engines(Deadline deadline); // by slot
    [[nodiscard]] Result<EngineOrders> orders(int slot, const EngineIdentity& engine, Deadline deadline);
    [[nodiscard]] Result<void> removeEngine(const EngineIdentity& engine, Deadline deadline);
    [[nodiscard]] Result<int> removeSilentEngines(Milliseconds silence, Deadline deadline);
    // slot -1: all engines; those that only look and have no workers are given none. Returns how many heard
    // it; NotFound when none.
    [[nodiscard]] Result<int> setPaused(int slot, bool paused, Deadline deadline);
    [[nodiscard]] Result<int> setWorkersWanted(int slot, int workers, Deadline deadline);

    SqlPool& pool() { return m_pool; }

private:
    Result<SqlRows> run(std::string_view sql, const SqlParameters& parameters, Deadline deadline);

    SqlPool& m_pool;
};

} // namespace backend
