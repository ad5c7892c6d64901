// Every colour, distance and font of the desktop, by meaning, in light and dark. One instance, made by the
// program and passed by reference to each widget at construction; it outlives them. GUI thread only.
#pragma once

#include <QColor>
#include <QFont>
#include <QIcon>
#include <QObject>
#include <QPalette>
#include <QPointer>
#include <QVector>

namespace ui {

class RookeryStyle;
struct StyleColors;

// Distances in pixels.
inline constexpr int kSpacingTiny = 4;
inline constexpr int kSpacingSmall = 8;
inline constexpr int kSpacingMedium = 12;
inline constexpr int kSpacingLarge = 16;
inline constexpr int kCardRadius = 7;
inline constexpr int kControlRadius = 5;
inline constexpr int kRowHeight = 26;  // of tables
inline constexpr int kStripeWidth = 3; // status stripes of tiles

enum class ThemeMode { System, Light, Dark };
enum class FontRole { Title, Value, Body, Strong, Small, Mono };
// What a piece of text or a mark says beyond its words.
enum class Tone { Normal, Muted, Accent, Ok, Warning, Critical };

class Theme final : public QObject
{
    Q_OBJECT

public:
    // REQUIRES: a QApplication. Applies style, palette and font to it at once.
    explicit Theme(ThemeMode mode, QObject* parent = nullptr);
    ~Theme() override;

    ThemeMode mode() const { return m_mode; }
    void setMode(ThemeMode mode);
    bool dark() const { return m_dark; }

    QColor window() const;
    QColor rail() const; // the navigation's ground
    QColor card() const;
    QColor cardBorder() const;
    QColor hover() const;     // under the mouse
    QColor alternate() const; // every second row
    QColor grid() const;      // lines behind data
    QColor text() const;
    QColor textMuted() const;
    QColor accent() const;
    QColor accentSoft() const; // the chosen entry's ground
    QColor onAccent() const;   // text on accent
    QColor ok() const;
    QColor warning() const;
    QColor critical() const;
    QColor color(Tone tone) const;

    // Lines of charts, 1 … 8: Wong's palette for the colour-blind, adapted to the ground; each with its own
    // dash, so that colour is never the only difference. The dash is in pen widths; empty: solid.
    QColor series(int number) const;
    QColor series(int number, Tone tone) const; // the tone's, where a line says that something is wrong
    QVector<qreal> seriesDash(int number) const;
    // Load from 0 to 1 on cividis; values outside are clamped.
    QColor loadColor(double load) const;
    // Black or white, whichever reads on loadColor(load).
    QColor onLoad(double load) const;
    // From -1 (blue) through 0 (the card) to 1 (vermilion).
    QColor divergingColor(double value) const;

    QFont font(FontRole role) const;
    // resources/icons/NAME.svg in this colour.
    QIcon icon(const QString& name, Tone tone = Tone::Muted) const;
    QIcon icon(const QString& name, const QColor& color) const;

signals:
    // Colours are others now; whoever paints repaints.
    void changed();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Colors;
    static const Colors& lightColors();
    static const Colors& darkColors();
    const Colors& colors() const { return m_dark ? darkColors() : lightColors(); }
    bool wantsDark() const;
    void apply();
    QPalette palette() const;
    QPalette viewPalette() const;
    StyleColors styleColors() const;

    QPointer<RookeryStyle> m_style; // the application owns it
    ThemeMode m_mode;
    bool m_dark = false;
    bool m_systemDark = false; // as found before our own palette
};

} // namespace ui
