// Checks of one PostgreSQL node that take more than a line: rights, and what holds vacuum back. Private to
// backend/operations; the thread that examines the node.
#pragma once

#include "backend/common/sql.h"
#include "backend/operations/postgres_judgement.h"

namespace backend {

struct PostgresCheck
{
    SqlConnection& sql;
    const NodeEndpoint& node;
    const DoctorLimits& limits;
    Findings& findings;
    PostgresRole role;   // the engine's, as which all this is asked
    std::string schemas; // of ours on this node, as an array
    Deadline deadline;

    Result<SqlRows> ask(std::string_view text, const SqlParameters& parameters = {}) const
    {
        return sql.execute(text, parameters, deadline);
    }
};

// The role owns nothing and may do what the engine does. Not for a superuser.
[[nodiscard]] Result<void> checkPostgresRights(const PostgresCheck& check);
// Old and idle transactions, prepared ones, replication slots: by process and name.
[[nodiscard]] Result<void> checkVacuumHorizon(const PostgresCheck& check);
// Dead rows, tables without autovacuum, transaction ids about to wrap.
[[nodiscard]] Result<void> checkPostgresTables(const PostgresCheck& check);

} // namespace backend
