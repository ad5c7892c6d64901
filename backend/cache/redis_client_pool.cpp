#include "backend/cache/redis_client_impl.h"

#include <condition_variable>
#include <mutex>

namespace backend {

struct RedisClientPool::Impl
{
    std::vector<NodeEndpoint> endpoints;
    std::shared_ptr<RedisSilence> silence;
    int most, maxWaiters;
    std::mutex mutex;
    std::condition_variable returned;
    std::vector<std::unique_ptr<RedisClient>>
        idle; // the last one used is the first one leased: connections stay few
    int made = 0, waiting = 0;
};

RedisClientPool::RedisClientPool(std::vector<NodeEndpoint> redisNodes, int clients, int maxWaiters)
    : m_impl(std::make_unique<Impl>())
{
    m_impl->endpoints = std::move(redisNodes);
    m_impl->silence = std::make_shared<RedisSilence>(m_impl->endpoints);
    m_impl->most = clients;
    m_impl->maxWaiters = maxWaiters;
}

RedisClientPool::~RedisClientPool() = default;

Result<RedisClientPool::Lease> RedisClientPool::lease(Deadline deadline)
{
    return lease(false, deadline);
}

Result<RedisClientPool::Lease> RedisClientPool::leaseHasty(Deadline deadline)
{
    return lease(true, deadline);
}

Result<RedisClientPool::Lease> RedisClientPool::lease(bool hasty, Deadline deadline)
{
    std::unique_lock lock(m_impl->mutex);
    if (m_impl->idle.empty() && m_impl->made >= m_impl->most) {
        if (m_impl->waiting >= m_impl->maxWaiters)
            return fail(ErrorCode::Overloaded,
                        "all " + std::to_string(m_impl->most) + " Redis clients are in use and " +
                            std::to_string(m_impl->waiting) +
                            " callers wait already; try again, or allow more clients",
                        true);
        ++m_impl->waiting;
        const bool ready =
            m_impl->returned.wait_until(lock, deadline.at(), [this] { return !m_impl->idle.empty(); });
        --m_impl->waiting;
        if (!ready)
            return fail(ErrorCode::DeadlineExceeded,
                        "no Redis client became free in time; try again, or allow more clients", true);
    }
    std::unique_ptr<RedisClient> client;
    if (!m_impl->idle.empty()) {
        client = std::move(m_impl->idle.back());
        m_impl->idle.pop_back();
    } else {
        client =
            std::make_unique<RedisClient>(m_impl->endpoints, RedisClientOptions{.silence = m_impl->silence});
        ++m_impl->made;
    }
    client->m_impl->options.hasty = hasty;
    return Lease(client.release(), Returner{this});
}

void RedisClientPool::Returner::operator()(RedisClient* client) const noexcept
{
    std::unique_ptr<RedisClient> owned(client);
    if (!pool || !owned) return;
    const std::lock_guard lock(pool->m_impl->mutex);
    pool->m_impl->idle.push_back(std::move(owned));
    pool->m_impl->returned.notify_one();
}

} // namespace backend
