#include "ui/widgets/chart_legend.h"

#include "ui/widgets/figure_text.h"

#include <QPainter>

#include <algorithm>
#include <limits>
#include <numeric>

namespace ui {
namespace {

constexpr int kSampleWidth = 24;
constexpr int kEntryNameGap = 5, kValueGap = 6, kColumnGap = kSpacingLarge;
constexpr double kSamplePen = 1.6;

} // namespace

ChartLegend::ChartLegend(const Theme& theme, std::vector<Entry> entries, const QStringList& moments,
                         QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_entries(std::move(entries))
{
    m_shown.resize(m_entries.size());
    std::iota(m_shown.begin(), m_shown.end(), std::size_t(0));
    measure();
    const QFontMetrics metrics(m_theme.font(FontRole::Small));
    for (const auto& moment : moments)
        m_momentWidth = std::max(m_momentWidth, metrics.horizontalAdvance(moment));
    setBeside(0);
}

void ChartLegend::measure()
{
    const QFontMetrics metrics(m_theme.font(FontRole::Small));
    for (const auto& entry : m_entries) {
        m_nameWidths.push_back(metrics.horizontalAdvance(entry.name) +
                               2); // elidedText cuts what fits exactly
        m_valueWidths.push_back(figureWidth(metrics, entry.longestValue));
    }
}

void ChartLegend::setValues(const std::vector<QString>& values)
{
    bool changed = false, grown = false;
    const QFontMetrics metrics(m_theme.font(FontRole::Small));
    for (std::size_t i = 0; i < m_entries.size() && i < values.size(); ++i) {
        if (m_entries[i].value == values[i]) continue;
        changed = true;
        m_entries[i].value = values[i];
        const int width = figureWidth(metrics, values[i]);
        grown = grown || width > m_valueWidths[i];
        m_valueWidths[i] = std::max(m_valueWidths[i], width);
    }
    if (grown) updateGeometry();
    if (changed) update();
}

void ChartLegend::setMoment(const QString& moment)
{
    if (moment == m_moment) return;
    m_moment = moment;
    update();
}

void ChartLegend::setShown(const std::vector<bool>& entries)
{
    std::vector<std::size_t> shown;
    for (std::size_t i = 0; i < m_entries.size(); ++i)
        if (i >= entries.size() || entries[i]) shown.push_back(i);
    if (shown == m_shown) return;
    m_shown = std::move(shown);
    updateGeometry();
    update();
}

void ChartLegend::setBeside(int height)
{
    m_besideHeight = height;
    QSizePolicy policy(height > 0 ? QSizePolicy::Fixed : QSizePolicy::Expanding,
                       height > 0 ? QSizePolicy::Preferred : QSizePolicy::Fixed);
    policy.setHeightForWidth(height == 0);
    setSizePolicy(policy);
    updateGeometry();
    update();
}

// --- geometry

int ChartLegend::rowHeight() const
{
    return QFontMetrics(m_theme.font(FontRole::Small)).height() + 2;
}

int ChartLegend::indent() const
{
    return m_besideHeight == 0 && m_momentWidth > 0 ? m_momentWidth + kColumnGap / 2 : 0;
}

// Below a chart before the first row, beside it a row of its own, where one is left.
QRect ChartLegend::momentRect() const
{
    const bool room = m_besideHeight == 0 || columnsWith(besideRows() - 1) == columnsWith(besideRows());
    return m_momentWidth > 0 && room ? QRect(0, 0, m_momentWidth, rowHeight()) : QRect();
}

int ChartLegend::Shape::width() const
{
    return std::accumulate(columnWidths.begin(), columnWidths.end(),
                           (int(columnWidths.size()) - 1) * kColumnGap);
}

ChartLegend::Shape ChartLegend::shapeWith(int columns) const
{
    Shape out;
    const auto count = m_shown.size();
    out.rows = int(count + std::size_t(columns) - 1) / columns;
    out.columnWidths.assign(std::size_t(columns), 0);
    for (std::size_t i = 0; i < count; ++i) {
        // Below a chart one reads along the rows, beside it down the columns.
        auto& width =
            out.columnWidths[m_besideHeight > 0 ? i / std::size_t(out.rows) : i % std::size_t(columns)];
        const auto entry = m_shown[i];
        width = std::max(width, kSampleWidth + kEntryNameGap + m_nameWidths[entry] + kValueGap +
                                    m_valueWidths[entry]);
    }
    return out;
}

ChartLegend::Shape ChartLegend::shapeWithin(int width) const
{
    for (int columns = int(m_shown.size()); columns > 1; --columns)
        if (auto shape = shapeWith(columns); indent() + shape.width() <= width) return shape;
    return shapeWith(1);
}

int ChartLegend::besideRows() const
{
    return std::max(1, m_besideHeight / rowHeight());
}

int ChartLegend::columnsWith(int rows) const
{
    return rows < 1 ? std::numeric_limits<int>::max() : std::max(1, (int(m_shown.size()) + rows - 1) / rows);
}

ChartLegend::Shape ChartLegend::shape() const
{
    return m_besideHeight > 0 ? shapeWith(columnsWith(besideRows())) : shapeWithin(width());
}

int ChartLegend::heightForWidth(int width) const
{
    return shapeWithin(width).rows * rowHeight();
}

QSize ChartLegend::sizeHint() const
{
    if (m_besideHeight > 0) {
        const auto s = shape();
        return {s.width(), s.rows * rowHeight() + momentRect().height()};
    }
    return {indent() + shapeWith(1).width(), heightForWidth(width())};
}

QSize ChartLegend::minimumSizeHint() const
{
    return m_besideHeight > 0 ? QSize(sizeHint().width(), 0) : QSize(0, heightForWidth(width()));
}

QRect ChartLegend::entryRect(std::size_t entry) const
{
    const auto found = std::find(m_shown.begin(), m_shown.end(), entry);
    return found == m_shown.end() ? QRect() : cellOf(std::size_t(found - m_shown.begin()));
}

QRect ChartLegend::cellOf(std::size_t position) const
{
    const auto s = shape();
    const auto columns = s.columnWidths.size();
    const auto column = m_besideHeight > 0 ? position / std::size_t(s.rows) : position % columns;
    const auto row = m_besideHeight > 0 ? position % std::size_t(s.rows) : position / columns;
    const int left = std::accumulate(s.columnWidths.begin(), s.columnWidths.begin() + std::ptrdiff_t(column),
                                     indent() + int(column) * kColumnGap);
    const int top = m_besideHeight > 0 ? momentRect().height() : 0;
    return {left, top + int(row) * rowHeight(), s.columnWidths[column], rowHeight()};
}

// --- painting

void ChartLegend::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setFont(m_theme.font(FontRole::Small));
    if (const auto place = momentRect(); !place.isEmpty()) {
        painter.setPen(m_theme.textMuted());
        painter.drawText(place.left(), place.top() + 1 + painter.fontMetrics().ascent(), m_moment);
    }
    for (std::size_t i = 0; i < m_shown.size(); ++i)
        drawEntry(painter, m_entries[m_shown[i]], cellOf(i).intersected(rect()));
}

void ChartLegend::drawEntry(QPainter& painter, const Entry& entry, const QRect& cell) const
{
    QPen pen(m_theme.series(entry.number, entry.tone), kSamplePen);
    pen.setCapStyle(Qt::FlatCap);
    if (const auto dash = m_theme.seriesDash(entry.number); !dash.isEmpty()) pen.setDashPattern(dash);
    painter.setPen(pen);
    painter.drawLine(cell.left(), cell.center().y() + 1, cell.left() + kSampleWidth, cell.center().y() + 1);
    const auto metrics = painter.fontMetrics();
    const int baseline = cell.top() + 1 + metrics.ascent();
    const int nameLeft = cell.left() + kSampleWidth + kEntryNameGap;
    const int valueWidth = figureWidth(metrics, entry.value);
    // Only where one column alone is too narrow: the value stays whole.
    const auto name =
        metrics.elidedText(entry.name, Qt::ElideRight, cell.right() + 1 - nameLeft - kValueGap - valueWidth);
    painter.setPen(m_theme.textMuted());
    painter.drawText(nameLeft, baseline, name);
    painter.setPen(m_theme.text());
    const int valueLeft = m_besideHeight > 0 ? cell.right() + 1 - valueWidth
                                             : nameLeft + metrics.horizontalAdvance(name) + kValueGap;
    drawFigure(painter, {valueLeft, baseline}, entry.value);
}

} // namespace ui
