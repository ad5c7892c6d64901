// Lines over a quantity that is not the shared time: costs over a threshold, bytes over a date. Marks say
// where something stands, and along a time what happened; under the mouse all lines are read out, and at a
// cursor that the arrow keys, Home and End move from point to point. A click or Enter pins it. Painted by
// itself. Owned by its page; GUI thread only.
#pragma once

#include <QString>
#include <QWidget>

#include "ui/theme/theme.h"
#include "ui/widgets/axis_scale.h"
#include "ui/widgets/event_marks.h"
#include "ui/widgets/time_ticks.h"

#include <functional>
#include <optional>
#include <vector>

namespace ui {

class TimeRange;

class CurveChart final : public QWidget
{
    Q_OBJECT

public:
    enum class Across { Decades /* 0, 1, 10, 100 … */, Time /* seconds since the Unix epoch */ };
    struct Line
    {
        QString name;
        int number = 1;              // Theme::series, 1 … 8
        std::vector<QPointF> points; // ascending in x; NaN in y: nothing is known there, the line breaks
        bool steps = false;          // the value holds until the next point
        // A filled band upon those of the lines before it, which have its x: what makes up a sum.
        bool band = false;
    };
    struct Mark
    {
        double x = 0;
        std::optional<double> y; // a point; absent: a line from top to bottom
        QString text;
        Tone tone = Tone::Normal;
    };

    CurveChart(const Theme& theme, Across across, QWidget* parent);

    void setAxes(const QString& xTitle, ScaleUnit yUnit, std::function<QString(double)> yFormat);
    // emptyText is shown instead while there are no points.
    void setLines(std::vector<Line> lines, const QString& emptyText);
    void setMarks(std::vector<Mark> marks);
    const std::vector<Line>& lines() const { return m_lines; }
    const std::vector<Mark>& marks() const { return m_marks; }
    // What happened, for the marks on a time axis: range's events, wherever this chart reaches so far. range
    // lives longer than this.
    void showEventsOf(const TimeRange& range);
    int eventsShown() const;
    const QString& emptyText() const { return m_emptyText; }
    // All lines at x, in words.
    QString readoutAt(double x) const;
    std::vector<TimeTick> ticks() const; // below the axis; `at` is its number where that is not a time
    std::optional<double> cursor() const { return m_cursor; } // x
    bool pinned() const { return m_pinned; }

    QSize sizeHint() const override { return {360, 220}; }
    QSize minimumSizeHint() const override { return {220, 120}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    bool empty() const;
    double part(double x) const; // 0 … 1 of the width
    double xOf(double part) const;
    QPointF toPixel(const QRectF& area, double x, double y) const;
    QRectF plotArea() const;
    std::vector<EventMark> eventMarksIn(const QRectF& area) const;
    static std::optional<double> valueAt(const Line& line, double x);
    void fit();
    void describe();
    void drawGrid(QPainter& painter, const QRectF& area) const;
    void drawLine(QPainter& painter, const QRectF& area, const Line& line) const;
    void drawBands(QPainter& painter, const QRectF& area) const;
    QBrush bandBrush(const Line& line) const;
    bool isCrossed(const QRectF& area, const QRectF& box) const;
    QRectF placeFor(const QSizeF& size, const QRectF& area, QPointF at, const QRectF& taken) const;
    // Where it was drawn: the next one's words keep away from it.
    QRectF drawMark(QPainter& painter, const QRectF& area, const Mark& mark, const QRectF& taken) const;
    void drawLegend(QPainter& painter) const;
    void drawCursor(QPainter& painter, const QRectF& area) const;
    void setCursorAt(std::optional<double> x, bool readOut);
    void step(int points);
    std::vector<double> places() const; // of all points, ascending

    const Theme& m_theme;
    const Across m_across;
    const TimeRange* m_events = nullptr; // whose events are marked; null: none
    QString m_xTitle, m_emptyText;
    std::function<QString(double)> m_yFormat;
    ScaleUnit m_yUnit = ScaleUnit::Number;
    std::vector<Line> m_lines;
    std::vector<Mark> m_marks;
    double m_low = 0, m_high = 1; // of x
    ScaleSteps m_yScale;
    std::optional<double> m_cursor; // x
    bool m_readOut = false;         // beside the cursor: without a mouse there is no tool tip
    bool m_pinned = false;
};

} // namespace ui
