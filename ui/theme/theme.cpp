#include "ui/theme/theme.h"

#include "ui/theme/rookery_style.h"
#include "ui/theme/svg_icon.h"
#include "ui/theme/theme_colors.h"

#include <QApplication>
#include <QEvent>
#include <QFontDatabase>
#include <QPalette>
#include <QStyle>
#include <QToolTip>

namespace ui {
namespace {

constexpr double kBodyPoints = 10;

bool isDark(const QPalette& palette)
{
    return palette.color(QPalette::Window).lightness() < palette.color(QPalette::WindowText).lightness();
}

QString firstFamily(std::initializer_list<QLatin1StringView> wanted, QFontDatabase::SystemFont fallback)
{
    const auto families = QFontDatabase::families();
    for (const auto family : wanted)
        if (families.contains(family)) return family;
    return QFontDatabase::systemFont(fallback).family();
}

const QString& textFamily()
{
    static const QString family = firstFamily(
        {QLatin1StringView("Inter"), QLatin1StringView("Noto Sans"), QLatin1StringView("DejaVu Sans")},
        QFontDatabase::GeneralFont);
    return family;
}

const QString& monoFamily()
{
    static const QString family =
        firstFamily({QLatin1StringView("JetBrains Mono"), QLatin1StringView("DejaVu Sans Mono"),
                     QLatin1StringView("Noto Sans Mono")},
                    QFontDatabase::FixedFont);
    return family;
}

} // namespace

Theme::Theme(ThemeMode mode, QObject* parent)
    : QObject(parent)
    , m_mode(mode)
    , m_systemDark(isDark(QApplication::palette()))
{
    m_dark = wantsDark();
    m_style = new RookeryStyle(styleColors());
    QApplication::setStyle(m_style); // which owns it from now on
    QApplication::setFont(font(FontRole::Body));
    apply();
    qApp->installEventFilter(this);
}

Theme::~Theme() = default;

void Theme::setMode(ThemeMode mode)
{
    m_mode = mode;
    const bool dark = wantsDark();
    if (dark == m_dark) return;
    m_dark = dark;
    apply();
    emit changed();
}

bool Theme::wantsDark() const
{
    return m_mode == ThemeMode::Dark || (m_mode == ThemeMode::System && m_systemDark);
}

void Theme::apply()
{
    if (m_style) m_style->setColors(styleColors());
    const auto wanted = palette();
    QApplication::setPalette(wanted); // repaints every widget
    QApplication::setPalette(viewPalette(), "QAbstractItemView");
    QToolTip::setPalette(wanted);
}

// The desktop environment switched: the style's own palette follows it, ours does not.
bool Theme::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::ThemeChange) {
        m_systemDark = isDark(QApplication::style()->standardPalette());
        setMode(m_mode);
    }
    return QObject::eventFilter(watched, event);
}

QPalette Theme::palette() const
{
    const Colors& c = colors();
    QPalette p(c.text, c.card, c.hover, c.cardBorder, c.cardBorder, c.text, c.text, c.card, c.window);
    p.setColor(QPalette::AlternateBase, c.alternate);
    p.setColor(QPalette::PlaceholderText, c.textMuted);
    p.setColor(QPalette::ToolTipBase, c.card);
    p.setColor(QPalette::ToolTipText, c.text);
    p.setColor(QPalette::Highlight, c.accent);
    p.setColor(QPalette::HighlightedText, c.onAccent);
    p.setColor(QPalette::Link, c.accent);
    p.setColor(QPalette::LinkVisited, c.accent);
    p.setColor(QPalette::BrightText, c.critical);
    p.setColor(QPalette::Shadow, c.rail);
    QColor faint = c.textMuted;
    faint.setAlphaF(0.6F);
    for (const auto role : {QPalette::Text, QPalette::WindowText, QPalette::ButtonText})
        p.setColor(QPalette::Disabled, role, faint);
    p.setColor(QPalette::Disabled, QPalette::Highlight, c.hover);
    p.setColor(QPalette::Disabled, QPalette::HighlightedText, c.textMuted);
    return p;
}

// Chosen rows keep the colours of their words.
QPalette Theme::viewPalette() const
{
    auto p = palette();
    p.setColor(QPalette::Highlight, colors().accentSoft);
    p.setColor(QPalette::HighlightedText, colors().text);
    return p;
}

StyleColors Theme::styleColors() const
{
    const Colors& c = colors();
    return {c.window, c.rail,      c.card,   c.cardBorder, c.hover,
            c.text,   c.textMuted, c.accent, c.accentSoft, c.onAccent};
}

QFont Theme::font(FontRole role) const
{
    QFont font(role == FontRole::Mono ? monoFamily() : textFamily());
    font.setStyleStrategy(QFont::PreferAntialias);
    font.setPointSizeF(kBodyPoints);
    switch (role) {
    case FontRole::Title:
        font.setPointSizeF(kBodyPoints * 1.35);
        font.setWeight(QFont::DemiBold);
        break;
    case FontRole::Value:
        font.setPointSizeF(kBodyPoints * 1.9);
        font.setWeight(QFont::DemiBold);
        break;
    case FontRole::Strong:
        font.setWeight(QFont::DemiBold);
        break;
    case FontRole::Small:
        font.setPointSizeF(kBodyPoints * 0.88);
        break;
    case FontRole::Mono:
        font.setPointSizeF(kBodyPoints * 0.92);
        break;
    case FontRole::Body:
        break;
    }
    return font;
}

QIcon Theme::icon(const QString& name, Tone tone) const
{
    return icon(name, color(tone));
}

QIcon Theme::icon(const QString& name, const QColor& color) const
{
    return svgIcon(name, color);
}

} // namespace ui
