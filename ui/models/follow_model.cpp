#include "ui/models/follow_model.h"

#include "ui/models/table_roles.h"
#include "ui/widgets/formatting.h"

#include <iterator>

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
