// The ticks of charts: steps of an AxisScale, and round moments (see time_ticks.h). Only chart_plot.cpp
// includes this.
#pragma once

#include "ui/widgets/axis_scale.h"

#include <qcustomplot.h>

namespace ui {

// The steps of an AxisScale with their words.
class ScaleTicker final : public QCPAxisTicker
{
public:
    void setSteps(ScaleUnit unit, const ScaleSteps& steps);

    void generate(const QCPRange&, const QLocale&, QChar, int, QVector<double>& ticks,
                  QVector<double>* subTicks, QVector<QString>* labels) override;

private:
    ScaleSteps m_steps;
    QVector<double> m_ticks;
    QVector<QString> m_labels;
};

// Of seconds since the Unix epoch.
class TimeTicker final : public QCPAxisTicker
{
public:
    void setMost(int ticks) { m_most = ticks; }

    void generate(const QCPRange& range, const QLocale&, QChar, int, QVector<double>& ticks,
                  QVector<double>* subTicks, QVector<QString>* labels) override;

private:
    int m_most = 5;
};

} // namespace ui
