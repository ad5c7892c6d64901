// Writes the shard report without a window: waits until a demo's crowd is there and the sweep has seen every
// shard (or for a while), writes the file and tells how it went. Owned by main; GUI thread only.
#pragma once

#include <QObject>
#include <QTimer>

#include <optional>

#include "ui/bridge/engine_bridge.h"

namespace app {

class ReportExport final : public QObject
{
    Q_OBJECT

public:
    ReportExport(ui::EngineBridge& bridge, QString path, QObject* parent);

signals:
    void finished(const QString& error); // empty: written

private:
    void consider(const backend::SnapshotPtr& snapshot);
    void write(const backend::SnapshotPtr& snapshot);

    ui::EngineBridge& m_bridge;
    QString m_path;
    QTimer m_patience;
    std::optional<backend::TimePoint> m_populatedAt;
    bool m_writing = false;
};

} // namespace app
