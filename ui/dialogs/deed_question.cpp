#include "ui/dialogs/deed_question.h"

#include "ui/theme/theme.h"
#include "ui/widgets/label.h"

#include <QDialogButtonBox>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {
namespace {

constexpr int kDeedQuestionWidth = 440;

} // namespace

DeedQuestion::DeedQuestion(const Theme& theme, const Words& words, QWidget* parent)
    : QDialog(parent)
    , m_words(words)
{
    setObjectName(QStringLiteral("deedQuestion"));
    setWindowTitle(words.window);
    setAccessibleDescription(words.question);
    build(theme);
}

void DeedQuestion::build(const Theme& theme)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kSpacingLarge, kSpacingLarge, kSpacingLarge, kSpacingLarge);
    layout->setSpacing(kSpacingMedium);
    const auto add = [&](const QString& text, FontRole role, Tone tone) {
        if (text.isEmpty()) return;
        auto* label = new Label(theme, text, role, tone, this);
        label->setWordWrap(true);
        label->setMinimumWidth(kDeedQuestionWidth);
        label->setTextFormat(Qt::PlainText);
        layout->addWidget(label);
    };
    add(m_words.question, FontRole::Strong, Tone::Normal);
    add(m_words.detail, FontRole::Mono, Tone::Muted);
    add(m_words.consequence, FontRole::Body, Tone::Normal);

    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_confirm = buttons->addButton(m_words.confirm, QDialogButtonBox::AcceptRole);
    m_confirm->setObjectName(QStringLiteral("confirmDeed"));
    m_confirm->setAutoDefault(false);
    buttons->button(QDialogButtonBox::Cancel)->setObjectName(QStringLiteral("cancelDeed"));
    buttons->button(QDialogButtonBox::Cancel)->setDefault(true);
    buttons->button(QDialogButtonBox::Cancel)->setFocus(); // neither Enter nor Space confirms at once
    if (!m_words.typed.isEmpty()) {
        add(tr("This is a production cluster. Type its name, %1, to go on:").arg(m_words.typed),
            FontRole::Body, Tone::Critical);
        m_typed = new QLineEdit(this);
        m_typed->setObjectName(QStringLiteral("typedName"));
        m_typed->setAccessibleName(tr("Name of the cluster"));
        layout->addWidget(m_typed);
        m_confirm->setEnabled(false);
        m_confirm->setToolTip(tr("Type the cluster's name first."));
        connect(m_typed, &QLineEdit::textChanged, this, [this](const QString& text) {
            const bool right = text == m_words.typed;
            m_confirm->setEnabled(right);
            m_confirm->setToolTip(right ? QString() : tr("Type the cluster's name first."));
        });
        m_typed->setFocus();
    }
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

} // namespace ui
