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

    QWidget* build();
    QWidget* buildCaches(QWidget* parent);
    QWidget* buildTabs(QWidget* parent);
    QWidget* buildNodes(QWidget* parent);
    void showWindow();
    void showNodes(const backend::ClusterSnapshot& snapshot);
    // Charts have fixed lines: they are made anew when caches or nodes are others.
    void remakeRatioChart(const QStringList& caches);
    void remakeNodeCharts(const backend::ClusterSnapshot& snapshot);
    TimeChart* makeNodeChart(const char* name, const QString& title, TimeChart::Axis axis,
                             const backend::ClusterSnapshot& snapshot, NodeValue value);
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
    TimeChart* m_memory = nullptr;
    TimeChart* m_commands = nullptr;
    QStringList m_chartCaches, m_chartNodes; // behind the lines of the charts
};

} // namespace ui
