// Followers or followees of one user, page by page behind fetchMore: a million of them are never loaded for
// a look at the first. Only asks for pages; whoever owns it answers. GUI thread only.
#pragma once

#include <QAbstractTableModel>

#include "backend/domain/feed.h"

#include <optional>
#include <vector>

namespace ui {

class FollowModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { HandleColumn, NameColumn, IdColumn, JoinedColumn, ColumnCount };
    enum class State { Idle, Loading, More, End, Failed };

    explicit FollowModel(QObject* parent);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
    bool canFetchMore(const QModelIndex& parent) const override;
    void fetchMore(const QModelIndex& parent) override;

    void clear();
    void start(); // forgets all rows and asks for the first page
    void retry(); // the page that failed

    // The answer to pageWanted(after). One that is no longer waited for is dropped.
    void appendPage(backend::UserId after, const backend::EdgePage& page);
    void failPage(backend::UserId after);

    State state() const { return m_state; }
    // REQUIRES: index valid.
    const backend::User& user(const QModelIndex& index) const;

signals:
    void pageWanted(backend::UserId after);
    void stateChanged();

private:
    void ask();
    void setState(State state);

    State m_state = State::Idle;
    std::vector<backend::User> m_users;
    backend::UserId m_next; // the following page begins above it
};

} // namespace ui
