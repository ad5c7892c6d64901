// What the parts of FakeEngine make values with.
#pragma once

#include "backend/domain/ids.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace tests::fake_values {

inline backend::TimePoint now()
{
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

inline std::string text(std::int64_t value)
{
    return std::to_string(value);
}

} // namespace tests::fake_values
