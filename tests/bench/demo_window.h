// The real window on the demo's own servers, engine and traffic, in one process as `rookery --demo` has them.
// Made, used and ended on the GUI thread.
#pragma once

#include "app/session/session_factory.h"
#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/time_range.h"
#include "ui/main_window.h"
#include "ui/theme/theme.h"

#include <QSettings>
#include <QTimer>

#include <chrono>
#include <memory>
#include <mutex>

namespace bench {

class DemoWindow final
{
public:
    explicit DemoWindow(const QString& settingsFile);
    ~DemoWindow();

    // Until the demo's accounts and follows are made and somebody's timelines are shown; false, with a
    // sentence on stderr, when that did not come about.
    bool open();
    // As much as the controls allow, by these controls.
    void askForMost();
    // Kills one Redis node and stops another, which then hangs.
    bool breakNodes();
    // One page after the other, again and again, until it is ended.
    void showPages(std::chrono::milliseconds each);
    backend::WorkloadRates achieved() const;
    int nodesDown() const; // that the window knows of

    ui::Theme theme;
    ui::TimeRange range;
    ui::EngineBridge bridge;

private:
    // Kept by whoever still runs: only to reach the servers of a session that is open.
    struct Opened
    {
        std::mutex mutex;
        std::weak_ptr<app::OpenedSession> session;
    };
    backend::SessionOpener opener() const;

    std::shared_ptr<Opened> m_opened = std::make_shared<Opened>();
    QSettings m_settings;
    std::unique_ptr<ui::MainWindow> m_window;
    QTimer m_turn;
    int m_page = 0;
};

} // namespace bench
