// Whether a node answers nobody at present, as the clients of one pool find out together: what one of them
// waited for in vain, the next need not wait for again. Thread-safe.
#pragma once

#include "backend/cache/redis_per_node.h"
#include "backend/common/deadline.h"

#include <atomic>

namespace backend {

class RedisNodeSilence
{
public:
    using Clock = Deadline::Clock;

    // A node that has answered nobody for so long, although it was asked, is silent.
    static constexpr std::chrono::milliseconds kPatience{300};
    // Whoever asks waits so long at least, whatever others met before.
    static constexpr std::chrono::milliseconds kOwnPatience{100};
    // So often one of those who do not wait asks a silent node all the same, and waits for kPatience then.
    static constexpr std::chrono::milliseconds kAskedAgainEvery{1'000};

    enum class Asking { Freely, Again, Not };
    Asking ask(Clock::time_point now)
    {
        if (!m_silent.load(std::memory_order_relaxed)) {
            askedSince(now);
            return Asking::Freely;
        }
        auto last = m_askedAgain.load(std::memory_order_relaxed);
        const bool again = now - last >= kAskedAgainEvery &&
                           m_askedAgain.compare_exchange_strong(last, now, std::memory_order_relaxed);
        return again ? Asking::Again : Asking::Not;
    }
    void answered()
    {
        m_askedSince.store(kNever, std::memory_order_relaxed);
        m_silent.store(false, std::memory_order_relaxed);
    }
    // Of one who waits now: until when nobody else's answer makes it go on waiting.
    Clock::time_point patientUntil(Clock::time_point now) { return askedSince(now) + kPatience; }
    void silent(Clock::time_point now)
    {
        m_askedAgain.store(now, std::memory_order_relaxed);
        m_silent.store(true, std::memory_order_relaxed);
    }

private:
    static constexpr Clock::time_point kNever{};

    // The first question that no answer has come after.
    Clock::time_point askedSince(Clock::time_point now)
    {
        auto since = kNever;
        m_askedSince.compare_exchange_strong(since, now, std::memory_order_relaxed);
        return since == kNever ? now : since;
    }

    std::atomic<Clock::time_point> m_askedSince{kNever}, m_askedAgain{kNever};
    std::atomic<bool> m_silent{false};
};

using RedisSilence = RedisPerNode<RedisNodeSilence>;

} // namespace backend
