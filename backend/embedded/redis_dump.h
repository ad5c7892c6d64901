// What the Redis nodes of a kept directory leave behind for the next start: a dump each, and beside it a mark
// that says it is whole, of which life (run_id) it is, and which state of PostgreSQL it belongs to. The mark
// is taken before anybody can write anything, so a dump is used at most once and never when something may
// have been written without it. Stateless; one thread per node.
//
//   DIR/redis-1/dump.rdb   DIR/redis-1/saved
#pragma once

#include "backend/common/deadline.h"
#include "backend/embedded/files.h"

#include <filesystem>
#include <optional>
#include <string>

namespace backend {

// A digest of the control files of DIR/pg-1 … pg-<nodes>, which change whenever a server is started on them.
// The servers do not run. Empty when one cannot be read.
std::string postgresState(const std::filesystem::path& directory, int nodes);

// Saves the node and ends it: the run_id of the life that was saved. On an error the node may still run.
// `nodes` are saved at the same time on the same disk.
[[nodiscard]] Result<std::string> saveRedisNode(const std::string& name, const std::filesystem::path& data,
                                                const std::filesystem::path& socket, int nodes,
                                                Deadline deadline);

// Marks the dump as whole, on the disk when it returns. PostgreSQL has ended.
[[nodiscard]] Result<void> markRedisDump(const std::filesystem::path& data, const std::string& runId,
                                         const std::string& postgresState,
                                         const std::optional<ProcessIdentity>& owner);

// Takes the mark away, for good when it returns: the run_id of the life that the dump is of. Empty, and any
// dump removed, when there is no mark or it belongs to another state of PostgreSQL.
[[nodiscard]] Result<std::string> takeRedisDump(const std::filesystem::path& data,
                                                const std::string& postgresState);

[[nodiscard]] Result<void> removeRedisDump(const std::filesystem::path& data);

} // namespace backend
