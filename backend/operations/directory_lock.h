// Something that one engine of a cluster does at a time: an advisory lock in the directory, held as long as
// the connection lives, or until released. One thread.
#pragma once

#include "backend/common/sql.h"

#include <tuple>

namespace backend {

// The locks' numbers; each job has its own.
inline constexpr std::int64_t kRestoringLock = 0x726f6f6b657279, kVerifyingLock = 0x726f6f6b65727a;

class DirectoryLock
{
public:
    static Result<bool> take(SqlConnection& connection, std::int64_t number, Deadline deadline)
    {
        ROOKERY_ASSIGN(const auto rows, connection.execute("SELECT pg_try_advisory_lock($1::bigint)",
                                                           {sqlParameter(number)}, deadline));
        return rows.boolean(0, 0);
    }
    // REQUIRES: take() gave it.
    DirectoryLock(SqlConnection& connection, std::int64_t number)
        : m_connection(connection)
        , m_number(number)
    {
    }
    ~DirectoryLock()
    {
        std::ignore = m_connection.execute("SELECT pg_advisory_unlock($1::bigint)", {sqlParameter(m_number)},
                                           Deadline::after(std::chrono::seconds(1)));
    }
    DirectoryLock(const DirectoryLock&) = delete;
    DirectoryLock& operator=(const DirectoryLock&) = delete;

    // False once another may have it.
    bool stands(Deadline deadline) const
    {
        return m_connection.usable() && m_connection.execute("SELECT 1", {}, deadline) &&
               m_connection.usable();
    }

private:
    SqlConnection& m_connection;
    const std::int64_t m_number;
};

} // namespace backend
