// One thread's connection to one node, leased from its pool on first use and kept between uses. Owned by that
// thread, except interrupt(), which comes from any.
#pragma once

#include "backend/common/sql.h"

#include <atomic>
#include <mutex>

namespace backend {

class NodeConnection
{
public:
    explicit NodeConnection(SqlPool& pool)
        : m_pool(pool)
    {
    }

    // A broken connection is replaced. Waits for the pool a second at most, however late the deadline.
    [[nodiscard]] Result<SqlConnection*> get(Deadline deadline);
    void giveBack();
    bool usable() const { return m_lease && m_lease->usable(); }
    // What the owner waits for on this connection fails at once, and so does whatever it asks for from then
    // on.
    void interrupt() noexcept;

private:
    SqlPool& m_pool;
    std::mutex m_mutex; // held while m_lease changes and while it is interrupted
    SqlPool::Lease m_lease;
    std::atomic<bool> m_interrupted{false};
};

} // namespace backend
