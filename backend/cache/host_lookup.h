// Finds the socket addresses of a TCP host in time, although the system's resolver knows no deadline. Any
// thread.
#pragma once

#include "backend/common/deadline.h"
#include "backend/common/result.h"

#include <string>
#include <sys/socket.h>
#include <vector>

namespace backend {

struct HostAddress
{
    sockaddr_storage storage{};
    socklen_t length = 0;
};

// In the resolver's order, never empty. Numeric hosts are found at once.
[[nodiscard]] Result<std::vector<HostAddress>> lookUpHost(const std::string& host, const std::string& port,
                                                          Deadline deadline);

} // namespace backend
