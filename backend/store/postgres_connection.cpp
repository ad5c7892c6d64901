#include "backend/store/postgres_connection.h"

#include "backend/store/postgres_errors.h"
#include "backend/store/sql_literals.h"

#include <poll.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace backend {
namespace {

constexpr std::size_t kMaxPrepared = 512;
constexpr int kPreparedAtOnce = 4; // of a batch, a round trip each; further ones are sent as they are
constexpr std::chrono::milliseconds kRollbackLimit{500};

// SET alone plans nothing and reads no catalog: a SELECT here took as long as all of them.
constexpr std::string_view kSessionSettings =
    // No compilation of plans: one estimate that is too high would cost a small statement a tenth of a
    // second.
    "SET client_min_messages = error; SET timezone = 'UTC'; SET standard_conforming_strings = on; SET jit = "
    "off;";
// A server whose client is gone ends the statement instead of working on for nobody.
constexpr std::string_view kConnectionCheck = " SET client_connection_check_interval = 1000;";
constexpr int kHasConnectionCheck = 140'000;

// What PREPARE accepts. Anything else (LISTEN, SET, DDL) is sent as it is.
bool preparable(std::string_view sql)
{
    const auto start = sql.find_first_not_of(" \t\r\n(");
    if (start == std::string_view::npos) return false;
    std::string word;
    for (auto i = start; i < sql.size() && std::isalpha(static_cast<unsigned char>(sql[i])) != 0; ++i)
        word += char(std::toupper(static_cast<unsigned char>(sql[i])));
    static const std::set<std::string, std::less<>> words{"SELECT", "INSERT", "UPDATE", "DELETE",
                                                          "WITH",   "VALUES", "MERGE"};
    return words.contains(word);
}

bool plain(std::string_view value)
{
    return std::all_of(value.begin(), value.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ',' ||
               c == '-' || c == '{' || c == '}' || c == '_' || c == '.' || c == ' ' || c == ':' || c == '"';
    });
}

// Some milliseconds before the deadline, so that the server's own refusal arrives first and the connection
// lives on.
std::string timeoutText(Deadline deadline)
{
    const auto left = deadline.remaining().count();
    const auto margin = std::clamp<std::int64_t>(left / 20, 2, 50);
    return "SET LOCAL statement_timeout = " + std::to_string(std::max<std::int64_t>(left - margin, 1));
}

} // namespace

PostgresConnection::PostgresConnection(std::unique_ptr<PostgresDriver> driver, ConnectionWatchdog& watchdog,
                                       std::string nodeName, SqlTraffic& traffic)
    : m_driver(std::move(driver))
    , m_watched(watchdog, m_driver->socket())
    , m_backendPid(m_driver->backendPid())
    , m_nodeName(std::move(nodeName))
    , m_traffic(traffic)
    , m_statements(kMaxPrepared)
{
}

PostgresConnection::~PostgresConnection()
{
    if (!m_started) return;
    m_watched.shutDown(); // what nobody reads any more is not waited for
    std::ignore = finish();
}

Result<void> PostgresConnection::prepareSession(Deadline deadline)
{
    std::string settings(kSessionSettings);
    if (m_driver->serverVersion() >= kHasConnectionCheck) settings += kConnectionCheck;
    ROOKERY_TRY(run(settings, {}, deadline));
    return {};
}

bool PostgresConnection::stale() const
{
    pollfd idle{m_driver->socket(), POLLIN | POLLRDHUP, 0};
    return ::poll(&idle, 1, 0) != 0;
}

Result<void> PostgresConnection::ready(Deadline deadline) const
{
    if (!m_usable)
        return fail(ErrorCode::Unavailable,
                    "the connection to " + m_nodeName + " broke earlier; take a new one", true);
    if (m_state == State::Failed)
        return fail(ErrorCode::Internal,
                    "a statement in this transaction on " + m_nodeName + " failed; roll back first");
    if (deadline.expired())
        return fail(ErrorCode::DeadlineExceeded,
                    "the deadline had passed before a statement could be sent to " + m_nodeName, true);
    return {};
}

// What a failure makes of the connection, and its error. `fired`: the watchdog's deadline had come.
tl::unexpected<Error> PostgresConnection::failed(const DriverError& error, std::string_view sql, bool fired)
{
    if (error.broken || error.sqlState.starts_with("57P") || error.sqlState == "26000") m_usable = false;
    if (error.sqlState == "0A000") m_preparedUncertain = true; // plans of tables that were migrated
    if (m_state == State::InTransaction) m_state = State::Failed;
    return fail(statementError(error, m_nodeName, sql, fired));
}

template <class T>
Result<T> PostgresConnection::timed(Deadline deadline, const DriverCall<T>& call, std::string_view sql)
{
    keepWithin(deadline);
    m_watched.arm(deadline.at());
    auto result = call();
    const bool fired = m_watched.disarm();
    if (fired) m_usable = false; // even when the answer came at the last moment
    if (result) return std::move(*result);
    return failed(result.error(), sql, fired);
}

