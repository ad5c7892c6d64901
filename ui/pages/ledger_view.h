// What became of one post: its text and the progress of its fan-out (audience, pushed, skipped by reason,
// pulled, failed, delays, rate, time left, chunks). Reads it again twice a second while it is shown, nothing
// is paused and deliveries are outstanding; more slowly where it could not be read. Owned by its page; GUI
// thread only.
#pragma once

#include <QTimer>
#include <QWidget>

#include "ui/bridge/engine_call.h"
#include "ui/bridge/requests.h"
#include "ui/models/fanout_progress.h"
#include "ui/models/timeline_tables.h"
#include "ui/widgets/state_view.h"

#include <optional>

class QFormLayout;
class QTableView;

namespace ui {

class EngineBridge;
class Label;
class PartBar;

class LedgerView final : public QWidget
{
    Q_OBJECT

public:
    LedgerView(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    void showPost(const backend::TimelineEntry& entry);
    void clear();
    void refresh();
    void timesChanged();
    // Whose ledger is shown or asked for; 0: no post's.
    backend::PostId post() const { return m_entry ? m_entry->id : backend::PostId(); }

protected:
    void showEvent(QShowEvent* event) override;

private:
    void build();
    QWidget* buildFacts();
    Label* addFact(QFormLayout* form, const QString& title, const char* name);
    void again();
    void taken(const backend::Result<backend::DeliveryLedger>& answer);
    void take(const backend::DeliveryLedger& ledger);
    void showHead();
    void showTimes(const backend::DeliveryLedger& ledger);
    void showCounts(const backend::DeliveryLedger& ledger);
    void showProgress(const backend::DeliveryLedger& ledger);
    void showBar(const backend::DeliveryLedger& ledger);
    void setState(StateView::Kind kind, const QString& title, const QString& text = {});
    void showParts();

    const Theme& m_theme;
    EngineBridge& m_bridge;
    std::optional<backend::TimelineEntry> m_entry;
    bool m_loaded = false;     // the ledger of m_entry is shown
    bool m_unfinished = false; // deliveries are outstanding, or the plan is, or nobody knows
    bool m_asking = false;
    EngineCall m_call; // whose answer is waited for
    QTimer m_again;    // while it is not complete
    FanoutRate m_rate;
    std::optional<backend::DeliveryLedger> m_ledger; // what is shown
    PartBar* m_bar = nullptr;
    Label* m_delays = nullptr;
    Label* m_speed = nullptr;
    Label* m_left = nullptr;
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
