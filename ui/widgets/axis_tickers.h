// The ticks of charts: steps of an AxisScale, and round moments (see time_ticks.h). Only chart_plot.cpp
// includes this.
#pragma once

#include "ui/widgets/axis_scale.h"

#include <qcustomplot.h>

namespace ui {

// The steps of an AxisScale with their words; with fewer words where these would touch.
class ScaleTicker final : public QCPAxisTicker
{
public:
    void setSteps(ScaleUnit unit, const ScaleSteps& steps);
    // Pixels of the whole axis, and of what one label needs of it.
    void setRoom(double axis, double label);

    void generate(const QCPRange& range, const QLocale&, QChar, int, QVector<double>& ticks,
                  QVector<double>* subTicks, QVector<QString>* labels) override;

private:
    ScaleSteps m_steps;
    QVector<double> m_ticks;
    QVector<QString> m_labels;
    double m_axis = 0, m_label = 0; // 0: not known yet
};

// Of seconds since the Unix epoch, as many as the plot's width has room for at the time of drawing.
class TimeTicker final : public QCPAxisTicker
{
public:
    explicit TimeTicker(const QCustomPlot& plot)
        : m_plot(plot)
    {
    }

    void generate(const QCPRange& range, const QLocale&, QChar, int, QVector<double>& ticks,
                  QVector<double>* subTicks, QVector<QString>* labels) override;

private:
    const QCustomPlot& m_plot;
};

} // namespace ui
