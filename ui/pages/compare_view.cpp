#include "ui/pages/compare_view.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/comparison_delegate.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/table_style.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QMessageBox>
#include <QPushButton>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {
namespace {

using ComparisonState = backend::TimelineComparison::State;
using Verdict = backend::EntryVerdict;

constexpr int kRepairQuestionWidth = 400;

QString nameOf(const backend::User& user)
{
    return QStringLiteral("@") + QString::fromStdString(user.handle);
}

} // namespace

CompareView::CompareView(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_bridge(bridge)
{
    build();
    connectAll();
    close();
}

void CompareView::build()
{
    m_counts = new Label(m_theme, FontRole::Body, Tone::Normal, this);
    m_counts->setObjectName(QStringLiteral("compareCounts"));
    m_counts->setWordWrap(true);
    m_counts->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_outcome = new Label(m_theme, FontRole::Small, Tone::Muted, this);
    m_outcome->setObjectName(QStringLiteral("compareOutcome"));
    m_outcome->setWordWrap(true);
    m_outcome->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_state = new StateView(m_theme, this);
    m_state->setObjectName(QStringLiteral("compareState"));
    buildTable();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(kSpacingSmall);
    layout->addLayout(buildHead());
    layout->addWidget(m_counts);
    layout->addWidget(m_outcome);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_state, 1);
}

QLayout* CompareView::buildHead()
{
    m_summary = new Label(m_theme, FontRole::Strong, Tone::Normal, this);
    m_summary->setObjectName(QStringLiteral("compareSummary"));
    m_summary->setWordWrap(true);
    m_faultsOnly = new QPushButton(tr("Only &differences"), this);
    m_faultsOnly->setCheckable(true);
    m_faultsOnly->setToolTip(tr("Leave out what is the same on both sides"));
    m_faultsOnly->setObjectName(QStringLiteral("compareFaultsOnly"));
    m_again = new QPushButton(tr("&Compare again"), this);
    m_again->setObjectName(QStringLiteral("compareAgain"));
    m_repair = new QPushButton(tr("Re&pair…"), this);
    m_repair->setObjectName(QStringLiteral("compareRepair"));
    auto* row = new QHBoxLayout;
    row->addWidget(m_summary, 1);
    for (auto* widget : std::initializer_list<QWidget*>{m_faultsOnly, m_again, m_repair})
        row->addWidget(widget);
    return row;
}

void CompareView::buildTable()
{
    m_model = makeComparisonTable(this);
    m_table = new QTableView(this);
    m_table->setObjectName(QStringLiteral("compareTable"));
    m_table->setAccessibleName(tr("Redis beside PostgreSQL"));
    m_table->setModel(m_model);
    m_table->setItemDelegate(new ComparisonDelegate(m_theme, m_table));
    styleTable(*m_table);
    fitColumns(*m_table);
}

void CompareView::connectAll()
{
    connect(m_again, &QPushButton::clicked, this, &CompareView::compare);
    connect(m_repair, &QPushButton::clicked, this, &CompareView::askAndRepair);
    connect(m_faultsOnly, &QPushButton::toggled, this, &CompareView::filterRows);
    connect(m_table, &QTableView::activated, this, [this](const QModelIndex& index) {
        if (const auto& row = m_model->row(index); row.entry) emit explainWanted(row.entry->post);
    });
}

void CompareView::open(const backend::User& reader)
{
    close();
    m_reader = reader;
    if (isVisible()) compare();
}

void CompareView::close()
{
    m_call.cancel();
    m_reader.reset();
    m_comparison.reset();
    m_comparing = m_repairing = false;
    m_outcome->clear();
    m_outcome->hide();
    showState(StateView::Kind::Loading, tr("Not compared yet"), {});
}

void CompareView::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (m_reader && !m_comparison && !m_comparing) compare();
}

void CompareView::refresh()
{
    if (m_reader && isVisible())
        compare();
    else if (!m_comparing)
        m_comparison.reset(); // read again when it is shown
}

void CompareView::timesChanged()
{
    if (!m_comparison || m_comparison->state != ComparisonState::Compared) return;
    showRows();
    showCounts();
}

bool CompareView::cancel()
{
    if (!m_comparing) return false;
    m_call.cancel();
    m_comparing = false;
    if (m_comparison)
        m_summary->setText(tr("Cancelled; this is what was read before."));
    else
        showState(StateView::Kind::Empty, tr("Cancelled"), tr("“Compare again” reads both sides."));
    updateButtons();
    return true;
}

