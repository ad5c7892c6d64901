// What became of one post: its text and its delivery ledger (audience, pushed, skipped by reason, pulled,
// failed, times, chunks). Reads it again every two seconds while deliveries are outstanding. Owned by its
// page; GUI thread only.
#pragma once

#include <QTimer>
#include <QWidget>

#include "backend/domain/error.h"
#include "backend/domain/feed.h"
#include "backend/domain/ledger.h"
#include "ui/models/timeline_tables.h"
#include "ui/widgets/state_view.h"

#include <optional>

class QFormLayout;
class QTableView;

namespace ui {

class EngineBridge;
class Label;

class LedgerView final : public QWidget
{
    Q_OBJECT

public:
    LedgerView(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    void showPost(const backend::TimelineEntry& entry);
    void clear();
    void refresh();

private:
    void build();
    QWidget* buildFacts();
    Label* addFact(QFormLayout* form, const QString& title, const char* name);
    void take(const backend::DeliveryLedger& ledger);
    void setState(StateView::Kind kind, const QString& title, const QString& text = {});
    void showParts();

    const Theme& m_theme;
    EngineBridge& m_bridge;
    std::optional<backend::TimelineEntry> m_entry;
    bool m_loaded = false; // the ledger of m_entry is shown
    QTimer m_again;        // while it is not complete
    StateView* m_state = nullptr;
    Label* m_head = nullptr;
    Label* m_text = nullptr;
    QWidget* m_facts = nullptr;
    Label* m_mode = nullptr;
    Label* m_audience = nullptr;
    Label* m_pushed = nullptr;
    Label* m_skipped = nullptr;
    Label* m_pulled = nullptr;
    Label* m_failed = nullptr;
    Label* m_outstanding = nullptr;
    Label* m_committed = nullptr;
    Label* m_first = nullptr;
    Label* m_last = nullptr;
    Label* m_chunks = nullptr;
    LedgerChunkModel* m_chunkModel = nullptr;
    QTableView* m_chunkTable = nullptr;
};

} // namespace ui
