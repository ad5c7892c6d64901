#include "ui/models/timeline_model.h"

#include "ui/models/row_sync.h"
#include "ui/widgets/formatting.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <unordered_map>

namespace ui {
namespace {

constexpr int kTextLimit = 400; // characters of a post that an entry shows; the details show all

std::int64_t idOf(const backend::TimelineEntry& entry)
{
    return entry.id.value;
}

} // namespace

TimelineModel::TimelineModel(bool withDelivery, QObject* parent)
    : QAbstractListModel(parent)
    , m_withDelivery(withDelivery)
{
}

int TimelineModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_items.size());
}

QVariant TimelineModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid)) return {};
    const Item& item = m_items[std::size_t(index.row())];
    switch (role) {
    case Qt::DisplayRole:
    case TextRole:
        return item.entry.bodyMissing ? tr("The text could not be read in time.")
                                      : QString::fromStdString(item.entry.body).simplified().left(kTextLimit);
    case Qt::AccessibleTextRole:
        return accessibleText(item);
    case PostIdRole:
        return qint64(item.entry.id.value);
    case AuthorIdRole:
        return qint64(item.entry.author.value);
    case AuthorRole:
        return QString::fromStdString(item.entry.authorHandle);
    case TextMissingRole:
        return item.entry.bodyMissing;
    case TimeRole:
        return formatTime(item.entry.id.time());
    case SourceRole:
        return m_withDelivery ? QVariant(int(item.entry.source)) : QVariant();
    case SourceTextRole:
        return m_withDelivery ? QVariant(sourceText(item.entry.source)) : QVariant();
    case DelayTextRole:
        return delayText(item);
    default:
        return {};
    }
}

QString TimelineModel::sourceText(backend::EntrySource source)
{
    switch (source) {
    case backend::EntrySource::Pushed:
        return tr("pushed");
    case backend::EntrySource::Pulled:
        return tr("pulled");
    case backend::EntrySource::ReadThrough:
        return tr("read through");
    }
    return {};
}

QString TimelineModel::delayText(const Item& item) const
{
    if (!m_withDelivery || !item.delay) return {};
    return tr("%1 after commit").arg(formatDuration(std::chrono::duration<double>(*item.delay).count()));
}

QString TimelineModel::accessibleText(const Item& item) const
{
    QStringList parts{tr("@%1").arg(QString::fromStdString(item.entry.authorHandle)),
                      formatTime(item.entry.id.time())};
    if (m_withDelivery) parts << sourceText(item.entry.source);
    if (const auto delay = delayText(item); !delay.isEmpty()) parts << delay;
    parts << (item.entry.bodyMissing ? tr("The text could not be read in time.")
                                     : QString::fromStdString(item.entry.body).simplified());
    return parts.join(QStringLiteral(", "));
}

bool TimelineModel::canFetchMore(const QModelIndex& parent) const
{
    return !parent.isValid() && m_state == State::More;
}

void TimelineModel::fetchMore(const QModelIndex& parent)
{
    if (!canFetchMore(parent)) return;
    setState(State::Loading);
    emit pageWanted(m_next);
}

void TimelineModel::clear()
{
    if (!m_items.empty()) {
        beginResetModel();
        m_items.clear();
        m_partialItems = 0;
        endResetModel();
    }
    m_next.reset();
    m_emptyPartial = false;
    m_newerAbove = false;
    setState(State::Idle);
}

void TimelineModel::start()
{
    startAt(std::nullopt);
}

void TimelineModel::startAt(std::optional<backend::PostId> before)
{
    clear();
    m_next = before;
    m_newerAbove = before.has_value();
    setState(State::Loading);
    emit pageWanted(before);
}

void TimelineModel::prepend(std::span<const backend::TimelineEntry> newer, bool reachesNewest)
{
    std::vector<Item> items;
    for (const auto& entry : newer)
        if (m_items.empty() || entry.id > m_items.front().entry.id)
            items.push_back({entry, std::nullopt, false});
    m_newerAbove = !reachesNewest;
    insertItems(0, std::move(items));
    emit stateChanged();
}

void TimelineModel::retry()
{
    if (m_state != State::Failed) return;
    setState(State::Loading);
    emit pageWanted(m_next);
}

bool TimelineModel::awaits(std::optional<backend::PostId> before) const
{
    return m_state == State::Loading && before == m_next;
}

void TimelineModel::appendPage(std::optional<backend::PostId> before, const backend::TimelinePage& page)
{
    if (!awaits(before)) return;
    std::vector<Item> items;
    for (const auto& entry : page.entries)
        if (m_items.empty() || idOf(entry) < idOf(m_items.back().entry))
            items.push_back({entry, std::nullopt, page.partial});
    m_emptyPartial = m_emptyPartial || (page.partial && items.empty());
    insertItems(int(m_items.size()), std::move(items));
    m_next = page.next;
    setState(m_next ? State::More : State::End);
}

