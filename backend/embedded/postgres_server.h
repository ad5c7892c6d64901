// A private PostgreSQL node as a server to start. Made from a template: a data directory as initdb leaves it,
// with the owner and engine roles and the database "rookery".
#pragma once

#include "backend/embedded/data_directory.h"
#include "backend/embedded/postgres_template.h"
#include "backend/embedded/server_process.h"

namespace backend {

// `source` may be empty when the node has its data already.
ServerSpec postgresServer(const DataDirectory& directory, int number, const std::filesystem::path& bin,
                          const std::filesystem::path& source);

} // namespace backend
