#include "ui/models/worker_tree_model.h"

#include "ui/models/row_sync.h"
#include "ui/widgets/formatting.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace ui {
namespace {

constexpr quintptr kEngineLevel = 0; // internal id of an engine
constexpr int kWorkerLevel = 2;      // a worker's is its engine's slot, -1 without one, and this
constexpr double kSilentSeconds = 5; // an engine whose heartbeat is older may be gone

template <class Range, class KeyOf>
std::vector<int> keysOf(const Range& range, KeyOf keyOf)
{
    std::vector<int> keys;
    for (const auto& item : range)
        keys.push_back(keyOf(item));
    return keys;
}

} // namespace

WorkerTreeModel::WorkerTreeModel(QObject* parent)
    : QAbstractItemModel(parent)
{
}

QModelIndex WorkerTreeModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent)) return {};
    if (!parent.isValid()) return createIndex(row, column, kEngineLevel);
    return createIndex(row, column, quintptr(m_groups[std::size_t(parent.row())].engine.slot + kWorkerLevel));
}

QModelIndex WorkerTreeModel::parent(const QModelIndex& index) const
{
    if (!index.isValid() || index.internalId() == kEngineLevel) return {};
    const int row = rowOfSlot(int(index.internalId()) - kWorkerLevel);
    return row < 0 ? QModelIndex() : createIndex(row, 0, kEngineLevel);
}

int WorkerTreeModel::rowCount(const QModelIndex& parent) const
{
    if (!parent.isValid()) return int(m_groups.size());
    if (parent.internalId() != kEngineLevel || parent.column() != 0) return 0;
    return int(m_groups[std::size_t(parent.row())].workers.size());
}

int WorkerTreeModel::columnCount(const QModelIndex&) const
{
    return ColumnCount;
}

int WorkerTreeModel::rowOfSlot(int slot) const
{
    const auto found = std::find_if(m_groups.begin(), m_groups.end(),
                                    [slot](const Group& group) { return group.engine.slot == slot; });
    return found == m_groups.end() ? -1 : int(found - m_groups.begin());
}

QVariant WorkerTreeModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const bool isEngine = index.internalId() == kEngineLevel;
    const int groupRow = isEngine ? index.row() : rowOfSlot(int(index.internalId()) - kWorkerLevel);
    if (groupRow < 0) return {};
    const Group& group = m_groups[std::size_t(groupRow)];
    const auto text = [&] {
        return isEngine ? engineText(group, index.column())
                        : workerText(group.workers[std::size_t(index.row())], index.column());
    };
    switch (role) {
    case Qt::DisplayRole:
        return text();
    case Qt::ToolTipRole:
        return index.column() == TaskColumn || index.column() == ErrorColumn ? QVariant(text()) : QVariant();
    case Qt::TextAlignmentRole:
        return headerData(index.column(), Qt::Horizontal, role);
    case ToneRole:
        return QVariant::fromValue(isEngine
                                       ? engineTone(group, index.column())
                                       : workerTone(group.workers[std::size_t(index.row())], index.column()));
    case RawRole:
        return isEngine ? engineRaw(group, index.column())
                        : workerRaw(group.workers[std::size_t(index.row())], index.column());
    case EngineSlotRole:
        return group.engine.slot;
    default:
        return {};
    }
}

QVariant WorkerTreeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) return {};
    const bool right = section == SinceColumn || section == DoneColumn || section == FailedColumn;
    if (role == Qt::TextAlignmentRole)
        return QVariant((right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role == RawRole && section == SinceColumn) return tr("For (s)");
    if (role != Qt::DisplayRole && role != RawRole) return {};
    const QStringList titles{tr("Engine / worker"), tr("State"),        tr("Current task"), tr("For"),
                             tr("Tasks done"),      tr("Tasks failed"), tr("Last error")};
    return titles[section];
}

QString WorkerTreeModel::stateText(backend::WorkerState state)
{
    switch (state) {
    case backend::WorkerState::Starting:
        return tr("starting");
    case backend::WorkerState::Idle:
        return tr("idle");
    case backend::WorkerState::Running:
        return tr("running");
    case backend::WorkerState::Paused:
        return tr("paused");
    case backend::WorkerState::Waiting:
        return tr("waiting for a node");
    case backend::WorkerState::Stopped:
        return tr("stopped");
    }
    return {};
}

