#include "ui/models/follow_model.h"

#include "ui/models/row_sync.h"
#include "ui/models/table_roles.h"
#include "ui/widgets/formatting.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace ui {

FollowModel::FollowModel(QObject* parent)
    : QAbstractTableModel(parent)
{
}

int FollowModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_users.size());
}

int FollowModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant FollowModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid)) return {};
    const auto& shown = user(index);
    if (role == Qt::TextAlignmentRole)
        return QVariant((index.column() == IdColumn ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role == ToneRole)
        return QVariant::fromValue(index.column() == HandleColumn ? Tone::Accent : Tone::Normal);
    if (role == Qt::ToolTipRole && index.column() == HandleColumn) return tr("Open this user");
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
    case HandleColumn:
        // An account whose row could not be read in time has an id alone.
        return shown.handle.empty() ? unknownText()
                                    : QStringLiteral("@") + QString::fromStdString(shown.handle);
    case NameColumn:
        return shown.displayName.empty() ? unknownText() : QString::fromStdString(shown.displayName);
    case IdColumn:
        return QString::number(shown.id.value);
    case JoinedColumn:
        return formatTime(shown.id.time());
    default:
        return {};
    }
}

QVariant FollowModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant((section == IdColumn ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    switch (section) {
    case HandleColumn:
        return tr("Handle");
    case NameColumn:
        return tr("Name");
    case IdColumn:
        return tr("Id");
    default:
        return tr("Joined, %1").arg(zoneName());
    }
}

bool FollowModel::canFetchMore(const QModelIndex& parent) const
{
    return !parent.isValid() && m_state == State::More;
}

void FollowModel::fetchMore(const QModelIndex& parent)
{
    if (canFetchMore(parent)) ask();
}

void FollowModel::clear()
{
    if (!m_users.empty()) {
        beginResetModel();
        m_users.clear();
        endResetModel();
    }
    m_next = {};
    setState(State::Idle);
}

void FollowModel::start()
{
    clear();
    ask();
}

void FollowModel::retry()
{
    if (m_state == State::Failed) ask();
}

void FollowModel::ask()
{
    setState(State::Loading);
    emit pageWanted(m_next);
}

void FollowModel::appendPage(backend::UserId after, const backend::EdgePage& page)
{
    if (m_state != State::Loading || after != m_next) return;
    if (!page.users.empty()) {
        const int row = int(m_users.size());
        beginInsertRows({}, row, row + int(page.users.size()) - 1);
        m_users.insert(m_users.end(), page.users.begin(), page.users.end());
        endInsertRows();
    }
    m_next = page.next.value_or(backend::UserId{});
    if (page.next && page.users.empty()) return ask(); // nobody of that page is left: views would not ask on
    setState(page.next ? State::More : State::End);
}

bool FollowModel::beginRefresh()
{
    if (m_users.empty() || m_state == State::Loading) return false;
    m_stateBefore = m_state;
    setState(State::Loading);
    return true;
}

void FollowModel::failRefresh()
{
    setState(m_stateBefore);
}

bool FollowModel::mergePage(backend::UserId after, const backend::EdgePage& page)
{
    const auto rowAbove = [this](backend::UserId id) {
        return int(std::upper_bound(m_users.begin(), m_users.end(), id,
                                    [](backend::UserId a, const auto& user) { return a < user.id; }) -
                   m_users.begin());
    };
    const int begin = rowAbove(after), end = page.next ? rowAbove(*page.next) : int(m_users.size());
    std::vector<std::int64_t> here, now;
    for (int row = begin; row < end; ++row)
        here.push_back(m_users[std::size_t(row)].id.value);
    for (const auto& user : page.users)
        now.push_back(user.id.value);
    syncOrderedRows(
        here, now,
        [&](int first, int last) {
            beginRemoveRows({}, begin + first, begin + last);
            m_users.erase(m_users.begin() + begin + first, m_users.begin() + begin + last + 1);
            endRemoveRows();
        },
        [&](int row, int from, int count) {
            beginInsertRows({}, begin + row, begin + row + count - 1);
            m_users.insert(m_users.begin() + begin + row, page.users.begin() + from,
                           page.users.begin() + from + count);
            endInsertRows();
        });
    std::copy(page.users.begin(), page.users.end(), m_users.begin() + begin); // names may be others
    if (!page.users.empty())
        emit dataChanged(index(begin, 0), index(begin + int(page.users.size()) - 1, ColumnCount - 1));
    if (page.next && (m_users.empty() || m_users.back().id > *page.next)) return true;
    m_next = page.next.value_or(backend::UserId{});
    setState(page.next ? State::More : State::End);
    return false;
}

void FollowModel::failPage(backend::UserId after)
{
    if (m_state == State::Loading && after == m_next) setState(State::Failed);
}

const backend::User& FollowModel::user(const QModelIndex& index) const
{
    return m_users[std::size_t(index.row())];
}

void FollowModel::setState(State state)
{
    if (m_state == state) return;
    m_state = state;
    emit stateChanged();
}

} // namespace ui
