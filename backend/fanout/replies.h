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

// Of a failed task: the Redis nodes that did not do their part of these and may later. Where another failure
// is among them, such as a lost lease, none is to be waited for, and the status names none.
inline void awaitNodes(Result<void>& status, std::vector<int>& awaits, const RedisBatch& batch,
                       std::initializer_list<Replies> all)
{
    awaits.clear();
    if (status) return;
    std::set<int> nodes;
    bool others = false;
    for (const auto& replies : all)
        for (auto i = replies.first; i < replies.end; ++i) {
            const auto& reply = batch.reply(i);
            if (reply) continue;
            others = others || reply.error().redisNode == 0;
            nodes.insert(reply.error().redisNode);
        }
    if (!others) {
        awaits.assign(nodes.begin(), nodes.end());
        return;
    }
    auto error = status.error();
    error.redisNode = 0;
    status = fail(std::move(error));
}

} // namespace backend
