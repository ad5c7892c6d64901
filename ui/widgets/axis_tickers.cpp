#include "ui/widgets/axis_tickers.h"

#include "ui/widgets/time_ticks.h"

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr int kAxisTickPixels = 84;

} // namespace

void ScaleTicker::setSteps(ScaleUnit unit, const ScaleSteps& steps)
{
    if (steps == m_steps && !m_labels.isEmpty()) return;
    m_steps = steps;
    const auto values = steps.values();
    const auto labels = scaleLabels(unit, steps);
    m_ticks = QVector<double>(values.begin(), values.end());
    m_labels = QVector<QString>(labels.begin(), labels.end());
}

void ScaleTicker::setRoom(double axis, double label)
{
    m_axis = axis;
    m_label = label;
}

void ScaleTicker::generate(const QCPRange& range, const QLocale&, QChar, int, QVector<double>& ticks,
                           QVector<double>* subTicks, QVector<QString>* labels)
{
    ticks = m_ticks;
    if (subTicks) subTicks->clear();
    if (!labels) return;
    *labels = m_labels;
    const double apart = m_axis * m_steps.step / range.size(); // pixels
    if (m_axis <= 0 || apart <= 0) return;
    const auto every = std::max<qsizetype>(1, qsizetype(std::ceil(m_label / apart)));
    for (qsizetype i = 0; i < labels->size(); ++i)
        if (i % every != 0) (*labels)[i].clear();
}

void TimeTicker::generate(const QCPRange& range, const QLocale&, QChar, int, QVector<double>& ticks,
                          QVector<double>* subTicks, QVector<QString>* labels)
{
    ticks.clear();
    if (subTicks) subTicks->clear();
    if (labels) labels->clear();
    // The area of the axes is still that of the last drawing: the plot may have another size since.
    const auto margins = m_plot.axisRect()->margins();
    const int room = m_plot.viewport().width() - margins.left() - margins.right();
    for (auto& tick : timeTicks(range.lower, range.upper, std::clamp(room / kAxisTickPixels, 2, 10))) {
        ticks.append(tick.at);
        if (labels) labels->append(std::move(tick.text));
    }
}

} // namespace ui
