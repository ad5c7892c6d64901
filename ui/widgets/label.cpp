#include "ui/widgets/label.h"

namespace ui {

Label::Label(const Theme& theme, FontRole role, Tone tone, QWidget* parent)
    : QLabel(parent)
    , m_theme(theme)
    , m_role(role)
    , m_tone(tone)
{
    connect(&theme, &Theme::changed, this, &Label::restyle);
    restyle();
}

Label::Label(const Theme& theme, const QString& text, FontRole role, Tone tone, QWidget* parent)
    : Label(theme, role, tone, parent)
{
    setText(text);
}

void Label::setTone(Tone tone)
{
    if (tone == m_tone) return;
    m_tone = tone;
    restyle();
}

void Label::restyle()
{
    setFont(m_theme.font(m_role));
    QPalette colors = palette();
    colors.setColor(QPalette::WindowText, m_theme.color(m_tone));
    setPalette(colors);
}

} // namespace ui
