#include "ui/report/report_pages.h"

#include "ui/widgets/formatting.h"

#include <QCoreApplication>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr double kTitle = points(16), kLabel = points(7), kBarHeight = points(9), kBarPitch = points(12);
constexpr double kNameWidth = points(44), kValueWidth = points(62), kGap = points(8), kLegend = points(14);
constexpr double kShardWidth = points(24); // numbers beside the heatmap's rows
constexpr std::size_t kMostBars = 9;       // the table of node loads has all
constexpr double kChartText = 6.5;

struct ReportChartsText
{
    Q_DECLARE_TR_FUNCTIONS(ui::ReportPages)
};

// Short and with its unit, as on the screen; the tables have every digit.
QString chartFigure(double value, backend::BalanceMetric metric)
{
    if (std::isnan(value)) return reportMetricFigure(value, metric);
    switch (metric) {
    case backend::BalanceMetric::Bytes:
        return formatBytes(std::int64_t(value));
    case backend::BalanceMetric::Deliveries:
    case backend::BalanceMetric::Reads:
        return formatRate(value);
    default:
        return formatCount(std::llround(value));
    }
}

struct Chart
{
    QPainter& painter;
    const backend::ShardReport& report;
    const backend::ShardReportBalance& balance;
    const PrintColors& palette;

    std::size_t bars() const { return std::min(balance.nodes.size(), kMostBars); }
    // Rows kept for bars: the same for every metric, so that the charts of a page line up.
    std::size_t barRows() const
    {
        std::size_t most = 0;
        for (const auto& each : report.balance)
            most = std::max(most, std::min(each.nodes.size(), kMostBars));
        return most;
    }

    void text(const QRectF& area, const QString& words, Qt::Alignment alignment, const QColor& colour) const
    {
        painter.setPen(colour);
        painter.drawText(area, int(alignment | Qt::AlignVCenter | Qt::TextSingleLine), words);
    }

    void heatmap(const QRectF& area) const;
    void legend(const QRectF& area) const;
    void rankedBars(const QRectF& area) const;
    void bar(const QRectF& row, const backend::NodeLoad& load, double length) const;
};

void Chart::heatmap(const QRectF& area) const
{
    const auto cells = report.rows.size();
    if (cells == 0) return;
    const std::size_t columns = cells > 256 ? 64 : 16, rows = (cells + columns - 1) / columns;
    const double width = (area.width() - kShardWidth) / double(columns),
                 height = area.height() / double(rows);
    const double gap = std::min({points(1.2), width / 5, height / 5});
    const double most = balance.byShard.max;
    const std::size_t labelEvery = (rows + 15) / 16;
    for (std::size_t i = 0; i < cells; ++i) {
        const double value = backend::valueOf(report.rows[i].shard, balance.metric);
        const double y = area.y() + double(i / columns) * height;
        if (i % columns == 0 && (i / columns) % labelEvery == 0)
            text(QRectF(area.x(), y, kShardWidth - points(4), height),
                 QString::number(report.rows[i].shard.shard), Qt::AlignRight, palette.textMuted);
        painter.setPen(Qt::NoPen);
        painter.setBrush(std::isnan(value) ? palette.unknown : printLoadColor(most > 0 ? value / most : 0));
        painter.drawRect(
            QRectF(area.x() + kShardWidth + double(i % columns) * width, y, width - gap, height - gap));
    }
}

void Chart::legend(const QRectF& area) const
{
    constexpr int kSteps = 24;
    const double scale = area.width() * 0.4, step = scale / kSteps, x = area.x() + kShardWidth + points(10);
    painter.setPen(Qt::NoPen);
    for (int i = 0; i < kSteps; ++i) {
        painter.setBrush(printLoadColor(double(i) / (kSteps - 1)));
        painter.drawRect(QRectF(x + i * step, area.center().y() - kLabel / 2, step, kLabel));
    }
    text(QRectF(x - points(12), area.y(), points(9), area.height()), QStringLiteral("0"), Qt::AlignRight,
         palette.textMuted);
    const bool any = balance.byShard.known > 0;
    text(QRectF(x + scale + points(4), area.y(), area.width() - scale - kShardWidth - points(14),
                area.height()),
         any ? ReportChartsText::tr("%1, most of a shard")
                   .arg(chartFigure(balance.byShard.max, balance.metric))
             : ReportChartsText::tr("not known yet"),
         Qt::AlignLeft, palette.textMuted);
}

