// What a chart's plot shows besides its lines: hatched bands where nothing is known, and a strip of marks
// below the time axis for what happened; marks that would lie on each other become one with their number.
// Only chart_plot.cpp includes this.
#pragma once

#include <QCoreApplication>

#include "backend/domain/event.h"
#include "ui/bridge/history_view.h"
#include "ui/theme/theme.h"

#include <qcustomplot.h>

#include <vector>

namespace ui {

inline constexpr int kMarkStrip = 11; // pixels below the axis

class GapBands final : public QCPLayerable
{
    Q_DECLARE_TR_FUNCTIONS(ui::GapBands)

public:
    GapBands(const Theme& theme, QCustomPlot& plot);

    void setGaps(std::vector<HistoryGap> gaps) { m_gaps = std::move(gaps); }
    // In words what is not known at that place; empty: something is.
    QString textAt(QPointF pixel) const;
    int shown() const; // of the gaps, within the range that is shown

protected:
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override;
    void draw(QCPPainter* painter) override;

private:
    QRectF band(const HistoryGap& gap) const; // empty: out of sight

    const Theme& m_theme;
    std::vector<HistoryGap> m_gaps;
};

class EventTicks final : public QCPLayerable
{
    Q_DECLARE_TR_FUNCTIONS(ui::EventTicks)

public:
    // events: ascending; lives longer than this.
    EventTicks(const Theme& theme, QCustomPlot& plot, const std::vector<backend::Event>& events);

    // The events marked at that place, a line each; empty: none.
    QString textAt(QPointF pixel) const;
    struct Mark
    {
        double pixel = 0;
        const backend::Event* worst = nullptr;
        std::vector<const backend::Event*> events;
    };
    std::vector<Mark> marks() const; // within the range that is shown

protected:
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override;
    void draw(QCPPainter* painter) override;

private:
    void drawMark(QCPPainter& painter, const Mark& mark) const;

    const Theme& m_theme;
    const std::vector<backend::Event>& m_events;
};

} // namespace ui
