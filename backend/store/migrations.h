// Numbered SQL files of this folder's migrations/, "<scope>.<number>.sql", as part of the library, and their
// application to schemas of a node. Run by the owner of the database (cluster init and upgrades); engines
// only check. Stateless.
#pragma once

#include "backend/common/sql.h"
#include "backend/domain/cluster.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace backend {

struct Migration
{
    std::string_view scope;
    int number = 0;       // from 1, without gaps
    std::string_view sql; // {schema} stands for the schema's name
};

// In order of scope and number.
std::span<const Migration> embeddedMigrations();

// Brings the schemas to the newest version, in transactions of up to a few dozen schemas under an advisory
// lock, so that any number of callers may try at once. Makes the role rookery_engine where it is missing and
// the owner may. Nothing is changed when any schema is newer than `known`: SchemaTooNew.
[[nodiscard]] Result<void> migrate(SqlConnection& owner, const std::vector<SchemaTarget>& targets,
                                   Deadline deadline,
                                   std::span<const Migration> known = embeddedMigrations());

// Whether every schema is exactly at the newest version: SchemaTooNew when newer, Configuration when older or
// missing. Runs as an engine's role too.
[[nodiscard]] Result<void> checkSchemas(SqlConnection& connection, const std::vector<SchemaTarget>& targets,
                                        Deadline deadline,
                                        std::span<const Migration> known = embeddedMigrations());

} // namespace backend
