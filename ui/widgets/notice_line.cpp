#include "ui/widgets/notice_line.h"

#include "ui/widgets/label.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QPainterPath>
#include <QToolButton>

namespace ui {

NoticeLine::NoticeLine(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_headline(new Label(theme, FontRole::Strong, Tone::Critical, this))
    , m_details(new Label(theme, FontRole::Body, Tone::Normal, this))
    , m_deed(new QToolButton(this))
    , m_link(new QToolButton(this))
{
    m_headline->setObjectName(QStringLiteral("noticeHeadline"));
    m_details->setObjectName(QStringLiteral("noticeDetails"));
    m_details->setWordWrap(true);
    m_deed->setObjectName(QStringLiteral("noticeDeed"));
    m_deed->hide();
    m_link->setObjectName(QStringLiteral("noticeLink"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(kSpacingMedium + 2, kSpacingTiny + 1, kSpacingSmall, kSpacingTiny + 1);
    row->setSpacing(kSpacingMedium);
    row->addWidget(m_headline);
    row->addWidget(m_details, 1);
    row->addWidget(m_deed);
    row->addWidget(m_link);
    connect(m_deed, &QToolButton::clicked, this, &NoticeLine::deedActivated);
    connect(m_link, &QToolButton::clicked, this, &NoticeLine::linkActivated);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
    hide();
}

// An ampersand is one, not the mark of a key.
void NoticeLine::setLink(const QString& link)
{
    m_link->setText(QString(link).replace(u'&', QStringLiteral("&&")));
}

void NoticeLine::setDeed(const QString& deed, const QString& blocked)
{
    m_deed->setText(QString(deed).replace(u'&', QStringLiteral("&&")));
    m_deed->setEnabled(blocked.isEmpty());
    m_deed->setToolTip(blocked);
    m_deed->setVisible(!deed.isEmpty());
}

void NoticeLine::say(const QString& headline, const QString& details, Tone tone)
{
    m_headline->setText(headline);
    m_details->setText(details);
    m_headline->setTone(tone);
    m_tone = tone;
    setAccessibleName(headline);
    setAccessibleDescription(details);
    m_link->setAccessibleName(m_link->text() + QStringLiteral(": ") +
                              headline); // several may lead to one page
    setVisible(!headline.isEmpty());
    update();
}

QString NoticeLine::headline() const
{
    return m_headline->text();
}

QString NoticeLine::details() const
{
    return m_details->text();
}

// A card whose border and stripe are of the tone.
void NoticeLine::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QPainterPath round;
    round.addRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), kCardRadius, kCardRadius);
    painter.fillPath(round, m_theme.card());
    painter.setClipPath(round);
    painter.fillRect(QRectF(0, 0, 2 * kStripeWidth, height()), m_theme.color(m_tone));
    painter.setClipping(false);
    painter.setPen(m_theme.color(m_tone));
    painter.drawPath(round);
}

} // namespace ui
