// The visible window that all pages share, and whether it follows the present. Owned by the main window; GUI thread.
#pragma once

#include <QObject>

#include <chrono>

namespace ui {

class TimeRange : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    std::chrono::seconds window() const { return m_window; }
    void setWindow(std::chrono::seconds window)
    {
        if (m_window == window) return;
        m_window = window;
        emit changed();
    }

signals:
    void changed();

private:
    std::chrono::seconds m_window{300};
};

} // namespace ui
