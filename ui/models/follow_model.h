// Followers or followees of one user, page by page behind fetchMore: a million of them are never loaded for
// a look at the first. Only asks for pages; whoever owns it answers. GUI thread only.
#pragma once

#include <QAbstractTableModel>

#include "backend/domain/feed.h"

#include <deque>
#include <optional>

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
    // What the engine says now of those above `after`, up to the page's end, takes the place of what is here
    // of them; rows that stay are not touched. True: those above the page's end are still to be asked for.
    bool mergePage(backend::UserId after, const backend::EdgePage& page);
    // Around all of them: meanwhile views get no further page. False: there is nothing that could be read
    // anew now.
    bool beginRefresh();
    void failRefresh();

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

    State m_state = State::Idle, m_stateBefore = State::Idle; // of a refresh
    std::deque<backend::User> m_users; // a vector would move a million of them when it grows
    backend::UserId m_next;            // the following page begins above it
};

} // namespace ui
