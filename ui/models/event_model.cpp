#include "ui/models/event_model.h"

#include "ui/models/table_roles.h"
#include "ui/widgets/event_style.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/trouble_text.h"

#include <algorithm>

namespace ui {
namespace {

bool newerFirst(const backend::Event& a, const backend::Event& b)
{
    return a.key > b.key;
}

} // namespace

EventModel::EventModel(IconOf iconOf, QObject* parent)
    : QAbstractTableModel(parent)
    , m_iconOf(std::move(iconOf))
{
}

int EventModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_events.size());
}

int EventModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : EventColumns;
}

const backend::Event& EventModel::event(const QModelIndex& index) const
{
    return m_events[std::size_t(index.row())];
}

QVariant EventModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid)) return {};
    const auto& one = event(index);
    switch (role) {
    case Qt::DisplayRole:
        return text(one, index.column());
    case RawRole: // exports have room for the whole text
        return index.column() == EventWhatColumn ? QVariant(QString::fromStdString(one.what).simplified())
                                                 : text(one, index.column());
    case Qt::ToolTipRole:
        return toolTip(one, index.column());
    case Qt::DecorationRole:
        return index.column() == EventKindColumn && m_iconOf ? QVariant(m_iconOf(one)) : QVariant();
    case Qt::TextAlignmentRole:
        return QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    case SortRole:
        return index.column() == EventTimeColumn ? QVariant(secondsOf(one.key.at))
                                                 : text(one, index.column());
    case ToneRole:
        if (index.column() == EventKindColumn) return QVariant::fromValue(eventTone(one));
        return QVariant::fromValue(index.column() == EventWhatColumn && one.failed ? Tone::Critical
                                                                                   : Tone::Normal);
    default:
        return {};
    }
}

QVariant EventModel::text(const backend::Event& event, int column) const
{
    const auto words = [](const std::string& text) {
        return text.empty() ? unknownText() : QString::fromStdString(text).simplified();
    };
    switch (column) {
    case EventTimeColumn: {
        const auto at = shownTime(event.key.at);
        return at.toString(QStringLiteral("yyyy-MM-dd HH:mm:ss"));
    }
    case EventKindColumn:
        return eventKindText(event.kind);
    case EventWhatColumn:
        return withoutAddresses(words(event.what), QString::fromStdString(event.where));
    case EventWhoColumn:
        return words(event.who);
    case EventWhereColumn:
        return words(event.where);
    default:
        return {};
    }
}

QVariant EventModel::toolTip(const backend::Event& event, int column) const
{
    if (column == EventTimeColumn) return formatTime(event.key.at);
    if (column == EventWhereColumn) return QString::fromStdString(event.where);
    return column == EventWhatColumn ? QVariant(QString::fromStdString(event.what)) : QVariant();
}

QVariant EventModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= EventColumns) return {};
    if (role == Qt::TextAlignmentRole) return QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole && section == EventWhoColumn)
        return tr("Who did it, or the engine that saw it");
    if (role == Qt::ToolTipRole && section == EventWhereColumn)
        return tr("The node or engine it happened to; of an action, the engine that carried it out");
    if (role != Qt::DisplayRole && role != RawRole) return {};
    const QString titles[]{tr("Time, %1").arg(zoneName()), tr("Kind"), tr("What"), tr("Who"), tr("Where")};
    return titles[section];
}

// --- pages

bool EventModel::canFetchMore(const QModelIndex& parent) const
{
    return !parent.isValid() && m_state == State::More;
}

void EventModel::fetchMore(const QModelIndex& parent)
{
    if (!canFetchMore(parent)) return;
    m_awaiting = m_next;
    setState(State::Loading);
    emit pageWanted(m_awaiting);
}

void EventModel::start()
{
    m_awaiting.reset();
    setState(State::Loading);
    emit pageWanted(m_awaiting);
}

void EventModel::retry()
{
    if (m_state != State::Failed) return;
    setState(State::Loading);
    emit pageWanted(m_awaiting);
}

void EventModel::appendPage(std::optional<backend::EventKey> before, const backend::EventPage& page)
{
    if (m_state != State::Loading || before != m_awaiting) return;
    if (!before) {
        beginResetModel();
        m_events = page.events;
        endResetModel();
    } else if (!page.events.empty()) {
        const int first = int(m_events.size());
        beginInsertRows({}, first, first + int(page.events.size()) - 1);
        m_events.insert(m_events.end(), page.events.begin(), page.events.end());
        endInsertRows();
    }
    m_next = page.next;
    setState(page.next ? State::More : State::End);
}

void EventModel::failPage(std::optional<backend::EventKey> before)
{
    if (m_state == State::Loading && before == m_awaiting) setState(State::Failed);
}

void EventModel::mergeNewest(const std::vector<backend::Event>& newest)
{
    for (const auto& event : newest) {
        const auto place = std::lower_bound(m_events.begin(), m_events.end(), event, newerFirst);
        if (place != m_events.end() && place->key == event.key) continue;
        // Below the last row it comes with the next page.
        if (place == m_events.end() && m_state != State::End) continue;
        const int row = int(place - m_events.begin());
        beginInsertRows({}, row, row);
        m_events.insert(place, event);
        endInsertRows();
    }
}

void EventModel::dropBefore(backend::TimePoint begin)
{
    const auto first = std::partition_point(m_events.begin(), m_events.end(),
                                            [&](const auto& event) { return event.key.at >= begin; });
    if (first == m_events.end()) return;
    beginRemoveRows({}, int(first - m_events.begin()), int(m_events.size()) - 1);
    m_events.erase(first, m_events.end());
    endRemoveRows();
}

QModelIndex EventModel::indexOf(const backend::EventKey& key) const
{
    backend::Event wanted;
    wanted.key = key;
    const auto place = std::lower_bound(m_events.begin(), m_events.end(), wanted, newerFirst);
    return place != m_events.end() && place->key == key ? index(int(place - m_events.begin()), 0)
                                                        : QModelIndex();
}

void EventModel::setState(State state)
{
    m_state = state;
    emit stateChanged();
}

} // namespace ui
