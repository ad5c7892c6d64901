#include "ui/report/report_pages.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

namespace ui {
namespace {

constexpr double kMargin = points(34), kFooter = points(18), kTableRowHeight = points(12.5),
                 kHeading = points(24);
constexpr double kCellGap = points(6), kChartGap = points(20);
constexpr double kTextSize = 7.5, kHeadingSize = 11, kTitleSize = 20;
constexpr int kChartColumns = 3;

struct ReportPagesText
{
    Q_DECLARE_TR_FUNCTIONS(ui::ReportPages)
};

void drawCell(QPainter& painter, const QRectF& cell, const QString& text, bool right)
{
    const auto shown = QFontMetricsF(painter.font()).elidedText(text, Qt::ElideRight, cell.width());
    painter.drawText(cell, int(Qt::AlignVCenter | (right ? Qt::AlignRight : Qt::AlignLeft)), shown);
}

double totalWeight(const ReportPageTable& table)
{
    return std::accumulate(table.columns.begin(), table.columns.end(), 0.0,
                           [](double sum, const auto& column) { return sum + column.weight; });
}

} // namespace

QFont reportFont(double pointSize, bool bold)
{
    QFont font(QStringLiteral("DejaVu Sans"));
    font.setStyleHint(QFont::SansSerif);
    font.setPixelSize(int(std::lround(points(pointSize))));
    font.setBold(bold);
    return font;
}

ReportPages::ReportPages(const backend::ShardReport& report, QSizeF page)
    : m_report(report)
    , m_page(page)
    , m_palette(printColors())
{
    startPage();
    addTitle();
    addTable(reportHeadTable(report));
    addTable(reportTrafficTable(report));
    addTable(reportBalanceTable(report));
    addTable(reportNodeLoadsTable(report));
    startPage();
    addCharts();
    startPage();
    addTable(reportShardsTable(report));
    addTable(reportNodesTable(report));
    addTable(reportNodeVolumesTable(report));
    addMessages();
}

void ReportPages::startPage()
{
    m_pages.emplace_back();
    m_y = kMargin;
}

void ReportPages::addTitle()
{
    const QRectF area(kMargin, m_y, m_page.width() - 2 * kMargin, points(30));
    add([this, area](QPainter& painter) {
        painter.setFont(reportFont(kTitleSize, true));
        painter.setPen(m_palette.text);
        drawCell(painter, area,
                 ReportPagesText::tr("Shard report: %1").arg(QString::fromStdString(m_report.clusterName)),
                 false);
    });
    m_y += points(36);
}

void ReportPages::addHeading(const QString& text)
{
    if (m_y + kHeading + 3 * kTableRowHeight > m_page.height() - kMargin - kFooter) startPage();
    const QRectF area(kMargin, m_y, m_page.width() - 2 * kMargin, kHeading);
    add([this, area, text](QPainter& painter) {
        painter.setFont(reportFont(kHeadingSize, true));
        painter.setPen(m_palette.text);
        drawCell(painter, area, text, false);
    });
    m_y += kHeading;
}

void ReportPages::addTable(const ReportPageTable& table)
{
    addHeading(table.title);
    QStringList titles;
    for (const auto& column : table.columns)
        titles << column.title;
    addTableRow(table, titles, true);
    for (const auto& row : table.rows) {
        if (m_y + kTableRowHeight > m_page.height() - kMargin - kFooter) {
            startPage();
            addHeading(ReportPagesText::tr("%1, continued").arg(table.title));
            addTableRow(table, titles, true);
        }
        addTableRow(table, row, false);
    }
    m_y += points(8);
}

void ReportPages::addTableRow(const ReportPageTable& table, const QStringList& cells, bool header)
{
    const double width = m_page.width() - 2 * kMargin, unit = width / totalWeight(table), y = m_y;
    add([this, columns = table.columns, cells, header, width, unit, y](QPainter& painter) {
        painter.setFont(reportFont(kTextSize, header));
        painter.setPen(header ? m_palette.textMuted : m_palette.text);
        double x = kMargin;
        for (int i = 0; i < int(columns.size()) && i < cells.size(); ++i) {
            const auto& column = columns[std::size_t(i)];
            const double cellWidth = column.weight * unit;
            drawCell(painter, QRectF(x, y, cellWidth - kCellGap, kTableRowHeight), cells[i], column.number);
            x += cellWidth;
        }
        painter.setPen(QPen(m_palette.line, points(header ? 0.8 : 0.3)));
        painter.drawLine(QPointF(kMargin, y + kTableRowHeight),
                         QPointF(kMargin + width, y + kTableRowHeight));
    });
    m_y += kTableRowHeight;
}

// What is wrong with a node does not fit its row.
void ReportPages::addMessages()
{
    ReportPageTable table{
        ReportPagesText::tr("Messages of nodes"),
        {{ReportPagesText::tr("Node"), false, 1}, {ReportPagesText::tr("Message"), false, 8}},
        {}};
    for (const auto& node : m_report.nodes)
        if (!node.message.empty())
            table.rows.push_back({QString::fromStdString(node.name), QString::fromStdString(node.message)});
    if (!table.rows.empty()) addTable(table);
}

void ReportPages::addCharts()
{
    addHeading(ReportPagesText::tr("Shards and nodes by metric"));
    const double width = (m_page.width() - 2 * kMargin - (kChartColumns - 1) * kChartGap) / kChartColumns;
    const double height = (m_page.height() - m_y - kMargin - kFooter - kChartGap) / 2;
    for (std::size_t i = 0; i < m_report.balance.size(); ++i) {
        const QRectF area(kMargin + double(i % kChartColumns) * (width + kChartGap),
                          m_y + double(i / kChartColumns) * (height + kChartGap), width, height);
        add([this, area, i](QPainter& painter) {
            drawMetricChart(painter, area, m_report, m_report.balance[i]);
        });
    }
}

void ReportPages::draw(QPainter& painter, int page) const
{
    for (const auto& step : m_pages[std::size_t(page)])
        step(painter);
    drawFooter(painter, page);
}

void ReportPages::drawFooter(QPainter& painter, int page) const
{
    const QRectF area(kMargin, m_page.height() - kMargin, m_page.width() - 2 * kMargin, kFooter);
    painter.setFont(reportFont(kTextSize));
    painter.setPen(m_palette.textMuted);
    drawCell(painter, area,
             ReportPagesText::tr("Rookery · %1 · taken at %2")
                 .arg(QString::fromStdString(m_report.clusterName), reportTimeText(m_report.takenAt)),
             false);
    drawCell(painter, area, ReportPagesText::tr("Page %1 of %2").arg(page + 1).arg(count()), true);
}

} // namespace ui
