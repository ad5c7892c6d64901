#include "backend/store/postgres_driver.h"

#include <pqxx/pqxx>
#if PQXX_VERSION_MAJOR < 7
#include <pqxx/tablewriter>
#endif

#include <exception>
#include <utility>

namespace backend {
namespace {

class ResultRows final : public SqlRows::Source
{
public:
    explicit ResultRows(pqxx::result result)
        : m_result(std::move(result))
    {
    }

    std::size_t rowCount() const override { return std::size_t(m_result.size()); }
    std::size_t affectedRows() const override { return std::size_t(m_result.affected_rows()); }
    bool isNull(std::size_t row, int column) const override { return field(row, column).is_null(); }
    std::string_view text(std::size_t row, int column) const override
    {
        const auto value = field(row, column);
        return {value.c_str(), std::size_t(value.size())};
    }

private:
    pqxx::field field(std::size_t row, int column) const
    {
        return m_result[static_cast<pqxx::result::size_type>(row)][static_cast<pqxx::row::size_type>(column)];
    }

    pqxx::result m_result;
};

SqlRows rowsOf(const pqxx::result& result)
{
    return SqlRows(std::make_shared<ResultRows>(result));
}

// The exception being handled, as a value. libpqxx 6 drops the SQLSTATE of some of its exceptions.
DriverError currentError()
{
    const auto error = [](const char* state, const std::exception& e, bool broken = false) {
        return DriverError{state, e.what(), broken, 0};
    };
    try {
        throw;
    } catch (const pqxx::too_many_connections& e) {
        return error("53300", e, true);
    } catch (const pqxx::broken_connection& e) {
        return error("", e, true);
    } catch (const pqxx::serialization_failure& e) {
        return error("40001", e);
    } catch (const pqxx::deadlock_detected& e) {
        return error("40P01", e);
    } catch (const pqxx::insufficient_privilege& e) {
        return error("42501", e);
    } catch (const pqxx::statement_completion_unknown& e) {
        return error("40003", e, true);
    } catch (const pqxx::transaction_rollback& e) {
        return error("40000", e);
    } catch (const pqxx::sql_error& e) {
        return error(e.sqlstate().c_str(), e);
    } catch (const pqxx::argument_error& e) {
        return error("22021", e);
    } catch (const std::exception& e) {
        return error("", e);
    } catch (...) {
        return {"", "unknown exception", true, 0};
    }
}

#if PQXX_VERSION_MAJOR >= 7
void copyRows(pqxx::transaction_base& transaction, const std::string& table,
              const std::vector<std::string>& columns, const std::vector<SqlParameters>& rows)
{
    auto stream = pqxx::stream_to::raw_table(transaction, table, pqxx::separated_list(",", columns));
    for (const auto& row : rows)
        stream.write_row(row);
    stream.complete();
}

void neverReconnect(pqxx::connection&) {} // 7 does not by itself
#else
// One row in COPY's text format. libpqxx 6 writes rows only of a number of columns known to the compiler.
std::string copyLine(const SqlParameters& row)
{
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (i > 0) line += '\t';
        if (!row[i]) {
            line += "\\N";
            continue;
        }
        for (const char c : *row[i])
            switch (c) {
            case '\\':
                line += "\\\\";
                break;
            case '\n':
                line += "\\n";
                break;
            case '\r':
                line += "\\r";
                break;
            case '\t':
                line += "\\t";
                break;
            default:
                line += c;
            }
    }
    return line;
}

// What 7 offers in place of these two does not exist in 6.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
void copyRows(pqxx::transaction_base& transaction, const std::string& table,
              const std::vector<std::string>& columns, const std::vector<SqlParameters>& rows)
{
    pqxx::tablewriter writer(transaction, table, columns.begin(), columns.end());
    for (const auto& row : rows)
        writer.write_raw_line(copyLine(row));
    writer.complete();
}

void neverReconnect(pqxx::connection& connection)
{
    connection.inhibit_reactivation(
        true); // a new session would know nothing of our transaction and statements
}
#pragma GCC diagnostic pop
#endif

} // namespace

