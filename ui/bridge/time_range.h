// The time window that all charts share: a preset length that follows the newest data, or a part of the past
// that was chosen in a chart; the moment under the mouse, so that all charts show the same crosshair; the
// zone of all times; and what happened, for the marks on all time axes. Owned by the program; GUI thread
// only.
#pragma once

#include <QObject>

#include "backend/domain/event.h"

#include <array>
#include <chrono>
#include <optional>
#include <vector>

namespace ui {

class TimeRange final : public QObject
{
    Q_OBJECT

public:
    using Span = backend::TimePoint::duration;

    static constexpr std::array kWindows{
        std::chrono::minutes(1),           std::chrono::minutes(5),           std::chrono::minutes(15),
        std::chrono::minutes(60),          std::chrono::minutes(6 * 60),      std::chrono::minutes(24 * 60),
        std::chrono::minutes(7 * 24 * 60), std::chrono::minutes(30 * 24 * 60)};
    static constexpr Span kShortest = std::chrono::seconds(10); // of a chosen part
    static constexpr Span kLongest = std::chrono::hours(1);     // where history is not kept on disk
    static constexpr Span kKept = std::chrono::hours(24 * 30);  // on disk
    static constexpr double kZoomStep = 0.8;                    // of a mouse wheel: zoom()'s factor

    explicit TimeRange(QObject* parent = nullptr);

    // The preset that is shown, one of kWindows: the one chosen last, or the longest within reach().
    std::chrono::minutes window() const { return m_window; }
    std::chrono::minutes wantedWindow() const { return m_wanted; }
    // How far back from the newest data anything may be known: kLongest until somebody says otherwise.
    Span reach() const { return m_reach; }
    const QString& reachReason() const { return m_reachReason; } // why it is not kKept
    void setReach(Span reach, const QString& reason = {});
    // Shows the preset's length up to the newest data; ends a chosen part. Another length than kWindows' is
    // ignored.
    void setWindow(std::chrono::minutes window);
    // "last 5 min" or "07:03:12 – 07:04:00", for figures over this window.
    QString windowText() const;
    QString windowTextShort() const; // "5 min"; of a chosen part the same as above
    // For figures of another moment while a part of the past is chosen: "as of 07:03:12 CET, not of the
    // chosen window"; shorter where there is little room: "not the window: 07:03:12". Empty while none is
    // chosen.
    QString notOfWindow(backend::TimePoint asOf) const;
    QString notOfWindowShort(backend::TimePoint asOf) const;

    // Live follows the newest data. A chosen part of the past stands; live again ends it.
    bool live() const { return m_live; }
    void setLive(bool live);

    backend::TimePoint begin() const { return m_end - m_span; }
    backend::TimePoint end() const { return m_end; }
    Span span() const { return m_span; }
    // While live the window's end is there from now on.
    void setNewest(backend::TimePoint at);

    // A part of what is kept, brought into its limits, kShortest at least. Not live any more.
    void choose(backend::TimePoint begin, backend::TimePoint end);
    bool chosen() const { return m_chosen; }
    // Chooses `factor` times the present span with `around` at the same place in it; below 1: closer.
    void zoom(double factor, backend::TimePoint around);
    void zoom(double factor) { zoom(factor, m_live ? m_end : m_end - m_span / 2); }
    // Chooses the same span so much later or earlier.
    void shift(Span by);
    // The preset again, live.
    void reset();

    std::optional<backend::TimePoint> cursor() const { return m_cursor; }
    void setCursor(std::optional<backend::TimePoint> cursor); // does nothing while pinned
    // The cursor stays where it is until it is let go.
    bool pinned() const { return m_pinned; }
    void pin(backend::TimePoint at);
    void unpin();

    // All times of the program.
    void setUtc(bool utc);
    // What happened around the window, ascending.
    const std::vector<backend::Event>& events() const { return m_events; }
    void setEvents(std::vector<backend::Event> events);

signals:
    void windowChanged(); // another preset, or between a preset and a chosen part
    void liveChanged(bool live);
    void moved(); // begin() or end() is another one, for any reason
    void cursorChanged();
    void reachChanged();
    void zoneChanged();
    void eventsChanged();

private:
    void show(backend::TimePoint end, Span span);

    static QString lengthText(std::chrono::minutes window);
    std::chrono::minutes longestOffered(std::chrono::minutes wanted) const;

    std::chrono::minutes m_window{5}, m_wanted{5};
    Span m_reach = kLongest;
    QString m_reachReason;
    std::vector<backend::Event> m_events;
    bool m_live = true;
    bool m_chosen = false, m_pinned = false;
    Span m_span{m_window};
    backend::TimePoint m_end, m_newest;
    std::optional<backend::TimePoint> m_cursor;
};

} // namespace ui
