// Every colour, spacing and font of the desktop, by meaning, in light and dark. One object, made by app/ as a child of
// the application; theme() reaches it. GUI thread.
#pragma once

#include <QColor>
#include <QFont>
#include <QObject>

namespace ui {

inline constexpr int kSpacingTiny = 4, kSpacingSmall = 8, kSpacing = 12, kSpacingLarge = 16;
inline constexpr int kRadius = 8;
inline constexpr int kSeriesCount = 8;

enum class ThemeChoice { System, Light, Dark };
enum class ColorRole {
    Window, Rail, Card, CardBorder, Text, TextMuted, Grid, Accent, AccentText, Ok, Warning, Critical, Selection, AlternateRow
};
enum class FontRole { Title, Value, Body, Small, Mono };

class Theme : public QObject
{
    Q_OBJECT

public:
    explicit Theme(QObject* parent); // the application

    ThemeChoice choice() const { return m_choice; }
    void setChoice(ThemeChoice choice);
    bool dark() const { return m_dark; }

    QColor color(ColorRole role) const;
    QColor series(int index) const;             // Wong's palette, readable without colour together with dash()
    Qt::PenStyle dash(int index) const;         // of a series
    QColor load(double fraction) const;         // cividis, 0 … 1
    QColor diverging(double fraction) const;    // -1 … 1 around the mean
    QFont font(FontRole role) const;

signals:
    void changed();

private:
    void apply();

    ThemeChoice m_choice = ThemeChoice::System;
    bool m_systemDark = false;
    bool m_dark = false;
    QString m_family;
};

// The application's theme. REQUIRES: one was made.
Theme& theme();

} // namespace ui
