#include "ui/pages/dead_letters_view.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/models/shard_table.h"
#include "ui/models/sort_proxy.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/tone_delegate.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/table_style.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QItemSelectionModel>
#include <QMessageBox>
#include <QPushButton>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {
namespace {

constexpr int kMostShown = 500;
constexpr int kQuestionWidth = 360;

} // namespace

DeadLettersView::DeadLettersView(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : QWidget(parent)
    , m_bridge(bridge)
{
    build(theme);
    connectAll();
    updateState();
}

void DeadLettersView::build(const Theme& theme)
{
    m_summary = new Label(theme, FontRole::Body, Tone::Muted, this);
    m_summary->setObjectName(QStringLiteral("deadLetterSummary"));
    m_refresh = new QPushButton(tr("Re&load"), this);
    m_refresh->setObjectName(QStringLiteral("reloadDeadLetters"));
    m_retry = new QPushButton(this);
    m_retry->setObjectName(QStringLiteral("retryDeadLetters"));
    m_discard = new QPushButton(this);
    m_discard->setObjectName(QStringLiteral("discardDeadLetters"));
    m_outcome = new Label(theme, FontRole::Small, Tone::Muted, this);
    m_outcome->setObjectName(QStringLiteral("deadLetterOutcome"));
    m_outcome->setWordWrap(true);
    m_outcome->setTextInteractionFlags(Qt::TextSelectableByMouse);
    buildTable(theme);

    auto* row = new QHBoxLayout;
    row->addWidget(m_summary, 1);
    row->addWidget(m_refresh);
    row->addWidget(m_retry);
    row->addWidget(m_discard);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addLayout(row);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_outcome);
}

void DeadLettersView::buildTable(const Theme& theme)
{
    m_model = makeDeadLetterTable(this);
    m_sorted = new SortProxy(this);
    m_sorted->setSourceModel(m_model);
    m_table = new QTableView(this);
    m_table->setObjectName(QStringLiteral("deadLetterTable"));
    m_table->setAccessibleName(tr("Dead letters"));
    m_table->setModel(m_sorted);
    m_table->setItemDelegate(new ToneDelegate(theme, m_table));
    styleTable(*m_table);
    fitColumns(*m_table);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(LetterDiedColumn, Qt::DescendingOrder);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
}

void DeadLettersView::connectAll()
{
    connect(m_refresh, &QPushButton::clicked, this, &DeadLettersView::refresh);
    connect(m_retry, &QPushButton::clicked, this, [this] { askAndChange(Change::Retry); });
    connect(m_discard, &QPushButton::clicked, this, [this] { askAndChange(Change::Discard); });
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &DeadLettersView::updateState);
    connect(m_sorted, &QAbstractItemModel::rowsRemoved, this, &DeadLettersView::updateState);
}

void DeadLettersView::setSnapshot(const backend::SnapshotPtr& snapshot)
{
    m_snapshot = snapshot;
    if (snapshot && isVisible() && !m_loading && snapshot->queueDead != m_countRead) refresh();
    updateState();
}

void DeadLettersView::setBlocked(const QString& reason)
{
    m_blocked = reason;
    updateState();
}

void DeadLettersView::refresh()
{
    if (m_loading) return;
    m_loading = true;
    m_countRead = m_snapshot ? m_snapshot->queueDead : -1;
    updateState();
    m_bridge.call(
        this, [](backend::Engine& engine) { return requests::deadLetters(engine, kMostShown); },
        [this](backend::Result<std::vector<backend::DeadLetter>> letters) {
            m_loading = false;
            if (letters) {
                m_loaded = true;
                m_error.clear();
                take(std::move(*letters));
            } else {
                m_error = QString::fromStdString(letters.error().message);
            }
            updateState();
        });
}

void DeadLettersView::take(std::vector<backend::DeadLetter> letters)
{
    std::vector<DeadLetterRow> rows;
    for (auto& letter : letters) {
        const auto node =
            m_snapshot ? nodeName(*m_snapshot, letter.ref.node) : QString::number(letter.ref.node);
        rows.push_back({std::move(letter), node});
    }
    m_model->setRows(std::move(rows));
}

