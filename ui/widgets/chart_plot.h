// The drawing inside a TimeChart: QCustomPlot with its graphs, axes and crosshair. Only time_chart.cpp
// includes this.
#pragma once

#include <QMargins>
#include <QObject>
#include <QSharedPointer>
#include <QVector>

#include "backend/domain/event.h"
#include "ui/bridge/history_view.h"
#include "ui/widgets/axis_scale.h"
#include "ui/widgets/time_chart.h"

#include <array>
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

class EventTicks;
class GapBands;
class ScaleTicker;

class ChartPlot final : public QObject
{
    Q_OBJECT

public:
    // events: what is marked on the time axis, ascending; lives longer than this.
    ChartPlot(const Theme& theme, const TimeChart::Options& options,
              const std::vector<backend::Event>& events, QWidget* parent);

    QWidget* widget() const;
    QMargins sides() const; // what the axes take of the widget's width, left and right
    // Both in the shape of TimeChart::setData; values are NaN where unknown.
    void setData(const std::vector<double>& atSeconds, const std::vector<std::vector<double>>& values);
    // Around the lines of few series; in the same shape.
    void setBands(const std::vector<double>& atSeconds, const std::vector<std::vector<double>>& least,
                  const std::vector<std::vector<double>>& greatest);
    void setGaps(std::vector<HistoryGap> gaps);
    void setGapWords(bool words); // whether the part before anybody watched says so
    int gapsShown() const;
    int marksShown() const;
    QString textAt(QPointF pixel) const;        // of the gap or the events there; empty: neither
    QString eventsNear(double atSeconds) const; // a line each, of the mark at that moment; empty: none
    QPoint placeOf(double atSeconds) const;     // on the time axis, in pixels of widget()
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
    void buildBands();
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
    void fitLabels(int height); // of the value axes, in a plot of that height
    void setIsolated(std::size_t graph, const QVector<QCPGraphData>& points);

    const Theme& m_theme;
    QCustomPlot* m_plot;
    std::vector<QCPGraph*> m_graphs;
    std::vector<QCPGraph*> m_dots; // by graph: points without neighbours, which a line does not show
    std::vector<std::array<QCPGraph*, 2>> m_bands; // least and greatest, by graph; none: too many lines
    std::vector<std::pair<int, Tone>> m_looks;     // Theme::series of each graph
    GapBands* m_gaps = nullptr;
    EventTicks* m_ticks = nullptr;
    QCPItemStraightLine* m_cursor = nullptr;
    QCPItemRect* m_brush = nullptr;
    enum class Drag { None, Brush, Pan } m_drag = Drag::None;
    double m_pressedAt = 0; // pixels
    AxisScale m_leftScale, m_rightScale;
    QSharedPointer<ScaleTicker> m_leftTicker, m_rightTicker;
    double m_leftFixed = 0;
    bool m_hasRight = false, m_roomAtRight = false;
    bool m_smooth = true; // few points: antialiased
    double m_span = 0;    // of the time axis, seconds
};

} // namespace ui
