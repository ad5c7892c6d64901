// Numbers, durations and times as people read them, in one place. Unknown is an en dash, never zero. Pure; GUI thread.
#pragma once

#include "backend/domain/ids.h"

#include <QString>

namespace ui {

QString unknownText();                        // "–"
QString formatCount(std::int64_t value);      // "12,345"; unknown when negative
QString formatNumber(double value, int digits = 1); // "1,234.5"; unknown when NaN
QString formatBytes(std::int64_t bytes);      // "1.5 MiB"; unknown when negative
QString formatRate(double perSecond);         // "1,234" or "0.25", without a unit; unknown when negative or NaN
QString formatPercent(double fraction);       // "97.3 %"; unknown when NaN
QString formatDuration(double seconds);       // "120 ms", "4.2 s", "3 min 20 s", "2 d 4 h"; unknown when negative or NaN
QString formatTime(backend::TimePoint time);  // "2026-11-23 06:06:16 UTC", in the zone chosen
QString formatClock(backend::TimePoint time); // "06:06:16", for axes whose zone is labelled

// Local time or UTC, for all of the above. UTC until set.
void setLocalTime(bool local);
bool localTime();
QString timeZoneLabel(); // "UTC", "CET"

} // namespace ui
