#include "ui/widgets/ttl_bars.h"

#include "ui/widgets/exporter.h"
#include "ui/widgets/formatting.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace ui {

TtlBars::TtlBars(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
{
    makeExportable(theme, *this);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void TtlBars::setBuckets(const QStringList& buckets)
{
    m_buckets = buckets;
    update();
}

void TtlBars::setRows(std::vector<Row> rows, const QString& emptyText)
{
    m_rows = std::move(rows);
    m_emptyText = emptyText;
    if (m_row >= int(m_rows.size()) || empty()) m_row = m_bucket = -1;
    describe();
    update();
}

QString TtlBars::currentText() const
{
    return m_row >= 0 ? cellText(std::size_t(m_row), m_bucket) : QString();
}

void TtlBars::describe()
{
    if (m_row >= 0) return setAccessibleDescription(currentText());
    QStringList words;
    for (std::size_t r = 0; r < m_rows.size(); ++r)
        for (int b = 0; b < m_buckets.size(); ++b)
            if (std::size_t(b) < m_rows[r].counts.size() && m_rows[r].counts[std::size_t(b)] > 0)
                words << cellText(r, b);
    setAccessibleDescription(empty() ? m_emptyText : words.join(QStringLiteral("; ")));
}

bool TtlBars::empty() const
{
    return std::all_of(m_rows.begin(), m_rows.end(), [](const auto& row) { return row.total <= 0; });
}

QRectF TtlBars::plotArea() const
{
    const QFontMetrics metrics(m_theme.font(FontRole::Small));
    int left = 0;
    for (const auto& row : m_rows)
        left = std::max(left, metrics.horizontalAdvance(row.name));
    return QRectF(rect()).adjusted(left + kSpacingSmall, 0, 0, -metrics.height() - kSpacingTiny);
}

QRectF TtlBars::cell(const QRectF& area, std::size_t row, int bucket) const
{
    const double height = area.height() / double(std::max<std::size_t>(m_rows.size(), 1));
    const double width = area.width() / double(std::max<qsizetype>(m_buckets.size(), 1));
    return {area.left() + bucket * width, area.top() + double(row) * height, width, height};
}

QString TtlBars::cellText(std::size_t row, int bucket) const
{
    const auto& one = m_rows[row];
    const double count = std::size_t(bucket) < one.counts.size() ? one.counts[std::size_t(bucket)] : 0;
    return tr("%1, %2: %3 of %4 sampled keys (%5)")
        .arg(one.name, m_buckets[bucket], formatCount(std::llround(count)),
             formatCount(std::llround(one.total)), formatRatio(one.total > 0 ? count / one.total : -1));
}

void TtlBars::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setFont(m_theme.font(FontRole::Small));
    painter.setPen(m_theme.textMuted());
    if (empty()) return painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
    const QFontMetrics metrics(painter.font());
    const auto area = plotArea();
    for (std::size_t r = 0; r < m_rows.size(); ++r) {
        const auto whole = cell(area, r, 0);
        painter.setPen(m_theme.text());
        painter.drawText(QRectF(0, whole.top(), area.left() - kSpacingSmall, whole.height()),
                         Qt::AlignLeft | Qt::AlignVCenter, m_rows[r].name);
        const auto& counts = m_rows[r].counts;
        const double most = counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
        for (int b = 0; b < m_buckets.size(); ++b) {
            auto bar = cell(area, r, b).adjusted(2, kSpacingTiny, -2, -1);
            const double share =
                most > 0 && std::size_t(b) < counts.size() ? counts[std::size_t(b)] / most : 0;
            if (share > 0) {
                bar.setTop(bar.bottom() - std::max(2.0, share * bar.height()));
                painter.fillRect(bar, m_theme.series(int(r) % 8 + 1));
            }
        }
        painter.setPen(QPen(m_theme.cardBorder(), 0));
        painter.drawLine(QPointF(area.left(), whole.bottom()), QPointF(area.right(), whole.bottom()));
    }
    if (m_row >= 0) {
        painter.setPen(QPen(hasFocus() ? m_theme.accent() : m_theme.textMuted(), hasFocus() ? 2 : 1));
        painter.drawRect(cell(area, std::size_t(m_row), m_bucket).adjusted(1, 1, -1, -1));
    }
    painter.setPen(m_theme.textMuted());
    double free = 0;
    for (int b = 0; b < m_buckets.size(); ++b) {
        const auto box = cell(area, 0, b);
        const double width = metrics.horizontalAdvance(m_buckets[b]);
        const double left = std::min(box.center().x() - width / 2, double(rect().right()) - width);
        if (left < free) continue;
        free = left + width + kSpacingTiny;
        painter.drawText(QPointF(left, rect().bottom() - metrics.descent()), m_buckets[b]);
    }
}

// --- the keyboard

void TtlBars::step(int rows, int buckets)
{
    if (empty() || m_buckets.isEmpty()) return;
    m_row = std::clamp(m_row + rows, 0, int(m_rows.size()) - 1);
    m_bucket = std::clamp(m_bucket + buckets, 0, int(m_buckets.size()) - 1);
    describe();
    update();
    readOut();
}

void TtlBars::readOut()
{
    if (m_row < 0) return;
    const auto place = cell(plotArea(), std::size_t(m_row), m_bucket);
    QToolTip::showText(mapToGlobal(place.bottomLeft().toPoint()), currentText(), this);
}

void TtlBars::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Left:
        return step(0, -1);
    case Qt::Key_Right:
        return step(0, 1);
    case Qt::Key_Up:
        return step(-1, 0);
    case Qt::Key_Down:
        return step(1, 0);
    case Qt::Key_Home:
        return step(0, -int(m_buckets.size()));
    case Qt::Key_End:
        return step(0, int(m_buckets.size()));
    case Qt::Key_Return:
    case Qt::Key_Enter:
        return readOut();
    default:
        QWidget::keyPressEvent(event);
    }
}

void TtlBars::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    if (m_row < 0 && event->reason() != Qt::MouseFocusReason && !empty()) {
        m_row = m_bucket = 0;
        describe();
    }
}

bool TtlBars::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const auto area = plotArea();
    for (std::size_t r = 0; r < m_rows.size() && !empty(); ++r)
        for (int b = 0; b < m_buckets.size(); ++b)
            if (cell(area, r, b).contains(help->pos())) {
                QToolTip::showText(help->globalPos(), cellText(r, b), this);
                return true;
            }
    QToolTip::hideText();
    return true;
}

} // namespace ui
