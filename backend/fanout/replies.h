// What a batch's replies mean for one of the tasks whose commands it holds.
#pragma once

#include "backend/fanout/fanout_context.h"

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

// Whatever failed did so because a node did not answer.
inline bool onlySilence(const RedisBatch& batch, const Replies& replies)
{
    for (auto i = replies.first; i < replies.end; ++i) {
        const auto& reply = batch.reply(i);
        if (!reply && reply.error().code != ErrorCode::Unavailable &&
            reply.error().code != ErrorCode::DeadlineExceeded)
            return false;
    }
    return true;
}

} // namespace backend
