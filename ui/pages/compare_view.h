// A reader's home timeline in Redis beside what PostgreSQL says it should hold, entry by entry, with a way to
// repair it. Reads when it is first shown for a reader, and again on request. Owned by its page; GUI thread
// only.
#pragma once

#include <QWidget>

#include "ui/bridge/engine_call.h"
#include "ui/bridge/requests.h"
#include "ui/models/comparison_table.h"
#include "ui/widgets/state_view.h"

#include <optional>

class QPushButton;
class QTableView;

namespace ui {

class EngineBridge;
class Label;

class CompareView final : public QWidget
{
    Q_OBJECT

public:
    CompareView(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    void open(const backend::User& reader);
    void close();
    void refresh();
    void timesChanged();
    bool cancel(); // a comparison that is waited for; false: there is none

signals:
    void explainWanted(backend::PostId post); // double click or Enter on a row

protected:
    void showEvent(QShowEvent* event) override;

private:
    void build();
    QLayout* buildHead();
    void buildTable();
    void connectAll();
    void compare();
    void take(backend::Result<backend::TimelineComparison> comparison);
    void showRows();
    void filterRows();
    void showCounts();
    void showState(StateView::Kind kind, const QString& title, const QString& text);
    void updateButtons();
    QString repairBlocked() const; // why not; empty: it can be asked for
    bool confirmed();
    void askAndRepair();
    void takeRepair(const backend::Result<backend::TimelineRepairReport>& report);

    const Theme& m_theme;
    EngineBridge& m_bridge;
    std::optional<backend::User> m_reader;
    std::optional<backend::TimelineComparison> m_comparison;
    bool m_comparing = false, m_repairing = false;
    EngineCall m_call; // the comparison that is waited for
    Label* m_summary = nullptr;
    Label* m_counts = nullptr;
    Label* m_outcome = nullptr;
    QPushButton* m_faultsOnly = nullptr;
    QPushButton* m_again = nullptr;
    QPushButton* m_repair = nullptr;
    StateView* m_state = nullptr;
    ComparisonModel* m_model = nullptr;
    QTableView* m_table = nullptr;
};

} // namespace ui
