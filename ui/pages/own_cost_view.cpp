#include "ui/pages/own_cost_view.h"

#include "ui/pages/hinted_table.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"

#include <QTableView>
#include <QVBoxLayout>

#include <cmath>

namespace ui {
namespace {

QString byteRateText(double bytes)
{
    return OwnCostView::tr("%1/s").arg(formatBytes(std::int64_t(std::llround(bytes))));
}

QString summaryText(const backend::OwnCost& cost)
{
    if (cost.windowSeconds <= 0) return OwnCostView::tr("Counting: rates are known in a second.");
    double statements = 0, commands = 0, sent = 0, received = 0;
    for (const auto& node : cost.nodes) {
        (node.kind == backend::NodeKind::Redis ? commands : statements) +=
            std::max(0.0, node.requestsPerSecond);
        sent += std::max(0.0, node.sentBytesPerSecond);
        received += std::max(0.0, node.receivedBytesPerSecond);
    }
    const auto text =
        OwnCostView::tr("%1 SQL statements/s and %2 Redis commands/s; %3 sent, %4 received from Redis; "
                        "over the last %5")
            .arg(formatRate(statements), formatRate(commands), byteRateText(sent), byteRateText(received),
                 formatDuration(std::round(cost.windowSeconds)));
    if (cost.probeWindowSeconds <= 0) return text;
    return OwnCostView::tr("%1. Probe percentiles: of the last %2")
        .arg(text, formatDuration(std::round(cost.probeWindowSeconds)));
}

} // namespace

OwnCostView::OwnCostView(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_model(makeNodeCostTable(this))
    , m_summary(new Label(theme, FontRole::Body, Tone::Normal, this))
    , m_table(new HintedTable(theme, "ownCostTable", tr("Cost of the monitoring by node"), m_model, this))
{
    m_summary->setObjectName(QStringLiteral("ownCostSummary"));
    m_summary->setWordWrap(true);
    m_table->setHint(tr("Counted in the monitor's own connections: probes, the sweep of the timelines and "
                        "this page. Not in it: the engine's own work, the doctor, and the other pages' "
                        "questions."));
    m_table->sortBy(CostNameColumn, Qt::AscendingOrder);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(kSpacingTiny);
    layout->addWidget(m_summary);
    layout->addWidget(m_table, 1);
    setCost({});
}

void OwnCostView::setCost(const backend::OwnCost& cost)
{
    m_summary->setText(summaryText(cost));
    m_model->setRows(cost.nodes);
}

} // namespace ui
