// Where the servers' programs lie on this machine. Any thread.
#pragma once

#include "backend/common/result.h"
#include "backend/embedded/embedded_servers.h"

#include <filesystem>
#include <string>

namespace backend {

struct ServerPrograms
{
    std::filesystem::path postgresBin; // holds postgres and initdb
    std::filesystem::path redisServer;
    std::string postgresVersion; // as "postgres --version" says it, one line
};

// `existingMajor`: the version that made the data at hand, "" for none; only its own server can read it.
[[nodiscard]] Result<ServerPrograms> findServerPrograms(const EmbeddedOptions& options,
                                                        const std::string& existingMajor);

} // namespace backend