void CompareView::compare()
{
    if (!m_reader || m_comparing) return;
    m_comparing = true;
    if (m_comparison)
        m_summary->setText(tr("Comparing again… Esc cancels."));
    else
        showState(StateView::Kind::Loading, tr("Reading both sides"),
                  tr("What differs is looked at again before it is shown. Esc cancels."));
    updateButtons();
    m_call.cancel();
    m_call = m_bridge.callInTurn(
        this, "compare",
        [reader = m_reader->id](backend::Engine& engine) {
            return requests::compareTimeline(engine, reader);
        },
        [this](backend::Result<backend::TimelineComparison> comparison) { take(std::move(comparison)); });
}

void CompareView::take(backend::Result<backend::TimelineComparison> comparison)
{
    m_comparing = false;
    if (!comparison) {
        m_comparison.reset();
        showState(StateView::Kind::Failed, tr("The timeline could not be compared"),
                  QString::fromStdString(comparison.error().message));
        return;
    }
    m_comparison = std::move(*comparison);
    const auto node = QString::fromStdString(m_comparison->node);
    switch (m_comparison->state) {
    case ComparisonState::Dormant:
        showState(StateView::Kind::Empty, tr("Nothing to compare"),
                  tr("%1 is dormant: no home timeline is kept in Redis, pages come from PostgreSQL.")
                      .arg(nameOf(*m_reader)));
        return;
    case ComparisonState::NotKept:
        showState(StateView::Kind::Stale, tr("No timeline is kept"),
                  tr("%1 has no valid floor for %2: pages come from PostgreSQL, and the next one that %2 "
                     "reads builds the timeline. “Repair” builds it now.")
                      .arg(node, nameOf(*m_reader)));
        return;
    case ComparisonState::Compared:
        break;
    }
    m_state->hide();
    m_table->show();
    m_faultsOnly->setEnabled(true);
    showRows();
    showCounts();
    updateButtons();
}

void CompareView::showRows()
{
    if (!m_comparison) return;
    m_table->clearSpans();
    m_model->setRows(comparisonRows(*m_comparison, m_faultsOnly->isChecked()));
    for (int row = 0; row < m_model->rowCount(); ++row)
        if (!m_model->rows()[std::size_t(row)].entry) m_table->setSpan(row, 0, 1, ComparisonColumnCount);
}

// Hundreds of single rows go or come: all at once is a hundred times as fast; the chosen row stays chosen.
void CompareView::filterRows()
{
    const auto index = m_table->currentIndex();
    const auto chosen = index.isValid() ? m_model->keyOf(m_model->row(index)) : qint64(-1);
    m_model->setRows({});
    showRows();
    for (int row = 0; row < m_model->rowCount(); ++row) {
        if (m_model->keyOf(m_model->rows()[std::size_t(row)]) != chosen) continue;
        m_table->setCurrentIndex(m_model->index(row, 0));
        m_table->scrollTo(m_model->index(row, 0));
    }
}

void CompareView::showCounts()
{
    const auto faults = m_comparison->faults();
    m_summary->setTone(faults > 0 ? Tone::Critical : Tone::Ok);
    m_summary->setText(faults > 0 ? tr("%1 differs: %2").arg(nameOf(*m_reader), differenceText(*m_comparison))
                                  : tr("No difference: Redis holds what PostgreSQL says"));
    QStringList parts{
        tr("%1 entries on %2")
            .arg(formatCount(m_comparison->inRedis), QString::fromStdString(m_comparison->node)),
        tr("%1 by PostgreSQL down to the floor").arg(formatCount(m_comparison->inPostgres))};
    for (const auto verdict :
         {Verdict::Same, Verdict::Waiting, Verdict::Merged, Verdict::Deleted, Verdict::BelowFloor})
        if (const auto count = m_comparison->count(verdict); count > 0 || verdict == Verdict::Same)
            parts << QStringLiteral("%1 %2").arg(formatCount(count), verdictText(verdict));
    if (m_comparison->leftOut > 0)
        parts << tr("%1 older ones not compared").arg(formatCount(m_comparison->leftOut));
    parts << tr("the cap is %1").arg(formatCount(m_comparison->cap))
          << tr("read %1").arg(formatTime(m_comparison->takenAt));
    m_counts->setText(parts.join(QStringLiteral(" · ")));
    m_counts->show();
}

