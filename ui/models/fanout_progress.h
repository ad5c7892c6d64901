// What a delivery ledger tells of a fan-out's progress: its parts, delays, rate and time left. Pure values
// and functions, any thread.
#pragma once

#include "backend/domain/ledger.h"

#include <chrono>
#include <deque>
#include <optional>

namespace ui {

// Seconds from commit by which that part (0 … 1) of the pushed readers had the post, at the latest: a chunk
// counts with its last delivery, as chunks record no single ones. Empty where nothing was delivered yet.
std::optional<double> deliveredWithin(const backend::DeliveryLedger& ledger, double part);

// Committed, but no worker has read its audience yet: its counts are not known, not 0.
bool awaitsPlan(const backend::DeliveryLedger& ledger);

std::int64_t outstanding(const backend::DeliveryLedger& ledger); // of the audience, never negative

// Deliveries per second from the first to the last delivery; empty where they took no measurable time.
std::optional<double> overallRate(const backend::DeliveryLedger& ledger);

// The rate over the last seconds, from readings of a ledger that is not complete. One per post.
class FanoutRate
{
public:
    using Clock = std::chrono::steady_clock;

    void clear() { m_readings.clear(); }
    void add(const backend::DeliveryLedger& ledger, Clock::time_point at);
    // Readers accounted for per second; empty before the second reading.
    std::optional<double> perSecond() const;
    // Seconds until the rest is done; empty while that is not known or nothing moves.
    std::optional<double> secondsLeft() const;

private:
    struct Reading
    {
        Clock::time_point at;
        std::int64_t done = 0, left = 0;
    };
    std::deque<Reading> m_readings;
};

} // namespace ui
