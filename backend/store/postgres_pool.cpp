#include "backend/store/postgres_pool.h"

#include "backend/store/postgres_connection.h"
#include "backend/store/postgres_errors.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace backend {
namespace {

// After a refused attempt the next one is made this much later: callers who retry at once do not hammer the
// server.
constexpr std::chrono::milliseconds kRefusalPause{50};

std::string connectionString(const NodeEndpoint& node, const PoolLimits& limits)
{
    const auto seconds =
        std::max<std::int64_t>(2, std::chrono::ceil<std::chrono::seconds>(limits.connectTimeout).count());
    const bool isUri = node.address.find("://") != std::string::npos;
    const std::string_view separator = isUri ? "&" : " ";
    std::string out = node.address;
    out += !isUri ? " " : node.address.find('?') == std::string::npos ? "?" : "&";
    out += "connect_timeout=" + std::to_string(seconds);
    out += separator;
    out += limits.applicationName.empty() ? "fallback_application_name=rookery"
                                          : "application_name=" + limits.applicationName;
    out += separator;
    return out + "client_encoding=UTF8";
}

// Shared by the pool and its opener, which may outlive the pool while an attempt hangs.
struct PoolState
{
    PoolState(NodeEndpoint endpoint, PoolLimits poolLimits)
        : node(std::move(endpoint))
        , limits(poolLimits)
    {
    }

    const NodeEndpoint node;
    const PoolLimits limits;
    SqlTraffic traffic;
    ConnectionWatchdog watchdog;

    mutable std::mutex mutex;
    std::condition_variable available; // a connection, an error or the end
    std::condition_variable wanted;    // for the opener
    std::condition_variable openerDone;
    std::vector<std::unique_ptr<PostgresConnection>> idle;
    int open = 0; // idle and leased
    int waiting = 0;
    bool stop = false, openerGone = false;
    std::int64_t attempts = 0;        // to connect that were begun, one after the other
    std::int64_t lastFailed = 0;      // the number of the last one that failed,
    std::optional<Error> lastFailure; // and why
    std::int64_t refused = 0;

    bool openWanted() const { return waiting > int(idle.size()) && open < limits.maxConnections; }
};

Result<std::unique_ptr<PostgresConnection>> openConnection(PoolState& state)
{
    auto driver = PostgresDriver::open(connectionString(state.node, state.limits));
    if (!driver) return fail(connectError(driver.error(), state.node.name, state.node.address));
    auto connection = std::make_unique<PostgresConnection>(std::move(*driver), state.watchdog,
                                                           state.node.name, state.traffic);
    ROOKERY_TRY(connection->prepareSession(Deadline::after(state.limits.connectTimeout)));
    return connection;
}

void runOpener(const std::shared_ptr<PoolState>& state)
{
    std::unique_lock lock(state->mutex);
    while (!state->stop) {
        if (!state->openWanted()) {
            state->wanted.wait(lock);
            continue;
        }
        const auto attempt = ++state->attempts;
        lock.unlock();
        auto connection = openConnection(*state);
        lock.lock();
        if (connection) {
            if (state->stop) break;
            state->idle.push_back(std::move(*connection));
            ++state->open;
            state->available.notify_one();
            continue;
        }
        state->lastFailed = attempt;
        state->lastFailure = connection.error();
        state->available.notify_all();
        state->wanted.wait_for(lock, kRefusalPause, [&] { return state->stop; });
    }
    state->openerGone = true;
    state->openerDone.notify_all();
}

class PostgresPool final : public SqlPool
{
public:
    PostgresPool(const NodeEndpoint& node, const PoolLimits& limits)
        : m_state(std::make_shared<PoolState>(node, limits))
        , m_opener(runOpener, m_state)
    {
    }

    ~PostgresPool() override
    {
        std::unique_lock lock(m_state->mutex);
        m_state->stop = true;
        m_state->wanted.notify_all();
        m_state->available.notify_all();
        auto idle = std::move(m_state->idle);
        m_state->idle.clear();
        const bool gone = m_state->openerDone.wait_for(lock, m_state->limits.patienceAtEnd,
                                                       [&] { return m_state->openerGone; });
        lock.unlock();
        if (gone)
            m_opener.join();
        else
            m_opener.detach();
    }

    Result<Lease> lease(Deadline deadline) override;
    void giveBack(SqlConnection* connection) noexcept override;

