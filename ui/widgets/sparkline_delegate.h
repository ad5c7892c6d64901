// Small lines in a cell, over the shared time window: two rates on one scale and what waits as an area on a
// scale of its own; what was not known is a gap. The page sets the data by key. GUI thread only.
#pragma once

#include <QStyledItemDelegate>

#include "ui/theme/theme.h"

#include <functional>
#include <map>
#include <vector>

namespace ui {

struct Sparkline
{
    std::vector<double> at;                  // 0 … 1 within the window, ascending
    std::vector<double> first, second, area; // beside `at`; NaN: not known
};

class SparklineDelegate final : public QStyledItemDelegate
{
    Q_OBJECT

public:
    // key: of the row that an index belongs to. firstSeries, secondSeries, areaSeries: Theme::series.
    struct Look
    {
        std::function<int(const QModelIndex&)> key;
        int firstSeries = 1, secondSeries = 2, areaSeries = 3;
    };
    SparklineDelegate(const Theme& theme, Look look, QObject* parent);

    void setData(std::map<int, Sparkline> lines) { m_lines = std::move(lines); }
    const std::map<int, Sparkline>& lines() const { return m_lines; }

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    void drawLine(QPainter& painter, const QRectF& room, const Sparkline& line,
                  const std::vector<double>& values, double largest, int series) const;
    void drawArea(QPainter& painter, const QRectF& room, const Sparkline& line) const;

    const Theme& m_theme;
    const Look m_look;
    std::map<int, Sparkline> m_lines;
};

} // namespace ui
