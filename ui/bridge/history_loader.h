// Fetches rolled-up history when the shared window reaches further back than the last hour, on the bridge's
// threads, and says how far back the window may reach at all. One reading at a time; the window of now is
// read again as it moves on, and what could not be read after a while. What an earlier session still reads is
// nobody's. Owned by the window; GUI thread only.
#pragma once

#include <QObject>
#include <QTimer>

#include "backend/domain/history.h"
#include "ui/bridge/engine_call.h"
#include "ui/bridge/time_range.h"

#include <chrono>

namespace ui {

class EngineBridge;

class HistoryLoader final : public QObject
{
    Q_OBJECT

public:
    HistoryLoader(EngineBridge& bridge, TimeRange& range, QObject* parent);

    bool loading() const { return m_loading; }
    // Reads what is shown anew (F5).
    void refresh();
    // Why the last reading failed; empty: it did not.
    const QString& errorText() const { return m_error; }

signals:
    void
    changed(); // the bridge tells other history now, or that it is being read; errorText() may be another

private:
    void begin(); // of a session
    void follow();
    bool covers() const;
    bool enough() const;
    void load();
    void take(backend::HistoryRange range);
    void failed(const QString& why);

    EngineBridge& m_bridge;
    TimeRange& m_range;
    EngineCall m_asking, m_reading; // whether history is kept; a part of it
    bool m_loading = false;
    QString m_error;
    backend::TimePoint m_loadedFrom, m_loadedTo; // of the last reading
    TimeRange::Span m_loadedSpan{0};             // of the window it was for
    std::chrono::steady_clock::time_point m_loadedAt;
    QTimer m_retry; // runs after a reading that failed
    std::chrono::milliseconds m_retryAfter;
    backend::TimePoint m_failedFrom, m_failedTo; // the window it was for
};

} // namespace ui
