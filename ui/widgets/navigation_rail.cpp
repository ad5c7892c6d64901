#include "ui/widgets/navigation_rail.h"

#include <QPainter>
#include <QVBoxLayout>

namespace ui {
namespace {

constexpr int kRailWidth = 172, kCompactWidth = 56;
constexpr int kEntryHeight = 36;
constexpr int kPageIconPixels = 20;

} // namespace

NavigationRail::NavigationRail(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_layout(new QVBoxLayout(this))
{
    setObjectName(QStringLiteral("navigationRail"));
    setAccessibleName(tr("Pages"));
    setFixedWidth(kRailWidth);
    m_layout->setContentsMargins(kSpacingSmall, kSpacingMedium, kSpacingSmall + 1, kSpacingSmall);
    m_layout->setSpacing(2);
    m_layout->addStretch(1);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void NavigationRail::addEntry(const QString& id, const QString& title, const QString& icon)
{
    const auto hint = tr("Alt+%1").arg(m_entries.size() + 1);
    auto* entry = new RailButton(m_theme, title, icon, hint, this);
    entry->setObjectName(id + QStringLiteral("Entry"));
    entry->setProperty("pageId", id);
    connect(entry, &QAbstractButton::clicked, this, [this, id] { emit chosen(id); });
    m_layout->insertWidget(int(m_entries.size()), entry);
    m_entries.push_back(entry);
}

void NavigationRail::setCurrent(const QString& id)
{
    for (auto* entry : m_entries)
        if (entry->property("pageId").toString() == id) entry->setChecked(true);
}

void NavigationRail::setCompact(bool compact)
{
    setFixedWidth(compact ? kCompactWidth : kRailWidth);
}

int NavigationRail::fullWidth()
{
    return kRailWidth;
}

void NavigationRail::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), m_theme.rail());
    painter.fillRect(QRect(width() - 1, 0, 1, height()), m_theme.cardBorder());
}

RailButton::RailButton(const Theme& theme, const QString& title, const QString& icon, const QString& hint,
                       QWidget* parent)
    : QAbstractButton(parent)
    , m_theme(theme)
    , m_icon(icon)

{
    setText(title);
    setToolTip(QStringLiteral("%1 (%2)").arg(title, hint));
    setCheckable(true);
    setAutoExclusive(true);
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

QSize RailButton::sizeHint() const
{
    return {kCompactWidth - 2 * kSpacingSmall, kEntryHeight};
}

void RailButton::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF frame = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    if (isChecked() || underMouse()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(isChecked() ? m_theme.accentSoft() : m_theme.hover());
        painter.drawRoundedRect(frame, kControlRadius + 1, kControlRadius + 1);
    }
    if (hasFocus()) {
        painter.setPen(m_theme.accent());
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(frame, kControlRadius + 1, kControlRadius + 1);
    }
    const auto tone = isChecked() ? Tone::Accent : Tone::Muted;
    const bool iconAlone = width() < kCompactWidth;
    const int iconLeft = iconAlone ? (width() - kPageIconPixels) / 2 : kSpacingSmall + 2;
    const int iconTop = (height() - kPageIconPixels) / 2;
    m_theme.icon(m_icon, tone).paint(&painter, iconLeft, iconTop, kPageIconPixels, kPageIconPixels);
    if (iconAlone) return;
    painter.setFont(m_theme.font(isChecked() ? FontRole::Strong : FontRole::Body));
    painter.setPen(m_theme.text());
    const QRect words =
        rect().adjusted(kPageIconPixels + 2 * kSpacingSmall + kSpacingTiny, 0, -kSpacingTiny, 0);
    painter.drawText(words, Qt::AlignLeft | Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(text(), Qt::ElideRight, words.width()));
}

} // namespace ui
