#include "ui/dialogs/link_dialog.h"

#include "ui/bridge/deep_link.h"
#include "ui/theme/theme.h"
#include "ui/widgets/label.h"

#include <QDialogButtonBox>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {
namespace {

constexpr int kLinkDialogWidth = 520;
constexpr qsizetype kMostShown = 500; // a clipboard may hold anything

} // namespace

LinkDialog::LinkDialog(const Theme& theme, Open open, QWidget* parent)
    : QDialog(parent)
    , m_open(std::move(open))
{
    setObjectName(QStringLiteral("linkDialog"));
    setWindowTitle(tr("Open link"));
    setMinimumWidth(kLinkDialogWidth);
    m_field = new QLineEdit(this);
    m_field->setObjectName(QStringLiteral("linkField"));
    m_field->setAccessibleName(tr("Link"));
    m_field->setPlaceholderText(exampleLink());
    m_field->setClearButtonEnabled(true);
    m_hint = new Label(theme, tr("A link copied in Rookery (Ctrl+L), such as %1").arg(exampleLink()),
                       FontRole::Small, Tone::Muted, this);
    m_problem = new Label(theme, FontRole::Body, Tone::Critical, this);
    m_problem->setObjectName(QStringLiteral("linkProblem"));
    m_problem->setWordWrap(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Open | QDialogButtonBox::Cancel, this);
    buttons->button(QDialogButtonBox::Open)->setObjectName(QStringLiteral("linkOpen"));
    connect(buttons, &QDialogButtonBox::accepted, this, &LinkDialog::tryToOpen);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_field, &QLineEdit::textEdited, this, [this] { say({}); });
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kSpacingLarge, kSpacingLarge, kSpacingLarge, kSpacingLarge);
    layout->setSpacing(kSpacingSmall);
    layout->addWidget(m_field);
    layout->addWidget(m_hint);
    layout->addWidget(m_problem);
    layout->addSpacing(kSpacingSmall);
    layout->addWidget(buttons);
}

void LinkDialog::ask(const QString& text, const QString& problem)
{
    m_field->setText(text.simplified().left(kMostShown));
    m_field->selectAll();
    m_field->setFocus();
    say(problem);
    open();
}

void LinkDialog::tryToOpen()
{
    const auto problem = m_open(m_field->text());
    if (problem.isEmpty())
        accept();
    else
        say(problem);
}

void LinkDialog::say(const QString& problem)
{
    m_problem->setText(problem);
    m_problem->setVisible(!problem.isEmpty());
    m_hint->setVisible(problem.isEmpty());
}

} // namespace ui
