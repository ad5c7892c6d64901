// The desktop's look: Fusion with our own buttons, fields, bars and menus, painted from the theme's colours.
// A style in C++, because rules of a sheet are matched for every widget of a page and hold the window still
// for up to 0.2 s. Made by Theme, owned by the application. GUI thread only.
#pragma once

#include "ui/theme/style_colors.h"

#include <QPointer>
#include <QProxyStyle>
#include <QStyleOption>
#include <QTimer>

#include <memory>
#include <vector>

namespace ui {

class RookeryStyle final : public QProxyStyle
{
    Q_OBJECT

public:
    explicit RookeryStyle(const StyleColors& colors);

    // Widgets are painted in them from the next paint on; the caller sets the palette, which repaints all.
    void setColors(const StyleColors& colors) { *m_colors = colors; }

    using QProxyStyle::polish;
    using QProxyStyle::unpolish;
    void polish(QWidget* widget) override;

    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override;
    void drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                     const QWidget* widget) const override;
    void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                            const QWidget* widget) const override;

    QSize sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& contents,
                           const QWidget* widget) const override;
    QRect subElementRect(SubElement element, const QStyleOption* option,
                         const QWidget* widget) const override;
    QRect subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl part,
                         const QWidget* widget) const override;
    int pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const override;
    int styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                  QStyleHintReturn* answer) const override;
    QIcon standardIcon(StandardPixmap icon, const QStyleOption* option, const QWidget* widget) const override;

private:
    template <class Option>
    static const Option* as(const QStyleOption* option)
    {
        return qstyleoption_cast<const Option*>(option);
    }
    void drawProgress(const QStyleOption* option, QPainter& painter, const QWidget* widget) const;
    void moveBusyBars();

    std::shared_ptr<StyleColors> m_colors;             // shared with icons that widgets keep
    mutable std::vector<QPointer<QWidget>> m_busyBars; // painted since the last step
    mutable QTimer m_busyTimer;
};

} // namespace ui
