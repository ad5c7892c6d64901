// Lines over the shared time window: fixed margins so that live axes stand still, hatched gaps where nothing
// is known, marks below the axis for what happened, a band from least to greatest where points are rolled up,
// a legend with the values at the newest point or under the mouse (below, or beside where the chart is
// wide and low), the same crosshair in all charts. By the keyboard: arrows, Home and End move the crosshair
// from point to point, Enter pins it or lets it go. Replots are queued and happen only while it can be seen.
// Owned by its page; GUI thread only.
#pragma once

#include <QString> // first: Qt 6.4's moc stumbles over <concepts> otherwise

#include "backend/domain/snapshot.h"
#include "ui/bridge/history_view.h"
#include "ui/widgets/axis_scale.h"
#include "ui/widgets/card.h"

#include <functional>
#include <span>
#include <vector>

class QBoxLayout;

namespace ui {

class ChartLegend;
class ChartPlot;
class TimeRange;

class TimeChart final : public Card
{
    Q_OBJECT

public:
    struct Series
    {
        QString name;
        int number = 1; // Theme::series, 1 … 8
        std::function<double(const backend::HistoryPoint&)>
            value;                // for setHistory; NaN or negative: not known
        bool right = false;       // measured on the right axis; its name in the legend says so
        Tone tone = Tone::Normal; // its colour, where it is wrong that there is any; drawn only where it is
    };
    struct Axis
    {
        QString unit;                          // "deliveries/s": beside the title
        std::function<QString(double)> format; // of readings; absent: formatCompact
        double leastMaximum = 1;               // the axis shows at least 0 to this
        double fixedMaximum = 0;               // > 0: exactly 0 to this
        ScaleUnit scale = ScaleUnit::Number;   // of the ticks
        QString longestReading = {};           // for a legend that stands still; absent: "8,888"
    };
    struct Options
    {
        QString title;
        Axis left;
        Axis right; // used when a series is `right`; its unit is not shown: `left.unit` speaks for both
        std::vector<Series> series;
        QString emptyText = {}; // when nothing is known in the window; absent: "Waiting for data"
        bool roomAtRight =
            false; // as if it had a right axis: moments stand under those of a chart above that has one
    };

    TimeChart(const Theme& theme, TimeRange& range, Options options, QWidget* parent);

    // Points by the series' own functions. Steps missing in between become gaps.
    void setHistory(const HistoryView& history);
    // values[series][i] belongs to atSeconds[i], ascending, seconds since the Unix epoch.
    void setData(const std::vector<double>& atSeconds, const std::vector<std::vector<double>>& values);
    // Besides setData: where nothing was known of what the values were made of.
    void markGaps(const HistoryView& history);
    // The same, where nothing was before: until then nobody watched. Empty: nothing is known at all.
    void markStart(std::optional<backend::TimePoint> firstKnown);
    void clear();

    // The newest (or, with a crosshair, the nearest) value of each series in words, with what happened there;
    // what screen readers get.
    QString readout() const;
    int pointsShown() const { return m_pointsShown; } // known values within the window, all series together
    int gapsShown() const;
    int marksShown() const;
    QString markText(QPoint pixel) const; // of the plot: what its tool tip says there

protected:
    void showEvent(QShowEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    void build();
    std::vector<std::vector<double>> drawn(std::vector<std::vector<double>> values) const;
    void drawParts(QPainter& painter); // plot and legend, where they stand
    QString timeText() const;
    void placeLegend();
    void fit(); // range, scales, legend, words
    void updateReadout();
    void moveCursor(int points);         // from the newest point on, where there is no crosshair yet
    void placeCursor(std::size_t index); // on a point, pinned if it was
    bool shown(std::size_t index) const; // something is known of it, within the window
    void togglePin();
    void showWindow();
    std::size_t shownIndex() const; // of the point that is read out; m_at.size(): none
    const Axis& axisOf(std::size_t series) const;
    QString formatted(std::size_t series, std::size_t index) const;

    TimeRange& m_range;
    Options m_options;
    std::vector<double> m_at;                    // seconds since the Unix epoch, ascending
    std::vector<std::vector<double>> m_values;   // by series; NaN: not known
    std::vector<std::vector<double>> m_greatest; // of each point; none: points are not rolled up
    std::chrono::milliseconds m_step{1000};
    bool m_reading = false; // more history is on its way
    int m_pointsShown = 0;
    ChartPlot* m_plot = nullptr;
    ChartLegend* m_legend = nullptr;
    QBoxLayout* m_parts = nullptr; // the plot and its legend
    Label* m_empty = nullptr;
};

} // namespace ui