void Chart::bar(const QRectF& row, const backend::NodeLoad& load, double length) const
{
    text(QRectF(row.x(), row.y(), kNameWidth - points(4), kBarHeight), QString::fromStdString(load.name),
         Qt::AlignRight, palette.text);
    painter.setPen(Qt::NoPen);
    painter.setBrush(palette.bar);
    painter.drawRect(QRectF(row.x() + kNameWidth, row.y(), length, kBarHeight));
    text(QRectF(row.right() - kValueWidth, row.y(), kValueWidth, kBarHeight),
         chartFigure(load.value, balance.metric), Qt::AlignRight, palette.text);
}

void Chart::rankedBars(const QRectF& area) const
{
    const double mean = balance.byNode.mean, spread = chanceBand(balance.byNode) * mean;
    const double most = std::max(balance.byNode.max, mean + spread),
                 plot = area.width() - kNameWidth - kValueWidth;
    const auto at = [&](double value) { return most > 0 ? std::max(0.0, value) / most * plot : 0.0; };
    const double left = area.x() + kNameWidth, height = kBarPitch * double(bars());
    const bool band = report.users > 0 && spread > 0;
    if (band) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(palette.band);
        painter.drawRect(
            QRectF(left + at(mean - spread), area.y(), at(mean + spread) - at(mean - spread), height));
    }
    for (std::size_t i = 0; i < bars(); ++i) {
        const auto& load = balance.nodes[i];
        bar(QRectF(area.x(), area.y() + kBarPitch * double(i) + points(1.5), area.width(), kBarPitch), load,
            std::isnan(load.value) ? 0 : at(load.value));
    }
    if (mean > 0) {
        painter.setPen(QPen(palette.mean, points(0.8), Qt::DashLine));
        painter.drawLine(QPointF(left + at(mean), area.y()), QPointF(left + at(mean), area.y() + height));
    }
    QString note = band ? ReportChartsText::tr("dashed: mean; shaded: by chance alone ± %1 (2 σ)")
                              .arg(formatRatio(chanceBand(balance.byNode)))
                        : ReportChartsText::tr("dashed: mean");
    if (balance.nodes.size() > bars())
        note += ReportChartsText::tr("; %1 more in the table").arg(balance.nodes.size() - bars());
    text(QRectF(area.x(), area.y() + height, area.width(), kLegend), note, Qt::AlignLeft, palette.textMuted);
}

} // namespace

void drawMetricChart(QPainter& painter, const QRectF& area, const backend::ShardReport& report,
                     const backend::ShardReportBalance& balance)
{
    const Chart chart{painter, report, balance, printColors()};
    painter.setFont(reportFont(9, true));
    chart.text(QRectF(area.x(), area.y(), area.width(), kTitle), reportMetricText(balance.metric),
               Qt::AlignLeft, chart.palette.text);
    painter.setFont(reportFont(kChartText));
    const double barsHeight = kBarPitch * double(chart.barRows()) + kLegend;
    const double heatHeight = std::max(points(30), area.height() - kTitle - kLegend - kGap - barsHeight);
    chart.heatmap(QRectF(area.x(), area.y() + kTitle, area.width(), heatHeight));
    chart.legend(QRectF(area.x(), area.y() + kTitle + heatHeight, area.width(), kLegend));
    chart.rankedBars(
        QRectF(area.x(), area.y() + kTitle + heatHeight + kLegend + kGap, area.width(), barsHeight));
}

} // namespace ui
