// The row under a chart: for each series a sample of its line, its name and a value. Entries have equal widths, so
// that nothing moves while values change. Owned by its chart; GUI thread only.
#pragma once

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
    };

    ChartLegend(const Theme& theme, std::vector<Entry> entries, QWidget* parent);

    void setValues(const std::vector<QString>& values);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int columns(int width) const;
    int rowHeight() const;

    const Theme& m_theme;
    std::vector<Entry> m_entries;
};

} // namespace ui
