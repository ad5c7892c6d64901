#include "backend/queue/node_connection.h"

namespace backend {

Result<SqlConnection*> NodeConnection::get(Deadline deadline)
{
    if (usable()) return m_lease.get();
    giveBack();
    if (m_interrupted) return fail(ErrorCode::Cancelled, "its owner is stopped", true);
    ROOKERY_ASSIGN(auto lease, m_pool.lease(deadline.earlier(std::chrono::seconds(1))));
    const std::lock_guard lock(m_mutex);
    m_lease = std::move(lease);
    if (m_interrupted) m_lease->interrupt();
    return m_lease.get();
}

void NodeConnection::giveBack()
{
    SqlPool::Lease leaving;
    const std::lock_guard lock(m_mutex);
    leaving.swap(m_lease);
}

void NodeConnection::interrupt() noexcept
{
    const std::lock_guard lock(m_mutex);
    m_interrupted = true;
    if (m_lease) m_lease->interrupt();
}

} // namespace backend