// The caller is there until the latest deadline it has given since the transaction began.
void PostgresConnection::keepWithin(Deadline deadline)
{
    if (m_state == State::Idle || deadline.at() > m_until.at()) m_until = deadline;
}

Result<SqlRows> PostgresConnection::run(const std::string& text, std::string_view sql, Deadline deadline)
{
    m_traffic.textBytes.fetch_add(std::int64_t(text.size()), std::memory_order_relaxed);
    return timed<SqlRows>(
        deadline, [&] { return m_driver->execute(text); }, sql);
}

Result<void> PostgresConnection::forgetPrepared(Deadline deadline)
{
    ROOKERY_TRY(run("DEALLOCATE ALL", {}, deadline));
    m_statements.clear();
    m_preparedUncertain = false;
    return {};
}

// What is used often enough, a few at a time. Everything else is sent with its parameters in its text.
Result<void> PostgresConnection::prepareWorthy(const std::vector<const std::string*>& sqls, Deadline deadline)
{
    if (m_preparedUncertain) ROOKERY_TRY(forgetPrepared(deadline));
    std::vector<const std::string*> candidates;
    for (const auto* sql : sqls) {
        if (!preparable(*sql)) continue;
        m_statements.used(*sql);
        candidates.push_back(sql);
    }
    int prepared = 0;
    for (const auto* sql : candidates) {
        if (m_statements.nameOf(*sql) || !m_statements.worthPreparing(*sql)) continue;
        ROOKERY_TRY(prepare(*sql, deadline));
        if (++prepared == kPreparedAtOnce) break;
    }
    return {};
}

// Alone: the server keeps the whole text that a PREPARE came in with every statement in it. What the server
// refuses to prepare has dropped nothing.
Result<void> PostgresConnection::prepare(const std::string& sql, Deadline deadline)
{
    auto name = "s" + std::to_string(m_nextName++);
    auto text = timeoutText(deadline) + "; PREPARE " + name + " AS " + sql;
    if (const auto dropped = m_statements.toDrop(); !dropped.empty()) text += "; DEALLOCATE " + dropped;
    if (auto done = run(text, sql, deadline); !done) {
        m_preparedUncertain = m_preparedUncertain || done.error().code == ErrorCode::DeadlineExceeded;
        return fail(std::move(done.error()));
    }
    m_statements.add(sql, std::move(name));
    return {};
}

Result<void> PostgresConnection::appendLiteral(std::string& text, const SqlParameter& parameter)
{
    if (!parameter) {
        text += "NULL";
        return {};
    }
    if (plain(*parameter)) {
        text += '\'';
        text += *parameter;
        text += '\'';
        return {};
    }
    if (parameter->find('\0') != std::string::npos)
        return fail(ErrorCode::InvalidArgument,
                    "a text for " + m_nodeName + " contains a zero byte, which PostgreSQL cannot store");
    auto quoted = m_driver->quote(*parameter);
    if (!quoted) return fail(statementError(quoted.error(), m_nodeName, {}, false));
    text += *quoted;
    return {};
}

Result<std::string> PostgresConnection::textOf(const std::string& sql, const SqlParameters& parameters)
{
    const auto* name = m_statements.nameOf(sql);
    if (!name && parameters.empty()) return sql;
    if (!name && !preparable(sql))
        return fail(ErrorCode::Internal, "only queries and changes of rows take parameters, not: " + sql);
    std::vector<std::string> literals(parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i)
        ROOKERY_TRY(appendLiteral(literals[i], parameters[i]));
    if (!name) return withLiterals(sql, literals);
    std::string text = "EXECUTE " + *name;
    for (std::size_t i = 0; i < literals.size(); ++i)
        text += (i == 0 ? "(" : ",") + literals[i];
    if (!literals.empty()) text += ')';
    return text;
}

Result<SqlRows> PostgresConnection::execute(std::string_view sql, const SqlParameters& parameters,
                                            Deadline deadline)
{
    ROOKERY_TRY(ready(deadline));
    m_traffic.statements.fetch_add(1, std::memory_order_relaxed);
    const std::string statement(sql);
    ROOKERY_TRY(prepareWorthy({&statement}, deadline));
    ROOKERY_ASSIGN(const auto text, textOf(statement, parameters));
    // Alone, what cannot be prepared: some of it (CREATE DATABASE, VACUUM) does not run beside another
    // statement.
    return run(preparable(sql) ? timeoutText(deadline) + "; " + text : text, sql, deadline);
}

