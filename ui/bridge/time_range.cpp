#include "ui/bridge/time_range.h"

#include "ui/widgets/formatting.h"

#include <algorithm>
#include <utility>

namespace ui {

TimeRange::TimeRange(QObject* parent)
    : QObject(parent)
    , m_end(std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()))
    , m_newest(m_end)
{
}

void TimeRange::setWindow(std::chrono::minutes window)
{
    if (std::find(kWindows.begin(), kWindows.end(), window) == kWindows.end()) return;
    m_wanted = window;
    window = longestOffered(window);
    if (window == m_window && !m_chosen) return;
    m_window = window;
    if (m_chosen) {
        reset();
        return;
    }
    show(m_end, window);
    emit windowChanged();
}

QString TimeRange::windowText() const
{
    return m_chosen ? formatSpan(begin(), end()) : tr("last %1").arg(lengthText(m_window));
}

QString TimeRange::windowTextShort() const
{
    return m_chosen ? windowText() : lengthText(m_window);
}

QString TimeRange::notOfWindow(backend::TimePoint asOf) const
{
    return m_chosen ? tr("as of %1 %2, not of the chosen window").arg(formatMoment(asOf), zoneName())
                    : QString();
}

QString TimeRange::notOfWindowShort(backend::TimePoint asOf) const
{
    return m_chosen ? tr("not the window: %1").arg(formatMoment(asOf)) : QString();
}

QString TimeRange::lengthText(std::chrono::minutes window)
{
    const auto minutes = window.count();
    return minutes > 24 * 60 ? tr("%1 d").arg(minutes / (24 * 60))
           : minutes > 60    ? tr("%1 h").arg(minutes / 60)
                             : tr("%1 min").arg(minutes);
}

std::chrono::minutes TimeRange::longestOffered(std::chrono::minutes wanted) const
{
    auto out = kWindows.front();
    for (const auto window : kWindows)
        if (window <= wanted && window <= m_reach) out = window;
    return out;
}

void TimeRange::setReach(Span reach, const QString& reason)
{
    if (reach == m_reach && reason == m_reachReason) return;
    m_reach = reach;
    m_reachReason = reason;
    const auto window = longestOffered(m_wanted);
    if (const bool other = window != m_window; other) {
        m_window = window;
        if (!m_chosen) {
            show(m_end, window);
            emit windowChanged();
        }
    }
    emit reachChanged();
}

void TimeRange::setUtc(bool utc)
{
    if (utc == timesInUtc()) return;
    setTimesInUtc(utc);
    emit zoneChanged();
}

void TimeRange::setEvents(std::vector<backend::Event> events)
{
    m_events = std::move(events);
    emit eventsChanged();
}

void TimeRange::setLive(bool live)
{
    if (live == m_live) return;
    if (live) {
        reset();
        return;
    }
    m_live = false;
    emit liveChanged(false);
}

void TimeRange::setNewest(backend::TimePoint at)
{
    m_newest = at;
    if (m_live) show(at, m_span);
}

void TimeRange::choose(backend::TimePoint begin, backend::TimePoint end)
{
    if (end < begin) std::swap(begin, end);
    const auto span = std::clamp(end - begin, kShortest, m_reach);
    // A part that is too short grows to both sides.
    auto last = end - begin < span ? begin + (end - begin) / 2 + span / 2 : end;
    last = std::clamp(last, m_newest - m_reach + span, m_newest);
    const bool first = !m_chosen;
    m_chosen = true;
    const bool wasLive = std::exchange(m_live, false);
    show(last, span);
    if (wasLive) emit liveChanged(false);
    if (first) emit windowChanged();
}

void TimeRange::zoom(double factor, backend::TimePoint around)
{
    const auto span = std::clamp(std::chrono::duration_cast<Span>(m_span * factor), kShortest, m_reach);
    if (span == m_span) return;
    const double place = double((around - begin()).count()) / double(m_span.count());
    const auto from = around - std::chrono::duration_cast<Span>(span * std::clamp(place, 0.0, 1.0));
    choose(from, from + span);
}

void TimeRange::shift(Span by)
{
    choose(begin() + by, end() + by);
}

void TimeRange::reset()
{
    const bool wasChosen = m_chosen, wasLive = m_live;
    m_chosen = false;
    m_live = true;
    show(m_newest, m_window);
    if (!wasLive) emit liveChanged(true);
    if (wasChosen) emit windowChanged();
}

void TimeRange::show(backend::TimePoint end, Span span)
{
    if (end == m_end && span == m_span) return;
    m_end = end;
    m_span = span;
    if (m_pinned && (*m_cursor < begin() || *m_cursor > m_end)) unpin();
    emit moved();
}

void TimeRange::setCursor(std::optional<backend::TimePoint> cursor)
{
    if (cursor == m_cursor || m_pinned) return;
    m_cursor = cursor;
    emit cursorChanged();
}

void TimeRange::pin(backend::TimePoint at)
{
    m_pinned = true;
    m_cursor = at;
    emit cursorChanged();
}

void TimeRange::unpin()
{
    m_pinned = false;
    m_cursor.reset();
    emit cursorChanged();
}

} // namespace ui
