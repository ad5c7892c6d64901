#include "ui/widgets/card.h"

#include "ui/theme/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

namespace ui {

Card::Card(const QString& title, QWidget* parent)
    : QFrame(parent)
    , m_title(new QLabel(title, this))
    , m_subtitle(new QLabel(this))
    , m_row(new QHBoxLayout)
    , m_body(new QVBoxLayout)
{
    m_subtitle->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_row->addWidget(m_title);
    m_row->addWidget(m_subtitle, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kSpacing, kSpacingSmall, kSpacing, kSpacing);
    layout->setSpacing(kSpacingSmall);
    layout->addLayout(m_row);
    layout->addLayout(m_body, 1);
    m_title->setVisible(!title.isEmpty());
    connect(&theme(), &Theme::changed, this, &Card::follow);
    follow();
}

void Card::follow()
{
    m_title->setFont(theme().font(FontRole::Title));
    m_subtitle->setFont(theme().font(FontRole::Small));
    QPalette muted = palette();
    muted.setColor(QPalette::WindowText, theme().color(ColorRole::TextMuted));
    m_subtitle->setPalette(muted);
    update();
}

void Card::setTitle(const QString& title)
{
    m_title->setText(title);
    m_title->setVisible(!title.isEmpty());
}

void Card::setSubtitle(const QString& text) { m_subtitle->setText(text); }

void Card::addToTitleRow(QWidget* widget) { m_row->addWidget(widget); }

void Card::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(theme().color(ColorRole::CardBorder));
    painter.setBrush(theme().color(ColorRole::Card));
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), kRadius, kRadius);
}

} // namespace ui
