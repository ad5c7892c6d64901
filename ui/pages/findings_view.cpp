#include "ui/pages/findings_view.h"

#include "ui/pages/column_fit.h"
#include "ui/pages/hinted_table.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"

#include <QAbstractTextDocumentLayout>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QTableView>
#include <QTextBlock>
#include <QTextOption>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr int kRoomForAdvice = 720; // as a column; narrower, it stands below for the chosen one
constexpr int kCommandLines = 6;    // of several commands; further ones scroll
constexpr std::size_t kNodesNamed = 12;
constexpr std::chrono::seconds kCopiedShown{2};

QString joined(const std::vector<std::string>& words, const QString& between)
{
    QStringList out;
    for (const auto& word : words)
        out << QString::fromStdString(word);
    return out.join(between);
}

} // namespace

FindingsView::FindingsView(const Theme& theme, const char* name, QWidget* parent)
    : QWidget(parent)
    , m_model(makeFindingTable(this))
    , m_table(new HintedTable(theme, name, tr("Findings of the doctor"), m_model, this))
    , m_advice(new Label(theme, FontRole::Body, Tone::Normal, this))
    , m_command(new Label(theme, FontRole::Mono, Tone::Accent, this))
{
    const auto id = QString::fromLatin1(name);
    m_advice->setObjectName(id + QStringLiteral("Advice"));
    m_command->setObjectName(id + QStringLiteral("Command"));
    m_command->setAccessibleName(tr("Command that mends the chosen finding"));
    for (auto* label : {m_advice, m_command}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        label->hide();
    }
    buildCommands(theme, id);
    elideLastColumn(m_table->table()); // the chosen one's words stand below
    m_table->sortBy(FindingSeverityColumn, Qt::DescendingOrder);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(kSpacingTiny);
    layout->addWidget(m_table, 1);
    auto* advice = new QHBoxLayout;
    advice->setSpacing(kSpacingSmall);
    advice->addWidget(m_advice, 1);
    advice->addWidget(m_copy, 0, Qt::AlignTop);
    layout->addLayout(advice);
    layout->addWidget(m_command);
    layout->addWidget(m_commands);
    connect(m_table, &HintedTable::currentChanged, this, [this] {
        m_picked = m_picked || !m_setting;
        showCurrent();
    });
}

void FindingsView::buildCommands(const Theme& theme, const QString& id)
{
    m_commands = new QPlainTextEdit(this);
    m_commands->setObjectName(id + QStringLiteral("Commands"));
    m_commands->setAccessibleName(tr("Commands that mend the chosen finding, one for each node"));
    m_commands->setReadOnly(true);
    m_commands->setTabChangesFocus(true);
    m_commands->setFont(theme.font(FontRole::Mono));
    m_commands->setUndoRedoEnabled(false);
    m_commands->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere); // nothing of one is out of sight
    m_commands->hide();
    connect(m_commands->document()->documentLayout(), &QAbstractTextDocumentLayout::documentSizeChanged, this,
            &FindingsView::fitCommands);
    m_commands->installEventFilter(this);
    m_copy = new QToolButton(this);
    m_copy->setObjectName(id + QStringLiteral("Copy"));
    m_copy->hide();
    connect(m_copy, &QToolButton::clicked, this, &FindingsView::copyCommands);
}

QString FindingsView::copyText() const
{
    const auto index = m_table->current();
    const auto commands = index.isValid() ? m_model->row(index).commands.size() : 0;
    return commands > 1 ? tr("Copy %1 commands").arg(commands) : tr("Copy command");
}

// A line each, as a shell takes them.
void FindingsView::copyCommands()
{
    const auto index = m_table->current();
    if (!index.isValid()) return;
    QGuiApplication::clipboard()->setText(joined(m_model->row(index).commands, QStringLiteral("\n")));
    m_copy->setText(tr("Copied"));
    QTimer::singleShot(kCopiedShown, m_copy, [this] { m_copy->setText(copyText()); });
}

void FindingsView::setFindings(const std::vector<backend::CheckFinding>& findings, const QString& hint)
{
    m_setting = true;
    m_model->setRows(backend::groupFindings(findings));
    m_table->setHint(hint);
    // The worst one says at once what to do, also when it is found last.
    auto& table = m_table->table();
    m_picked = m_picked && table.currentIndex().isValid();
    if (!m_picked && m_model->rowCount() > 0) table.setCurrentIndex(table.model()->index(0, 0));
    m_setting = false;
    showCurrent();
}

// Its lines change with its width, too, of which its document tells nothing.
bool FindingsView::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_commands && (event->type() == QEvent::Resize || event->type() == QEvent::Show))
        QMetaObject::invokeMethod(this, &FindingsView::fitCommands, Qt::QueuedConnection);
    return QWidget::eventFilter(watched, event);
}

void FindingsView::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    const bool narrow = width() < kRoomForAdvice;
    m_table->table().setColumnHidden(FindingAdviceColumn, narrow);
    m_table->table().setHorizontalScrollBarPolicy(narrow ? Qt::ScrollBarAlwaysOff : Qt::ScrollBarAsNeeded);
}

void FindingsView::showCurrent()
{
    const auto index = m_table->current();
    const bool chosen = index.isValid();
    const auto* group = chosen ? &m_model->row(index) : nullptr;
    const std::size_t commands = group ? group->commands.size() : 0;
    if (group) {
        const auto& finding = group->finding;
        auto words =
            tr("%1. What to do: %2.")
                .arg(QString::fromStdString(finding.measured), QString::fromStdString(finding.advice));
        if (group->nodes.size() > 1 && group->nodes.size() <= kNodesNamed)
            words += u' ' + tr("On %1.").arg(joined(group->nodes, QStringLiteral(", ")));
        else if (group->nodes.size() > 1)
            words += u' ' + tr("On %1 nodes, %2 to %3.")
                                .arg(formatCount(std::int64_t(group->nodes.size())),
                                     QString::fromStdString(group->nodes.front()),
                                     QString::fromStdString(group->nodes.back()));
        m_advice->setText(words);
        m_command->setText(QString::fromStdString(finding.command));
    }
    if (commands > 1) showCommands(group->commands);
    m_copy->setText(copyText());
    m_copy->setVisible(commands > 0);
    m_advice->setVisible(chosen);
    m_command->setVisible(commands == 1);
    m_commands->setVisible(commands > 1);
}

void FindingsView::showCommands(const std::vector<std::string>& commands)
{
    const auto text = joined(commands, QStringLiteral("\n"));
    if (m_commands->toPlainText() == text) return; // keeps what is selected in it
    m_commands->setPlainText(text);
}

// As high as its lines, wrapped to the width there is.
void FindingsView::fitCommands()
{
    const auto* document = m_commands->document();
    const auto* layout = document->documentLayout();
    double height = 0; // the layout tells a plain text's size in lines, its blocks' in pixels
    for (auto block = document->firstBlock(); block.isValid(); block = block.next())
        height += layout->blockBoundingRect(block).height();
    const double lines = std::max(1.0, layout->documentSize().height());
    const double shown = height * std::min(1.0, kCommandLines / lines);
    m_commands->setFixedHeight(int(std::ceil(shown + 2 * document->documentMargin())) +
                               2 * m_commands->frameWidth() + 1);
}

} // namespace ui
