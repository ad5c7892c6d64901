// The rows over every page that tell what is wrong now, each with a button that leads there. Hidden while
// nothing is. Owned by the window; GUI thread only.
#pragma once

#include <QWidget>

#include "backend/domain/snapshot.h"
#include "ui/widgets/incidents.h"

#include <vector>

namespace ui {

class NoticeLine;

class IncidentBar final : public QWidget
{
    Q_OBJECT

public:
    IncidentBar(const Theme& theme, QWidget* parent);

    // nullptr: nothing is known of now, or there is no session.
    void setSnapshot(const backend::SnapshotPtr& snapshot);
    void timesChanged(); // UTC or local

signals:
    void openPage(const QString& page, const QString& argument);

private:
    void addRow();

    const Theme& m_theme;
    backend::SnapshotPtr m_snapshot;
    std::vector<Incident> m_incidents;
    std::vector<NoticeLine*> m_rows; // by position
};

} // namespace ui
