// What a batch's replies mean for one of the tasks whose commands it holds.
#pragma once

#include "backend/fanout/fanout_context.h"

#include <set>

namespace backend {

struct Replies
{
    std::size_t first = 0, end = 0; // of a batch
};

// The first error among them.
inline Result<void> answered(const RedisBatch& batch, const Replies& replies)
{
    for (auto i = replies.first; i < replies.end; ++i)
        if (const auto& reply = batch.reply(i); !reply) return fail(reply.error());
    return {};
}

// Adds the nodes that left one of these without a reply. False where another failure is among them, such as a
// lost lease, for which no node is to be waited for.
inline bool addSilent(const RedisBatch& batch, const Replies& replies, std::set<int>& nodes)
{
    for (auto i = replies.first; i < replies.end; ++i) {
        if (batch.reply(i)) continue;
        const int node = batch.silentNode(i);
        const auto code = batch.reply(i).error().code;
        if (node == 0) return false; // it answered that it cannot, or cannot yet
        if (code != ErrorCode::Unavailable && code != ErrorCode::DeadlineExceeded) return false;
        nodes.insert(node);
    }
    return true;
}

} // namespace backend
