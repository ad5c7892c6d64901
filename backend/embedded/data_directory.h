// The directory that one set of private servers lives in: locked against a second program, its sockets'
// place, and the cleaning of what a killed program left. Owned by EmbeddedServers; one thread at a time.
//
//   DIR/rookery.lock   flock of the program that uses it, with its pid; also the mark that the directory is
//   ours DIR/sockets/       unix sockets; when that path is too long or odd, a private directory in /tmp that
//   DIR/sockets-at names DIR/pg-1, DIR/redis-1 …   one server's data each, with pg-1.log … beside them
#pragma once

#include "backend/embedded/files.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace backend {

class DataDirectory
{
public:
    // Empty: a new temporary one. Ends server processes that a killed program left in it.
    [[nodiscard]] static Result<DataDirectory> open(const std::filesystem::path& wanted);

    DataDirectory(DataDirectory&&) noexcept = default;
    DataDirectory& operator=(DataDirectory&&) noexcept = default;
    ~DataDirectory() = default;

    const std::filesystem::path& path() const { return m_path; }
    const std::filesystem::path& sockets() const { return m_sockets; }
    bool temporary() const { return m_temporary; }
    // Whom the servers run as: nobody in particular for an ordinary user, for root the data's owner or
    // "postgres".
    const std::optional<ProcessIdentity>& identity() const { return m_identity; }

    // How many nodes of that prefix ("pg-", "redis-") it holds already.
    int nodeCount(const std::string& prefix) const;
    // DiskFull unless there is room for that many new PostgreSQL nodes.
    [[nodiscard]] Result<void> requireSpace(int newPostgresNodes) const;
    // Removes sockets, and a temporary directory as a whole (a huge one goes on disappearing after the
    // return).
    void remove() noexcept;

private:
    DataDirectory() = default;
    [[nodiscard]] Result<void> makeTemporary();
    [[nodiscard]] Result<void> takeKept(const std::filesystem::path& wanted);
    [[nodiscard]] Result<void> requireIdentity();
    [[nodiscard]] Result<void> requireAccess() const;
    [[nodiscard]] Result<void> makeSockets();

    std::filesystem::path m_path, m_sockets;
    bool m_temporary = false;
    std::optional<ProcessIdentity> m_identity;
    FileDescriptor m_lock;
};

// Removes temporary directories whose program is dead, with the servers still running there. Leaves all
// others alone.
void removeStaleTemporaryDirectories() noexcept;

} // namespace backend
