// What a Redis server's error reply means for us: code, whether trying again helps, and what to do. Pure: any
// thread.
#pragma once

#include "backend/domain/error.h"

#include <string>
#include <string_view>

namespace backend {

// `node` as people know it ("redis-3 at unix:///…"); `text` as the server sent it ("OOM command not allowed
// …").
Error redisReplyError(const std::string& node, std::string_view text);
// Whether it is the server's present state that refuses, such as loading, full, a replica: it may do later.
bool mayBeAbleLater(const Error& replyError);
// Whether the server has said so itself: it runs.
bool toldByReply(const Error& error);
bool isUnknownScript(std::string_view text); // NOSCRIPT

} // namespace backend
