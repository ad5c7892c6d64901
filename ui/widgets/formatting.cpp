#include "ui/widgets/formatting.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <QTimeZone>

#include <array>
#include <atomic>
#include <cmath>

namespace ui {
namespace {

// One grouping everywhere, whatever the machine's locale: reports and screens show the same digits.
const QLocale& figures()
{
    static const QLocale locale(QLocale::English, QLocale::UnitedStates);
    return locale;
}

struct Formatting
{
    Q_DECLARE_TR_FUNCTIONS(ui::formatting)
};

// Three significant digits at least, never more than two decimals: 1.25 12.5 125.
int decimalsFor(double value)
{
    const double size = std::abs(value);
    return size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
}

QString trimmed(double value, int decimals)
{
    auto text = figures().toString(value, 'f', decimals);
    if (!text.contains(u'.')) return text;
    while (text.endsWith(u'0'))
        text.chop(1);
    if (text.endsWith(u'.')) text.chop(1);
    return text;
}

// "2 min 5 s"; the smaller part is left out when it is zero.
QString twoParts(long long large, const QString& largeUnit, long long small, const QString& smallUnit)
{
    const auto head = QStringLiteral("%1 %2").arg(figures().toString(large), largeUnit);
    return small == 0 ? head : QStringLiteral("%1 %2 %3").arg(head).arg(small).arg(smallUnit);
}

std::atomic<bool>& utcChosen()
{
    static std::atomic<bool> chosen{false};
    return chosen;
}

QDateTime shownNow()
{
    return timesInUtc() ? QDateTime::currentDateTimeUtc() : QDateTime::currentDateTime();
}

QString zoneOf(const QDateTime& time)
{
    const auto name = time.timeZoneAbbreviation();
    if (!name.isEmpty()) return name;
    const int minutes = time.offsetFromUtc() / 60;
    return QStringLiteral("UTC%1%2:%3")
        .arg(minutes < 0 ? u'-' : u'+')
        .arg(std::abs(minutes) / 60, 2, 10, QLatin1Char('0'))
        .arg(std::abs(minutes) % 60, 2, 10, QLatin1Char('0'));
}

} // namespace

QString unknownText()
{
    return QStringLiteral("–");
}

QString formatCount(std::int64_t value)
{
    return value < 0 ? unknownText() : figures().toString(qlonglong(value));
}

QString formatCompact(double value)
{
    if (std::isnan(value)) return unknownText();
    const double size = std::abs(value);
    if (size < 10'000)
        return trimmed(value, size >= 100 || value == std::round(value) ? 0 : decimalsFor(value));
    static constexpr std::array units{"k", "M", "G", "T"};
    double scaled = value / 1000;
    std::size_t unit = 0;
    for (; std::abs(scaled) >= 999.5 && unit + 1 < units.size(); ++unit)
        scaled /= 1000;
    return QStringLiteral("%1 %2").arg(trimmed(scaled, decimalsFor(scaled)), QLatin1StringView(units[unit]));
}

QString formatNumber(double value, int decimals)
{
    return std::isnan(value) ? unknownText() : figures().toString(value, 'f', decimals);
}

QString formatRate(double perSecond)
{
    if (std::isnan(perSecond) || perSecond < 0) return unknownText();
    if (perSecond == 0) return QStringLiteral("0");
    return figures().toString(perSecond, 'f', perSecond < 99.95 ? 1 : 0);
}

QString formatBytes(std::int64_t bytes)
{
    if (bytes < 0) return unknownText();
    static constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
    double scaled = double(bytes);
    std::size_t unit = 0;
    for (; scaled >= 1023.5 && unit + 1 < units.size(); ++unit)
        scaled /= 1024;
    const int decimals = unit == 0 || scaled >= 99.95 ? 0 : 1;
    return QStringLiteral("%1 %2").arg(figures().toString(scaled, 'f', decimals),
                                       QLatin1StringView(units[unit]));
}

Figure durationFigure(double seconds)
{
    if (std::isnan(seconds) || seconds < 0) return {unknownText(), {}};
    const auto figure = [](double value, const QString& unit) {
        return Figure{trimmed(value, decimalsFor(value)), unit};
    };
    if (seconds == 0) return {QStringLiteral("0"), Formatting::tr("s")};
    const double milliseconds = seconds * 1000;
    if (milliseconds < 9.95) return {figures().toString(milliseconds, 'f', 1), Formatting::tr("ms")};
    if (milliseconds < 999.5) return {figures().toString(milliseconds, 'f', 0), Formatting::tr("ms")};
    if (seconds < 59.5) return figure(seconds, Formatting::tr("s"));
    // Not a decimal of a minute: beside it the same time may stand in minutes and seconds.
    const auto clock = [](std::int64_t parts) {
        return QStringLiteral("%1:%2").arg(parts / 60).arg(parts % 60, 2, 10, QLatin1Char('0'));
    };
    if (seconds < 3600 - 0.5) return {clock(std::llround(seconds)), Formatting::tr("min")};
    if (seconds < 86400 - 30) return {clock(std::llround(seconds / 60)), Formatting::tr("h")};
    return figure(seconds / 86400, Formatting::tr("d"));
}

QString formatWholeCount(double value)
{
    return formatCount(std::llround(value));
}

QString formatWholeBytes(double bytes)
{
    return std::isnan(bytes) ? unknownText() : formatBytes(std::llround(bytes));
}

QString formatDuration(double seconds)
{
    if (std::isnan(seconds) || seconds < 0) return unknownText();
    if (seconds < 59.5) {
        const auto [number, unit] = durationFigure(seconds);
        return QStringLiteral("%1 %2").arg(number, unit);
    }
    const auto whole = std::llround(seconds);
    if (whole < 3600) return twoParts(whole / 60, Formatting::tr("min"), whole % 60, Formatting::tr("s"));
    if (whole < 86400)
        return twoParts(whole / 3600, Formatting::tr("h"), whole % 3600 / 60, Formatting::tr("min"));
    return twoParts(whole / 86400, Formatting::tr("d"), whole % 86400 / 3600, Formatting::tr("h"));
}

QString formatUptime(double seconds)
{
    return seconds >= 0 && seconds < 1 ? Formatting::tr("0 s") : formatDuration(std::floor(seconds));
}

QString formatMilliseconds(double milliseconds)
{
    return formatDuration(milliseconds / 1000);
}

QString usedOfText(const QString& used, const QString& most)
{
    return used == unknownText() || most.isEmpty() ? used : Formatting::tr("%1 of %2").arg(used, most);
}

QString formatRatio(double zeroToOne)
{
    if (std::isnan(zeroToOne) || zeroToOne < 0) return unknownText();
    // A ratio that is not whole never looks whole.
    const double percent = std::min(zeroToOne * 100, zeroToOne < 1 ? 99.9 : 100.0);
    return QStringLiteral("%1 %").arg(figures().toString(percent, 'f', 1));
}

QString formatTime(backend::TimePoint time)
{
    const auto local = shownTime(time);
    return QStringLiteral("%1 %2").arg(local.toString(QStringLiteral("yyyy-MM-dd HH:mm:ss")), zoneOf(local));
}

QDateTime zonedTime(backend::TimePoint time)
{
    return shownTime(time);
}

QString formatClock(backend::TimePoint time)
{
    return shownTime(time).toString(QStringLiteral("HH:mm:ss"));
}

QString formatMoment(backend::TimePoint time)
{
    const auto shown = shownTime(time);
    return shown.date() == shownNow().date() ? shown.toString(QStringLiteral("HH:mm:ss"))
                                             : figures().toString(shown, QStringLiteral("MMM d HH:mm:ss"));
}

QString formatSpan(backend::TimePoint begin, backend::TimePoint end)
{
    const auto from = shownTime(begin), to = shownTime(end), today = shownNow();
    const auto both = QStringLiteral("%1 – %2");
    if (from.date() == today.date() && to.date() == today.date())
        return both.arg(formatClock(begin), formatClock(end));
    const bool whole = end - begin >= std::chrono::hours(1);
    const auto clock = whole ? QStringLiteral("HH:mm") : QStringLiteral("HH:mm:ss");
    const auto dated = QStringLiteral("MMM d ") + clock;
    return both.arg(figures().toString(from, dated),
                    figures().toString(to, from.date() == to.date() ? clock : dated));
}

QString zoneName()
{
    return zoneOf(shownNow());
}

QString withZone(QString text)
{
    return text.replace(kZoneMark, zoneName());
}

void setTimesInUtc(bool utc)
{
    utcChosen() = utc;
}

bool timesInUtc()
{
    return utcChosen();
}

QDateTime shownTime(backend::TimePoint time)
{
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
    return timesInUtc() ? QDateTime::fromMSecsSinceEpoch(milliseconds, Qt::UTC)
                        : QDateTime::fromMSecsSinceEpoch(milliseconds);
}

double secondsOf(backend::TimePoint time)
{
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

backend::TimePoint timeOf(double seconds)
{
    return backend::TimePoint(std::chrono::microseconds(std::llround(seconds * 1e6)));
}

QString breakable(const QString& text)
{
    constexpr int kLongest = 24;
    QString out;
    int together = 0;
    for (const QChar c : text) {
        together = c.isSpace() ? 0 : together + 1;
        out += c;
        if (together == kLongest && !c.isHighSurrogate()) {
            out += QChar(0x200B); // zero width space
            together = 0;
        } else if (together == kLongest) {
            --together; // after the other half
        }
    }
    return out;
}

} // namespace ui
