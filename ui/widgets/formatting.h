// Numbers, sizes, durations and times as people read them, the same everywhere: English grouping, IEC bytes,
// times in the local zone or in UTC, as chosen for the whole program, with its name. What is not known
// (negative, NaN, empty) is a dash. Any thread.
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
QString formatWholeCount(double value);           // formatCount of the nearest whole number
QString formatWholeBytes(double bytes);           // formatBytes of the same; NaN is not known
QString formatDuration(double seconds); // "0.8 ms" "120 ms" "1.25 s" "2 min 5 s" "3 h 4 min" "2 d 3 h"
QString formatUptime(double seconds);   // formatDuration in whole seconds: 0 s under one
QString formatMilliseconds(double milliseconds); // formatDuration of it
// "12 of 200", "12" where the limit is not known, "–"
QString usedOfText(const QString& used, const QString& most);
QString formatRatio(double zeroToOne);        // "97.3 %"; below 1 never "100.0 %"
QString formatTime(backend::TimePoint time);  // "2026-11-23 07:03:12 CET"
QString formatClock(backend::TimePoint time); // "07:03:12", where the zone is said nearby
// Where the zone is said nearby: "07:03:12" today, "Nov 26 07:03:12" on another day.
QString formatMoment(backend::TimePoint time);
// "07:03:12 – 07:04:00"; with days, and without seconds, where not all of it is today or it is a day or more.
QString formatSpan(backend::TimePoint begin, backend::TimePoint end);
QString zoneName(); // "CET", "UTC", or "UTC+05:30" where the zone has no name
// What stands for the zone's name in titles that outlive a change of zone: see withZone().
inline const QString kZoneMark = QStringLiteral("{zone}");
QString withZone(QString text);

// UTC instead of the local zone, from now on and everywhere. Widgets follow TimeRange::zoneChanged.
void setTimesInUtc(bool utc);
bool timesInUtc();
QDateTime shownTime(backend::TimePoint time); // in the zone that is shown

// A number and its unit apart, where they are set in different sizes.
struct Figure
{
    QString number, unit;
};
Figure durationFigure(double seconds); // one unit only: {"1.25", "s"}, {"2:04", "min"}; unknown: {"–", ""}

QDateTime zonedTime(backend::TimePoint time); // in the zone that is shown, for exports

inline constexpr double kDay = 86'400;     // seconds
double secondsOf(backend::TimePoint time); // since the Unix epoch
backend::TimePoint timeOf(double seconds);

// The same with places to break a line in words without an end, such as paths, which else give a label that
// wraps its words its least width.
QString breakable(const QString& text);

} // namespace ui
