#include "backend/cache/redis_errors.h"

#include <array>

namespace backend {
namespace {

constexpr std::string_view kRefused = " refused a command (";

struct Meaning
{
    std::string_view prefix;
    ErrorCode code;
    bool retryable;
    std::string_view advice;
};

// The first that fits counts.
constexpr std::array kMeanings{
    Meaning{"OOM ", ErrorCode::Overloaded, true,
            "it has reached maxmemory: raise maxmemory or move shards away"},
    Meaning{"READONLY ", ErrorCode::Unavailable, true, "it is a replica: give the address of the primary"},
    Meaning{"LOADING ", ErrorCode::Unavailable, true,
            "it is reading its data file: wait until it has finished"},
    Meaning{"BUSY ", ErrorCode::Unavailable, true, "a script keeps it busy: SCRIPT KILL ends that"},
    Meaning{"MASTERDOWN ", ErrorCode::Unavailable, true, "it has lost its primary: look at the replication"},
    Meaning{"CLUSTERDOWN ", ErrorCode::Unavailable, true, "its cluster is down: look at the cluster's nodes"},
    Meaning{"TRYAGAIN ", ErrorCode::Unavailable, true, "its slot is being moved: try again"},
    Meaning{"MOVED ", ErrorCode::StaleShardMap, true, "the shard has moved: refresh the shard map"},
    Meaning{"ASK ", ErrorCode::StaleShardMap, true, "the shard is being moved: refresh the shard map"},
    Meaning{"MISCONF ", ErrorCode::DiskFull, true,
            "it cannot write its data file: look at its disk and its log"},
    Meaning{"NOAUTH ", ErrorCode::Unauthorized, false,
            "it wants a password: put user and password into its address"},
    Meaning{"WRONGPASS ", ErrorCode::Unauthorized, false, "user or password in its address are wrong"},
    Meaning{"ERR invalid password", ErrorCode::Unauthorized, false, "the password in its address is wrong"},
    Meaning{"ERR AUTH ", ErrorCode::Unauthorized, false,
            "it has no password set: take it out of its address"},
    Meaning{"ERR Client sent AUTH", ErrorCode::Unauthorized, false,
            "it has no password set: take it out of its address"},
    Meaning{"NOPERM ", ErrorCode::Unauthorized, false, "give this user the privilege (ACL SETUSER)"},
    Meaning{"DENIED ", ErrorCode::Unauthorized, false,
            "it is in protected mode: set a password or bind addresses"},
    Meaning{"ERR max number of clients", ErrorCode::Overloaded, true,
            "raise its maxclients or close other programs"},
    Meaning{"ERR DB index", ErrorCode::Configuration, false,
            "its address names a database that it does not have"},
    Meaning{"NOSCRIPT ", ErrorCode::Unavailable, true, "its scripts are being flushed: try again"},
    Meaning{"WRONGTYPE ", ErrorCode::Internal, false,
            "another program writes to our keys: give Rookery a Redis of its own"},
    Meaning{"EXECABORT ", ErrorCode::Internal, false, "please report this with its message"},
};

} // namespace

Error redisReplyError(const std::string& node, std::string_view text)
{
    const std::string said = node + std::string(kRefused) + std::string(text) + ")";
    for (const auto& meaning : kMeanings)
        if (text.starts_with(meaning.prefix))
            return {meaning.code, said + ": " + std::string(meaning.advice), meaning.retryable};
    return {ErrorCode::Internal, said + ": please report this with its message", false};
}

bool toldByReply(const Error& error)
{
    return error.message.find(kRefused) != std::string::npos;
}

bool mayBeAbleLater(const Error& replyError)
{
    return replyError.retryable && replyError.code != ErrorCode::StaleShardMap;
}

bool isUnknownScript(std::string_view text)
{
    return text.starts_with("NOSCRIPT ");
}

} // namespace backend
