// The names of a chart's lines: for each series a sample of its line, its name and a value; before them of
// when the values are. Columns are as wide as the longest value seen or to be expected, so that nothing moves
// or overlaps while values change. Below its chart it takes the width it gets, beside it the height. Owned by
// its chart; GUI thread only.
#pragma once

#include <QStringList>
#include <QWidget>

#include "ui/theme/theme.h"

#include <vector>

namespace ui {

class ChartLegend final : public QWidget
{
public:
    struct Entry
    {
        QString name;
        int number = 1; // Theme::series
        QString value;
        QString longestValue;     // room is kept for it
        Tone tone = Tone::Normal; // of its line; else the series' colour
    };

    // moments: all that setMoment() will ever say; room is kept for the longest. None: nothing is said.
    ChartLegend(const Theme& theme, std::vector<Entry> entries, const QStringList& moments, QWidget* parent);

    void setValues(const std::vector<QString>& values);
    void setMoment(const QString& moment);           // of the values: "now"
    void setShown(const std::vector<bool>& entries); // the others take no room; all are, at first
    const QString& moment() const { return m_moment; }
    QRect momentRect() const; // where it is painted; empty: nothing is said
    // > 0: beside the chart, as many columns as this height asks for; 0: below it.
    void setBeside(int height);
    QRect entryRect(std::size_t entry) const; // where it is painted; empty: it is not shown

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override { return m_besideHeight == 0; }
    int heightForWidth(int width) const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Shape
    {
        int rows = 1;
        std::vector<int> columnWidths;
        int width() const;
    };
    Shape shapeWith(int columns) const;
    Shape shapeWithin(int width) const; // as many columns as fit
    Shape shape() const;
    int besideRows() const;
    int columnsWith(int rows) const; // beside a chart, with so many rows
    int rowHeight() const;
    int indent() const;                       // of the entries below a chart, for the moment
    QRect cellOf(std::size_t position) const; // of those shown
    void measure();
    void drawEntry(QPainter& painter, const Entry& entry, const QRect& cell) const;

    const Theme& m_theme;
    std::vector<Entry> m_entries;
    std::vector<std::size_t> m_shown; // of them, ascending
    std::vector<int> m_nameWidths, m_valueWidths;
    QString m_moment;
    int m_momentWidth = 0;
    int m_besideHeight = 0;
};

} // namespace ui
