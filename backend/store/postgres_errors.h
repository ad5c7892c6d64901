// Turns what PostgreSQL and its driver say into typed errors that name the node and what to do. Pure
// functions.
#pragma once

#include "backend/domain/error.h"
#include "backend/store/postgres_driver.h"

#include <chrono>
#include <string_view>

namespace backend {

// A connection could not be made. `address` is the connection string, shown without secrets.
Error connectError(const DriverError& error, std::string_view node, std::string_view address);

// A statement failed. `sql` is its text, to recognise a shard's schema. `overdue`: its deadline passed and we
// cut it off.
Error statementError(const DriverError& error, std::string_view node, std::string_view sql, bool overdue);

// The connection string without its password.
std::string withoutPassword(std::string_view connectionString);

} // namespace backend