QString WorkerTreeModel::engineText(const Group& group, int column) const
{
    const auto sum = [&](std::int64_t backend::WorkerSnapshot::*value) {
        return std::accumulate(
            group.workers.begin(), group.workers.end(), std::int64_t(0),
            [value](std::int64_t total, const auto& worker) { return total + worker.*value; });
    };
    const auto& engine = group.engine;
    const auto name = QString::fromStdString(engine.name);
    switch (column) {
    case NameColumn:
        return !engine.self      ? name
               : engine.slot < 0 ? tr("%1 (this program, without a slot)").arg(name)
                                 : tr("%1 (this program)").arg(name);
    case StateColumn:
        if (engine.heartbeatAgeSeconds > kSilentSeconds)
            return tr("silent for %1").arg(formatDuration(engine.heartbeatAgeSeconds));
        if (engine.workersWanted == 0 && engine.workers == 0) return tr("watching");
        return engine.paused ? tr("paused") : tr("working");
    case TaskColumn:
        if (engine.workersWanted == 0 && engine.workers == 0) return tr("no workers");
        return engine.workers == engine.workersWanted
                   ? (engine.workers == 1 ? tr("1 worker") : tr("%1 workers").arg(engine.workers))
                   : tr("%1 of %2 workers wanted").arg(engine.workers).arg(engine.workersWanted);
    case SinceColumn:
        return engine.startedAt == backend::TimePoint{}
                   ? unknownText()
                   : formatDuration(std::chrono::duration<double>(m_now - engine.startedAt).count());
    case DoneColumn:
        return formatCount(sum(&backend::WorkerSnapshot::tasksDone));
    case FailedColumn:
        return formatCount(sum(&backend::WorkerSnapshot::tasksFailed));
    default:
        return {};
    }
}

QString WorkerTreeModel::workerText(const backend::WorkerSnapshot& worker, int column) const
{
    switch (column) {
    case NameColumn:
        return tr("Worker %1").arg(worker.index + 1);
    case StateColumn:
        return stateText(worker.state);
    case TaskColumn:
        return QString::fromStdString(worker.task);
    case SinceColumn:
        return formatDuration(std::max(0.0, std::chrono::duration<double>(m_now - worker.since).count()));
    case DoneColumn:
        return formatCount(worker.tasksDone);
    case FailedColumn:
        return formatCount(worker.tasksFailed);
    case ErrorColumn:
        return QString::fromStdString(worker.error);
    default:
        return {};
    }
}

QVariant WorkerTreeModel::engineRaw(const Group& group, int column) const
{
    std::int64_t done = 0, failed = 0;
    for (const auto& worker : group.workers) {
        done += worker.tasksDone;
        failed += worker.tasksFailed;
    }
    switch (column) {
    case SinceColumn:
        return group.engine.startedAt == backend::TimePoint{}
                   ? QVariant()
                   : QVariant(std::chrono::duration<double>(m_now - group.engine.startedAt).count());
    case DoneColumn:
        return qint64(done);
    case FailedColumn:
        return qint64(failed);
    default:
        return engineText(group, column);
    }
}

QVariant WorkerTreeModel::workerRaw(const backend::WorkerSnapshot& worker, int column) const
{
    switch (column) {
    case SinceColumn:
        return std::max(0.0, std::chrono::duration<double>(m_now - worker.since).count());
    case DoneColumn:
        return qint64(worker.tasksDone);
    case FailedColumn:
        return qint64(worker.tasksFailed);
    default:
        return workerText(worker, column);
    }
}

Tone WorkerTreeModel::engineTone(const Group& group, int column) const
{
    if (column != StateColumn) return Tone::Normal;
    if (group.engine.heartbeatAgeSeconds > kSilentSeconds) return Tone::Critical;
    if (group.engine.workersWanted == 0 && group.engine.workers == 0) return Tone::Muted;
    return group.engine.paused ? Tone::Warning : Tone::Ok;
}

