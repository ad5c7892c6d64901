// The drawing inside a TimeChart: QCustomPlot with its graphs, axes and crosshair. Only time_chart.cpp
// includes this.
#pragma once

#include <QObject>
#include <QSharedPointer>
#include <QVector>

#include "ui/widgets/axis_scale.h"
#include "ui/widgets/time_chart.h"

#include <optional>
#include <vector>

class QCustomPlot;
class QCPGraph;
class QCPGraphData;
class QCPItemRect;
class QCPItemStraightLine;
class QMouseEvent;
class QPainter;
class QWheelEvent;

namespace ui {

class ScaleTicker;

class ChartPlot final : public QObject
{
    Q_OBJECT

public:
    ChartPlot(const Theme& theme, const TimeChart::Options& options, QWidget* parent);

    QWidget* widget() const;
    // Both in the shape of TimeChart::setData; values are NaN where unknown.
    void setData(const std::vector<double>& atSeconds, const std::vector<std::vector<double>>& values);
    void setRange(double beginSeconds, double endSeconds);
    // Fits the value axes to what lies within the range; both have the same number of steps, so that the grid
    // is of both.
    void fitValues(double leftLargest, double rightLargest);
    void setCursor(std::optional<double> atSeconds);
    void replot(); // queued, if it can be seen
    // As it is now, in this size, as lines and letters wherever the painter has them.
    void draw(QPainter& painter, QSize size);

signals:
    void pointed(double atSeconds);
    void left();
    void clicked(double atSeconds);
    void brushed(double fromSeconds, double toSeconds); // ascending
    void dragged(double bySeconds);                     // what is shown is to move so much later
    void zoomed(double factor, double aroundSeconds);   // of the span; below 1: closer
    void doubleClicked();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void build(const TimeChart::Options& options);
    void buildAxes();
    void buildCursor();
    void connectMouse();
    void pressed(const QMouseEvent& event);
    void moved(const QMouseEvent& event);
    void released(const QMouseEvent& event);
    void wheeled(QWheelEvent& event);
    double timeAt(double pixel) const; // within the axes
    void showBrush(double pixel);
    void endBrush();
    void applyTheme();
    void applyAxisTheme();
    void applyLinePens();
    void setTimeTicks(double spanSeconds);
    void setIsolated(std::size_t graph, const QVector<QCPGraphData>& points);

    const Theme& m_theme;
    QCustomPlot* m_plot;
    std::vector<QCPGraph*> m_graphs;
    std::vector<QCPGraph*> m_dots; // by graph: points without neighbours, which a line does not show
    std::vector<int> m_numbers;    // Theme::series of each graph
    QCPItemStraightLine* m_cursor = nullptr;
    QCPItemRect* m_brush = nullptr;
    enum class Drag { None, Brush, Pan } m_drag = Drag::None;
    double m_pressedAt = 0; // pixels
    AxisScale m_leftScale, m_rightScale;
    QSharedPointer<ScaleTicker> m_leftTicker, m_rightTicker;
    double m_leftFixed = 0;
    bool m_hasRight = false;
    bool m_smooth = true; // few points: antialiased
    double m_span = 0;    // of the time axis, seconds
    int m_timeTicks = 0;
};

} // namespace ui
