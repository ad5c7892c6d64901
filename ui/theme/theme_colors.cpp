#include "ui/theme/theme_colors.h"

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

QColor mix(const QColor& from, const QColor& to, double part)
{
    const auto channel = [part](int a, int b) { return int(std::lround(a + (b - a) * part)); };
    return {channel(from.red(), to.red()), channel(from.green(), to.green()),
            channel(from.blue(), to.blue())};
}

// Relative luminance as WCAG 2 defines it.
double luminance(const QColor& color)
{
    const auto linear = [](double part) {
        return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

} // namespace

// The series are Wong's eight (Nature Methods 8, 441): blue, vermilion, bluish green, reddish purple, sky
// blue, orange, yellow and a neutral, made darker or lighter where the ground asks for it.
const Theme::Colors& Theme::lightColors()
{
    static const Colors colors{
        .window = QColor(0xf3f5f8),
        .rail = QColor(0xe9edf2),
        .card = QColor(0xffffff),
        .cardBorder = QColor(0xd8dee6),
        .hover = QColor(0xe3e9f1),
        .alternate = QColor(0xf7f9fb),
        .grid = QColor(0xe7ebf0),
        .text = QColor(0x1a2230),
        .textMuted = QColor(0x566274),
        .accent = QColor(0x1f66d6),
        .accentSoft = QColor(0xdbe7fb),
        .onAccent = QColor(0xffffff),
        .ok = QColor(0x177a4c),
        .warning = QColor(0x9a5f00),
        .critical = QColor(0xc0271f),
        .series = {QColor(0x0072b2), QColor(0xd55e00), QColor(0x008f68), QColor(0xb35a8c), QColor(0x2f97cf),
                   QColor(0xb97f00), QColor(0x8f8500), QColor(0x4a5566)},
    };
    return colors;
}

const Theme::Colors& Theme::darkColors()
{
    static const Colors colors{
        .window = QColor(0x10141b),
        .rail = QColor(0x0c0f15),
        .card = QColor(0x191f29),
        .cardBorder = QColor(0x2a3340),
        .hover = QColor(0x232b38),
        .alternate = QColor(0x1d2430),
        .grid = QColor(0x27303c),
        .text = QColor(0xe4e9f0),
        .textMuted = QColor(0x97a4b6),
        .accent = QColor(0x5aa2ff),
        .accentSoft = QColor(0x1d3558),
        .onAccent = QColor(0x081423),
        .ok = QColor(0x45c98a),
        .warning = QColor(0xf2b544),
        .critical = QColor(0xff7369),
        .series = {QColor(0x4ba3e3), QColor(0xf0803c), QColor(0x2fbf94), QColor(0xd98fb8), QColor(0x86ccf3),
                   QColor(0xe6a51e), QColor(0xf0e442), QColor(0xb4c0cf)},
    };
    return colors;
}

QColor Theme::window() const
{
    return colors().window;
}
QColor Theme::rail() const
{
    return colors().rail;
}
QColor Theme::card() const
{
    return colors().card;
}
QColor Theme::cardBorder() const
{
    return colors().cardBorder;
}
QColor Theme::hover() const
{
    return colors().hover;
}
QColor Theme::alternate() const
{
    return colors().alternate;
}
QColor Theme::grid() const
{
    return colors().grid;
}
QColor Theme::text() const
{
    return colors().text;
}
QColor Theme::textMuted() const
{
    return colors().textMuted;
}
QColor Theme::accent() const
{
    return colors().accent;
}
QColor Theme::accentSoft() const
{
    return colors().accentSoft;
}
QColor Theme::onAccent() const
{
    return colors().onAccent;
}
QColor Theme::ok() const
{
    return colors().ok;
}
QColor Theme::warning() const
{
    return colors().warning;
}
QColor Theme::critical() const
{
    return colors().critical;
}

QColor Theme::color(Tone tone) const
{
    switch (tone) {
    case Tone::Normal:
        return text();
    case Tone::Muted:
        return textMuted();
    case Tone::Accent:
        return accent();
    case Tone::Ok:
        return ok();
    case Tone::Warning:
        return warning();
    case Tone::Critical:
        return critical();
    }
    return text();
}

QColor Theme::series(int number) const
{
    const auto& all = colors().series;
    return all[std::size_t(std::clamp(number, 1, int(all.size())) - 1)];
}

QColor Theme::series(int number, Tone tone) const
{
    return tone == Tone::Normal ? series(number) : color(tone);
}

QVector<qreal> Theme::seriesDash(int number) const
{
    static const std::array<QVector<qreal>, 8> dashes{
        {{}, {6, 3}, {2, 2}, {8, 3, 2, 3}, {4, 2}, {10, 3}, {1, 2}, {8, 2, 2, 2, 2, 2}}};
    return dashes[std::size_t(std::clamp(number, 1, int(dashes.size())) - 1)];
}

QColor Theme::loadColor(double load) const
{
    const double place = std::clamp(std::isnan(load) ? 0.0 : load, 0.0, 1.0) * (kCividis.size() - 1);
    const auto below = std::min(std::size_t(place), kCividis.size() - 2);
    return mix(QColor(kCividis[below]), QColor(kCividis[below + 1]), place - double(below));
}

QColor Theme::onLoad(double load) const
{
    // Contrast with white against contrast with black.
    const double ground = luminance(loadColor(load)) + 0.05;
    return 1.05 / ground > ground / 0.05 ? QColor(Qt::white) : QColor(Qt::black);
}

QColor Theme::divergingColor(double value) const
{
    const double clamped = std::clamp(std::isnan(value) ? 0.0 : value, -1.0, 1.0);
    return mix(card(), clamped < 0 ? series(1) : series(2), std::abs(clamped));
}

} // namespace ui
