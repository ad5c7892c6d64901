#include "ui/bridge/time_range.h"

#include <algorithm>

namespace ui {

TimeRange::TimeRange(QObject* parent)
    : QObject(parent)
    , m_end(std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()))
{
}

void TimeRange::setWindow(std::chrono::minutes window)
{
    if (window == m_window || std::find(kWindows.begin(), kWindows.end(), window) == kWindows.end()) return;
    m_window = window;
    emit windowChanged();
    emit moved();
}

QString TimeRange::windowText() const
{
    return tr("last %1 min").arg(m_window.count());
}

void TimeRange::setLive(bool live)
{
    if (live == m_live) return;
    m_live = live;
    emit liveChanged(live);
}

void TimeRange::moveTo(backend::TimePoint end)
{
    if (end == m_end) return;
    m_end = end;
    emit moved();
}

void TimeRange::setCursor(std::optional<backend::TimePoint> cursor)
{
    if (cursor == m_cursor) return;
    m_cursor = cursor;
    emit cursorChanged();
}

} // namespace ui
