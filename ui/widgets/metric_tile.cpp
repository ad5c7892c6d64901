#include "ui/widgets/metric_tile.h"

#include "ui/widgets/figure_text.h"

#include <QBoxLayout>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>

namespace ui {
namespace {

constexpr int kLeastTileWidth = 132;

// "p50 13 min · p99 16 min" loses whole parts from its end where it does not fit: half a figure is none.
QString fittingParts(const QString& text, const QFontMetrics& metrics, int width)
{
    const auto separator = QStringLiteral(" · ");
    auto parts = text.split(separator);
    auto out = text;
    while (parts.size() > 1 && metrics.horizontalAdvance(out) > width) {
        parts.removeLast();
        out = parts.join(separator) + separator + QStringLiteral("…");
    }
    return out;
}

} // namespace

MetricTile::MetricTile(const Theme& theme, const QString& title, QWidget* parent)
    : QAbstractButton(parent)
    , m_theme(theme)
    , m_title(title)
    , m_value(QStringLiteral("–"))
{
    setLink(false);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
    updateText();
}

void MetricTile::setValue(const QString& value, const QString& unit)
{
    if (value == m_value && unit == m_unit) return;
    m_value = value;
    m_unit = unit;
    updateText();
}

void MetricTile::setSubline(const QString& subline)
{
    if (subline == m_subline) return;
    m_subline = subline;
    updateText();
}

void MetricTile::setWindow(const QString& window)
{
    if (window == m_window) return;
    m_window = window;
    updateText();
}

void MetricTile::setLink(bool link)
{
    m_link = link;
    setFocusPolicy(link ? Qt::StrongFocus : Qt::NoFocus);
    setCursor(link ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void MetricTile::setDated(bool dated)
{
    if (dated == m_dated) return;
    m_dated = dated;
    update();
}

void MetricTile::setStatus(Tone status)
{
    if (status == m_status) return;
    m_status = status;
    update();
}

// The button's text is what screen readers say; the tile itself is painted.
void MetricTile::updateText()
{
    const auto title = m_window.isEmpty() ? m_title : QStringLiteral("%1, %2").arg(m_title, m_window);
    setText(QStringLiteral("%1: %2 %3. %4").arg(title, m_value, m_unit, m_subline));
    update();
}

QSize MetricTile::sizeHint() const
{
    const int height = QFontMetrics(m_theme.font(FontRole::Body)).height() +
                       QFontMetrics(m_theme.font(FontRole::Value)).height() +
                       QFontMetrics(m_theme.font(FontRole::Small)).height() + 2 * kSpacingSmall +
                       2 * kSpacingTiny;
    return {kLeastTileWidth + 2 * kSpacingLarge, height};
}

QSize MetricTile::minimumSizeHint() const
{
    return {kLeastTileWidth, sizeHint().height()};
}

void MetricTile::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        click();
    else
        QAbstractButton::keyPressEvent(event);
}

void MetricTile::focusInEvent(QFocusEvent* event)
{
    m_focusShown = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    QAbstractButton::focusInEvent(event);
}

void MetricTile::enterEvent(QEnterEvent*)
{
    update();
}

void MetricTile::leaveEvent(QEvent*)
{
    update();
}

void MetricTile::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF frame = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    const bool pointed = m_link && (isDown() || underMouse());
    painter.setPen((hasFocus() && m_focusShown) || pointed ? m_theme.accent() : m_theme.cardBorder());
    painter.setBrush(m_link && isDown() ? m_theme.hover() : m_theme.card());
    painter.drawRoundedRect(frame, kCardRadius, kCardRadius);
    if (m_status != Tone::Normal && m_status != Tone::Muted) {
        QPainterPath round;
        round.addRoundedRect(frame, kCardRadius, kCardRadius);
        painter.setClipPath(round);
        painter.fillRect(QRectF(0, 0, kStripeWidth + 0.5, height()), m_theme.color(m_status));
        painter.setClipping(false);
    }
    const QRect inside = rect().adjusted(kSpacingMedium + 2, kSpacingSmall, -kSpacingSmall, -kSpacingSmall);
    const auto write = [&](FontRole role, const QColor& color, const QString& text, int top, int width) {
        painter.setFont(m_theme.font(role));
        painter.setPen(color);
        const auto metrics = painter.fontMetrics();
        painter.drawText(inside.left(), top + metrics.ascent(),
                         metrics.elidedText(text, Qt::ElideRight, width));
        return top + metrics.height();
    };
    int titleWidth = inside.width();
    if (!m_window.isEmpty()) {
        painter.setFont(m_theme.font(FontRole::Small));
        painter.setPen(m_theme.textMuted());
        const int baseline = inside.top() + QFontMetrics(m_theme.font(FontRole::Body)).ascent();
        const int left = inside.right() - painter.fontMetrics().horizontalAdvance(m_window);
        painter.drawText(left, baseline, m_window);
        titleWidth = left - inside.left() - kSpacingTiny;
    }
    const int top =
        write(FontRole::Body, m_theme.textMuted(), m_title, inside.top(), titleWidth) + kSpacingTiny / 2;
    painter.setFont(m_theme.font(FontRole::Value));
    painter.setPen(m_dated ? m_theme.textMuted() : m_theme.text());
    const auto metrics = painter.fontMetrics();
    const QPoint baseline(inside.left(), top + metrics.ascent());
    drawFigure(painter, baseline, m_value);
    const int numberEnd = baseline.x() + figureWidth(metrics, m_value) + kSpacingTiny + 1;
    painter.setFont(m_theme.font(FontRole::Body));
    painter.setPen(m_theme.textMuted());
    painter.drawText(numberEnd, baseline.y(),
                     painter.fontMetrics().elidedText(m_unit, Qt::ElideRight, inside.right() - numberEnd));
    const auto sublineTone = m_status == Tone::Warning || m_status == Tone::Critical ? m_status : Tone::Muted;
    const auto subline = fittingParts(m_subline, QFontMetrics(m_theme.font(FontRole::Small)), inside.width());
    write(FontRole::Small, m_theme.color(sublineTone), subline, top + metrics.height() + kSpacingTiny / 2,
          inside.width());
}

MetricTile* addTile(QBoxLayout& row, const Theme& theme, const char* name, const QString& title,
                    const QString& toolTip, QWidget* parent)
{
    auto* tile = new MetricTile(theme, title, parent);
    tile->setObjectName(QLatin1StringView(name));
    tile->setToolTip(toolTip);
    row.addWidget(tile, 1);
    return tile;
}

} // namespace ui
