// What a killed program leaves behind: orphaned server processes, their lock files and shared memory. Any
// thread; the caller holds the directory's lock.
#pragma once

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace backend {

// Ends every PostgreSQL process of that data directory, however deep it hangs, and clears its lock file.
void endPostgresProcesses(const std::filesystem::path& dataDirectory) noexcept;
void endRedisProcesses(const std::filesystem::path& dataDirectory) noexcept;

// All servers of a directory that holds pg-1 … and redis-1 …
void endServersIn(const std::filesystem::path& directory) noexcept;

// All processes of one PostgreSQL node: postmaster and children.
std::vector<pid_t> postgresProcesses(const std::filesystem::path& dataDirectory);
std::vector<pid_t> redisProcesses(const std::filesystem::path& dataDirectory);

// Shown in the process titles of a node's servers; it tells nodes of different directories apart.
std::string clusterName(const std::filesystem::path& dataDirectory);

} // namespace backend
