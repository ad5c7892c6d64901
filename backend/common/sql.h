// SQL as the rest of the engine sees it: connections leased from bounded pools, every statement timed, errors
// as values. backend/store implements it for PostgreSQL; nothing outside that implementation sees the driver.
#pragma once

#include "backend/common/deadline.h"
#include "backend/common/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace backend {

// One parameter, in PostgreSQL's text form; NULL when empty. Arrays: see sqlArray().
using SqlParameter = std::optional<std::string>;
using SqlParameters = std::vector<SqlParameter>;

std::string sqlArray(const std::vector<std::int64_t>& values); // {1,2,3}, for $1::bigint[]
std::string sqlArray(const std::vector<std::string>& values);  // {"a","b"}, quoted, for $1::text[]

template <class T>
SqlParameter sqlParameter(const T& value)
{
    if constexpr (std::is_same_v<T, bool>)
        return std::string(value ? "t" : "f");
    else if constexpr (std::is_arithmetic_v<T>)
        return std::to_string(value);
    else
        return std::string(value);
}

// Rows of one statement. Cheap to copy; immutable.
class SqlRows
{
public:
    class Source
    {
    public:
        virtual ~Source() = default;
        virtual std::size_t rowCount() const = 0;
        virtual std::size_t affectedRows() const = 0;
        virtual bool isNull(std::size_t row, int column) const = 0;
        virtual std::string_view text(std::size_t row, int column) const = 0;
    };

    SqlRows() = default;
    explicit SqlRows(std::shared_ptr<const Source> source)
        : m_source(std::move(source))
    {
    }

    std::size_t size() const { return m_source ? m_source->rowCount() : 0; }
    bool empty() const { return size() == 0; }
    std::size_t affectedRows() const { return m_source ? m_source->affectedRows() : 0; }
    bool isNull(std::size_t row, int column) const { return m_source->isNull(row, column); }
    std::string_view text(std::size_t row, int column) const { return m_source->text(row, column); }
    std::int64_t integer(std::size_t row, int column) const; // 0 for NULL
    double real(std::size_t row, int column) const;          // 0 for NULL
    bool boolean(std::size_t row, int column) const;         // false for NULL

private:
    std::shared_ptr<const Source> m_source;
};

struct SqlStatement
{
    std::string sql;
    SqlParameters parameters;
};

// A connection to one PostgreSQL node. One thread at a time. Statements outside begin()/commit() commit by
// themselves. Statement texts are prepared on first use and kept, so keep their number bounded (one per shard
// is fine).
class SqlConnection
{
public:
    virtual ~SqlConnection() = default;

    [[nodiscard]] virtual Result<SqlRows> execute(std::string_view sql, const SqlParameters& parameters,
                                                  Deadline deadline) = 0;
    // Several statements in one round trip, in order; the first error ends it. Outside a transaction the
    // whole batch is one transaction of its own.
    [[nodiscard]] Result<std::vector<SqlRows>> executeAll(const std::vector<SqlStatement>& statements,
                                                          Deadline deadline);
    // The two halves of executeAll, for callers who let several nodes work at the same time: start() sends
    // and does not wait for rows, finish() waits until the deadline that start() was given. After a start()
    // that succeeded nothing but finish() may be called; after one that failed there is nothing to finish.
    [[nodiscard]] virtual Result<void> start(const std::vector<SqlStatement>& statements,
                                             Deadline deadline) = 0;
    [[nodiscard]] virtual Result<std::vector<SqlRows>> finish() = 0;
    // A script of many statements without parameters, unprepared (migrations).
    [[nodiscard]] virtual Result<void> executeScript(std::string_view script, Deadline deadline) = 0;
    // COPY table(columns) FROM STDIN; a row is a list of text values, NULL when empty. Returns the rows
    // written.
    [[nodiscard]] virtual Result<std::size_t> copyIn(std::string_view table,
                                                     const std::vector<std::string>& columns,
                                                     const std::vector<SqlParameters>& rows,
                                                     Deadline deadline) = 0;

    [[nodiscard]] virtual Result<void> begin(Deadline deadline) = 0;
    [[nodiscard]] virtual Result<void> commit(Deadline deadline) = 0;
    virtual void rollback() noexcept = 0; // no-op if none is open; unusable if its deadlines leave no time

    virtual int backendPid() const = 0;
    virtual bool usable() const = 0; // false once the connection broke: get a new one
    // From any thread while the connection is leased: what its owner waits for fails at once, and the
    // connection is of no further use. For a shutdown that cannot wait for a deadline.
    virtual void interrupt() noexcept {}
    virtual const std::string& nodeName() const = 0;
};

// Begins on construction via begin(); rolls back unless commit() was called.
class SqlTransaction
{
public:
    [[nodiscard]] static Result<SqlTransaction> begin(SqlConnection& connection, Deadline deadline);
    SqlTransaction(SqlTransaction&& other) noexcept
        : m_connection(std::exchange(other.m_connection, nullptr))
    {
    }
    SqlTransaction(const SqlTransaction&) = delete;
    SqlTransaction& operator=(const SqlTransaction&) = delete;
    SqlTransaction& operator=(SqlTransaction&&) = delete;
    ~SqlTransaction()
    {
        if (m_connection) m_connection->rollback();
    }
    [[nodiscard]] Result<void> commit(Deadline deadline);

private:
    explicit SqlTransaction(SqlConnection& connection)
        : m_connection(&connection)
    {
    }
    SqlConnection* m_connection;
};

struct SqlPoolStatistics
{
    int open = 0, leased = 0, waiting = 0;
    std::int64_t statements = 0, refused = 0; // since the pool was made
    std::int64_t sentTextBytes = 0; // of all statements, those around them (BEGIN, PREPARE …) included
};

// A bounded pool of connections to one node. Thread-safe. Leases return by RAII. When all are leased callers
// wait, at most `maxWaiters` of them and never past their deadline; beyond that Overloaded.
class SqlPool
{
public:
    virtual ~SqlPool() = default;

    using Lease = std::unique_ptr<SqlConnection, struct SqlLeaseReturner>;
    [[nodiscard]] virtual Result<Lease> lease(Deadline deadline) = 0;
    virtual void giveBack(SqlConnection* connection) noexcept = 0;
    virtual SqlPoolStatistics statistics() const = 0;
    virtual const std::string& nodeName() const = 0;
};

struct SqlLeaseReturner
{
    SqlPool* pool = nullptr;
    void operator()(SqlConnection* connection) const noexcept
    {
        if (pool && connection) pool->giveBack(connection);
    }
};

} // namespace backend
