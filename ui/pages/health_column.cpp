#include "ui/pages/health_column.h"

#include "backend/domain/balance.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/shard_window.h"
#include "ui/pages/tone_delegate.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/heat_grid.h"
#include "ui/widgets/table_style.h"

#include <QHeaderView>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr int kHealthColumnWidth = 330;
constexpr int kLeastHeat = 230; // of the shards' card
constexpr auto kMetric = backend::BalanceMetric::Deliveries;

std::vector<double> deliveries(const backend::ClusterSnapshot& snapshot)
{
    std::vector<double> values;
    for (const auto& shard : snapshot.shards)
        values.push_back(backend::valueOf(shard, kMetric));
    return values;
}

} // namespace

HealthColumn::HealthColumn(const Theme& theme, QWidget* parent)
    : QWidget(parent)
{
    buildNodes(theme);
    buildShards(theme);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(kSpacingMedium - 2);
    layout->addWidget(m_nodeCard);
    layout->addWidget(m_shardCard, 1);
    setMinimumWidth(kHealthColumnWidth);
}

void HealthColumn::buildNodes(const Theme& theme)
{
    m_nodeCard = new Card(theme, tr("Nodes"), this);
    m_model = makeNodeTable(this);
    m_table = new QTableView(m_nodeCard);
    m_table->setObjectName(QStringLiteral("nodeTable"));
    m_table->setAccessibleName(tr("Nodes and their health"));
    m_table->setModel(m_model);
    m_table->setItemDelegate(new ToneDelegate(theme, m_table));
    styleCompactTable(*m_table);
    m_table->horizontalHeader()->setSectionsMovable(false);
    fitColumns(*m_table);
    leaveOutColumns(*m_table, {NodeLoadColumn}, [this](const QStringList& titles) {
        m_loadShown = titles.isEmpty();
        showNodeNote();
    });
    connect(m_table, &QTableView::activated, this,
            [this](const QModelIndex& index) { emit nodeActivated(m_model->row(index)); });
    m_nodeCard->body()->addWidget(m_table);
}

void HealthColumn::buildShards(const Theme& theme)
{
    m_shardCard = new Card(theme, tr("Shards  ·  deliveries/s"), this);
    m_heat = new HeatGrid(theme, m_shardCard);
    m_heat->setObjectName(QStringLiteral("overviewHeat"));
    m_heat->setMetric(tr("deliveries/s"), formatRate);
    connect(m_heat, &HeatGrid::cellActivated, this, &HealthColumn::shardActivated);
    m_shardCard->body()->addWidget(m_heat, 1);
}

void HealthColumn::setNodes(const backend::ClusterSnapshot& snapshot, double seconds, const QString& note)
{
    m_nodeSeconds = seconds;
    m_model->setRows(worstFirst(snapshot.nodes));
    m_nodeNote = note;
    showNodeNote();
    placeParts();
}

void HealthColumn::showNodeNote()
{
    m_nodeCard->setSubtitle(m_nodeNote.isEmpty() && m_loadShown
                                ? tr("ops/s: last %1 s").arg(formatWholeCount(m_nodeSeconds))
                                : m_nodeNote);
}

void HealthColumn::setShards(const ShownShards& shards, const QString& note)
{
    auto values = deliveries(*shards.snapshot);
    const auto summary = backend::summarize(values, backend::usersOf(*shards.snapshot), shards.seconds);
    const auto seconds = formatWholeCount(shards.seconds);
    QString mean;
    if (summary.known > 0)
        mean = shards.ofWindow ? tr("mean %1").arg(formatRate(summary.mean))
                               : tr("last %1 s, mean %2").arg(seconds, formatRate(summary.mean));
    m_shardCard->setSubtitle(note.isEmpty() ? mean : note);
    m_heat->setNothing(shards.ofWindow ? tr("Nothing was delivered in this window")
                                       : tr("Nothing was delivered in the last %1 s").arg(seconds));
    m_heat->setValues(std::move(values), summary.chanceCoefficientOfVariation);
}

void HealthColumn::placeParts()
{
    const int chrome = m_nodeCard->sizeHint().height() - m_table->sizeHint().height();
    const int most = std::max(height() - kLeastHeat, height() / 3);
    m_nodeCard->setFixedHeight(std::min(chrome + fullHeight(*m_table), most));
}

void HealthColumn::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    placeParts();
}

QSize HealthColumn::sizeHint() const
{
    return {kHealthColumnWidth, 2 * kLeastHeat};
}

} // namespace ui
