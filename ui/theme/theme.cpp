#include "ui/theme/theme.h"

#include <QApplication>
#include <QFontDatabase>
#include <QPalette>
#include <QPointer>
#include <QStyleFactory>

#include <algorithm>
#include <array>
#include <cmath>

namespace ui {
namespace {

constexpr qreal kBodyPoints = 10;

struct Pair
{
    QRgb light, dark;
};

// In the order of ColorRole.
constexpr std::array<Pair, 14> kColors{{
    {0xfff4f6f9, 0xff0f141b}, // Window
    {0xffffffff, 0xff141a22}, // Rail
    {0xffffffff, 0xff1a212b}, // Card
    {0xffdde3ea, 0xff2a3440}, // CardBorder
    {0xff18212c, 0xffe6ebf2}, // Text
    {0xff586675, 0xff96a3b3}, // TextMuted
    {0xffe6eaf0, 0xff28313d}, // Grid
    {0xff1f6fe5, 0xff4c96ff}, // Accent
    {0xffffffff, 0xff08111e}, // AccentText
    {0xff14804a, 0xff3ecf8e}, // Ok
    {0xff9a5b00, 0xfff0b03f}, // Warning
    {0xffc22f2f, 0xffff7a70}, // Critical
    {0xffd6e5fc, 0xff24436e}, // Selection
    {0xfff8fafc, 0xff1d2530}, // AlternateRow
}};

// Wong, "Points of view: Color blindness", Nature Methods 8, 441 (2011); yellow and black adapted to the background.
constexpr std::array<Pair, kSeriesCount> kSeries{{
    {0xff0072b2, 0xff56b4e9},
    {0xffd55e00, 0xffe69f00},
    {0xff009e73, 0xff2fc59a},
    {0xffb5508c, 0xffe08fc0},
    {0xff5a6b7d, 0xffb8c4d2},
    {0xffb38600, 0xfff0e442},
    {0xff2d8fc4, 0xff0a8ad6},
    {0xff8c4a00, 0xffd97a3a},
}};
constexpr std::array kDashes{Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine,
                             Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine};

// Nine evenly spaced stops of cividis (Nuñez, Anderton, Renslow, PLoS ONE 13(7), 2018).
constexpr std::array<QRgb, 9> kCividis{0xff00224e, 0xff123570, 0xff3b496c, 0xff575d6d, 0xff707173,
                                       0xff8a8678, 0xffa59c74, 0xffc3b369, 0xfffee838};

QColor between(QColor a, QColor b, double f)
{
    const auto mix = [f](int x, int y) { return int(std::lround(x + (y - x) * f)); };
    return QColor(mix(a.red(), b.red()), mix(a.green(), b.green()), mix(a.blue(), b.blue()));
}

QString preferredFamily()
{
    const auto families = QFontDatabase::families();
    for (const auto& name : {QStringLiteral("Inter"), QStringLiteral("Inter Variable"), QStringLiteral("DejaVu Sans")})
        if (families.contains(name)) return name;
    return QFontDatabase::systemFont(QFontDatabase::GeneralFont).family();
}

} // namespace

Theme::Theme(QObject* parent)
    : QObject(parent)
    , m_systemDark(QApplication::palette().color(QPalette::Window).lightness() < 128)
    , m_family(preferredFamily())
{
    setObjectName(QStringLiteral("rookeryTheme"));
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    QApplication::setFont(font(FontRole::Body));
    apply();
}

void Theme::setChoice(ThemeChoice choice)
{
    m_choice = choice;
    apply();
}

void Theme::apply()
{
    m_dark = m_choice == ThemeChoice::Dark || (m_choice == ThemeChoice::System && m_systemDark);
    QPalette palette;
    const auto set = [&](QPalette::ColorRole role, ColorRole meaning) { palette.setColor(role, color(meaning)); };
    set(QPalette::Window, ColorRole::Window);
    set(QPalette::WindowText, ColorRole::Text);
    set(QPalette::Base, ColorRole::Card);
    set(QPalette::AlternateBase, ColorRole::AlternateRow);
    set(QPalette::Text, ColorRole::Text);
    set(QPalette::Button, ColorRole::Card);
    set(QPalette::ButtonText, ColorRole::Text);
    set(QPalette::ToolTipBase, ColorRole::Card);
    set(QPalette::ToolTipText, ColorRole::Text);
    set(QPalette::Highlight, ColorRole::Accent);
    set(QPalette::HighlightedText, ColorRole::AccentText);
    set(QPalette::PlaceholderText, ColorRole::TextMuted);
    set(QPalette::Link, ColorRole::Accent);
    set(QPalette::Light, ColorRole::Card);
    set(QPalette::Midlight, ColorRole::CardBorder);
    set(QPalette::Mid, ColorRole::CardBorder);
    set(QPalette::Dark, ColorRole::CardBorder);
    set(QPalette::Shadow, ColorRole::Window);
    set(QPalette::BrightText, ColorRole::Critical);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, between(color(ColorRole::TextMuted), color(ColorRole::Window), 0.35));
    palette.setColor(QPalette::Disabled, QPalette::Highlight, color(ColorRole::CardBorder));
    palette.setColor(QPalette::Inactive, QPalette::Highlight, color(ColorRole::Selection));
    palette.setColor(QPalette::Inactive, QPalette::HighlightedText, color(ColorRole::Text));
    QApplication::setPalette(palette);
    emit changed();
}

QColor Theme::color(ColorRole role) const
{
    const auto& pair = kColors[std::size_t(role)];
    return QColor::fromRgba(m_dark ? pair.dark : pair.light);
}

QColor Theme::series(int index) const
{
    const auto& pair = kSeries[std::size_t(index) % kSeries.size()];
    return QColor::fromRgba(m_dark ? pair.dark : pair.light);
}

Qt::PenStyle Theme::dash(int index) const { return kDashes[std::size_t(index) % kDashes.size()]; }

QColor Theme::load(double fraction) const
{
    const double at = std::clamp(fraction, 0.0, 1.0) * double(kCividis.size() - 1);
    const auto below = std::min(std::size_t(at), kCividis.size() - 2);
    return between(QColor::fromRgb(kCividis[below]), QColor::fromRgb(kCividis[below + 1]), at - double(below));
}

QColor Theme::diverging(double fraction) const
{
    const QColor middle = m_dark ? color(ColorRole::CardBorder) : color(ColorRole::Grid);
    return fraction < 0 ? between(middle, series(0), std::min(1.0, -fraction)) : between(middle, series(1), std::min(1.0, fraction));
}

QFont Theme::font(FontRole role) const
{
    QFont font(m_family);
    font.setPointSizeF(kBodyPoints);
    switch (role) {
    case FontRole::Title:
        font.setWeight(QFont::DemiBold);
        break;
    case FontRole::Value:
        font.setPointSizeF(kBodyPoints * 1.9);
        font.setWeight(QFont::DemiBold);
        break;
    case FontRole::Body:
        break;
    case FontRole::Small:
        font.setPointSizeF(kBodyPoints * 0.9);
        break;
    case FontRole::Mono:
        font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
        font.setPointSizeF(kBodyPoints * 0.95);
        break;
    }
    return font;
}

Theme& theme()
{
    static QPointer<Theme> found; // of this application; a test may make several one after the other
    if (!found) found = qApp->findChild<Theme*>(QStringLiteral("rookeryTheme"));
    Q_ASSERT(found);
    return *found;
}

} // namespace ui
