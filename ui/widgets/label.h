// A text in a font and tone of the theme that follows its changes. Owned by its parent; GUI thread only.
#pragma once

#include <QLabel>

#include "ui/theme/theme.h"

namespace ui {

class Label : public QLabel
{
    Q_OBJECT

public:
    Label(const Theme& theme, FontRole role, Tone tone, QWidget* parent);
    Label(const Theme& theme, const QString& text, FontRole role, Tone tone, QWidget* parent);

    void setTone(Tone tone);
    Tone tone() const { return m_tone; }

private:
    void restyle();

    const Theme& m_theme;
    FontRole m_role;
    Tone m_tone;
};

} // namespace ui
