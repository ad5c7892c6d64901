// The drawing inside a TimeChart: QCustomPlot with its graphs, axes and crosshair. Only time_chart.cpp includes this.
#pragma once

#include <QObject>

#include "ui/widgets/axis_scale.h"
#include "ui/widgets/time_chart.h"

#include <optional>
#include <vector>

class QCustomPlot;
class QCPGraph;
class QCPItemStraightLine;

namespace ui {

class ChartPlot final : public QObject
{
    Q_OBJECT

public:
    ChartPlot(const Theme& theme, const TimeChart::Options& options, QWidget* parent);

    QWidget* widget() const;
    // Both in the shape of TimeChart::setData; values are NaN where unknown.
    void setData(const std::vector<double>& atSeconds, const std::vector<std::vector<double>>& values);
    void setRange(double beginSeconds, double endSeconds);
    // Fits the value axes to what lies within the range.
    void fitValues(double leftLargest, double rightLargest);
    void setCursor(std::optional<double> atSeconds);
    void replot(); // queued, if it can be seen

signals:
    void pointed(double atSeconds);
    void left();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void build(const TimeChart::Options& options);
    void buildAxes(const TimeChart::Options& options);
    void buildCursor();
    void applyTheme();
    void applyAxisTheme();
    void setTimeTicks(double spanSeconds);

    const Theme& m_theme;
    QCustomPlot* m_plot;
    std::vector<QCPGraph*> m_graphs;
    std::vector<int> m_numbers; // Theme::series of each graph
    QCPItemStraightLine* m_cursor = nullptr;
    AxisScale m_leftScale, m_rightScale;
    double m_leftFixed = 0, m_rightFixed = 0;
    bool m_hasRight = false;
    double m_span = 0;
};

} // namespace ui