Tone WorkerTreeModel::workerTone(const backend::WorkerSnapshot& worker, int column) const
{
    if (column == ErrorColumn) return Tone::Critical;
    if (column != StateColumn) return Tone::Normal;
    switch (worker.state) {
    case backend::WorkerState::Running:
        return Tone::Ok;
    case backend::WorkerState::Paused:
    case backend::WorkerState::Waiting:
        return Tone::Warning;
    case backend::WorkerState::Stopped:
        return Tone::Critical;
    case backend::WorkerState::Starting:
    case backend::WorkerState::Idle:
        return Tone::Muted;
    }
    return Tone::Normal;
}

// A worker may be seen before its engine's heartbeat: its engine then has only a name.
std::vector<WorkerTreeModel::Group> WorkerTreeModel::groupsOf(const backend::ClusterSnapshot& snapshot)
{
    std::map<int, Group> bySlot;
    for (const auto& engine : snapshot.engines)
        bySlot[engine.slot].engine = engine;
    for (const auto& worker : snapshot.workers) {
        auto& group = bySlot[worker.engineSlot];
        group.engine.slot = worker.engineSlot;
        if (group.engine.name.empty()) group.engine.name = worker.engineName;
        group.workers.push_back(worker);
    }
    std::vector<Group> out;
    for (auto& [slot, group] : bySlot) {
        std::sort(group.workers.begin(), group.workers.end(),
                  [](const auto& a, const auto& b) { return a.index < b.index; });
        const auto twice = std::unique(group.workers.begin(), group.workers.end(),
                                       [](const auto& a, const auto& b) { return a.index == b.index; });
        group.workers.erase(twice, group.workers.end());
        out.push_back(std::move(group));
    }
    return out;
}

void WorkerTreeModel::setSnapshot(const backend::ClusterSnapshot& snapshot)
{
    m_now = snapshot.takenAt;
    const auto groups = groupsOf(snapshot);
    syncGroups(groups);
    for (int row = 0; row < int(groups.size()); ++row)
        syncWorkers(row, groups[std::size_t(row)].workers);
    if (!m_groups.empty()) emit dataChanged(index(0, 0), index(int(m_groups.size()) - 1, ColumnCount - 1));
}

void WorkerTreeModel::syncGroups(const std::vector<Group>& groups)
{
    const auto slotOf = [](const Group& group) { return group.engine.slot; };
    syncOrderedRows(
        keysOf(m_groups, slotOf), keysOf(groups, slotOf),
        [this](int first, int last) {
            beginRemoveRows({}, first, last);
            m_groups.erase(m_groups.begin() + first, m_groups.begin() + last + 1);
            endRemoveRows();
        },
        [&](int row, int from, int count) {
            beginInsertRows({}, row, row + count - 1);
            for (int i = 0; i < count; ++i)
                m_groups.insert(m_groups.begin() + row + i, Group{groups[std::size_t(from + i)].engine, {}});
            endInsertRows();
        });
    for (std::size_t i = 0; i < groups.size(); ++i)
        m_groups[i].engine = groups[i].engine;
}

void WorkerTreeModel::syncWorkers(int row, const std::vector<backend::WorkerSnapshot>& workers)
{
    const auto indexOf = [](const backend::WorkerSnapshot& worker) { return worker.index; };
    auto& mine = m_groups[std::size_t(row)].workers;
    const auto parentIndex = index(row, 0);
    syncOrderedRows(
        keysOf(mine, indexOf), keysOf(workers, indexOf),
        [&](int first, int last) {
            beginRemoveRows(parentIndex, first, last);
            mine.erase(mine.begin() + first, mine.begin() + last + 1);
            endRemoveRows();
        },
        [&](int at, int from, int count) {
            beginInsertRows(parentIndex, at, at + count - 1);
            mine.insert(mine.begin() + at, workers.begin() + from, workers.begin() + from + count);
            endInsertRows();
        });
    mine = workers;
    if (!mine.empty())
        emit dataChanged(index(0, 0, parentIndex), index(int(mine.size()) - 1, ColumnCount - 1, parentIndex));
}

} // namespace ui
