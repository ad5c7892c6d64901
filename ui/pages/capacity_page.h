// Capacity: what a home timeline costs here and how many readers fit, the price of another cap, the costs of
// pushing and merging by threshold, and each node's growth with the date when it is full. Everything is read
// on demand, in the background. Owned by the main window; GUI thread only.
#pragma once

#include "ui/pages/page.h"

#include "backend/engine.h"
#include "ui/bridge/engine_call.h"
#include "ui/models/capacity_table.h"

#include <optional>
#include <vector>

class QHBoxLayout;
class QPushButton;
class QSplitter;
class QTableView;

namespace ui {

class CapPricer;
class CapacityTiles;
class Card;
class CurveChart;
class Label;
class PageFace;
class SortProxy;
class ThresholdPlanner;

class CapacityPage final : public Page
{
    Q_OBJECT

public:
    CapacityPage(const PageContext& context, QWidget* parent);

    void setSnapshot(const backend::SnapshotPtr& snapshot) override;
    void openArgument(const QString& argument) override; // a node's name
    QString linkArgument() const override;
    void refresh() override; // looks at everything anew
    void timesChanged() override;
    void saveState(QSettings& settings) const override;
    void restoreState(QSettings& settings) override;

private:
    using Clock = std::chrono::steady_clock;
    // One thing that is read in the background.
    struct Reading
    {
        EngineCall call;
        bool running = false;
        std::optional<Clock::time_point> asked;
    };

    QWidget* build();
    QLayout* buildHead(QWidget* parent);
    QWidget* buildNodes(QWidget* parent);
    QWidget* buildGrowth(QWidget* parent);
    void connectAll();
    void forget(); // another session, or none
    static void begin(Reading& reading);
    void readWhatIsDue();
    void weigh();
    void readCosts();
    void readHistory();
    void giveUp();
    void taken(const backend::Capacity& capacity);
    void showHead();
    void showNodes();
    void showGrowth();
    const std::vector<GrowthPoint>& pastOf(const NodeRoomRow& row) const;
    bool due(const Reading& reading, std::chrono::seconds after) const;

    PageFace* m_face = nullptr;
    Label* m_status = nullptr;
    QPushButton* m_again = nullptr;
    CapacityTiles* m_tiles = nullptr;
    CapPricer* m_pricer = nullptr;
    ThresholdPlanner* m_planner = nullptr;
    QSplitter *m_splitter = nullptr, *m_upper = nullptr, *m_lower = nullptr;
    Card* m_nodesCard = nullptr;
    Card* m_growthCard = nullptr;
    NodeRoomModel* m_nodes = nullptr;
    SortProxy* m_sorted = nullptr;
    QTableView* m_table = nullptr;
    CurveChart* m_growth = nullptr;

    backend::SnapshotPtr m_snapshot;
    std::optional<backend::Capacity> m_capacity;
    std::vector<NodePast> m_pasts;
    QString m_error; // why it could not be weighed
    Reading m_weighing, m_costs, m_past;
    bool m_gaveUp = false; // somebody did: nothing starts by itself soon
};

} // namespace ui
