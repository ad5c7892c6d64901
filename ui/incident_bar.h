// The rows over every page that tell what is wrong now, each with a button that leads there. Hidden while
// nothing is. Owned by the window; GUI thread only.
#pragma once

#include <QWidget>

#include "backend/domain/snapshot.h"
#include "ui/bridge/engine_call.h"
#include "ui/models/incidents.h"

#include <QTimer>

#include <vector>

namespace ui {

class EngineBridge;
class NoticeLine;

class IncidentBar final : public QWidget
{
    Q_OBJECT

public:
    IncidentBar(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    // nullptr: nothing is known of now, or there is no session.
    void setSnapshot(const backend::SnapshotPtr& snapshot);
    // Nothing is asked for meanwhile: what is told is of when the last snapshot was taken, and says so.
    void setPaused(bool paused);
    void timesChanged(); // UTC or local

signals:
    void openPage(const QString& page, const QString& argument);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void addRow();
    void showIncidents();
    void holdHeights();
    void resumeWorkers();
    void awaitWorkers();

    const Theme& m_theme;
    EngineBridge& m_bridge;
    backend::SnapshotPtr m_snapshot;
    bool m_paused = false, m_resuming = false, m_shownResuming = false;
    int m_looks = 0; // left
    QTimer m_nextLook;
    EngineCall m_call;    // to resume
    QString m_notResumed; // why, when it was asked for last; empty: it was, or nobody asked
    std::vector<Incident> m_incidents;
    std::vector<NoticeLine*> m_rows; // by position
};

} // namespace ui
