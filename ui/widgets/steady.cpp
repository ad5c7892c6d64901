#include "ui/widgets/steady.h"

#include <QEvent>

#include <algorithm>

namespace ui {

Steady::Steady(QWidget* content, QWidget* parent)
    : QWidget(parent)
    , m_content(content)
{
    m_content->setParent(this);
    setSizePolicy(m_content->sizePolicy());
}

QSize Steady::sizeHint() const
{
    return m_content->sizeHint();
}

QSize Steady::minimumSizeHint() const
{
    return m_content->minimumSizeHint();
}

bool Steady::hasHeightForWidth() const
{
    return m_content->hasHeightForWidth();
}

int Steady::heightForWidth(int width) const
{
    return m_content->heightForWidth(width);
}

QSize Steady::needed() const
{
    const auto least = minimumSizeHint();
    return {least.width(), std::max(least.height(), hasHeightForWidth() ? heightForWidth(width()) : 0)};
}

// Without a layout the content's requests end here.
bool Steady::event(QEvent* event)
{
    if (event->type() == QEvent::LayoutRequest) settle();
    return QWidget::event(event);
}

void Steady::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    m_content->setGeometry(rect());
    m_told = needed();
}

// What changed while it was hidden made no request.
void Steady::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    settle();
}

void Steady::settle()
{
    const auto now = needed();
    // A longest word that gets shorter may get longer again: its room is kept.
    if (now.height() == m_told.height() && now.width() <= m_told.width()) return;
    m_told = now;
    updateGeometry();
}

} // namespace ui
