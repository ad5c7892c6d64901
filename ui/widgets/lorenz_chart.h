// The Lorenz curve of a metric over the logical shards, beside perfect evenness and the band that chance
// alone gives. A marker reads it out, by mouse or arrow keys. Owned by its page; GUI thread only.
#pragma once

#include <QWidget>

#include "backend/domain/lorenz.h"
#include "ui/theme/theme.h"

#include <vector>

namespace ui {

class LorenzChart final : public QWidget
{
    Q_OBJECT

public:
    LorenzChart(const Theme& theme, QWidget* parent);

    // Empty: nothing known. metric: "deliveries/s".
    void setCurve(std::vector<double> curve, const QString& metric);
    void setChance(backend::ChanceLorenz chance); // empty curves: not known, then not drawn

    QString readout() const;
    double marker() const { return m_marker; } // part of the shards, 0 … 1
    void setMarker(double part);

    QSize sizeHint() const override { return {380, 320}; }
    QSize minimumSizeHint() const override { return {240, 180}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    QRect plotRect() const;
    QPointF pointAt(double part, double share) const;
    void drawAxes(QPainter& painter) const;
    void drawBand(QPainter& painter) const;
    void drawCurve(QPainter& painter) const;
    void drawMarker(QPainter& painter) const;

    const Theme& m_theme;
    std::vector<double> m_curve;
    backend::ChanceLorenz m_chance;
    QString m_metric;
    double m_marker = 0.5;
};

} // namespace ui
