// Numbers, sizes, durations and times as people read them, the same everywhere: English grouping, IEC bytes,
// times in the local zone with its name. What is not known (negative, NaN, empty) is a dash. Pure functions,
// any thread.
#pragma once

#include <QDateTime>
#include <QString>

#include "backend/domain/ids.h"

namespace ui {

QString unknownText(); // "–"

QString formatCount(std::int64_t value);          // "1,234,567"
QString formatCompact(double value);              // "1,234" "12.3 k" "4.56 M": for axes
QString formatNumber(double value, int decimals); // "1,234.50"; NaN is not known, negative is negative
QString formatRate(double perSecond);             // "0" "0.4" "12.3" "1,234", without unit
QString formatBytes(std::int64_t bytes);          // "512 B" "1.5 KiB" "23.4 MiB"
QString formatDuration(double seconds); // "0.8 ms" "120 ms" "1.25 s" "2 min 5 s" "3 h 4 min" "2 d 3 h"
QString formatMilliseconds(double milliseconds); // formatDuration of it
QString formatRatio(double zeroToOne);           // "97.3 %"; below 1 never "100.0 %"
QString formatTime(backend::TimePoint time);     // "2026-11-23 07:03:12 CET"
QString formatClock(backend::TimePoint time);    // "07:03:12", where the zone is said nearby
QString zoneName();                              // "CET", "UTC", or "UTC+05:30" where the zone has no name

// A number and its unit apart, where they are set in different sizes.
struct Figure
{
    QString number, unit;
};
Figure durationFigure(double seconds); // one unit only: {"1.25", "s"}; unknown: {"–", ""}

QDateTime zonedTime(backend::TimePoint time); // in the zone that is shown, for exports

double secondsOf(backend::TimePoint time); // since the Unix epoch
backend::TimePoint timeOf(double seconds);

} // namespace ui
