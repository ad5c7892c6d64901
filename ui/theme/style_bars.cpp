#include "ui/theme/style_bars.h"

#include <QPainter>
#include <QStyleOption>
#include <QStyleOptionProgressBar>
#include <QStyleOptionSlider>
#include <QStyleOptionTab>
#include <QWidget>

#include <algorithm>

namespace ui {
namespace {

constexpr qreal kHandleRadius = 4;
constexpr double kBusyPart = 0.25; // of the bar

void fillRounded(QPainter& painter, const QRectF& rect, const QColor& color, qreal radius)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    const qreal fitting = std::min({radius, rect.width() / 2, rect.height() / 2});
    painter.drawRoundedRect(rect, fitting, fitting);
    painter.restore();
}

// Where the handle begins and how long it is, along the bar.
struct Handle
{
    int from = 0, length = 0;
};

Handle handleOf(const QStyleOptionSlider& option)
{
    const int all = option.orientation == Qt::Horizontal ? option.rect.width() : option.rect.height();
    const qint64 range = qint64(option.maximum) - option.minimum;
    if (range <= 0) return {0, all};
    const auto wanted = qint64(all) * option.pageStep / (range + option.pageStep);
    const int length = int(std::min<qint64>(all, std::max<qint64>(wanted, kScrollHandleLeast)));
    return {QStyle::sliderPositionFromValue(option.minimum, option.maximum, option.sliderPosition,
                                            all - length, option.upsideDown),
            length};
}

} // namespace

QRect scrollBarPart(const QStyleOptionSlider& option, QStyle::SubControl part)
{
    const auto& all = option.rect;
    const auto [from, length] = handleOf(option);
    const bool flat = option.orientation == Qt::Horizontal;
    const auto along = [&](int begin, int end) {
        return flat ? QRect(all.left() + begin, all.top(), end - begin, all.height())
                    : QRect(all.left(), all.top() + begin, all.width(), end - begin);
    };
    QRect out;
    switch (part) {
    case QStyle::SC_ScrollBarGroove:
        out = all;
        break;
    case QStyle::SC_ScrollBarSlider:
        out = along(from, from + length);
        break;
    case QStyle::SC_ScrollBarSubPage:
        out = along(0, from);
        break;
    case QStyle::SC_ScrollBarAddPage:
        out = along(from + length, flat ? all.width() : all.height());
        break;
    default:
        break; // no arrows
    }
    return QStyle::visualRect(option.direction, all, out);
}

void drawScrollBar(const StyleColors& colors, const QStyleOptionSlider& option, QPainter& painter)
{
    if (option.maximum <= option.minimum) return;
    const bool held =
        option.state.testFlag(QStyle::State_Sunken) || option.state.testFlag(QStyle::State_MouseOver);
    const bool lit = held && option.activeSubControls.testFlag(QStyle::SC_ScrollBarSlider);
    fillRounded(painter, QRectF(scrollBarPart(option, QStyle::SC_ScrollBarSlider)).adjusted(1, 1, -1, -1),
                lit ? colors.textMuted : colors.cardBorder, kHandleRadius);
}

void drawProgressBar(const StyleColors& colors, const QStyleOptionProgressBar& option, QPainter& painter,
                     double busyStep)
{
    const QRectF all = option.rect;
    fillRounded(painter, all, colors.hover, kHandleRadius);
    const auto& mark = option.state.testFlag(QStyle::State_Enabled) ? colors.accent : colors.cardBorder;
    const double range = double(option.maximum) - option.minimum;
    if (range <= 0) {
        const double part = kBusyPart * all.width();
        fillRounded(painter, {all.left() + busyStep * (all.width() - part), all.top(), part, all.height()},
                    mark, kHandleRadius);
        return;
    }
    const double done = std::clamp((double(option.progress) - option.minimum) / range, 0.0, 1.0);
    if (done <= 0) return;
    // Never shorter than round: a bar that began must show it.
    const double width = std::max(done * all.width(), std::min(all.height(), all.width()));
    const bool fromRight = (option.direction == Qt::RightToLeft) != option.invertedAppearance;
    fillRounded(painter, {fromRight ? all.right() - width : all.left(), all.top(), width, all.height()}, mark,
                kHandleRadius);
}

void drawTabShape(const StyleColors& colors, const QStyleOptionTab& option, QPainter& painter)
{
    const bool chosen = option.state.testFlag(QStyle::State_Selected);
    if (chosen && option.state.testFlag(QStyle::State_HasFocus)) painter.fillRect(option.rect, colors.hover);
    if (chosen)
        painter.fillRect(
            QRect(option.rect.left(), option.rect.bottom() + 1 - kTabLine, option.rect.width(), kTabLine),
            colors.accent);
}

void drawTabLabel(const StyleColors& colors, const QStyleOptionTab& option, QPainter& painter,
                  const QStyle& style, const QWidget* widget)
{
    const bool lit =
        option.state.testFlag(QStyle::State_Selected) || option.state.testFlag(QStyle::State_MouseOver);
    auto label = option;
    label.state.setFlag(QStyle::State_HasFocus, false); // the ground says it
    label.palette.setColor(QPalette::WindowText, lit ? colors.text : colors.textMuted);
    label.rect.adjust(0, 0, 0, -kTabLine);
    style.drawControl(QStyle::CE_TabBarTabLabel, &label, &painter, widget);
}

void drawTabPane(const StyleColors& colors, const QRect& rect, QPainter& painter)
{
    painter.fillRect(QRect(rect.left(), rect.top(), rect.width(), 1), colors.cardBorder);
}

void drawSplitter(const StyleColors& colors, const QStyleOption& option, QPainter& painter)
{
    if (option.state.testFlag(QStyle::State_Enabled) && option.state.testFlag(QStyle::State_MouseOver))
        fillRounded(painter, option.rect, colors.accentSoft, 2);
}

void drawStatusBar(const StyleColors& colors, const QRect& rect, QPainter& painter)
{
    painter.fillRect(rect, colors.rail);
    painter.fillRect(QRect(rect.left(), rect.top(), rect.width(), 1), colors.cardBorder);
}

} // namespace ui
