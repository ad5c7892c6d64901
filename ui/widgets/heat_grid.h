// All logical shards as cells; unknown ones are hatched. The scale is labelled in parts of the mean, so that
// it stands still when the load of all rises and falls, and spans what chance alone may do and everything
// beyond that occurs: noise stays in its middle, a hot shard stands out. Mouse, keyboard and screen reader
// reach every cell. Owned by its page; GUI thread only.
#pragma once

#include <QWidget>

#include "ui/theme/theme.h"
#include "ui/widgets/axis_scale.h"
#include "ui/widgets/idle_note.h"

#include <functional>
#include <vector>

namespace ui {

class HeatGrid final : public QWidget
{
    Q_OBJECT

public:
    using Format = std::function<QString(double)>;

    HeatGrid(const Theme& theme, QWidget* parent);

    // values[shard]; NaN: not known. chanceVariation: coefficient of variation by chance alone; 0: not known.
    // lastKnown[shard]: the value is not of now, its node is down; empty: all are of now.
    void setValues(std::vector<double> values, double chanceVariation, std::vector<bool> lastKnown = {});
    // metric: what is measured, with its unit ("deliveries/s"); another one starts the scale anew.
    void setMetric(const QString& metric, Format format);
    // What is said over the cells while every value is 0.
    void setNothing(const QString& words);
    QString note() const { return m_nothing.text(); } // empty: none
    // What is said of a shard besides its value: "on redis-3".
    void setDetail(std::function<QString(int shard)> detail);

    int current() const { return m_current; } // -1: none
    void setCurrent(int shard);
    ScaleSteps scale() const { return m_scale.steps(); } // in parts of the mean
    QString cellText(int shard) const;                   // as in the readout
    QString caption() const;                             // the line under the grid
    QRect cellRect(int shard) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void currentChanged(int shard);
    void cellActivated(int shard); // click, Enter or Space

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;

private:
    struct Shape
    {
        int columns = 1, rows = 1;
        QRect cells, scale;
    };
    Shape shape() const;
    int cellAt(const QPoint& position) const;
    void setHovered(int shard);
    void updateScale(double chanceVariation);
    double placeOf(double partOfMean) const; // 0 … 1 on the scale
    int highestShard() const;
    void describe();
    void drawCells(QPainter& painter, const Shape& shape) const;
    void drawLabels(QPainter& painter, const Shape& shape) const;
    void drawScale(QPainter& painter, const Shape& shape) const;
    void drawReadout(QPainter& painter) const;
    bool isLastKnown(int shard) const;
    bool anyLastKnown() const;

    const Theme& m_theme;
    std::vector<double> m_values;
    std::vector<bool> m_lastKnown;
    QString m_metric;
    IdleNote m_nothing;
    Format m_format;
    std::function<QString(int)> m_detail;
    AxisScale m_scale;
    double m_mean = 0;    // of the known values
    bool m_known = false; // any value
    int m_current = -1;
    int m_hovered = -1;
};

} // namespace ui