Result<void> PostgresConnection::start(const std::vector<SqlStatement>& statements, Deadline deadline)
{
    ROOKERY_TRY(ready(deadline));
    Started started;
    started.own = m_state == State::Idle;
    if (statements.empty()) {
        started.own = false;
        m_started = std::move(started);
        return {};
    }
    m_traffic.statements.fetch_add(std::int64_t(statements.size()), std::memory_order_relaxed);
    std::vector<const std::string*> all;
    for (const auto& statement : statements)
        all.push_back(&statement.sql);
    ROOKERY_TRY(prepareWorthy(all, deadline));

    std::vector<std::string> texts;
    texts.reserve(statements.size() + 3);
    if (started.own) texts.emplace_back("BEGIN");
    texts.push_back(timeoutText(deadline));
    started.before = texts.size();
    for (const auto& statement : statements) {
        ROOKERY_ASSIGN(auto text, textOf(statement.sql, statement.parameters));
        texts.push_back(std::move(text));
        started.sqls.push_back(statement.sql);
    }
    keepWithin(deadline);
    if (started.own) {
        texts.emplace_back("COMMIT");
        m_state = State::InTransaction;
    }
    for (const auto& text : texts)
        m_traffic.textBytes.fetch_add(std::int64_t(text.size()), std::memory_order_relaxed);
    m_watched.arm(deadline.at());
    if (const auto sent = m_driver->send(texts); !sent) {
        const bool fired = m_watched.disarm();
        m_usable = false; // who knows how much of it the server has
        return failed(sent.error(), {}, fired);
    }
    m_started = std::move(started);
    return {};
}

Result<std::vector<SqlRows>> PostgresConnection::finish()
{
    if (!m_started)
        return fail(ErrorCode::Internal, "nothing was started on the connection to " + m_nodeName);
    const auto started = std::move(*m_started);
    m_started.reset();
    if (started.sqls.empty()) return std::vector<SqlRows>{};
    auto rows = m_driver->receive();
    const bool fired = m_watched.disarm();
    if (fired) m_usable = false; // even when the answer came at the last moment
    if (!rows) {
        const auto at = rows.error().statement;
        const bool one = at >= started.before && at < started.before + started.sqls.size();
        auto error =
            failed(rows.error(), one ? std::string_view(started.sqls[at - started.before]) : "", fired);
        if (started.own) rollback();
        return error;
    }
    if (started.own) {
        m_state = State::Idle;
        rows->pop_back();
    }
    rows->erase(rows->begin(), rows->begin() + std::ptrdiff_t(started.before));
    return std::move(*rows);
}

Result<void> PostgresConnection::executeScript(std::string_view script, Deadline deadline)
{
    ROOKERY_TRY(ready(deadline));
    m_traffic.statements.fetch_add(1, std::memory_order_relaxed);
    ROOKERY_TRY(run(timeoutText(deadline) + "; " + std::string(script), {}, deadline));
    return {};
}

Result<std::size_t> PostgresConnection::copyIn(std::string_view table,
                                               const std::vector<std::string>& columns,
                                               const std::vector<SqlParameters>& rows, Deadline deadline)
{
    ROOKERY_TRY(ready(deadline));
    for (const auto& row : rows) {
        if (row.size() != columns.size())
            return fail(ErrorCode::Internal, "a row for " + std::string(table) + " has " +
                                                 std::to_string(row.size()) + " values for " +
                                                 std::to_string(columns.size()) + " columns");
        for (const auto& value : row)
            if (value && value->find('\0') != std::string::npos)
                return fail(ErrorCode::InvalidArgument,
                            "a text for " + std::string(table) +
                                " contains a zero byte, which PostgreSQL cannot store");
    }
    m_traffic.statements.fetch_add(1, std::memory_order_relaxed);
    auto copied = timed<bool>(
        deadline,
        [&]() -> DriverResult<bool> {
            if (auto done = m_driver->copy(std::string(table), columns, rows); !done)
                return tl::unexpected<DriverError>(std::move(done.error()));
            return true;
        },
        table);
    if (!copied) return fail(std::move(copied.error()));
    return rows.size();
}

Result<void> PostgresConnection::begin(Deadline deadline)
{
    ROOKERY_TRY(ready(deadline));
    if (m_state != State::Idle)
        return fail(ErrorCode::Internal,
                    "a transaction is open on this connection to " + m_nodeName + " already");
    ROOKERY_TRY(run("BEGIN", {}, deadline));
    m_state = State::InTransaction;
    return {};
}

Result<void> PostgresConnection::commit(Deadline deadline)
{
    if (m_state == State::Failed) {
        rollBackWithin(deadline);
        return fail(ErrorCode::Internal,
                    "a statement in this transaction on " + m_nodeName + " failed: nothing was committed");
    }
    if (m_state == State::Idle) return fail(ErrorCode::Internal, "no transaction is open on " + m_nodeName);
    if (auto expired = ready(deadline); !expired) {
        rollBackWithin(deadline);
        return expired;
    }
    auto done = run("COMMIT", {}, deadline);
    m_state = State::Idle;
    if (!done) return fail(std::move(done.error()));
    return {};
}

void PostgresConnection::rollback() noexcept
{
    rollBackWithin(m_until);
}

// Without the time for it the connection is thrown away: the server rolls back when it sees that.
void PostgresConnection::rollBackWithin(Deadline deadline) noexcept
{
    if (m_state == State::Idle) return;
    m_state = State::Idle;
    if (!m_usable) return;
    const auto soon = deadline.earlier(kRollbackLimit);
    if (!soon.expired() && run("ROLLBACK", {}, soon)) return;
    m_usable = false;
    m_watched.shutDown();
}

} // namespace backend
