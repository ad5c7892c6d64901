#include "ui/pages/post_delegate.h"

#include "backend/domain/feed.h"
#include "ui/models/timeline_model.h"
#include "ui/theme/theme.h"

#include <QPainter>
#include <QTextLayout>

namespace ui {
namespace {

constexpr int kTextLines = 2;
constexpr int kBadgePadding = 6;

struct Fonts
{
    QFont author, text, small;

    explicit Fonts(const Theme& theme)
        : author(theme.font(FontRole::Strong))
        , text(theme.font(FontRole::Body))
        , small(theme.font(FontRole::Small))
    {
    }
    int height() const
    {
        return QFontMetrics(author).height() + kTextLines * QFontMetrics(text).height() +
               QFontMetrics(small).height() + 2 * kSpacingTiny + 2 * kSpacingSmall;
    }
};

Tone badgeTone(backend::EntrySource source)
{
    switch (source) {
    case backend::EntrySource::Pushed:
        return Tone::Ok;
    case backend::EntrySource::Pulled:
        return Tone::Accent;
    case backend::EntrySource::ReadThrough:
        return Tone::Warning;
    }
    return Tone::Muted;
}

// At most kTextLines lines; the last one is elided.
void drawLines(QPainter& painter, const QRect& area, const QString& text)
{
    const QFontMetrics metrics(painter.font());
    QTextLayout layout(text, painter.font());
    QTextOption wrap;
    wrap.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    layout.setTextOption(wrap);
    layout.beginLayout();
    for (int i = 0; i < kTextLines; ++i) {
        QTextLine line = layout.createLine();
        if (!line.isValid()) break;
        line.setLineWidth(area.width());
        const auto shown = i + 1 < kTextLines
                               ? text.mid(line.textStart(), line.textLength())
                               : metrics.elidedText(text.mid(line.textStart()), Qt::ElideRight, area.width());
        painter.drawText(QPoint(area.left(), area.top() + i * metrics.height() + metrics.ascent()), shown);
    }
    layout.endLayout();
}

// Returns its left edge.
int drawBadge(QPainter& painter, const QRect& row, const QString& text, const QColor& color)
{
    const QFontMetrics metrics(painter.font());
    const int width = metrics.horizontalAdvance(text) + 2 * kBadgePadding;
    const QRect badge(row.right() - width, row.top(), width, row.height());
    painter.setPen(color);
    painter.setBrush(Qt::NoBrush);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.drawRoundedRect(QRectF(badge).adjusted(0.5, 0.5, -0.5, -0.5), kControlRadius, kControlRadius);
    painter.drawText(badge, Qt::AlignCenter, text);
    return badge.left();
}

QString metaText(const QModelIndex& index)
{
    const auto time = index.data(TimelineModel::TimeRole).toString();
    const auto delay = index.data(TimelineModel::DelayTextRole).toString();
    return delay.isEmpty() ? time : QStringLiteral("%1 · %2").arg(time, delay);
}

} // namespace

PostDelegate::PostDelegate(const Theme& theme, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_theme(theme)
{
}

void PostDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                         const QModelIndex& index) const
{
    const Fonts fonts(m_theme);
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    painter->save();
    if (selected)
        painter->fillRect(option.rect, m_theme.accentSoft());
    else if (option.state.testFlag(QStyle::State_MouseOver))
        painter->fillRect(option.rect, m_theme.hover());
    painter->setPen(m_theme.grid());
    painter->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());

    QRect row = option.rect.adjusted(kSpacingSmall, kSpacingSmall, -kSpacingSmall, 0);
    row.setHeight(QFontMetrics(fonts.author).height());
    int right = row.right();
    if (const auto source = index.data(TimelineModel::SourceRole); source.isValid()) {
        painter->setFont(fonts.small);
        right = drawBadge(*painter, row, index.data(TimelineModel::SourceTextRole).toString(),
                          m_theme.color(badgeTone(backend::EntrySource(source.toInt()))));
    }
    painter->setFont(fonts.author);
    painter->setPen(m_theme.text());
    const int nameWidth = right - kSpacingSmall - row.left();
    painter->drawText(row, Qt::AlignLeft | Qt::AlignVCenter,
                      painter->fontMetrics().elidedText(
                          QStringLiteral("@%1").arg(index.data(TimelineModel::AuthorRole).toString()),
                          Qt::ElideRight, nameWidth));

    QRect text = row.translated(0, row.height() + kSpacingTiny);
    painter->setFont(fonts.text);
    text.setHeight(kTextLines * painter->fontMetrics().height());
    painter->setPen(index.data(TimelineModel::TextMissingRole).toBool() ? m_theme.warning() : m_theme.text());
    drawLines(*painter, text, index.data(TimelineModel::TextRole).toString());

    painter->setFont(fonts.small);
    painter->setPen(m_theme.textMuted());
    const QRect meta(text.left(), text.bottom() + 1 + kSpacingTiny, text.width(),
                     painter->fontMetrics().height());
    painter->drawText(meta, Qt::AlignLeft | Qt::AlignVCenter,
                      painter->fontMetrics().elidedText(metaText(index), Qt::ElideRight, meta.width()));
    painter->restore();
}

QSize PostDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const
{
    return {200, Fonts(m_theme).height()};
}

} // namespace ui
