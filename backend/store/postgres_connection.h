// SqlConnection on PostgreSQL. Made and owned by a PostgresPool; one thread at a time.
//
// Statements that are used often run as server-side prepared statements, sent as text: "SET LOCAL
// statement_timeout = …; EXECUTE s7('…')", others with their parameters as literals. So one round trip
// carries the server's own time limit, parameters and statement, and a batch is nothing but several. The
// server's limit lies a little before the deadline and spares the connection; should the server not react,
// the watchdog closes the socket at the deadline.
#pragma once

#include "backend/common/sql.h"
#include "backend/store/connection_watchdog.h"
#include "backend/store/postgres_driver.h"
#include "backend/store/statement_cache.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace backend {

// What the connections of one pool sent. Thread-safe.
struct SqlTraffic
{
    std::atomic<std::int64_t> statements{0}, textBytes{0};
};

class PostgresConnection final : public SqlConnection
{
public:
    PostgresConnection(std::unique_ptr<PostgresDriver> driver, ConnectionWatchdog& watchdog,
                       std::string nodeName, SqlTraffic& traffic);
    ~PostgresConnection() override;

    // Settings of the session; call once.
    [[nodiscard]] Result<void> prepareSession(Deadline deadline);

    [[nodiscard]] Result<SqlRows> execute(std::string_view sql, const SqlParameters& parameters,
                                          Deadline deadline) override;
    [[nodiscard]] Result<void> start(const std::vector<SqlStatement>& statements, Deadline deadline) override;
    [[nodiscard]] Result<std::vector<SqlRows>> finish() override;
    [[nodiscard]] Result<void> executeScript(std::string_view script, Deadline deadline) override;
    [[nodiscard]] Result<std::size_t> copyIn(std::string_view table, const std::vector<std::string>& columns,
                                             const std::vector<SqlParameters>& rows,
                                             Deadline deadline) override;
    [[nodiscard]] Result<void> begin(Deadline deadline) override;
    [[nodiscard]] Result<void> commit(Deadline deadline) override;
    void rollback() noexcept override;

    int backendPid() const override { return m_backendPid; } // also once it broke
    bool usable() const override { return m_usable; }
    void interrupt() noexcept override { m_watched.shutDown(); }
    const std::string& nodeName() const override { return m_nodeName; }

    // While idle: whether the server has closed the connection or says something unasked. Does not wait.
    bool stale() const;

private:
    enum class State { Idle, InTransaction, Failed };
    // A batch between start() and finish().
    struct Started
    {
        std::vector<std::string> sqls; // as given
        std::size_t before = 0;        // statements of our own that are sent first
        bool own = false;              // a transaction of its own
    };
    template <class T>
    using DriverCall = std::function<DriverResult<T>()>;

    Result<void> ready(Deadline deadline) const;
    void keepWithin(Deadline deadline);
    void rollBackWithin(Deadline deadline) noexcept;
    tl::unexpected<Error> failed(const DriverError& error, std::string_view sql, bool fired);
    template <class T>
    Result<T> timed(Deadline deadline, const DriverCall<T>& call, std::string_view sql);
    Result<SqlRows> run(const std::string& text, std::string_view sql, Deadline deadline);
    Result<void> prepareWorthy(const std::vector<const std::string*>& sqls, Deadline deadline);
    Result<void> prepare(const std::string& sql, Deadline deadline);
    Result<void> forgetPrepared(Deadline deadline);
    Result<std::string> textOf(const std::string& sql, const SqlParameters& parameters);
    Result<void> appendLiteral(std::string& text, const SqlParameter& parameter);

    std::unique_ptr<PostgresDriver> m_driver;
    ConnectionWatchdog::Watched m_watched;
    const int m_backendPid;
    std::string m_nodeName;
    SqlTraffic& m_traffic;
    StatementCache m_statements;
    std::int64_t m_nextName = 1;
    bool m_preparedUncertain = false; // some names may be taken on the server that m_statements does not know
    bool m_usable = true;
    State m_state = State::Idle;
    Deadline m_until{Deadline::Clock::time_point()}; // the caller is there as long
    std::optional<Started> m_started;
};

} // namespace backend
