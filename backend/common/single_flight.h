// Of many callers that need the same thing at the same moment one does the work; the others wait for its
// result, never past their deadline. Thread-safe. Key needs std::hash.
#pragma once

#include "backend/common/deadline.h"
#include "backend/common/result.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace backend {

template <class Key>
class SingleFlight
{
public:
    // Runs `work` (returning Result<void>) or waits for the caller that runs it. `ran` tells which.
    template <class Work>
    Result<void> run(const Key& key, Deadline deadline, Work work, bool* ran = nullptr)
    {
        std::unique_lock lock(m_mutex);
        if (ran) *ran = false;
        if (const auto found = m_flights.find(key); found != m_flights.end()) {
            const auto flight = found->second;
            if (!flight->landed.wait_until(lock, deadline.at(), [&] { return flight->result.has_value(); }))
                return fail(ErrorCode::DeadlineExceeded,
                            "another reader's rebuild was not done in time; try again", true);
            return *flight->result;
        }
        const auto flight = m_flights.emplace(key, std::make_shared<Flight>()).first->second;
        lock.unlock();
        if (ran) *ran = true;
        Result<void> result =
            fail(ErrorCode::Internal, "the work this call waited for ended without a result", true);
        {
            const Landing landing{*this, key, *flight, result};
            result = work();
        }
        return result;
    }

private:
    struct Flight
    {
        std::condition_variable landed;
        std::optional<Result<void>> result;
    };
    // Lands the flight however the work ended, so that nobody waits for a leader that is gone.
    struct Landing
    {
        SingleFlight& owner;
        const Key& key;
        Flight& flight;
        const Result<void>& result;
        ~Landing()
        {
            const std::lock_guard lock(owner.m_mutex);
            flight.result = result;
            flight.landed.notify_all();
            owner.m_flights.erase(key);
        }
    };

    std::mutex m_mutex;
    std::unordered_map<Key, std::shared_ptr<Flight>> m_flights;
};

} // namespace backend
