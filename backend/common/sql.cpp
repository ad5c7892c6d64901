#include "backend/common/sql.h"

#include <charconv>
#include <cstdlib>

namespace backend {

std::string sqlArray(const std::vector<std::int64_t>& values)
{
    std::string out = "{";
    for (const auto value : values) {
        if (out.size() > 1) out += ',';
        out += std::to_string(value);
    }
    return out += '}';
}

std::string sqlArray(const std::vector<std::string>& values)
{
    std::string out = "{";
    for (const auto& value : values) {
        if (out.size() > 1) out += ',';
        out += '"';
        for (const char c : value) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        out += '"';
    }
    return out += '}';
}

std::int64_t SqlRows::integer(std::size_t row, int column) const
{
    std::int64_t value = 0;
    if (!isNull(row, column)) {
        const auto field = text(row, column);
        std::from_chars(field.data(), field.data() + field.size(), value);
    }
    return value;
}

double SqlRows::real(std::size_t row, int column) const
{
    return isNull(row, column) ? 0.0 : std::strtod(std::string(text(row, column)).c_str(), nullptr);
}

bool SqlRows::boolean(std::size_t row, int column) const
{
    return !isNull(row, column) && text(row, column).starts_with('t');
}

Result<std::vector<SqlRows>> SqlConnection::executeAll(const std::vector<SqlStatement>& statements,
                                                       Deadline deadline)
{
    ROOKERY_TRY(start(statements, deadline));
    return finish();
}

Result<SqlTransaction> SqlTransaction::begin(SqlConnection& connection, Deadline deadline)
{
    ROOKERY_TRY(connection.begin(deadline));
    return SqlTransaction(connection);
}

Result<void> SqlTransaction::commit(Deadline deadline)
{
    auto* connection = std::exchange(m_connection, nullptr);
    return connection->commit(deadline);
}

} // namespace backend
