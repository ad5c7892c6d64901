// A private Redis node as a server to start. It keeps nothing: everything in Redis can be rebuilt from
// PostgreSQL.
#pragma once

#include "backend/embedded/data_directory.h"
#include "backend/embedded/server_process.h"

namespace backend {

ServerSpec redisServer(const DataDirectory& directory, int number, const std::filesystem::path& program,
                       const std::vector<std::string>& arguments);

} // namespace backend
