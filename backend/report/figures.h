// A number of a report, rounded once and written as decimal text; every rendering shows this text. Pure; any
// thread.
#pragma once

#include "backend/domain/ids.h"

#include <cstdint>
#include <optional>
#include <string>

namespace backend {

// Decimal text with a point and without grouping; empty when the value is not known.
using Figure = std::optional<std::string>;

Figure wholeFigure(std::int64_t value);               // negative: not known
Figure realFigure(double value, int decimals);        // negative or NaN: not known; trailing zeros dropped
std::string groupedDigits(const std::string& figure); // "1234567.5" → "1,234,567.5"

std::string utcText(TimePoint time);  // 2026-11-23T06:06:16Z
std::string utcWords(TimePoint time); // 2026-11-23 06:06:16 UTC

} // namespace backend
