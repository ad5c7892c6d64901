// A private Redis node as a server to start. It begins empty, because everything in Redis can be rebuilt from
// PostgreSQL, or with the dump of its former life where that is known to be whole (see redis_dump.h).
#pragma once

#include "backend/embedded/data_directory.h"
#include "backend/embedded/server_process.h"

namespace backend {

ServerSpec redisServer(const DataDirectory& directory, int number, const std::filesystem::path& program,
                       const std::vector<std::string>& arguments, std::string formerRunId);

} // namespace backend
