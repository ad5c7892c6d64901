// Logical shards down, the shared time window across: load on cividis from 0, or the deviation from the mean
// of all shards at that time on a diverging scale. Unknown times are hatched. Drag, wheel and double click
// mean the same as in the charts; a click opens the shard. Owned by its page; GUI thread only.
#pragma once

#include <QWidget>

#include "backend/domain/shard_history.h"
#include "ui/theme/theme.h"
#include "ui/widgets/axis_scale.h"
#include "ui/widgets/event_marks.h"
#include "ui/widgets/idle_note.h"
#include "ui/widgets/shard_time_image.h"
#include "ui/widgets/time_ticks.h"

#include <functional>
#include <optional>

namespace ui {

class TimeRange;

class ShardTimeMap final : public QWidget
{
    Q_OBJECT

public:
    using Format = std::function<QString(double)>;

    ShardTimeMap(const Theme& theme, TimeRange& range, QWidget* parent);

    void setHistory(backend::ShardHistory history);
    void clear(const QString& why); // said in place of the picture
    // What is measured, with its unit; another one starts the scale anew. format: of readings, in full.
    void setMetric(const QString& metric, ScaleUnit unit, Format format);
    // What is said over the picture while every known value is 0.
    void setNothing(const QString& words);
    QString note() const { return m_nothing.text(); } // empty: none
    void setDeviation(bool deviation);
    bool deviation() const { return m_deviation; }

    int current() const { return m_current; } // a shard; -1: none
    void setCurrent(int shard);

    QRect plotRect() const;
    std::vector<TimeTick> ticks() const;
    int marksShown() const;               // below the picture, for what happened
    QString markText(QPoint pixel) const; // what the tool tip of one says; empty: there is none
    QRectF notWatched() const;            // of the picture, before anything was known; empty: no such part
    int shardsInALine() const;
    int shardAt(double y) const; // the first of its line; -1: none
    QRectF lineRect(int shard) const;
    ScaleSteps scale() const { return m_scale.steps(); } // of the load
    // As in the readout: of one shard at one time.
    QString cellText(int shard, backend::TimePoint at) const;
    QString readout() const;

    QSize sizeHint() const override { return {640, 320}; }
    QSize minimumSizeHint() const override { return {300, 170}; }

signals:
    void currentChanged(int shard);
    void shardActivated(int shard); // click, Enter or Space

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;

private:
    std::vector<EventMark> marks() const;
    void rebuild();  // the image, from values, scale, colours and height
    void describe(); // for screen readers
    std::optional<backend::TimePoint> findFirstKnown() const;
    backend::TimePoint timeAt(double x) const;
    double xOf(backend::TimePoint at) const;
    std::optional<float> valueAt(const std::vector<float>& values, int shard, backend::TimePoint at) const;
    int shownShard() const; // under the mouse, or the current one
    void moveCursor(int columns);
    void drawPicture(QPainter& painter, const QRect& plot) const;
    void drawMarks(QPainter& painter, const QRect& plot) const;
    void drawShardAxis(QPainter& painter, const QRect& plot) const;
    void drawTimeAxis(QPainter& painter, const QRect& plot) const;
    void drawScale(QPainter& painter, const QRect& plot) const;
    void drawFoot(QPainter& painter, const QRect& plot) const;
    QRect seenPart(const QRect& plot) const;

    const Theme& m_theme;
    TimeRange& m_range;
    backend::ShardHistory m_history;
    std::optional<backend::TimePoint> m_firstKnown; // of any shard
    std::vector<float> m_deviations;                // empty while the load is shown
    QImage m_image;
    QString m_metric, m_why;
    IdleNote m_nothing;
    Format m_format;
    AxisScale m_scale;
    bool m_deviation = false;
    int m_current = -1, m_hovered = -1;
    enum class Drag { None, Brush, Pan } m_drag = Drag::None;
    double m_pressedAt = 0, m_brushTo = 0; // pixels
};

} // namespace ui
