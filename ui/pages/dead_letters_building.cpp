// The building of DeadLettersView.
#include "ui/pages/dead_letters_view.h"

#include "ui/pages/column_fit.h"
#include "ui/pages/dead_letter_details.h"
#include "ui/pages/more_columns.h"
#include "ui/pages/tone_delegate.h"
#include "ui/widgets/card.h"
#include "ui/widgets/label.h"
#include "ui/widgets/table_style.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {
namespace {

QTableView* makeTable(const Theme& theme, const char* name, const QString& title, QAbstractItemModel* model,
                      QWidget* parent)
{
    auto* table = new QTableView(parent);
    table->setObjectName(QLatin1String(name));
    table->setAccessibleName(title);
    table->setModel(model);
    table->setItemDelegate(new ToneDelegate(theme, table));
    styleCompactTable(*table);
    table->setSortingEnabled(false);
    fitColumns(*table);
    return table;
}

} // namespace

QWidget* DeadLettersView::buildHead(const Theme& theme)
{
    auto* head = new QWidget(this);
    m_summary = new Label(theme, FontRole::Body, Tone::Muted, head);
    m_summary->setObjectName(QStringLiteral("deadLetterSummary"));
    m_outcome = new Label(theme, FontRole::Body, Tone::Normal, head);
    m_outcome->setObjectName(QStringLiteral("deadLetterOutcome"));
    m_outcome->setTextFormat(Qt::PlainText);
    m_outcome->setTextInteractionFlags(Qt::TextSelectableByMouse);
    for (auto* label : {m_summary, m_outcome})
        label->setWordWrap(true);
    m_refresh = button("reloadDeadLetters", head);
    m_refresh->setText(tr("Re&load"));
    auto* words = new QVBoxLayout;
    words->setSpacing(0);
    words->addWidget(m_summary);
    words->addWidget(m_outcome);
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins({});
    row->addLayout(words, 1);
    row->addWidget(m_refresh);
    return head;
}

QPushButton* DeadLettersView::button(const char* name, QWidget* parent)
{
    auto* out = new QPushButton(parent);
    out->setObjectName(QLatin1String(name));
    return out;
}

QWidget* DeadLettersView::buildGroups(const Theme& theme, QWidget* parent)
{
    auto* card = new Card(theme, tr("By error"), parent);
    m_groups = makeDeadGroupTable(this);
    m_groupTable = makeTable(theme, "deadLetterGroups", tr("Dead letters by error"), m_groups, card);
    elideLastColumn(*m_groupTable); // the error, whole in its tool tip
    m_groupTable->setSelectionMode(QAbstractItemView::SingleSelection);
    m_retryGroup = button("retryGroup", card);
    m_discardGroup = button("discardGroup", card);
    card->addTool(m_retryGroup);
    card->addTool(m_discardGroup);
    card->body()->addWidget(m_groupTable, 1);
    return card;
}

QWidget* DeadLettersView::buildLetters(const Theme& theme, QWidget* parent)
{
    m_lettersCard = new Card(theme, tr("Letters of this error"), parent);
    m_letters = makeDeadLetterTable(this);
    m_lower = new QSplitter(Qt::Horizontal, m_lettersCard);
    m_lower->setObjectName(QStringLiteral("deadLetterSplitter"));
    m_lower->setChildrenCollapsible(false);
    m_letterTable = makeTable(theme, "deadLetterTable", tr("Dead letters of this error"), m_letters, m_lower);
    m_letterTable->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_details = new DeadLetterDetails(theme, m_bridge, m_lower);
    m_lower->addWidget(m_letterTable);
    m_lower->addWidget(m_details);
    m_lower->setSizes({6200, 3800});
    m_retry = button("retryDeadLetters", m_lettersCard);
    m_discard = button("discardDeadLetters", m_lettersCard);
    // The chosen one's error and payload stand beside the list.
    m_lettersCard->addTool(new MoreColumns(
        theme, *m_letterTable, {LetterErrorColumn, LetterPayloadColumn, LetterShardColumn}, m_lettersCard));
    m_lettersCard->addTool(m_retry);
    m_lettersCard->addTool(m_discard);
    m_lettersCard->body()->addWidget(m_lower, 1);
    return m_lettersCard;
}

} // namespace ui
