// A home or author timeline as a list that grows page by page to its very end. It asks for pages by signal
// and is given them by its page; a refresh is merged into what is there, so that selection and scroll
// position stay. Owned by its page; GUI thread only.
#pragma once

#include <QAbstractListModel>

#include "backend/domain/feed.h"
#include "backend/domain/ledger.h"

#include <optional>
#include <span>
#include <vector>

namespace ui {

class TimelineModel final : public QAbstractListModel
{
    Q_OBJECT

public:
    enum Role {
        PostIdRole = Qt::UserRole + 1, // qint64
        AuthorIdRole,                  // qint64
        AuthorRole,                    // handle without @
        TextRole,
        TextMissingRole, // bool: the text could not be read in time
        TimeRole,        // of the post, as written, with its zone
        SourceRole,      // backend::EntrySource as int
        SourceTextRole,  // "pushed" …
        DelayTextRole,   // "delivered 120 ms after commit", empty where not recorded
    };
    enum class State { Idle, Loading, More, End, Failed };

    // withDelivery: entries say how they came in and how late (a home timeline).
    TimelineModel(bool withDelivery, QObject* parent);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    bool canFetchMore(const QModelIndex& parent) const override;
    void fetchMore(const QModelIndex& parent) override;

    // Forgets all entries; start() asks for the first page.
    void clear();
    void start();
    // The same from the newest entry below `before` on: a part of the past, with newer entries above it.
    void startAt(std::optional<backend::PostId> before);
    // Asks again for the page that failed.
    void retry();

    // The answer to pageWanted(before). One that is no longer waited for is dropped.
    void appendPage(std::optional<backend::PostId> before, const backend::TimelinePage& page);
    void failPage(std::optional<backend::PostId> before);
    // One or more pages read anew from the newest entry down; what lies below them stays.
    void mergeNewest(const backend::TimelinePage& newest);
    // Entries that follow upwards on the first one here without a gap, newest first; whether they reach the
    // newest of all.
    void prepend(std::span<const backend::TimelineEntry> newer, bool reachesNewest);
    // The first entry here may not be the newest: a part of the past is shown.
    bool newerAbove() const { return m_newerAbove; }
    // Whether entries read anew down to `lowest` meet what is here, so that a merge leaves no gap.
    bool reaches(backend::PostId lowest) const;

    // delays[i] belongs to posts[i]; see Monitor::deliveryDelays.
    void setDelays(std::span<const backend::PostId> posts,
                   std::span<const std::optional<backend::DeliveryDelay>> delays);

    State state() const { return m_state; }
    int partialEntries() const; // that came with a page marked partial
    // REQUIRES: index valid.
    const backend::TimelineEntry& entry(const QModelIndex& index) const;
    QModelIndex indexOf(backend::PostId post) const; // invalid when it is not here
    static QString sourceText(backend::EntrySource source);

signals:
    void pageWanted(std::optional<backend::PostId> before);
    void stateChanged();

private:
    struct Item
    {
        backend::TimelineEntry entry;
        std::optional<backend::DeliveryDelay> delay;
        bool partial = false; // came with a partial page
    };

    void setState(State state);
    bool awaits(std::optional<backend::PostId> before) const;
    void syncWith(const backend::TimelinePage& newest, bool meets, backend::PostId lowest);
    void insertItems(int row, std::vector<Item> items);
    void removeItems(int first, int last);
    static int partialOf(std::span<const Item> items);
    QString delayText(const Item& item) const;
    QString accessibleText(const Item& item) const;

    bool m_withDelivery;
    State m_state = State::Idle;
    std::vector<Item> m_items;             // ids strictly descending
    std::optional<backend::PostId> m_next; // where the following page starts
    bool m_newerAbove = false;             // see newerAbove()
    int m_partialItems = 0;                // of m_items
    bool m_emptyPartial = false;           // a partial page brought no entry
};

} // namespace ui
