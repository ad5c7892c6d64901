// An advisory lock in the directory, for what one engine of a cluster does at a time. Held as long as the
// object and its connection live; a process that dies gives it back. One thread.
#pragma once

#include "backend/common/sql.h"

namespace backend {

class DirectoryLock
{
public:
    // Whether the lock is free and now taken; then to be guarded by an object.
    [[nodiscard]] static Result<bool> take(SqlConnection& connection, std::int64_t key, Deadline deadline)
    {
        ROOKERY_ASSIGN(const auto rows, connection.execute("SELECT pg_try_advisory_lock($1::bigint)",
                                                           {sqlParameter(key)}, deadline));
        return rows.boolean(0, 0);
    }
    DirectoryLock(SqlConnection& connection, std::int64_t key)
        : m_connection(connection)
        , m_key(key)
    {
    }
    ~DirectoryLock()
    {
        std::ignore = m_connection.execute("SELECT pg_advisory_unlock($1::bigint)", {sqlParameter(m_key)},
                                           Deadline::after(std::chrono::seconds(1)));
    }
    DirectoryLock(const DirectoryLock&) = delete;
    DirectoryLock& operator=(const DirectoryLock&) = delete;

    // False once another may have it.
    [[nodiscard]] bool stands(Deadline deadline) const
    {
        return m_connection.usable() && m_connection.execute("SELECT 1", {}, deadline) &&
               m_connection.usable();
    }

private:
    SqlConnection& m_connection;
    const std::int64_t m_key;
};

} // namespace backend