void TimelineModel::failPage(std::optional<backend::PostId> before)
{
    if (awaits(before)) setState(State::Failed);
}

bool TimelineModel::reaches(backend::PostId lowest) const
{
    return m_items.empty() || m_items.front().entry.id >= lowest;
}

void TimelineModel::mergeNewest(const backend::TimelinePage& newest)
{
    const backend::PostId lowest = !newest.next             ? backend::PostId{}
                                   : newest.entries.empty() ? *newest.next
                                                            : newest.entries.back().id;
    const bool meets = reaches(lowest);
    const bool tailStays = newest.next && meets && !m_items.empty() && m_items.back().entry.id < lowest;
    syncWith(newest, meets, lowest);
    m_emptyPartial = newest.partial && newest.entries.empty();
    if (!tailStays) {
        m_next = newest.next;
        setState(m_next ? State::More : State::End);
    }
    emit stateChanged();
}

void TimelineModel::syncWith(const backend::TimelinePage& newest, bool meets, backend::PostId lowest)
{
    std::vector<std::int64_t> existing, incoming;
    std::unordered_map<std::int64_t, const backend::TimelineEntry*> byId;
    for (const auto& entry : newest.entries) {
        incoming.push_back(idOf(entry));
        byId[idOf(entry)] = &entry;
    }
    for (const auto& item : m_items) {
        existing.push_back(idOf(item.entry));
        // A partial page may lack entries that exist: it removes none.
        const bool stays = meets && (item.entry.id < lowest || newest.partial);
        if (stays && !byId.contains(idOf(item.entry))) incoming.push_back(idOf(item.entry));
    }
    std::sort(incoming.begin(), incoming.end(), std::greater<>());
    syncOrderedRows(
        existing, incoming, [this](int first, int last) { removeItems(first, last); },
        [&](int row, int from, int count) {
            std::vector<Item> items;
            for (int i = from; i < from + count; ++i)
                items.push_back({*byId.at(incoming[std::size_t(i)]), std::nullopt, newest.partial});
            insertItems(row, std::move(items));
        });
    int lastChanged = -1;
    for (std::size_t row = 0; row < m_items.size(); ++row) {
        const auto found = byId.find(idOf(m_items[row].entry));
        if (found == byId.end()) continue;
        m_items[row].entry = *found->second;
        m_partialItems += int(newest.partial) - int(m_items[row].partial);
        m_items[row].partial = newest.partial;
        lastChanged = int(row);
    }
    if (lastChanged >= 0) emit dataChanged(index(0), index(lastChanged));
}

void TimelineModel::insertItems(int row, std::vector<Item> items)
{
    if (items.empty()) return;
    m_partialItems += partialOf(items);
    beginInsertRows({}, row, row + int(items.size()) - 1);
    m_items.insert(m_items.begin() + row, std::make_move_iterator(items.begin()),
                   std::make_move_iterator(items.end()));
    endInsertRows();
}

void TimelineModel::removeItems(int first, int last)
{
    beginRemoveRows({}, first, last);
    const auto begin = m_items.begin() + first, end = m_items.begin() + last + 1;
    m_partialItems -= partialOf(std::span(begin, end));
    m_items.erase(begin, end);
    endRemoveRows();
}

int TimelineModel::partialOf(std::span<const Item> items)
{
    return int(std::count_if(items.begin(), items.end(), [](const Item& item) { return item.partial; }));
}

void TimelineModel::setDelays(std::span<const backend::PostId> posts,
                              std::span<const std::optional<backend::DeliveryDelay>> delays)
{
    for (std::size_t i = 0; i < std::min(posts.size(), delays.size()); ++i) {
        const auto at = indexOf(posts[i]);
        auto* item = at.isValid() ? &m_items[std::size_t(at.row())] : nullptr;
        if (!item || item->delay == delays[i]) continue;
        item->delay = delays[i];
        emit dataChanged(at, at, {DelayTextRole, Qt::AccessibleTextRole});
    }
}

int TimelineModel::partialEntries() const
{
    return m_partialItems + (m_emptyPartial ? 1 : 0);
}

const backend::TimelineEntry& TimelineModel::entry(const QModelIndex& index) const
{
    return m_items[std::size_t(index.row())].entry;
}

QModelIndex TimelineModel::indexOf(backend::PostId post) const
{
    const auto found =
        std::lower_bound(m_items.begin(), m_items.end(), post,
                         [](const Item& item, backend::PostId id) { return item.entry.id > id; });
    if (found == m_items.end() || found->entry.id != post) return {};
    return index(int(found - m_items.begin()));
}

void TimelineModel::setState(State state)
{
    if (m_state == state) return;
    m_state = state;
    emit stateChanged();
}

} // namespace ui
