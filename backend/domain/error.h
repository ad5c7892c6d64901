// What went wrong, in words a person can act on. Plain values: any thread.
#pragma once

#include <string>
#include <string_view>

namespace backend {

enum class ErrorCode {
    InvalidArgument,  // the caller's input is wrong
    NotFound,         // no such user, post, task …
    Conflict,         // exists already with other content
    ReadOnly,         // a read-only engine refuses every change
    Overloaded,       // refused early: too many waiters, or ids borrowed too far ahead
    DeadlineExceeded, // the call's time was up
    Unavailable,      // a node does not answer
    StaleShardMap,    // the shard moved; refresh the map and retry
    SchemaTooNew,     // the cluster was made by a newer program
    Configuration,    // a file or an option is wrong; the message names file, line and key
    Unauthorized,     // wrong password or missing privilege
    DiskFull,
    Cancelled,
    LeaseLost, // somebody else took the task over
    Internal,  // a defect of ours
};

std::string_view toString(ErrorCode code);

struct Error
{
    ErrorCode code = ErrorCode::Internal;
    std::string message; // what failed, on which node, what to do
    bool retryable = false;
    int redisNode = 0; // the one that did not do it, and may later: away, silent or unable; 0: another reason
};

} // namespace backend
