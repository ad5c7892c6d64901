// One raw PostgreSQL connection: text in, rows or a DriverError out, never an exception. It hides libpqxx and
// the differences between its versions 6 and 7; nothing else sees the driver. Owned by PostgresConnection;
// one thread.
#pragma once

#include "backend/common/sql.h"

#include <tl/expected.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace backend {

struct DriverError
{
    std::string sqlState;      // five characters, empty when the server did not say
    std::string message;       // the driver's or server's words
    bool broken = false;       // the connection is of no further use
    std::size_t statement = 0; // of several: which one failed
};

template <class T>
using DriverResult = tl::expected<T, DriverError>;

class PostgresDriver
{
public:
    // Blocks for at most the connection string's connect_timeout per address.
    [[nodiscard]] static DriverResult<std::unique_ptr<PostgresDriver>>
    open(const std::string& connectionString);
    ~PostgresDriver();
    PostgresDriver(const PostgresDriver&) = delete;
    PostgresDriver& operator=(const PostgresDriver&) = delete;

    int socket() const; // stays the driver's
    int backendPid() const;
    int serverVersion() const; // 150018 for 15.18

    // One round trip; of several statements the last one's rows.
    [[nodiscard]] DriverResult<SqlRows> execute(const std::string& text);
    // One round trip, the rows of each. No text may hold two statements. send() does not wait for rows;
    // receive() must follow it, and nothing else before.
    [[nodiscard]] DriverResult<void> send(const std::vector<std::string>& texts);
    [[nodiscard]] DriverResult<std::vector<SqlRows>> receive();
    [[nodiscard]] DriverResult<void> copy(const std::string& table, const std::vector<std::string>& columns,
                                          const std::vector<SqlParameters>& rows);
    // The value as a literal with its quotes.
    [[nodiscard]] DriverResult<std::string> quote(const std::string& value);

private:
    struct Impl;
    explicit PostgresDriver(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace backend
