#include "ui/widgets/card.h"

#include "ui/widgets/label.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QVBoxLayout>

namespace ui {
namespace {

// Gives way to what stands beside it: ends in an ellipsis and then has all its words in the tool tip.
class TitleLabel final : public Label
{
public:
    using Label::Label;

    QSize minimumSizeHint() const override { return {0, Label::minimumSizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setPen(palette().color(QPalette::WindowText));
        painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter,
                         fontMetrics().elidedText(text(), Qt::ElideRight, width()));
    }
    void resizeEvent(QResizeEvent* event) override
    {
        Label::resizeEvent(event);
        setToolTip(fontMetrics().horizontalAdvance(text()) > width() ? text() : QString());
    }
};

} // namespace

Card::Card(const Theme& theme, const QString& title, QWidget* parent)
    : QFrame(parent)
    , m_theme(theme)
    , m_head(new QWidget(this))
    , m_headRow(new QHBoxLayout(m_head))
    , m_title(new TitleLabel(theme, title, FontRole::Strong, Tone::Normal, m_head))
    , m_subtitle(new Label(theme, FontRole::Small, Tone::Muted, m_head))
    , m_body(new QVBoxLayout)
{
    setAccessibleName(title);
    m_headRow->setContentsMargins({});
    m_headRow->setSpacing(kSpacingSmall);
    m_headRow->addWidget(m_title);
    m_headRow->addStretch(1);
    m_subtitle->setObjectName(QStringLiteral("cardSubtitle"));
    m_headRow->addWidget(m_subtitle);
    m_body->setContentsMargins({});
    m_body->setSpacing(kSpacingSmall);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kSpacingMedium, kSpacingSmall + 2, kSpacingMedium, kSpacingSmall + 2);
    layout->setSpacing(kSpacingTiny + 2);
    layout->addWidget(m_head);
    layout->addLayout(m_body, 1);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
    updateHead();
}

void Card::setTitle(const QString& title)
{
    m_title->setText(title);
    setAccessibleName(title);
    updateHead();
}

QString Card::title() const
{
    return m_title->text();
}

void Card::setSubtitle(const QString& subtitle, Tone tone)
{
    m_subtitle->setText(subtitle);
    m_subtitle->setTone(tone);
    updateHead();
}

void Card::addTool(QWidget* tool)
{
    m_headRow->addWidget(tool);
    m_hasTools = true;
    updateHead();
}

void Card::updateHead()
{
    m_head->setVisible(m_hasTools || !m_title->text().isEmpty() || !m_subtitle->text().isEmpty());
}

void Card::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(m_theme.cardBorder());
    painter.setBrush(m_theme.card());
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), kCardRadius, kCardRadius);
}

} // namespace ui