std::vector<backend::TaskRef> DeadLettersView::selected() const
{
    std::vector<backend::TaskRef> out;
    for (const auto& index : m_table->selectionModel()->selectedRows())
        out.push_back(m_model->row(m_sorted->mapToSource(index)).letter.ref);
    return out;
}

void DeadLettersView::updateState()
{
    const auto shown = std::int64_t(m_model->rowCount());
    const auto all = std::max(shown, m_snapshot ? m_snapshot->queueDead : 0);
    if (!m_error.isEmpty())
        m_summary->setText(tr("The list could not be read: %1").arg(m_error));
    else if (!m_loaded)
        m_summary->setText(tr("Reading dead letters…"));
    else if (shown == 0)
        m_summary->setText(tr("No dead letters: no task has failed for good."));
    else if (shown < all)
        m_summary->setText(tr("The newest %1 of %2 dead letters").arg(formatCount(shown), formatCount(all)));
    else
        m_summary->setText(shown == 1 ? tr("1 dead letter") : tr("%1 dead letters").arg(formatCount(shown)));
    const auto count = int(selected().size());
    m_retry->setText(count > 0 ? tr("Retry %1").arg(formatCount(count)) : tr("Retry selected"));
    m_discard->setText(count > 0 ? tr("Discard %1…").arg(formatCount(count)) : tr("Discard selected…"));
    const auto reason = !m_blocked.isEmpty() ? m_blocked
                        : count == 0         ? tr("Select dead letters first.")
                                             : QString();
    for (auto* button : {m_retry, m_discard}) {
        button->setEnabled(reason.isEmpty() && !m_changing);
        button->setToolTip(reason);
    }
    m_refresh->setEnabled(!m_loading);
}

bool DeadLettersView::confirmed(Change change, int count)
{
    if (change == Change::Retry) return true;
    QMessageBox box(this);
    box.setObjectName(QStringLiteral("discardQuestion"));
    box.setIcon(QMessageBox::Warning);
    box.setWindowTitle(tr("Discard dead letters"));
    box.setText(count == 1 ? tr("Discard 1 dead letter?")
                           : tr("Discard %1 dead letters?").arg(formatCount(count)));
    box.setInformativeText(
        tr("Exactly the selected ones. Their work will never be done; home timelines that miss a "
           "delivery are built anew. This cannot be undone."));
    auto* discard = box.addButton(tr("Discard %1").arg(formatCount(count)), QMessageBox::DestructiveRole);
    discard->setObjectName(QStringLiteral("confirmDiscard"));
    box.setDefaultButton(box.addButton(QMessageBox::Cancel));
    for (auto* label : box.findChildren<QLabel*>())
        if (label->text() == box.informativeText())
            label->setMinimumWidth(kQuestionWidth); // else as narrow as can be
    box.exec();
    return box.clickedButton() == discard;
}

void DeadLettersView::askAndChange(Change what)
{
    // Taken before the question: a refresh behind it must not change what is discarded.
    const auto tasks = selected();
    if (!tasks.empty() && confirmed(what, int(tasks.size()))) change(what, tasks);
}

void DeadLettersView::change(Change what, const std::vector<backend::TaskRef>& tasks)
{
    m_changing = true;
    m_outcome->setText(what == Change::Retry ? tr("Retrying…") : tr("Discarding…"));
    updateState();
    m_bridge.call(
        this,
        [what, tasks](backend::Engine& engine) {
            return what == Change::Retry ? requests::retryDeadLetters(engine, tasks)
                                         : requests::discardDeadLetters(engine, tasks);
        },
        [this, what, asked = int(tasks.size())](backend::Result<int> done) {
            m_changing = false;
            if (!done)
                m_outcome->setText(
                    tr("Nothing was changed: %1").arg(QString::fromStdString(done.error().message)));
            else if (what == Change::Retry)
                m_outcome->setText(tr("%1 of %2 are in the queue again.").arg(*done).arg(asked));
            else
                m_outcome->setText(tr("%1 of %2 discarded.").arg(*done).arg(asked));
            refresh();
            updateState();
        });
}

} // namespace ui
