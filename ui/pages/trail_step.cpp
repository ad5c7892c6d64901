#include "ui/pages/trail_step.h"

#include "ui/widgets/label.h"

#include <QPainter>
#include <QVBoxLayout>

namespace ui {
namespace {

constexpr int kGutter = 22; // where line and dot stand
constexpr int kDot = 9;
constexpr int kDotTop = 5;

} // namespace

TrailStep::TrailStep(const Theme& theme, Place place, const QString& time, const QString& what,
                     QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_place(place)
    , m_now(time.isEmpty())
{
    setObjectName(QStringLiteral("trailStep"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kGutter, 0, 0, kSpacingSmall);
    layout->setSpacing(0);
    auto* when = new Label(theme, m_now ? tr("now") : time, FontRole::Small, Tone::Muted, this);
    when->setObjectName(QStringLiteral("trailTime"));
    auto* words = new Label(theme, what, FontRole::Body, Tone::Normal, this);
    words->setObjectName(QStringLiteral("trailText"));
    words->setWordWrap(true);
    words->setTextFormat(Qt::PlainText);
    for (auto* label : {when, words}) {
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        layout->addWidget(label);
    }
}

void TrailStep::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const int x = kGutter / 2 - 2, middle = kDotTop + kDot / 2;
    painter.setPen(QPen(m_theme.cardBorder(), 2));
    if (m_place == Place::Middle || m_place == Place::Last) painter.drawLine(x, 0, x, middle);
    if (m_place == Place::Middle || m_place == Place::First) painter.drawLine(x, middle, x, height());
    painter.setPen(QPen(m_theme.accent(), 2));
    painter.setBrush(m_now ? m_theme.card() : m_theme.accent()); // what is so now is open
    painter.drawEllipse(QRectF(x - kDot / 2.0, kDotTop, kDot, kDot));
}

} // namespace ui
