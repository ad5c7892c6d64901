// What the answers of one PostgreSQL node mean: rows in, findings out, nothing asked. The columns are those
// of the statements in postgres_examination.cpp and postgres_vacuum.cpp. Private to backend/operations; any
// thread.
#pragma once

#include "backend/common/sql.h"
#include "backend/operations/examination.h"

namespace backend {

// Version, standby or read-only, durability, autovacuum. `throwAway`: a demo's servers, which are thrown away
// with it: what only costs durability is no more than a note there. False when there is no point in asking
// more.
[[nodiscard]] bool judgePostgresServer(const SqlRows& rows, const NodeEndpoint& node, bool throwAway,
                                       Findings& findings);

struct PostgresRole
{
    std::string name = "the engine's";
    bool superuser = false, seesOthers = false;
};
[[nodiscard]] PostgresRole judgePostgresRole(const SqlRows& rows, const NodeEndpoint& node,
                                             Findings& findings);

struct PostgresRoom
{
    std::int64_t forUs = -1; // connections that engines may open in all
    std::string limit;       // and what limits them
};
[[nodiscard]] PostgresRoom judgePostgresConnections(const SqlRows& rows, const NodeEndpoint& node,
                                                    const std::string& role, Findings& findings);

void judgeQueue(const SqlRows& rows, const DoctorLimits& limits, Findings& findings);
void judgeReplicationSlots(const SqlRows& rows, const NodeEndpoint& node, const DoctorLimits& limits,
                           Findings& findings);
void judgeWrapAround(const SqlRows& rows, Findings& findings); // the database with the oldest freeze

} // namespace backend
