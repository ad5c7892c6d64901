// What a batch's replies mean for one of the tasks whose commands it holds.
#pragma once

#include "backend/fanout/fanout_context.h"

#include <initializer_list>
#include <set>
#include <vector>

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

// The Redis nodes that did not do their part of these and may later; empty where another failure is among
// them, such as a lost lease, for which no node is to be waited for.
inline std::vector<int> awaitedBy(const RedisBatch& batch, std::initializer_list<Replies> all)
{
    std::set<int> nodes;
    for (const auto& replies : all)
        for (auto i = replies.first; i < replies.end; ++i) {
            const auto& reply = batch.reply(i);
            if (reply) continue;
            if (reply.error().redisNode == 0) return {};
            nodes.insert(reply.error().redisNode);
        }
    return {nodes.begin(), nodes.end()};
}

} // namespace backend
