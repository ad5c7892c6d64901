// What several workers did over the shared time window: a lane each, with a bar for every span in the colour
// of its kind, or, where spans are too many or no more known, with stacked shares of each step. Idle is the
// lane's ground; what is not known is hatched and says why. The same crosshair, brush, wheel, shift-drag,
// double click and marks of events as the charts; over the names the wheel scrolls. Owned by its page; GUI
// thread only.
#pragma once

#include <QWidget>

#include "backend/domain/ids.h"
#include "ui/theme/theme.h"
#include "ui/widgets/event_marks.h"
#include "ui/widgets/time_ticks.h"

#include <optional>
#include <vector>

namespace ui {

class TimeRange;

// How a span is painted; what they mean is the page's matter.
struct LaneLook
{
    QString name;            // for the legend
    int series = 0;          // Theme::series, 0: by tone
    Tone tone = Tone::Muted; // without series
    Qt::BrushStyle pattern = Qt::SolidPattern;
};

struct LaneBar
{
    double begin = 0, end = 0; // seconds since the Unix epoch
    int look = 0;
    QString words;           // "delivery chunk × 12 from pg-2"
    double from = 0, to = 1; // of the lane's height: below 1 a share of a step
};

struct Lane
{
    QString name;
    double knownFrom = 0, knownTo = 0; // seconds; hatched outside
    QString outside;                   // why it is not known there
    std::vector<LaneBar> bars;         // ascending by begin; those of one step follow each other
};

class SwimLanes final : public QWidget
{
    Q_OBJECT

public:
    SwimLanes(const Theme& theme, TimeRange& range, QWidget* parent);

    void setLooks(std::vector<LaneLook> looks);
    void setLanes(std::vector<Lane> lanes);
    const std::vector<Lane>& lanes() const { return m_lanes; }
    // What stands at a moment of a lane, with its times; as in the tool tip.
    QString textAt(int lane, double seconds) const;
    QRect laneRect(int lane) const;
    int plotLeft() const { return m_left; }
    int pixelsAcross() const; // of the time axis
    std::vector<TimeTick> ticks() const;
    int marksShown() const;               // below the lanes, for what happened
    QString markText(QPoint pixel) const; // what the tool tip of one says; empty: there is none

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    static constexpr int kNameGap = 10; // between names and bars

    QRect plot() const;
    std::vector<EventMark> marks() const;
    double xOf(double seconds) const;
    double timeAt(double x) const;
    int laneAt(int y) const;
    std::vector<int> legendEntries() const; // looks that occur
    int legendHeight() const;
    int footHeight() const; // axis and legend
    int laneHeight() const; // more where there is room
    void measure();
    void describe();
    void step(int lanes, int bars);
    QBrush brushOf(int look) const;
    void drawLane(QPainter& painter, int lane) const;
    void drawUnknown(QPainter& painter, const Lane& lane, const QRect& rect) const;
    void drawAxis(QPainter& painter) const;
    void drawLegend(QPainter& painter) const;
    void drawCursor(QPainter& painter) const;

    const Theme& m_theme;
    TimeRange& m_range;
    std::vector<LaneLook> m_looks;
    std::vector<Lane> m_lanes;
    int m_left = 0;                              // of the time axis: the names' width
    int m_current = -1;                          // lane, by keyboard
    double m_currentAt = 0;                      // seconds, the same
    std::optional<int> m_pressedAt, m_draggedTo; // pixels
    std::optional<int> m_pannedAt;               // the same, while the time is dragged about
};

} // namespace ui
