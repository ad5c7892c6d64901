#include "ui/widgets/formatting.h"

#include <QDateTime>
#include <QLocale>
#include <QTimeZone>

#include <array>
#include <cmath>

namespace ui {
namespace {

bool s_local = false;

QLocale numbers() { return QLocale(QLocale::English, QLocale::UnitedStates); }

QDateTime dateTime(backend::TimePoint time)
{
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
    return s_local ? QDateTime::fromMSecsSinceEpoch(ms) : QDateTime::fromMSecsSinceEpoch(ms, Qt::UTC);
}

} // namespace

QString unknownText() { return QStringLiteral("–"); }

QString formatCount(std::int64_t value) { return value < 0 ? unknownText() : numbers().toString(qlonglong(value)); }

QString formatNumber(double value, int digits)
{
    return std::isnan(value) ? unknownText() : numbers().toString(value, 'f', digits);
}

QString formatBytes(std::int64_t bytes)
{
    return bytes < 0 ? unknownText() : numbers().formattedDataSize(bytes, bytes < 1024 ? 0 : 1);
}

QString formatRate(double perSecond)
{
    if (std::isnan(perSecond) || perSecond < 0) return unknownText();
    const int digits = perSecond == 0 || perSecond >= 100 ? 0 : perSecond >= 10 ? 1 : 2;
    return numbers().toString(perSecond, 'f', digits);
}

QString formatPercent(double fraction)
{
    return std::isnan(fraction) ? unknownText() : numbers().toString(fraction * 100, 'f', 1) + QStringLiteral(" %");
}

QString formatDuration(double seconds)
{
    if (std::isnan(seconds) || seconds < 0) return unknownText();
    if (seconds < 0.0095) return numbers().toString(seconds * 1e3, 'f', 1) + QStringLiteral(" ms");
    if (seconds < 0.9995) return numbers().toString(seconds * 1e3, 'f', 0) + QStringLiteral(" ms");
    if (seconds < 60) return numbers().toString(seconds, 'f', 1) + QStringLiteral(" s");
    const auto whole = qint64(seconds);
    if (whole < 3'600) return QStringLiteral("%1 min %2 s").arg(whole / 60).arg(whole % 60);
    if (whole < 86'400) return QStringLiteral("%1 h %2 min").arg(whole / 3'600).arg(whole % 3'600 / 60);
    return QStringLiteral("%1 d %2 h").arg(whole / 86'400).arg(whole % 86'400 / 3'600);
}

QString formatTime(backend::TimePoint time)
{
    const auto at = dateTime(time);
    return at.toString(QStringLiteral("yyyy-MM-dd HH:mm:ss ")) + (s_local ? at.timeZoneAbbreviation() : QStringLiteral("UTC"));
}

QString formatClock(backend::TimePoint time) { return dateTime(time).toString(QStringLiteral("HH:mm:ss")); }

void setLocalTime(bool local) { s_local = local; }
bool localTime() { return s_local; }

QString timeZoneLabel()
{
    return s_local ? QDateTime::currentDateTime().timeZoneAbbreviation() : QStringLiteral("UTC");
}

} // namespace ui
