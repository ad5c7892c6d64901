// The time window that all charts share: its length, whether it follows the newest data, and the moment under
// the mouse, so that all charts show the same crosshair. Owned by the program; GUI thread only.
#pragma once

#include <QObject>

#include "backend/domain/ids.h"

#include <array>
#include <chrono>
#include <optional>

namespace ui {

class TimeRange final : public QObject
{
    Q_OBJECT

public:
    static constexpr std::array kWindows{std::chrono::minutes(1), std::chrono::minutes(5),
                                         std::chrono::minutes(15), std::chrono::minutes(60)};

    explicit TimeRange(QObject* parent = nullptr);

    std::chrono::minutes window() const { return m_window; }
    void setWindow(std::chrono::minutes window); // another length than kWindows' is ignored
    // "last 5 min", for figures over this window.
    QString windowText() const;

    bool live() const { return m_live; }
    void setLive(bool live);

    // The window's end: the newest data's time while live, then it stands.
    backend::TimePoint end() const { return m_end; }
    backend::TimePoint begin() const { return m_end - m_window; }
    void moveTo(backend::TimePoint end);

    std::optional<backend::TimePoint> cursor() const { return m_cursor; }
    void setCursor(std::optional<backend::TimePoint> cursor);

signals:
    void windowChanged();
    void liveChanged(bool live);
    void moved(); // begin() or end() is another one, for any reason
    void cursorChanged();

private:
    std::chrono::minutes m_window{5};
    bool m_live = true;
    backend::TimePoint m_end;
    std::optional<backend::TimePoint> m_cursor;
};

} // namespace ui