    SqlPoolStatistics statistics() const override
    {
        const std::lock_guard lock(m_state->mutex);
        const auto& state = *m_state;
        return {state.open,    state.open - int(state.idle.size()),
                state.waiting, state.traffic.statements.load(),
                state.refused, state.traffic.textBytes.load()};
    }
    const std::string& nodeName() const override { return m_state->node.name; }

private:
    std::unique_ptr<PostgresConnection> takeIdle();
    Result<std::unique_ptr<PostgresConnection>> take(Deadline deadline);
    Result<std::unique_ptr<PostgresConnection>> waitForOne(std::unique_lock<std::mutex>& lock,
                                                           Deadline deadline);
    Error overdue() const;

    std::shared_ptr<PoolState> m_state;
    std::thread m_opener;
};

// Newest first. Connections whose server has gone away while they were idle are dropped.
std::unique_ptr<PostgresConnection> PostgresPool::takeIdle()
{
    auto& state = *m_state;
    while (!state.idle.empty()) {
        auto connection = std::move(state.idle.back());
        state.idle.pop_back();
        if (!connection->stale()) return connection;
        --state.open;
    }
    return nullptr;
}

Error PostgresPool::overdue() const
{
    const auto& state = *m_state;
    if (state.open == 0)
        return {ErrorCode::DeadlineExceeded,
                state.node.name + " (" + withoutPassword(state.node.address) +
                    ") did not accept a connection in time; the server is overloaded, stopped or unreachable",
                true};
    return {ErrorCode::DeadlineExceeded,
            "all " + std::to_string(state.open) + " connections to " + state.node.name +
                " stayed in use; raise the pool's size or lower the load",
            true};
}

Result<std::unique_ptr<PostgresConnection>> PostgresPool::waitForOne(std::unique_lock<std::mutex>& lock,
                                                                     Deadline deadline)
{
    auto& state = *m_state;
    const auto begunBefore = state.attempts; // how these end says nothing of the server as it is from now on
    while (true) {
        if (state.stop) return fail(ErrorCode::Cancelled, "the pool of " + state.node.name + " is closing");
        if (auto connection = takeIdle()) return connection;
        // While others hold connections a refused further one is no reason to fail: theirs will come back.
        if (state.lastFailed > begunBefore &&
            (state.open == 0 || state.lastFailure->code != ErrorCode::Overloaded))
            return fail(*state.lastFailure);
        if (deadline.expired()) return fail(overdue());
        if (state.openWanted()) state.wanted.notify_one();
        state.available.wait_until(lock, deadline.at());
    }
}

Result<std::unique_ptr<PostgresConnection>> PostgresPool::take(Deadline deadline)
{
    std::unique_lock lock(m_state->mutex);
    auto& state = *m_state;
    if (state.waiting == 0)
        if (auto connection = takeIdle()) return connection;
    const int capacity = state.limits.maxConnections - state.open + int(state.idle.size());
    if (state.waiting >= capacity + state.limits.maxWaiters) {
        ++state.refused;
        return fail(ErrorCode::Overloaded,
                    "all " + std::to_string(state.limits.maxConnections) + " connections to " +
                        state.node.name + " are in use and " + std::to_string(state.waiting) +
                        " callers wait already; try again later",
                    true);
    }
    ++state.waiting;
    auto connection = waitForOne(lock, deadline);
    --state.waiting;
    return connection;
}

Result<SqlPool::Lease> PostgresPool::lease(Deadline deadline)
{
    ROOKERY_ASSIGN(auto connection, take(deadline));
    return Lease(connection.release(), SqlLeaseReturner{this});
}

void PostgresPool::giveBack(SqlConnection* connection) noexcept
{
    std::unique_ptr<PostgresConnection> returned(static_cast<PostgresConnection*>(connection));
    returned->rollback();
    const std::lock_guard lock(m_state->mutex);
    if (returned->usable() && !m_state->stop) {
        m_state->idle.push_back(std::move(returned));
        m_state->available.notify_one();
        return;
    }
    --m_state->open;
    if (m_state->openWanted()) m_state->wanted.notify_one();
    m_state->available.notify_one();
}

} // namespace

std::unique_ptr<SqlPool> makePostgresPool(const NodeEndpoint& node, const PoolLimits& limits)
{
    return std::make_unique<PostgresPool>(node, limits);
}

} // namespace backend
