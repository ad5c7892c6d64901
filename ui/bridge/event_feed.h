// Keeps the shared range's events: reads those of its window when that moves elsewhere, and what is new every
// two seconds while live, on the bridge's threads; nothing while paused or minimised. One for all charts.
// Owned by the window; GUI thread only.
#pragma once

#include <QObject>
#include <QTimer>

#include "backend/domain/event.h"
#include "ui/bridge/engine_call.h"
#include "ui/bridge/time_range.h"

namespace ui {

class EngineBridge;

class EventFeed final : public QObject
{
    Q_OBJECT

public:
    EventFeed(EngineBridge& bridge, TimeRange& range, QObject* parent);

    void setInterval(std::chrono::milliseconds interval) { m_timer.setInterval(interval); }

private:
    void begin(); // of a session
    void follow();
    void poll();
    void read(const backend::EventQuery& query, bool whole);
    void take(std::vector<backend::Event> events, bool whole);

    EngineBridge& m_bridge;
    TimeRange& m_range;
    QTimer m_timer;
    bool m_reading = false, m_again = false;
    EngineCall m_call;               // what is being read
    backend::TimePoint m_from, m_to; // what was read; equal: nothing yet
};

} // namespace ui
