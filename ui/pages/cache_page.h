// Cache: hits and misses of each cache over the chosen window with the volume behind the ratio, the Redis
// nodes' memory, evictions, keys and commands, and what a sample of the keys tells. Owned by the main window;
// GUI thread only.
#pragma once

#include "ui/pages/page.h"

#include "ui/models/cache_tables.h"
#include "ui/widgets/time_chart.h"

#include <QStringList>

class QSplitter;
class QTabWidget;
class QTableView;

namespace ui {

class CacheDetailsView;
class PageFace;
class SortProxy;

class CachePage final : public Page
{
    Q_OBJECT

public:
    CachePage(const PageContext& context, QWidget* parent);

    void setSnapshot(const backend::SnapshotPtr& snapshot) override;
    void openArgument(const QString& argument) override; // a node's name, or "keys"
    QString linkArgument() const override;
    void refresh() override;
    void timesChanged() override;
    void saveState(QSettings& settings) const override;
    void restoreState(QSettings& settings) override;

private:
    using NodeValue = std::vector<double> backend::HistoryPoint::*;
    struct NodeChart // of all Redis nodes, or of those with most in the window
    {
        const char* name;
        QString title, titleOfSome; // the latter with how many of how many
        TimeChart::Axis axis;
        NodeValue value;
        TimeChart* chart = nullptr;
        std::vector<std::size_t> drawn{}; // positions in snapshot.nodes
    };

    QWidget* build();
    QWidget* buildCaches(QWidget* parent);
    QWidget* buildTabs(QWidget* parent);
    QWidget* buildNodes(QWidget* parent);
    void showWindow();
    void showNodes(const backend::ClusterSnapshot& snapshot);
    // Charts have fixed lines: they are made anew when caches or nodes are others.
    void remakeRatioChart(const QStringList& caches);
    void showNodeChart(NodeChart& chart, const backend::ClusterSnapshot& snapshot,
                       const HistoryView& history);
    void remakeNodeChart(NodeChart& chart, const backend::ClusterSnapshot& snapshot,
                         std::vector<std::size_t> drawn);
    void placeParts();

    PageFace* m_face = nullptr;
    CacheTableModel* m_caches = nullptr;
    QTableView* m_cacheTable = nullptr;
    RedisNodeModel* m_nodes = nullptr;
    SortProxy* m_sortedNodes = nullptr;
    QTableView* m_nodeTable = nullptr;
    QTabWidget* m_tabs = nullptr;
    CacheDetailsView* m_details = nullptr;
    Card *m_cacheCard = nullptr, *m_nodeCard = nullptr;
    QSplitter* m_upper = nullptr;  // caches beside their chart
    QSplitter* m_middle = nullptr; // memory beside commands
    QSplitter* m_splitter = nullptr;
    bool m_chosen = false; // the splitter's parts, by somebody
    TimeChart* m_ratios = nullptr;
    std::vector<NodeChart> m_nodeCharts;     // as they stand in m_middle
    QStringList m_chartCaches, m_chartNodes; // behind the lines of the charts
};

} // namespace ui
