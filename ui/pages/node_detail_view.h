// One node in detail: figures, slow operations, statements, tables, replicas, findings. Asks the engine when
// told to look, never more than a few at a time, so that a node that hangs costs only its own panel. What is
// known without it is there at once; the rest says that it is waited for, or why and since when it cannot be
// read. Owned by the Nodes page; GUI thread only.
#pragma once

#include <QWidget>

#include "backend/domain/checkup.h"
#include "backend/domain/node_details.h"
#include "backend/engine.h"
#include "ui/pages/node_list.h"

#include <chrono>
#include <optional>
#include <set>

class QScrollArea;
class QSettings;
class QTabWidget;

namespace ui {

class Card;
class EngineBridge;
class FactGrid;
class FindingsView;
class Label;
class NodeLists;
class StateView;

class NodeDetailView final : public QWidget
{
    Q_OBJECT

public:
    NodeDetailView(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    void setInterval(std::chrono::milliseconds interval) { m_interval = interval; }
    // The chosen one as the snapshot has it now; nullptr: none is chosen.
    void setNode(const NodeListRow* row);
    void setCheckup(const std::optional<backend::Checkup>& checkup);
    // Asks for the details when they are older than the interval; now: whatever their age.
    void look(bool now);
    void timesChanged();
    // Nothing is asked at present, and why.
    void setPaused(bool paused);

    int tab() const;
    void setTab(int tab);

private:
    void build(const Theme& theme);
    QWidget* buildFigures(const Theme& theme);
    void take(int node, backend::Result<backend::NodeDetails> details);
    bool due() const;
    void showTrouble();
    void showFacts();
    void showDetails();
    void showFindings();
    void showParts();
    QString missingText() const;

    EngineBridge& m_bridge;
    std::chrono::milliseconds m_interval{5000};
    std::optional<NodeListRow> m_row;
    std::optional<backend::NodeDetails> m_details; // of m_row
    std::optional<backend::Checkup> m_checkup;
    QString m_error; // of the last look at m_row; empty: it was answered
    backend::TimePoint m_failingSince;
    std::chrono::steady_clock::time_point m_lookedAt; // the last answer, or failure
    std::set<int> m_asked;                            // nodes whose answers are under way
    bool m_paused = false;

    Card* m_card = nullptr;
    Label* m_trouble = nullptr;
    StateView* m_state = nullptr;
    QTabWidget* m_tabs = nullptr;
    FactGrid* m_facts = nullptr;
    NodeLists* m_lists = nullptr;
    FindingsView* m_findings = nullptr;
};

} // namespace ui
