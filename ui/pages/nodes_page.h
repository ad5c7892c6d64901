// Nodes & slow operations: every PostgreSQL and Redis node, the chosen one in detail, what the doctor finds,
// and what the monitoring itself costs. Asks the engine only while it is shown and live. Owned by the main
// window; GUI thread only.
#pragma once

#include "ui/pages/page.h"

#include "ui/pages/node_list.h"

#include <chrono>

class QSplitter;
class QTableView;
class QTabWidget;

namespace ui {

class Card;
class CheckupView;
class HintedTable;
class NodeDetailView;
class OwnCostView;
class PageFace;

class NodesPage final : public Page
{
    Q_OBJECT

public:
    NodesPage(const PageContext& context, QWidget* parent);

    void setSnapshot(const backend::SnapshotPtr& snapshot) override;
    void activated() override;
    void deactivated() override { m_shown = false; }
    void openArgument(const QString& argument) override; // a node's name
    QString linkArgument() const override;
    void showExample() override;
    void refresh() override;
    void timesChanged() override;
    void saveState(QSettings& settings) const override;
    void restoreState(QSettings& settings) override;

    // How old a node's details and the cost get before they are read again.
    void setInterval(std::chrono::milliseconds interval);

private:
    QWidget* build();
    QWidget* buildList(QWidget* parent);
    QWidget* buildSide(QWidget* parent);
    void connectAll();
    bool mayAsk() const;
    void ask(bool now);
    void askFigures(bool now);
    void showNodes();
    void showWorst();
    void showChosen();
    bool selectNode(const QString& name);
    void placeParts();

    PageFace* m_face = nullptr;
    NodeListModel* m_model = nullptr;
    Card* m_listCard = nullptr;
    HintedTable* m_list = nullptr;
    QTableView* m_table = nullptr;
    NodeDetailView* m_detail = nullptr;
    CheckupView* m_checkup = nullptr;
    OwnCostView* m_cost = nullptr;
    QTabWidget* m_side = nullptr;
    QSplitter* m_splitter = nullptr;
    QSplitter* m_lower = nullptr;
    backend::SnapshotPtr m_snapshot;
    std::vector<backend::ProbedNode> m_probed;
    std::optional<DoctorsLook> m_look;
    QString m_wanted; // a node to be chosen once it is known
    std::chrono::milliseconds m_interval{5000};
    std::chrono::steady_clock::time_point m_figuresAt;
    bool m_figuresAsked = false;
    bool m_setting = false; // the table's rows, just now
    bool m_picked = false;  // somebody chose a node
    bool m_shown = false;
    bool m_chosenHeights = false; // the splitter's parts, by somebody
};

} // namespace ui
