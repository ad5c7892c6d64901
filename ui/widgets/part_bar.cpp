#include "ui/widgets/part_bar.h"

#include "ui/widgets/exporter.h"
#include "ui/widgets/formatting.h"

#include <QHelpEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>
#include <numeric>

namespace ui {
namespace {

constexpr int kBarHeight = 18;
constexpr int kLeastPart = 4; // pixels
constexpr int kSwatch = 9;
constexpr int kLeastPartBarWidth = 160;

} // namespace

PartBar::PartBar(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
{
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    makeExportable(theme, *this);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void PartBar::setParts(std::vector<Part> parts)
{
    std::erase_if(parts, [](const Part& part) { return part.count <= 0; });
    m_parts = std::move(parts);
    QStringList words;
    for (const auto& part : m_parts)
        words << partText(part);
    setAccessibleDescription(words.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

std::int64_t PartBar::whole() const
{
    return std::accumulate(m_parts.begin(), m_parts.end(), std::int64_t(0),
                           [](std::int64_t sum, const Part& part) { return sum + part.count; });
}

QString PartBar::partText(const Part& part) const
{
    const auto all = whole();
    return tr("%1 %2 (%3)")
        .arg(part.name, formatCount(part.count),
             all > 0 ? formatRatio(double(part.count) / double(all)) : unknownText());
}

std::vector<int> PartBar::widths(const std::vector<Part>& parts, int width)
{
    std::vector<int> out(parts.size());
    std::int64_t all = 0;
    for (const auto& part : parts)
        all += part.count;
    if (all <= 0 || width < kLeastPart * int(parts.size())) return out;
    for (std::size_t i = 0; i < parts.size(); ++i)
        out[i] = std::max(kLeastPart, int(double(parts[i].count) / double(all) * width));
    // What rounding and small parts took or left, the largest gives.
    const auto largest = std::max_element(out.begin(), out.end());
    *largest += width - std::accumulate(out.begin(), out.end(), 0);
    return out;
}

std::vector<PartBar::Place> PartBar::legend(int width) const
{
    const QFontMetrics metrics(m_theme.font(FontRole::Small));
    std::vector<Place> out;
    int x = 0, y = kBarHeight + kSpacingSmall;
    for (std::size_t i = 0; i < m_parts.size(); ++i) {
        const int wide = kSwatch + kSpacingTiny + metrics.horizontalAdvance(partText(m_parts[i]));
        if (x > 0 && x + wide > width) {
            x = 0;
            y += metrics.height() + 2;
        }
        out.push_back({i, QRect(x, y, wide, metrics.height())});
        x += wide + kSpacingMedium;
    }
    return out;
}

int PartBar::heightForWidth(int width) const
{
    const auto places = legend(width);
    return (places.empty() ? kBarHeight : places.back().area.bottom() + 1) + 2;
}

QSize PartBar::sizeHint() const
{
    return {kLeastPartBarWidth, heightForWidth(std::max(width(), kLeastPartBarWidth))};
}

QSize PartBar::minimumSizeHint() const
{
    return sizeHint();
}

void PartBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF bar(0.5, 0.5, width() - 1, kBarHeight - 1);
    QPainterPath shape;
    shape.addRoundedRect(bar, kControlRadius, kControlRadius);
    painter.save();
    painter.setClipPath(shape);
    painter.fillRect(bar, m_theme.alternate());
    const auto wide = widths(m_parts, width());
    for (int i = 0, x = 0; i < int(m_parts.size()); x += wide[std::size_t(i++)]) {
        const auto& part = m_parts[std::size_t(i)];
        painter.fillRect(QRect(x, 0, wide[std::size_t(i)], kBarHeight),
                         part.hatched ? QBrush(part.color, Qt::BDiagPattern) : QBrush(part.color));
        if (i > 0) painter.fillRect(QRect(x, 0, 1, kBarHeight), m_theme.card());
    }
    painter.restore();
    painter.setPen(hasFocus() ? QPen(m_theme.accent(), 2) : QPen(m_theme.cardBorder()));
    painter.drawPath(shape);
    painter.setFont(m_theme.font(FontRole::Small));
    for (const auto& [index, area] : legend(width())) {
        const auto& part = m_parts[index];
        const QRect swatch(area.left(), area.center().y() - kSwatch / 2, kSwatch, kSwatch);
        painter.fillRect(swatch, part.hatched ? QBrush(part.color, Qt::BDiagPattern) : QBrush(part.color));
        painter.setPen(m_theme.text());
        painter.drawText(area.adjusted(kSwatch + kSpacingTiny, 0, kSpacingTiny, 0),
                         Qt::AlignLeft | Qt::AlignVCenter, partText(part));
    }
}

bool PartBar::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const auto wide = widths(m_parts, width());
    for (int i = 0, x = 0; i < int(m_parts.size()); x += wide[std::size_t(i++)])
        if (QRect(x, 0, wide[std::size_t(i)], kBarHeight).contains(help->pos())) {
            QToolTip::showText(help->globalPos(), partText(m_parts[std::size_t(i)]), this);
            return true;
        }
    QToolTip::hideText();
    return true;
}

} // namespace ui
