// The workers of the cluster, grouped by engine, as a tree of two levels that is updated in place every
// second. Owned by its page; GUI thread only.
#pragma once

#include <QAbstractItemModel>

#include "backend/domain/snapshot.h"
#include "ui/models/table_roles.h"

#include <vector>

namespace ui {

class WorkerTreeModel final : public QAbstractItemModel
{
    Q_OBJECT

public:
    enum Column {
        NameColumn,
        StateColumn,
        TaskColumn,
        SinceColumn,
        DoneColumn,
        FailedColumn,
        ErrorColumn,
        ColumnCount
    };
    enum Role { EngineSlotRole = Qt::UserRole + 100 };

    explicit WorkerTreeModel(QObject* parent);

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& index) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

    void setSnapshot(const backend::ClusterSnapshot& snapshot);

    static QString stateText(backend::WorkerState state);

private:
    struct Group
    {
        backend::EngineSnapshot engine;
        std::vector<backend::WorkerSnapshot> workers; // ascending by index
    };

    static std::vector<Group> groupsOf(const backend::ClusterSnapshot& snapshot);
    void syncGroups(const std::vector<Group>& groups);
    void syncWorkers(int row, const std::vector<backend::WorkerSnapshot>& workers);
    int rowOfSlot(int slot) const;
    QString engineText(const Group& group, int column) const;
    QString workerText(const backend::WorkerSnapshot& worker, int column) const;
    QVariant engineRaw(const Group& group, int column) const;
    QVariant workerRaw(const backend::WorkerSnapshot& worker, int column) const;
    Tone engineTone(const Group& group, int column) const;
    Tone workerTone(const backend::WorkerSnapshot& worker, int column) const;

    std::vector<Group> m_groups; // ascending by slot
    backend::TimePoint m_now;
};

} // namespace ui
