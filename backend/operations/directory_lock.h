// An advisory lock in the directory, for what one engine of a cluster does at a time. Held as long as the
// object and its connection live; a process that dies gives it back. One thread.
#pragma once

#include "backend/common/sql.h"

#include <memory>

namespace backend {

class DirectoryLock
{
public:
    // Null when another engine has it, or the directory does not answer.
    [[nodiscard]] static std::unique_ptr<DirectoryLock> tryTake(SqlPool& directory, std::int64_t key,
                                                                Deadline deadline)
    {
        auto connection = directory.lease(deadline);
        if (!connection) return nullptr;
        const auto rows =
            (*connection)->execute("SELECT pg_try_advisory_lock($1::bigint)", {sqlParameter(key)}, deadline);
        if (!rows || !rows->boolean(0, 0)) return nullptr;
        return std::unique_ptr<DirectoryLock>(new DirectoryLock(std::move(*connection), key));
    }
    ~DirectoryLock()
    {
        std::ignore = m_connection->execute("SELECT pg_advisory_unlock($1::bigint)", {sqlParameter(m_key)},
                                            Deadline::after(std::chrono::seconds(1)));
    }
    DirectoryLock(const DirectoryLock&) = delete;
    DirectoryLock& operator=(const DirectoryLock&) = delete;

    // False once another may have it.
    [[nodiscard]] bool stands(Deadline deadline) const
    {
        return m_connection->usable() && m_connection->execute("SELECT 1", {}, deadline) &&
               m_connection->usable();
    }

private:
    DirectoryLock(SqlPool::Lease connection, std::int64_t key)
        : m_connection(std::move(connection))
        , m_key(key)
    {
    }

    const SqlPool::Lease m_connection;
    const std::int64_t m_key;
};

} // namespace backend
