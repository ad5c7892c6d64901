// The row at the bottom: health of the nodes and of the calls in words, the zone of all times, the GUI
// thread's longest stall, theme and keys. Owned by the window; GUI thread only.
#pragma once

#include <QStatusBar>
#include <QTimer>

#include "backend/domain/snapshot.h"
#include "ui/theme/theme.h"

class QToolButton;

namespace ui {

class Label;
class StallWatchdog;

class StatusStrip final : public QStatusBar
{
    Q_OBJECT

public:
    StatusStrip(Theme& theme, const StallWatchdog& watchdog, QWidget* parent);

    void setSnapshot(const backend::SnapshotPtr& snapshot);
    void showZone();                            // after it was changed
    void setHistoryError(const QString& error); // why older history could not be read; empty: it could

signals:
    void utcChosen(bool utc);
    void keySheetRequested();

private:
    void build();
    void buildZone();
    void showStall();
    void showTheme();

    Theme& m_theme;
    const StallWatchdog& m_watchdog;
    QTimer m_timer;
    Label* m_health = nullptr;
    Label* m_history = nullptr;
    Label* m_historyError = nullptr;
    QToolButton* m_zone = nullptr;
    Label* m_stall = nullptr;
    QToolButton* m_themeButton = nullptr;
    QToolButton* m_keys = nullptr;
};

} // namespace ui
