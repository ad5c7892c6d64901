// Where a Redis node listens, read from its address text. Plain values and a pure function: any thread.
//   unix:///path/redis.sock        redis://[user:password@]host[:port][/db]
// User and password may be percent-encoded; an IPv6 host stands in brackets.
#pragma once

#include "backend/common/result.h"

#include <string>
#include <string_view>

namespace backend {

struct RedisAddress
{
    std::string path; // unix socket; empty for TCP
    std::string host;
    std::string port = "6379";
    std::string user, password;
    int database = 0;

    bool local() const { return !path.empty(); }
    std::string shown() const; // for people: never with the password
};

// Configuration error when the text is not an address. The message never repeats a password.
[[nodiscard]] Result<RedisAddress> parseRedisAddress(std::string_view text);

} // namespace backend
