#include "ui/widgets/state_view.h"

#include "ui/widgets/label.h"

#include <QPushButton>
#include <QVBoxLayout>

namespace ui {
namespace {

constexpr int kStateIconPixels = 40;
constexpr int kTextWidth = 440;

QString iconName(StateView::Kind kind)
{
    switch (kind) {
    case StateView::Kind::Loading:
        return QStringLiteral("loading");
    case StateView::Kind::Empty:
        return QStringLiteral("empty");
    case StateView::Kind::Disconnected:
        return QStringLiteral("disconnected");
    case StateView::Kind::Stale:
        return QStringLiteral("clock");
    case StateView::Kind::Failed:
        return QStringLiteral("warning");
    }
    return {};
}

Tone iconTone(StateView::Kind kind)
{
    switch (kind) {
    case StateView::Kind::Failed:
        return Tone::Critical;
    case StateView::Kind::Stale:
        return Tone::Warning;
    case StateView::Kind::Loading:
    case StateView::Kind::Empty:
    case StateView::Kind::Disconnected:
        break;
    }
    return Tone::Muted;
}

} // namespace

StateView::StateView(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_icon(new QLabel(this))
    , m_title(new Label(theme, FontRole::Strong, Tone::Normal, this))
    , m_text(new Label(theme, FontRole::Body, Tone::Muted, this))
    , m_action(new QPushButton(this))
{
    m_title->setObjectName(QStringLiteral("stateTitle"));
    m_text->setObjectName(QStringLiteral("stateText"));
    m_action->setObjectName(QStringLiteral("stateAction"));
    for (auto* label : {static_cast<QLabel*>(m_title), static_cast<QLabel*>(m_text)}) {
        label->setAlignment(Qt::AlignHCenter);
        label->setWordWrap(true);
        label->setMaximumWidth(kTextWidth);
    }
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_icon->setAlignment(Qt::AlignHCenter);
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(kSpacingSmall);
    layout->addStretch(1);
    for (auto* part :
         {static_cast<QWidget*>(m_icon), static_cast<QWidget*>(m_title), static_cast<QWidget*>(m_text)}) {
        auto* row = new QHBoxLayout; // centred, yet as wide as the text wants
        row->addStretch(1);
        row->addWidget(part, 100);
        row->addStretch(1);
        layout->addLayout(row);
    }
    layout->addWidget(m_action, 0, Qt::AlignHCenter);
    layout->addStretch(1);
    connect(m_action, &QPushButton::clicked, this, &StateView::actionTriggered);
    connect(&theme, &Theme::changed, this, &StateView::updateIcon);
    show(Kind::Loading, tr("Loading"));
}

void StateView::show(Kind kind, const QString& title, const QString& text, const QString& actionText)
{
    m_kind = kind;
    m_title->setText(title);
    m_text->setText(text);
    m_text->setVisible(!text.isEmpty());
    m_action->setText(actionText);
    m_action->setVisible(!actionText.isEmpty());
    updateIcon();
}

void StateView::setExtra(QWidget* extra)
{
    auto* column = static_cast<QVBoxLayout*>(layout());
    column->insertWidget(column->count() - 1, extra);
}

void StateView::setCompact(bool compact)
{
    m_compact = compact;
    layout()->setContentsMargins(
        compact ? QMargins() : QMargins(kSpacingLarge, kSpacingLarge, kSpacingLarge, kSpacingLarge));
    updateIcon();
}

QString StateView::title() const
{
    return m_title->text();
}

QString StateView::text() const
{
    return m_text->text();
}

void StateView::updateIcon()
{
    m_icon->setVisible(!m_compact);
    m_icon->setPixmap(
        m_theme.icon(iconName(m_kind), iconTone(m_kind)).pixmap(kStateIconPixels, kStateIconPixels));
}

} // namespace ui
