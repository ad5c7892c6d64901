#include "backend/store/postgres_errors.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace backend {
namespace {

constexpr std::size_t kSqlShown = 200; // characters of a statement that is our own mistake

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

template <class... Parts>
bool containsAny(std::string_view text, Parts... parts)
{
    return (contains(text, parts) || ...);
}

// What the server said in one line, without "ERROR:" and without what only repeats our own SQL or gives
// general advice.
std::string oneLine(std::string_view text)
{
    for (const std::string_view rest : {"\nLINE ", "\nCONTEXT:", "\n\tIs the server"})
        text = text.substr(0, text.find(rest));
    for (const std::string_view prefix : {"Failure during '[END COPY]': ", "ERROR:", "FATAL:", "PANIC:"})
        if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    std::string out;
    for (const char c : text) {
        const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
        if (!space)
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    while (!out.empty() && out.back() == ' ')
        out.pop_back();
    return out.empty() ? "no reason given" : out;
}

bool isShardSchemaAt(std::string_view sql, std::size_t at, std::size_t prefix)
{
    const auto digits = sql.substr(at + prefix, 4);
    return digits.size() == 4 &&
           std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "users_0017" when the statement touches that schema; empty when it touches none.
std::string shardSchema(std::string_view sql)
{
    for (const std::string_view prefix : {"users_", "posts_"})
        for (auto at = sql.find(prefix); at != std::string_view::npos; at = sql.find(prefix, at + 1))
            if (isShardSchemaAt(sql, at, prefix.size()))
                return std::string(sql.substr(at, prefix.size() + 4));
    return {};
}

struct StateMeaning
{
    std::string_view state; // whole or its first two characters, the class
    ErrorCode code;
    bool retryable;
    std::string_view advice;
};

constexpr std::array kMeanings{
    StateMeaning{"53100", ErrorCode::DiskFull, false, "free space on that node's disk"},
    StateMeaning{"53300", ErrorCode::Overloaded, true,
                 "raise max_connections there or lower the pools' sizes"},
    StateMeaning{"53", ErrorCode::Overloaded, true, "the node is short of resources; try again later"},
    StateMeaning{"57014", ErrorCode::DeadlineExceeded, true, "the statement took longer than its deadline"},
    StateMeaning{"57P", ErrorCode::Unavailable, true,
                 "the server is stopping or starting; try again shortly"},
    StateMeaning{"40", ErrorCode::Overloaded, true, "it lost against a concurrent transaction; try again"},
    StateMeaning{"55P03", ErrorCode::Overloaded, true, "a lock is held elsewhere; try again"},
    StateMeaning{"25006", ErrorCode::Unavailable, true,
                 "the node is a read-only standby; point the directory at the primary"},
    StateMeaning{"25P03", ErrorCode::Unavailable, true, "the server ended an idle transaction; try again"},
    StateMeaning{"26000", ErrorCode::Unavailable, true, "a prepared statement is gone; try again"},
    StateMeaning{"42501", ErrorCode::Unauthorized, false,
                 "grant the role what it needs, or run the migrations as the owner"},
    StateMeaning{"28", ErrorCode::Unauthorized, false, "check the role and its password"},
    StateMeaning{"23505", ErrorCode::Conflict, false, "it exists already"},
    StateMeaning{"22", ErrorCode::InvalidArgument, false, "the value cannot be stored as it is"},
    StateMeaning{"58", ErrorCode::Unavailable, true,
                 "the server cannot read or write its files; look at its log"},
    StateMeaning{"XX", ErrorCode::Unavailable, false, "the server reports damage; look at its log"},
};

Error withAdvice(ErrorCode code, std::string what, std::string_view advice, bool retryable)
{
    return {code, std::move(what) + "; " + std::string(advice), retryable};
}

} // namespace

std::string withoutPassword(std::string_view connectionString)
{
    std::string text(connectionString);
    if (const auto scheme = text.find("://"); scheme != std::string::npos) {
        const auto at = text.find('@', scheme);
        const auto colon = text.find(':', scheme + 3);
        if (at != std::string::npos && colon < at) text.replace(colon + 1, at - colon - 1, "***");
        return text;
    }
    const auto key = text.find("password");
    if (key == std::string::npos) return text;
    auto value = text.find('=', key);
    if (value == std::string::npos) return text;
    value = text.find_first_not_of(' ', value + 1);
    if (value == std::string::npos) return text;
    const bool quoted = text[value] == '\'';
    const auto end = quoted ? text.find('\'', value + 1) : text.find(' ', value);
    return text.replace(value, end == std::string::npos ? end : end - value + (quoted ? 1 : 0), "***");
}

Error connectError(const DriverError& error, std::string_view node, std::string_view address)
{
    const std::string said = oneLine(error.message);
    const std::string what =
        "cannot connect to " + std::string(node) + " (" + withoutPassword(address) + "): " + said;
    if (containsAny(said, "password", "authentication", "pg_hba.conf", "not permitted to log in") ||
        (contains(said, "role") && contains(said, "does not exist")))
        return withAdvice(ErrorCode::Unauthorized, what,
                          "check the role, its password (PGPASSWORD or ~/.pgpass) and pg_hba.conf", false);
    if (containsAny(said, "too many", "connection slots"))
        return withAdvice(ErrorCode::Overloaded, what,
                          "raise max_connections there or lower the pools' sizes", true);
    if (containsAny(said, "missing \"=\"", "invalid connection option", "invalid URI", "invalid port",
                    "invalid integer", "unterminated quoted", "invalid sslmode"))
        return withAdvice(ErrorCode::Configuration, what, "correct the address", false);
    if (contains(said, "database") && contains(said, "does not exist"))
        return withAdvice(ErrorCode::Configuration, what, "create the database or correct dbname", false);
    if (contains(said, "No space left"))
        return withAdvice(ErrorCode::DiskFull, what, "free space on that node's disk", false);
    if (containsAny(said, "starting up", "shutting down", "recovery mode", "not yet accepting"))
        return withAdvice(ErrorCode::Unavailable, what, "try again shortly", true);
    if (contains(said, "timeout expired"))
        return withAdvice(ErrorCode::Unavailable, what, "the server is overloaded, stopped or unreachable",
                          true);
    return withAdvice(ErrorCode::Unavailable, what, "start the server or correct its address", true);
}

Error statementError(const DriverError& error, std::string_view node, std::string_view sql, bool overdue)
{
    const std::string on = " on " + std::string(node);
    if (overdue)
        return {ErrorCode::DeadlineExceeded,
                "a statement" + on +
                    " did not finish by its deadline and its connection was closed; the node is slow, "
                    "stopped or unreachable",
                true};
    const std::string said = oneLine(error.message);
    if (const auto schema = shardSchema(sql);
        !schema.empty() &&
        (error.sqlState == "42501" || error.sqlState == "3F000" || error.sqlState == "42P01"))
        return {ErrorCode::StaleShardMap,
                "the shard schema " + schema + on + " refuses this engine (" + said +
                    "): the shard is fenced or has moved; refresh the shard map and try again",
                true};
    const std::string what = "a statement" + on + " failed: " + said;
    for (const auto& meaning : kMeanings)
        if (!error.sqlState.empty() && std::string_view(error.sqlState).starts_with(meaning.state))
            return withAdvice(meaning.code, what, meaning.advice, meaning.retryable);
    if (contains(said, "cached plan must not change result type"))
        return withAdvice(ErrorCode::Unavailable, what, "the schema was migrated meanwhile; try again", true);
    if (error.broken)
        return withAdvice(ErrorCode::Unavailable, "lost the connection to " + std::string(node) + ": " + said,
                          "the outcome of the statement is unknown; try again", true);
    return {ErrorCode::Internal,
            what + (error.sqlState.empty() ? "" : " (SQLSTATE " + error.sqlState + ")") +
                (sql.empty() ? "" : "; the statement was: " + std::string(sql.substr(0, kSqlShown))),
            false};
}

} // namespace backend
