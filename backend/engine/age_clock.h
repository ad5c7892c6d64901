// The clock from which entries' age counts: now, or the end of a log that was imported with its own times.
// Thread-safe.
#pragma once

#include "backend/common/clock.h"

#include <atomic>

namespace backend {

class AgeClock final : public WallClock
{
public:
    TimePoint now() const override { return m_system.now() - shift(); }
    Milliseconds shift() const { return Milliseconds(m_shiftMs.load(std::memory_order_relaxed)); }
    void setShift(Milliseconds shift) { m_shiftMs.store(shift.count(), std::memory_order_relaxed); }

private:
    SystemWallClock m_system;
    std::atomic<std::int64_t> m_shiftMs{0};
};

} // namespace backend
