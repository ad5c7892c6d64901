// Nodes as bars, highest first, over a scale from 0 in parts of the mean, with the mean and the band of two
// standard deviations in which chance alone puts most of them. Mouse and keyboard reach every bar. Grows with
// the number of bars: put it into a scroll area. Owned by its page; GUI thread only.
#pragma once

#include <QWidget>

#include "ui/theme/theme.h"
#include "ui/widgets/axis_scale.h"

#include <functional>
#include <vector>

namespace ui {

class RankedBars final : public QWidget
{
    Q_OBJECT

public:
    struct Bar
    {
        int id = 0;             // told when activated
        QString name;           // "redis-3"
        double value = 0;       // NaN: not known
        QString note;           // "8 shards"
        bool lastKnown = false; // the value is not of now
    };

    RankedBars(const Theme& theme, QWidget* parent);

    // bars: in the order to show. mean NaN: no line. chanceBand: on either side of the mean, as a part of it,
    // two standard deviations of chance; 0: no band.
    void setBars(std::vector<Bar> bars, double mean, double chanceBand);
    void setMetric(const QString& metric, std::function<QString(double)> format);
    const std::vector<Bar>& bars() const { return m_bars; }
    int current() const { return m_current; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void barActivated(int id);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    int rowHeight() const; // more where there is room
    int legendHeight() const;
    QString meanText() const;
    QString bandText() const;
    int bandLeft() const;
    QRect rowRect(int row) const;
    QRect barArea() const;
    int rowAt(const QPoint& position) const;
    QString text(int row) const;
    void setCurrent(int row);
    void describe();
    int xOf(double partOfMean) const;
    void drawScale(QPainter& painter) const;
    void drawBand(QPainter& painter) const;
    void drawRow(QPainter& painter, int row) const;
    void drawLegend(QPainter& painter) const;

    const Theme& m_theme;
    std::vector<Bar> m_bars;
    double m_mean = 0;
    double m_band = 0; // on either side of the mean, as a part of it
    AxisScale m_scale;
    QString m_metric;
    std::function<QString(double)> m_format;
    int m_current = -1, m_hovered = -1;
};

} // namespace ui
