// Lays the shard report out on pages as steps that draw, so that the number of pages is known before the
// first is drawn. The unit is a tenth of a point: fonts have whole pixels. Internal to ui/report. Any one
// thread.
#pragma once

#include "backend/domain/shard_report.h"
#include "ui/report/report_tables.h"
#include "ui/theme/print_colors.h"

#include <QFont>
#include <QRectF>

#include <functional>
#include <vector>

class QPainter;

namespace ui {

constexpr double points(double count)
{
    return count * 10;
}

class ReportPages
{
public:
    ReportPages(const backend::ShardReport& report, QSizeF page);

    int count() const { return int(m_pages.size()); }
    // Draws one page with its footer.
    void draw(QPainter& painter, int page) const;

private:
    using Step = std::function<void(QPainter&)>;

    void startPage();
    void add(Step step) { m_pages.back().push_back(std::move(step)); }
    void addTitle();
    void addHeading(const QString& text);
    void addTable(const ReportPageTable& table);
    void addTableRow(const ReportPageTable& table, const QStringList& cells, bool header);
    void addMessages();
    void addCharts();
    void drawFooter(QPainter& painter, int page) const;

    const backend::ShardReport& m_report;
    QSizeF m_page;
    const PrintColors& m_palette;
    std::vector<std::vector<Step>> m_pages;
    double m_y = 0; // where the next thing goes
};

QFont reportFont(double pointSize, bool bold = false);
// A heatmap of the shards above bars of the nodes, highest first, within the rectangle.
void drawMetricChart(QPainter& painter, const QRectF& area, const backend::ShardReport& report,
                     const backend::ShardReportBalance& balance);

} // namespace ui
