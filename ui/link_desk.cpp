#include "ui/link_desk.h"

#include "ui/dialogs/link_dialog.h"
#include "ui/theme/theme.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>
#include <QShortcut>
#include <QToolButton>
#include <QWidget>

namespace ui {

LinkDesk::LinkDesk(const Theme& theme, Window window, QWidget* parent)
    : QObject(parent)
    , m_theme(theme)
    , m_window(std::move(window))
{
    // A text field that has the focus takes these keys for itself.
    connect(new QShortcut(QKeySequence(Qt::CTRL | Qt::Key_L), parent), &QShortcut::activated, this,
            &LinkDesk::copyLink);
    connect(new QShortcut(QKeySequence(QKeySequence::Paste), parent), &QShortcut::activated, this,
            &LinkDesk::pasteLink);
}

QToolButton* LinkDesk::makeButton(QWidget* parent)
{
    auto* menu = new QMenu(parent);
    auto* copy = menu->addAction(tr("Copy link to this page\tCtrl+L"), this, &LinkDesk::copyLink);
    copy->setObjectName(QStringLiteral("copyLink"));
    auto* open = menu->addAction(tr("Open link…"), this, &LinkDesk::askForLink);
    open->setObjectName(QStringLiteral("openLink"));
    auto* button = new QToolButton(parent);
    button->setObjectName(QStringLiteral("linkMenu"));
    button->setText(tr("Link"));
    button->setToolTip(tr("A link to what is shown here (Ctrl+L), or open one (Ctrl+V)"));
    button->setPopupMode(QToolButton::InstantPopup);
    button->setMenu(menu);
    return button;
}

void LinkDesk::copyLink()
{
    const auto link = m_window.here();
    if (link.cluster.isEmpty()) {
        m_window.say(tr("There is nothing to link to before a cluster is open."));
        return;
    }
    QGuiApplication::clipboard()->setText(linkText(link));
    m_window.say(tr("Link copied: %1").arg(linkText(link)));
}

void LinkDesk::pasteLink()
{
    const auto text = QGuiApplication::clipboard()->text();
    const auto problem = open(text);
    if (!problem.isEmpty()) showDialog(text, problem);
}

void LinkDesk::askForLink()
{
    const auto text = QGuiApplication::clipboard()->text();
    showDialog(parseLink(text).link ? text : QString(), {});
}

QString LinkDesk::open(const QString& text)
{
    const auto [link, wrong] = parseLink(text);
    if (!link) return wrong;
    if (auto problem = linkProblem(*link, m_window.here().cluster, m_window.pages()); !problem.isEmpty())
        return problem;
    m_window.show(link->page, link->argument);
    return {};
}

void LinkDesk::showDialog(const QString& text, const QString& problem)
{
    if (!m_dialog) {
        m_dialog = new LinkDialog(
            m_theme, [this](const QString& link) { return open(link); }, qobject_cast<QWidget*>(parent()));
        m_dialog->setAttribute(Qt::WA_DeleteOnClose);
    }
    m_dialog->ask(text, problem);
}

} // namespace ui
