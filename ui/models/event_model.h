// What happened, newest first, as a table that grows page by page to the oldest event. It asks for pages by
// signal and is given them by its page; news are put on top, so that selection and scroll position stay.
// Owned by its page; GUI thread only.
#pragma once

#include <QAbstractTableModel>
#include <QIcon>

#include "backend/domain/event.h"

#include <functional>
#include <optional>
#include <vector>

namespace ui {

enum EventColumn {
    EventTimeColumn,
    EventKindColumn,
    EventWhatColumn,
    EventWhoColumn,
    EventWhereColumn,
    EventColumns
};

class EventModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    using IconOf = std::function<QIcon(const backend::Event&)>;
    enum class State { Idle, Loading, More, End, Failed };

    // iconOf: beside the kind; may be empty.
    EventModel(IconOf iconOf, QObject* parent);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    bool canFetchMore(const QModelIndex& parent) const override;
    void fetchMore(const QModelIndex& parent) override;

    // Asks for the first page; what is there stays until it comes.
    void start();
    // Asks again for the page that failed.
    void retry();
    // The answer to pageWanted(before). One that is no longer waited for is dropped.
    void appendPage(std::optional<backend::EventKey> before, const backend::EventPage& page);
    void failPage(std::optional<backend::EventKey> before);
    // Newest first; those that are here stay as they are.
    void mergeNewest(const std::vector<backend::Event>& newest);
    // The window has moved on.
    void dropBefore(backend::TimePoint begin);

    State state() const { return m_state; }
    // REQUIRES: index valid.
    const backend::Event& event(const QModelIndex& index) const;
    QModelIndex indexOf(const backend::EventKey& key) const; // invalid when it is not here

signals:
    void pageWanted(std::optional<backend::EventKey> before);
    void stateChanged();

private:
    void setState(State state);
    QVariant text(const backend::Event& event, int column) const;
    QVariant toolTip(const backend::Event& event, int column) const;

    IconOf m_iconOf;
    State m_state = State::Idle;
    std::vector<backend::Event> m_events;        // keys strictly descending
    std::optional<backend::EventKey> m_next;     // where the following page starts
    std::optional<backend::EventKey> m_awaiting; // of the page asked for; empty: the first
};

} // namespace ui
