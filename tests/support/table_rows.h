// Rows as a PostgreSQL node would have answered them, written down in a test. Plain values.
#pragma once

#include "backend/common/sql.h"

namespace tests {

class TableRows final : public backend::SqlRows::Source
{
public:
    using Row = backend::SqlParameters; // a value's text, or empty for NULL

    static backend::SqlRows of(std::vector<Row> rows)
    {
        return backend::SqlRows(std::make_shared<TableRows>(std::move(rows)));
    }

    explicit TableRows(std::vector<Row> rows)
        : m_rows(std::move(rows))
    {
    }
    std::size_t rowCount() const override { return m_rows.size(); }
    std::size_t affectedRows() const override { return 0; }
    bool isNull(std::size_t row, int column) const override { return !cell(row, column); }
    std::string_view text(std::size_t row, int column) const override
    {
        const auto& value = cell(row, column);
        return value ? std::string_view(*value) : std::string_view();
    }

private:
    const backend::SqlParameter& cell(std::size_t row, int column) const
    {
        return m_rows.at(row).at(std::size_t(column));
    }
    std::vector<Row> m_rows;
};

} // namespace tests
