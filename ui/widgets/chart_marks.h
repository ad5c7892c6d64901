// What a chart's plot shows besides its lines: hatched bands where nothing is known, and a strip of marks
// below the time axis for what happened. Only chart_plot.cpp includes this.
#pragma once

#include <QCoreApplication>

#include "backend/domain/event.h"
#include "ui/bridge/history_view.h"
#include "ui/theme/theme.h"
#include "ui/widgets/event_marks.h"

#include <qcustomplot.h>

#include <vector>

namespace ui {

class GapBands final : public QCPLayerable
{
    Q_DECLARE_TR_FUNCTIONS(ui::GapBands)

public:
    GapBands(const Theme& theme, QCustomPlot& plot);

    void setGaps(std::vector<HistoryGap> gaps) { m_gaps = std::move(gaps); }
    // Whether the part before anybody watched says so in words; something else may be written there.
    void setWords(bool words) { m_words = words; }
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
    bool m_words = true;
};

class EventTicks final : public QCPLayerable
{
    Q_DECLARE_TR_FUNCTIONS(ui::EventTicks)

public:
    // events: ascending; lives longer than this.
    EventTicks(const Theme& theme, QCustomPlot& plot, const std::vector<backend::Event>& events);

    // The events marked at that place, a line each; empty: none.
    QString textAt(QPointF pixel) const;
    std::vector<EventMark> marks() const; // within the range that is shown

protected:
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override;
    void draw(QCPPainter* painter) override;

private:
    QRectF area() const;

    const Theme& m_theme;
    const std::vector<backend::Event>& m_events;
};

} // namespace ui