struct PostgresDriver::Impl
{
    // What was sent and not read yet.
    struct Batch
    {
        explicit Batch(pqxx::connection& connection)
            : transaction(connection)
            , pipeline(transaction)
        {
        }

        pqxx::nontransaction transaction;
        pqxx::pipeline pipeline;
        std::vector<pqxx::pipeline::query_id> queries;
    };

    explicit Impl(const std::string& connectionString)
        : connection(connectionString)
    {
        neverReconnect(connection);
    }

    pqxx::connection connection;
    std::unique_ptr<Batch> batch;

    // The error being handled; a connection that closed meanwhile is broken whatever the exception was.
    tl::unexpected<DriverError> failure(std::size_t statement = 0) const
    {
        auto error = currentError();
        error.broken = error.broken || !connection.is_open();
        error.statement = statement;
        return tl::unexpected<DriverError>(std::move(error));
    }
};

PostgresDriver::PostgresDriver(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{
}
PostgresDriver::~PostgresDriver() = default;

DriverResult<std::unique_ptr<PostgresDriver>> PostgresDriver::open(const std::string& connectionString)
{
    try {
        return std::unique_ptr<PostgresDriver>(new PostgresDriver(std::make_unique<Impl>(connectionString)));
    } catch (...) {
        auto error = currentError();
        error.broken = true;
        return tl::unexpected<DriverError>(std::move(error));
    }
}

int PostgresDriver::socket() const
{
    return m_impl->connection.sock();
}
int PostgresDriver::backendPid() const
{
    return m_impl->connection.backendpid();
}

int PostgresDriver::serverVersion() const
{
    return m_impl->connection.server_version();
}

DriverResult<SqlRows> PostgresDriver::execute(const std::string& text)
{
    try {
        pqxx::nontransaction transaction(m_impl->connection);
        return rowsOf(transaction.exec(text));
    } catch (...) {
        return m_impl->failure();
    }
}

DriverResult<void> PostgresDriver::send(const std::vector<std::string>& texts)
{
    try {
        m_impl->batch = std::make_unique<Impl::Batch>(m_impl->connection);
        auto& batch = *m_impl->batch;
        batch.pipeline.retain(int(texts.size()) + 1); // nothing is sent before everything is there
        batch.queries.reserve(texts.size());
        for (const auto& text : texts)
            batch.queries.push_back(batch.pipeline.insert(text));
        batch.pipeline.resume();
        return {};
    } catch (...) {
        auto error = m_impl->failure();
        m_impl->batch.reset();
        return error;
    }
}

DriverResult<std::vector<SqlRows>> PostgresDriver::receive()
{
    const auto batch = std::move(m_impl->batch);
    std::size_t at = 0;
    try {
        // All results are read before the first is looked at: a pipeline left with results pending would send
        // a cancel request, which blocks for ever on a stopped server and may hit a later statement on a live
        // one.
        batch->pipeline.complete();
        std::vector<SqlRows> rows;
        rows.reserve(batch->queries.size());
        for (; at < batch->queries.size(); ++at)
            rows.push_back(rowsOf(batch->pipeline.retrieve(batch->queries[at])));
        return rows;
    } catch (...) {
        return m_impl->failure(at);
    }
}

DriverResult<void> PostgresDriver::copy(const std::string& table, const std::vector<std::string>& columns,
                                        const std::vector<SqlParameters>& rows)
{
    try {
        pqxx::nontransaction transaction(m_impl->connection);
        copyRows(transaction, table, columns, rows);
        return {};
    } catch (...) {
        return m_impl->failure();
    }
}

DriverResult<std::string> PostgresDriver::quote(const std::string& value)
{
    try {
        return m_impl->connection.quote(value);
    } catch (...) {
        return m_impl->failure();
    }
}

} // namespace backend
