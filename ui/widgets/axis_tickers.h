// Where charts put ticks and what they say: steps of an AxisScale, and round moments of the zone that is
// shown, with the day where one begins. Only chart_plot.cpp includes this.
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

// Seconds since the Unix epoch. Seconds are told where ticks stand closer than minutes; a window of minutes
// has none of those, so that its labels stay short.
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
