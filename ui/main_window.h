// The one window: rail, top bar, pages and status; it gives the shown page each snapshot and keeps the state
// between starts. Pages are made when first shown in a session and go with it. Owned by the program; GUI
// thread only.
#pragma once

#include <QMainWindow>

#include "ui/bridge/engine_bridge.h"
#include "ui/pages/page_factory.h"
#include "ui/session_choice.h"

#include <vector>

class QSettings;
class QStackedWidget;

namespace ui {

class LinkDesk;
class DemoBench;
class EventFeed;
class HistoryLoader;
class IncidentBar;
class NavigationRail;
class ReplayStrip;
class StallWatchdog;
class StartPage;
class StatusStrip;
class TopBar;
class WorkloadStrip;

class MainWindow final : public QMainWindow
{
    Q_OBJECT

public:
    // All but the factory's copy outlive the window.
    MainWindow(const PageContext& context, QSettings& settings, OpenerFactory openers);
    ~MainWindow() override;

    // As if chosen on the start page.
    void openSession(const SessionChoice& choice);
    // argument: see Page::openArgument.
    void showPage(const QString& id, const QString& argument = {});
    void showExample(); // on the current page, for pictures
    QString currentPageId() const;
    QStringList pageIds() const;
    StallWatchdog& watchdog() { return *m_watchdog; }

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Entry
    {
        PageEntry entry;
        Page* page = nullptr; // once shown
    };

    void build();
    QWidget* buildWorkspace();
    void connectAll();
    void connectTime();
    void addShortcuts();
    void restoreState();
    void saveState();
    void savePages();
    void dropPages();
    Page* pageOf(Entry& entry);
    Entry* find(const QString& id);
    void showState(EngineBridge::State state);
    void takeSnapshot(const backend::SnapshotPtr& snapshot);
    void updatePolling();
    void showZone();
    void refresh();
    bool moveInTime(int key); // false: it is none of these keys
    void showKeySheet();
    void addLinks();
    void wantBench(bool wanted);
    void updateBench();
    void makeRoom();

    PageContext m_context;
    QSettings& m_settings;
    OpenerFactory m_openers;
    StallWatchdog* m_watchdog = nullptr;
    HistoryLoader* m_loader = nullptr;
    EventFeed* m_events = nullptr;
    std::vector<Entry> m_entries;
    Page* m_current = nullptr;
    QString m_wantedPage;              // shown when a session opens
    QStackedWidget* m_faces = nullptr; // start page or workspace
    QStackedWidget* m_pages = nullptr;
    StartPage* m_start = nullptr;
    NavigationRail* m_rail = nullptr;
    TopBar* m_topBar = nullptr;
    ReplayStrip* m_replay = nullptr;
    WorkloadStrip* m_workload = nullptr;
    IncidentBar* m_incidents = nullptr;
    StatusStrip* m_status = nullptr;
    LinkDesk* m_links = nullptr;
    DemoBench* m_bench = nullptr;
    bool m_benchWanted = false; // as far as the session has it
};

} // namespace ui
