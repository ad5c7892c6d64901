#include "ui/widgets/chart_legend.h"

#include "ui/widgets/figure_text.h"

#include <QPainter>

#include <algorithm>

namespace ui {
namespace {

constexpr int kSampleWidth = 18;
constexpr int kLeastEntryWidth = 118;
constexpr double kSamplePen = 2;

} // namespace

ChartLegend::ChartLegend(const Theme& theme, std::vector<Entry> entries, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_entries(std::move(entries))
{
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void ChartLegend::setValues(const std::vector<QString>& values)
{
    bool changed = false;
    for (std::size_t i = 0; i < m_entries.size() && i < values.size(); ++i) {
        changed = changed || m_entries[i].value != values[i];
        m_entries[i].value = values[i];
    }
    if (changed) update();
}

int ChartLegend::rowHeight() const
{
    return QFontMetrics(m_theme.font(FontRole::Small)).height() + 2;
}

int ChartLegend::columns(int width) const
{
    return std::clamp(width / kLeastEntryWidth, 1, std::max(1, int(m_entries.size())));
}

int ChartLegend::heightForWidth(int width) const
{
    const int perRow = columns(width);
    return (int(m_entries.size()) + perRow - 1) / perRow * rowHeight();
}

QSize ChartLegend::sizeHint() const
{
    return {kLeastEntryWidth, rowHeight()};
}

QSize ChartLegend::minimumSizeHint() const
{
    return {0, heightForWidth(width())};
}

void ChartLegend::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setFont(m_theme.font(FontRole::Small));
    const auto metrics = painter.fontMetrics();
    const int perRow = columns(width());
    // Wider than a good reading distance between name and value helps nobody.
    const int entryWidth = std::min(width() / perRow, 2 * kLeastEntryWidth);
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        const auto& entry = m_entries[i];
        const QRect cell(int(i) % perRow * entryWidth, int(i) / perRow * rowHeight(), entryWidth - kSpacingSmall, rowHeight());
        QPen pen(m_theme.series(entry.number), kSamplePen);
        pen.setCapStyle(Qt::FlatCap);
        if (const auto dash = m_theme.seriesDash(entry.number); !dash.isEmpty()) pen.setDashPattern(dash);
        painter.setPen(pen);
        painter.drawLine(cell.left(), cell.center().y() + 1, cell.left() + kSampleWidth, cell.center().y() + 1);
        const int baseline = cell.top() + 1 + metrics.ascent();
        const int nameLeft = cell.left() + kSampleWidth + kSpacingTiny + 1;
        painter.setPen(m_theme.textMuted());
        painter.drawText(nameLeft, baseline, entry.name);
        painter.setPen(m_theme.text());
        drawFigure(painter, {nameLeft + metrics.horizontalAdvance(entry.name) + kSpacingTiny + 2, baseline}, entry.value);
    }
}

} // namespace ui
