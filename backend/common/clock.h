// Wall-clock time behind an interface, so that tests decide what time it is. Thread-safe.
#pragma once

#include "backend/domain/ids.h"

namespace backend {

class WallClock
{
public:
    virtual ~WallClock() = default;
    virtual TimePoint now() const = 0;
};

class SystemWallClock final : public WallClock
{
public:
    TimePoint now() const override
    {
        return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
};

} // namespace backend
