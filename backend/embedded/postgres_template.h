// An initialised PostgreSQL data directory to copy nodes from: initdb takes longer than everything else of a
// start, so its result is kept in the person's cache directory, by server version and settings. Any thread;
// programs that fill the cache at the same time do not meet, each builds beside it and renames.
#pragma once

#include "backend/embedded/data_directory.h"
#include "backend/embedded/server_programs.h"

#include <filesystem>
#include <stop_token>

namespace backend {

// A path to copy from. When no cache can be written it lies in `directory` itself; remove it after copying.
struct PostgresTemplate
{
    std::filesystem::path path;
    bool cached = false;
};

[[nodiscard]] Result<PostgresTemplate> obtainPostgresTemplate(const ServerPrograms& programs,
                                                              const DataDirectory& directory,
                                                              Deadline deadline, const std::stop_token& stop);

} // namespace backend
