#include "backend/queue/wake_signal.h"

#include <algorithm>

namespace backend {

void WakeSignal::wakeOne()
{
    {
        const std::lock_guard lock(m_mutex);
        m_wanted = std::min(m_wanted + 1, std::max(1, m_sleepers));
    }
    m_changed.notify_one();
}

void WakeSignal::wakeSleeper()
{
    {
        const std::lock_guard lock(m_mutex);
        m_wanted = std::min(m_wanted + 1, m_sleepers);
    }
    m_changed.notify_one();
}

void WakeSignal::wakeAll()
{
    {
        const std::lock_guard lock(m_mutex);
        ++m_orders;
    }
    m_changed.notify_all();
}

std::uint64_t WakeSignal::orders() const
{
    const std::lock_guard lock(m_mutex);
    return m_orders;
}

bool WakeSignal::sleep(std::uint64_t ordersSeen, std::chrono::milliseconds longest,
                       const std::stop_token& stop)
{
    std::unique_lock lock(m_mutex);
    ++m_sleepers;
    const bool woken =
        m_changed.wait_for(lock, stop, longest, [&] { return m_wanted > 0 || m_orders != ordersSeen; });
    --m_sleepers;
    if (m_wanted > 0 && !stop.stop_requested()) --m_wanted;
    return woken;
}

} // namespace backend