// In the place of the table.
void CompareView::showState(StateView::Kind kind, const QString& title, const QString& text)
{
    m_state->show(kind, title, text);
    m_state->show();
    m_table->hide();
    m_counts->hide();
    m_summary->clear();
    m_model->setRows({});
    m_faultsOnly->setEnabled(false);
    updateButtons();
}

QString CompareView::repairBlocked() const
{
    if (m_bridge.readOnly()) return m_bridge.whyUnchangeable();
    if (m_repairing) return tr("A repair is under way.");
    if (m_comparing || !m_comparison) return tr("Compare first: a repair builds what differs.");
    if (m_comparison->state == ComparisonState::Dormant) return tr("A dormant reader keeps no timeline.");
    if (m_comparison->state == ComparisonState::Compared && m_comparison->faults() == 0)
        return tr("Nothing differs: there is nothing to repair.");
    return {};
}

void CompareView::updateButtons()
{
    m_again->setEnabled(m_reader && !m_comparing && !m_repairing);
    const auto reason = repairBlocked();
    m_repair->setEnabled(reason.isEmpty());
    m_repair->setToolTip(reason.isEmpty() ? tr("Build the timeline again from PostgreSQL") : reason);
    m_repair->setAccessibleDescription(reason);
    if (m_bridge.readOnly()) {
        m_outcome->setText(tr("Repair is off. %1").arg(reason));
        m_outcome->show();
    }
}

bool CompareView::confirmed()
{
    const auto name = nameOf(*m_reader);
    QMessageBox box(this);
    box.setObjectName(QStringLiteral("repairQuestion"));
    box.setIcon(QMessageBox::Warning);
    box.setWindowTitle(tr("Repair a home timeline"));
    box.setText(tr("Build the home timeline of %1 again?").arg(name));
    const auto what = m_comparison->state == ComparisonState::NotKept
                          ? tr("No timeline is kept.")
                          : tr("What differs: %1.").arg(differenceText(*m_comparison));
    box.setInformativeText(tr("%1 On %2 it is dropped and built from PostgreSQL, if it still differs; until "
                              "then its pages come from PostgreSQL. No other reader is touched.")
                               .arg(what, QString::fromStdString(m_comparison->node)));
    auto* repair = box.addButton(tr("Repair %1").arg(name), QMessageBox::AcceptRole);
    repair->setObjectName(QStringLiteral("confirmRepair"));
    box.setDefaultButton(box.addButton(QMessageBox::Cancel));
    for (auto* label : box.findChildren<QLabel*>())
        if (label->text() == box.informativeText())
            label->setMinimumWidth(kRepairQuestionWidth); // else as narrow as can be
    box.exec();
    return box.clickedButton() == repair;
}

void CompareView::askAndRepair()
{
    if (!m_reader || !repairBlocked().isEmpty()) return;
    const auto reader = m_reader->id;
    // The question has its own event loop: the reader may be another one behind it.
    if (!confirmed() || !m_reader || m_reader->id != reader) return;
    m_repairing = true;
    m_outcome->setTone(Tone::Muted);
    m_outcome->setText(tr("Building the timeline of %1 again…").arg(nameOf(*m_reader)));
    m_outcome->show();
    updateButtons();
    m_bridge.deed(
        this, [reader](backend::Engine& engine) { return requests::repairTimeline(engine, reader); },
        [this, reader](const backend::Result<backend::TimelineRepairReport>& report) {
            if (m_reader && m_reader->id == reader) takeRepair(report);
        });
}

void CompareView::takeRepair(const backend::Result<backend::TimelineRepairReport>& report)
{
    m_repairing = false;
    m_outcome->setTone(Tone::Muted);
    if (!report) {
        m_outcome->setTone(Tone::Critical);
        m_outcome->setText(tr("It was not repaired: %1").arg(QString::fromStdString(report.error().message)));
    } else if (report->notRepaired > 0) {
        m_outcome->setTone(Tone::Critical);
        m_outcome->setText(tr("It was not repaired: %1")
                               .arg(report->repairs.empty()
                                        ? QString()
                                        : QString::fromStdString(report->repairs.front().message)));
    } else if (report->repaired > 0) {
        m_outcome->setText(
            tr("The timeline of %1 was built again and looked at once more.").arg(nameOf(*m_reader)));
    } else {
        m_outcome->setText(tr("It did not differ any more: nothing was changed."));
    }
    m_comparing = false;
    compare();
}

} // namespace ui
