#include "ui/theme/rookery_style.h"

#include "ui/theme/style_bars.h"
#include "ui/theme/style_buttons.h"
#include "ui/theme/style_fields.h"
#include "ui/theme/style_menus.h"
#include "ui/theme/svg_icon.h"

#include <QAbstractButton>
#include <QAbstractScrollArea>
#include <QElapsedTimer>
#include <QPainter>
#include <QProgressBar>
#include <QScrollBar>
#include <QStyleFactory>
#include <QStyleOption>
#include <QTabBar>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace ui {
namespace {

constexpr std::chrono::milliseconds kBusyInterval{40}, kBusyPeriod{1600};

// From 0 to 1 and back.
double busyStep()
{
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now().time_since_epoch());
    const double phase = double(now.count() % kBusyPeriod.count()) / double(kBusyPeriod.count());
    return 1 - std::abs(2 * phase - 1);
}

} // namespace

RookeryStyle::RookeryStyle(const StyleColors& colors)
    : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion")))
    , m_colors(std::make_shared<StyleColors>(colors))
{
    setObjectName(QStringLiteral("rookery"));
    connect(&m_busyTimer, &QTimer::timeout, this, &RookeryStyle::moveBusyBars);
}

void RookeryStyle::polish(QWidget* widget)
{
    QProxyStyle::polish(widget);
    if (qobject_cast<QTabBar*>(widget)) widget->setAttribute(Qt::WA_Hover);
    if (qobject_cast<QScrollBar*>(widget)) widget->setAttribute(Qt::WA_OpaquePaintEvent, false);
    // Its hint would leave room for a line of text.
    if (auto* bar = qobject_cast<QProgressBar*>(widget); bar && bar->orientation() == Qt::Horizontal)
        bar->setFixedHeight(kProgressHeight);
}

void RookeryStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                                 const QWidget* widget) const
{
    const auto& colors = *m_colors;
    switch (element) {
    case PE_PanelButtonCommand:
        if (const auto* button = as<QStyleOptionButton>(option))
            return drawPushButtonBox(colors, *button, *painter);
        break;
    case PE_PanelScrollAreaCorner:
        return; // as empty as the grooves beside it
    case PE_PanelLineEdit:
        if (const auto* frame = as<QStyleOptionFrame>(option))
            return drawLineEdit(colors, *frame, *painter, widget);
        break;
    case PE_FrameLineEdit:
        return; // the panel has it
    case PE_Frame:
    case PE_FrameMenu:
        return drawBox(*painter, option->rect, Qt::transparent, colors.cardBorder, Corners::None);
    case PE_PanelMenu:
        return painter->fillRect(option->rect, colors.card);
    case PE_PanelTipLabel:
        return drawBox(*painter, option->rect, colors.card, colors.cardBorder, Corners::None);
    case PE_FrameTabWidget:
        return drawTabPane(colors, option->rect, *painter);
    case PE_FrameTabBarBase:
    case PE_FrameStatusBarItem:
        return;
    case PE_PanelStatusBar:
        return drawStatusBar(colors, option->rect, *painter);
    case PE_IndicatorHeaderArrow:
        if (const auto* header = as<QStyleOptionHeader>(option))
            return drawHeaderArrow(colors, *header, *painter);
        break;
    default:
        break;
    }
    QProxyStyle::drawPrimitive(element, option, painter, widget);
}

void RookeryStyle::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                               const QWidget* widget) const
{
    const auto& colors = *m_colors;
    switch (element) {
    case CE_PushButton:
        if (const auto* button = as<QStyleOptionButton>(option)) {
            drawControl(CE_PushButtonBevel, button, painter, widget);
            auto label = *button;
            label.rect = subElementRect(SE_PushButtonContents, button, widget);
            return drawControl(CE_PushButtonLabel, &label, painter, widget);
        }
        break;
    case CE_PushButtonBevel:
        if (const auto* button = as<QStyleOptionButton>(option))
            return drawPushButtonBox(colors, *button, *painter);
        break;
    case CE_PushButtonLabel:
        if (const auto* button = as<QStyleOptionButton>(option))
            return drawPushButtonLabel(colors, *button, *painter, *baseStyle(), widget);
        break;
    case CE_ComboBoxLabel:
        if (const auto* box = as<QStyleOptionComboBox>(option); box && !box->state.testFlag(State_Enabled)) {
            auto label = *box;
            label.palette.setColor(QPalette::ButtonText, colors.textMuted);
            return QProxyStyle::drawControl(element, &label, painter, widget);
        }
        break;
    case CE_ProgressBar:
        return drawProgress(option, *painter, widget);
    case CE_TabBarTabShape:
        if (const auto* tab = as<QStyleOptionTab>(option)) return drawTabShape(colors, *tab, *painter);
        break;
    case CE_TabBarTabLabel:
        if (const auto* tab = as<QStyleOptionTab>(option))
            return drawTabLabel(colors, *tab, *painter, *baseStyle(), widget);
        break;
    case CE_Splitter:
        return drawSplitter(colors, *option, *painter);
    case CE_MenuItem:
        if (const auto* item = as<QStyleOptionMenuItem>(option)) return drawMenuItem(colors, *item, *painter);
        break;
    case CE_MenuEmptyArea:
        return painter->fillRect(option->rect, colors.card);
    case CE_HeaderSection:
    case CE_HeaderEmptyArea:
        return drawHeaderSection(colors, option->rect, *painter);
    case CE_HeaderLabel:
        if (const auto* header = as<QStyleOptionHeader>(option))
            return drawHeaderLabel(colors, *header, *painter, *baseStyle(), widget);
        break;
    default:
        break;
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

void RookeryStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                                      QPainter* painter, const QWidget* widget) const
{
    const auto& colors = *m_colors;
    if (control == CC_ToolButton)
        if (const auto* button = as<QStyleOptionToolButton>(option))
            return drawToolButton(colors, *button, *painter, *baseStyle(), widget);
    if (control == CC_SpinBox)
        if (const auto* box = as<QStyleOptionSpinBox>(option)) return drawSpinBox(colors, *box, *painter);
    if (control == CC_ComboBox)
        if (const auto* box = as<QStyleOptionComboBox>(option)) return drawComboBox(colors, *box, *painter);
    if (control == CC_ScrollBar)
        if (const auto* bar = as<QStyleOptionSlider>(option)) return drawScrollBar(colors, *bar, *painter);
    QProxyStyle::drawComplexControl(control, option, painter, widget);
}

void RookeryStyle::drawProgress(const QStyleOption* option, QPainter& painter, const QWidget* widget) const
{
    const auto* bar = as<QStyleOptionProgressBar>(option);
    if (!bar) return;
    drawProgressBar(*m_colors, *bar, painter, busyStep());
    if (bar->maximum > bar->minimum || !widget) return;
    m_busyBars.emplace_back(const_cast<QWidget*>(widget)); // only to ask it for its next paint
    if (!m_busyTimer.isActive()) m_busyTimer.start(kBusyInterval);
}

// A bar that is hidden or has its length by now is not painted as busy again; the last one ends the timer.
void RookeryStyle::moveBusyBars()
{
    const auto bars = std::exchange(m_busyBars, {});
    if (bars.empty()) m_busyTimer.stop();
    for (const auto& bar : bars)
        if (bar) bar->update();
}

} // namespace ui
