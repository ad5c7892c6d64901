// The sizes and places of RookeryStyle, its answers about behaviour, and its icons.
#include "ui/theme/rookery_style.h"

#include "ui/theme/style_bars.h"
#include "ui/theme/style_buttons.h"
#include "ui/theme/style_fields.h"
#include "ui/theme/style_menus.h"
#include "ui/theme/svg_icon.h"

#include <QAbstractItemView>
#include <QStyleOption>
#include <QWidget>

namespace ui {
namespace {

constexpr int kToolTipFrame = 4, kMenuPanel = 1, kMenuMargin = 4;
constexpr int kPopupPaddingX = 7, kPopupPaddingY = 4;

// The entries of a combo box, or what a field suggests.
bool isPopupList(const QWidget* widget)
{
    return qobject_cast<const QAbstractItemView*>(widget) && widget->window()->windowType() == Qt::Popup;
}

} // namespace

QSize RookeryStyle::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& contents,
                                     const QWidget* widget) const
{
    switch (type) {
    case CT_PushButton:
        return pushButtonSize(contents);
    case CT_ToolButton:
        return toolButtonSize(contents, widget);
    case CT_LineEdit:
        if (const auto* frame = as<QStyleOptionFrame>(option); frame && frame->lineWidth <= 0)
            return contents;
        return lineEditSize(contents);
    case CT_SpinBox:
        if (const auto* box = as<QStyleOptionSpinBox>(option)) return spinBoxSize(*box, contents);
        break;
    case CT_ComboBox:
        return comboBoxSize(contents);
    case CT_ProgressBar:
        return {contents.width(), kProgressHeight};
    case CT_TabBarTab:
        return contents; // the paddings are the bar's
    case CT_HeaderSection:
        return QProxyStyle::sizeFromContents(type, option, contents, widget) +
               QSize(2 * kHeaderPaddingX, 2 * kHeaderPaddingY + 1);
    case CT_ItemViewItem:
        if (isPopupList(widget))
            return QProxyStyle::sizeFromContents(type, option, contents, widget) +
                   QSize(0, 2 * kPopupPaddingY);
        break;
    case CT_MenuItem:
        if (const auto* item = as<QStyleOptionMenuItem>(option)) return menuItemSize(*item, contents);
        break;
    default:
        break;
    }
    return QProxyStyle::sizeFromContents(type, option, contents, widget);
}

QRect RookeryStyle::subElementRect(SubElement element, const QStyleOption* option,
                                   const QWidget* widget) const
{
    switch (element) {
    case SE_PushButtonContents:
        return pushButtonContents(option->rect);
    case SE_LineEditContents:
        if (const auto* frame = as<QStyleOptionFrame>(option)) return lineEditContents(*frame);
        break;
    case SE_TabWidgetTabContents: // below the pane's one line
        return subElementRect(SE_TabWidgetTabPane, option, widget).adjusted(0, 1, 0, 0);
    case SE_ProgressBarGroove:
    case SE_ProgressBarContents:
    case SE_ProgressBarLabel:
        return option->rect;
    default:
        break;
    }
    return QProxyStyle::subElementRect(element, option, widget);
}

QRect RookeryStyle::subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl part,
                                   const QWidget* widget) const
{
    if (control == CC_SpinBox)
        if (const auto* box = as<QStyleOptionSpinBox>(option)) return spinBoxPart(*box, part);
    if (control == CC_ComboBox && part != SC_ComboBoxListBoxPopup)
        if (const auto* box = as<QStyleOptionComboBox>(option)) return comboBoxPart(*box, part);
    if (control == CC_ScrollBar)
        if (const auto* bar = as<QStyleOptionSlider>(option)) return scrollBarPart(*bar, part);
    return QProxyStyle::subControlRect(control, option, part, widget);
}

int RookeryStyle::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const
{
    switch (metric) {
    case PM_ButtonShiftHorizontal:
    case PM_ButtonShiftVertical:
    case PM_TabBarTabShiftHorizontal:
    case PM_TabBarTabShiftVertical:
    case PM_TabBarBaseOverlap:
    case PM_TabBarBaseHeight:
        return 0;
    case PM_TabBarTabHSpace:
        return 2 * kTabPaddingX;
    case PM_TabBarTabVSpace:
        return 2 * kTabPaddingY + kTabLine;
    case PM_ScrollBarExtent:
        return kScrollBarExtent;
    case PM_ScrollBarSliderMin:
        return kScrollHandleLeast;
    case PM_FocusFrameHMargin:
        if (isPopupList(widget)) return kPopupPaddingX;
        break;
    case PM_ToolTipLabelFrameWidth:
        return kToolTipFrame;
    case PM_MenuPanelWidth:
        return kMenuPanel;
    case PM_MenuHMargin:
    case PM_MenuVMargin:
        return kMenuMargin;
    default:
        break;
    }
    return QProxyStyle::pixelMetric(metric, option, widget);
}

int RookeryStyle::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                            QStyleHintReturn* answer) const
{
    switch (hint) {
    case SH_ComboBox_Popup: // a list below the box, not a menu over it
    case SH_DialogButtonBox_ButtonsHaveIcons:
        return 0;
    default:
        return QProxyStyle::styleHint(hint, option, widget, answer);
    }
}

QIcon RookeryStyle::standardIcon(StandardPixmap icon, const QStyleOption* option, const QWidget* widget) const
{
    if (icon == SP_LineEditClearButton)
        return svgIcon(QStringLiteral("clear"), [colors = m_colors] { return colors->textMuted; });
    return QProxyStyle::standardIcon(icon, option, widget);
}

} // namespace ui
