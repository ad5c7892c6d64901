#include "ui/pages/ledger_view.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/tone_delegate.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/table_style.h"

#include <QFormLayout>
#include <QHeaderView>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>
#include <chrono>

namespace ui {
namespace {

constexpr std::chrono::milliseconds kAgain{2000};

// "2026-11-23 06:06:16 UTC, 120 ms after posting"
QString deliveryTime(std::optional<backend::TimePoint> time, backend::TimePoint committed)
{
    if (!time) return unknownText();
    const auto delay = std::max(0.0, std::chrono::duration<double>(*time - committed).count());
    return LedgerView::tr("%1, %2 after posting").arg(formatTime(*time), formatDuration(delay));
}

} // namespace

LedgerView::LedgerView(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_bridge(bridge)
{
    build();
    m_again.setSingleShot(true);
    m_again.setInterval(kAgain);
    connect(&m_again, &QTimer::timeout, this, &LedgerView::refresh);
    clear();
}

void LedgerView::build()
{
    m_head = new Label(m_theme, FontRole::Small, Tone::Muted, this);
    m_head->setObjectName(QStringLiteral("ledgerPost"));
    m_head->setWordWrap(true);
    m_text = new Label(m_theme, FontRole::Body, Tone::Normal, this);
    m_text->setObjectName(QStringLiteral("ledgerText"));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_state = new StateView(m_theme, this);
    m_state->setObjectName(QStringLiteral("ledgerState"));
    m_state->setCompact(true);
    for (auto* label : {m_head, m_text})
        label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_facts = buildFacts();
    m_chunkModel = makeLedgerChunkTable(this);
    m_chunkTable = new QTableView(this);
    m_chunkTable->setObjectName(QStringLiteral("ledgerChunks"));
    m_chunkTable->setAccessibleName(tr("Chunks of the delivery"));
    m_chunkTable->setModel(m_chunkModel);
    m_chunkTable->setItemDelegate(new ToneDelegate(m_theme, m_chunkTable));
    styleTable(*m_chunkTable);
    fitColumns(*m_chunkTable);
    m_chunkTable->setMinimumHeight(6 * kRowHeight);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    for (auto* widget : std::initializer_list<QWidget*>{m_head, m_text, m_state, m_facts})
        layout->addWidget(widget);
    layout->addWidget(m_chunkTable, 1);
}

Label* LedgerView::addFact(QFormLayout* form, const QString& title, const char* name)
{
    auto* value = new Label(m_theme, FontRole::Body, Tone::Normal, this);
    value->setObjectName(QLatin1String(name));
    value->setWordWrap(true);
    value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    form->addRow(new Label(m_theme, title, FontRole::Body, Tone::Muted, this), value);
    return value;
}

QWidget* LedgerView::buildFacts()
{
    auto* facts = new QWidget(this);
    auto* form = new QFormLayout(facts);
    form->setContentsMargins({});
    form->setVerticalSpacing(kSpacingTiny);
    m_mode = addFact(form, tr("Fan-out"), "ledgerMode");
    m_audience = addFact(form, tr("Audience"), "ledgerAudience");
    m_pushed = addFact(form, tr("Pushed"), "ledgerPushed");
    m_skipped = addFact(form, tr("Skipped"), "ledgerSkipped");
    m_pulled = addFact(form, tr("Pulled"), "ledgerPulled");
    m_failed = addFact(form, tr("Failed"), "ledgerFailed");
    m_outstanding = addFact(form, tr("Outstanding"), "ledgerOutstanding");
    m_committed = addFact(form, tr("Committed"), "ledgerCommitted");
    m_first = addFact(form, tr("First delivery"), "ledgerFirst");
    m_last = addFact(form, tr("Last delivery"), "ledgerLast");
    m_chunks = addFact(form, tr("Chunks"), "ledgerChunkCount");
    return facts;
}

void LedgerView::clear()
{
    m_entry.reset();
    m_again.stop();
    m_loaded = false;
    m_head->clear();
    m_text->clear();
    m_chunkModel->setRows({});
    setState(StateView::Kind::Empty, tr("No post selected"),
             tr("Select a post to see who got it, and when."));
}

// In the place of the ledger.
void LedgerView::setState(StateView::Kind kind, const QString& title, const QString& text)
{
    m_loaded = false;
    m_state->show(kind, title, text);
    showParts();
}

void LedgerView::showParts()
{
    m_state->setVisible(!m_loaded);
    m_facts->setVisible(m_loaded);
    m_chunkTable->setVisible(m_loaded && m_chunkModel->rowCount() > 0);
    m_head->setVisible(m_entry.has_value());
    m_text->setVisible(m_entry.has_value());
}

void LedgerView::showPost(const backend::TimelineEntry& entry)
{
    if (m_entry && m_entry->id == entry.id) return;
    clear();
    m_entry = entry;
    m_head->setText(tr("@%1 · %2 · post %3")
                        .arg(QString::fromStdString(entry.authorHandle), formatTime(entry.id.time()))
                        .arg(entry.id.value));
    m_text->setText(entry.bodyMissing ? tr("The text could not be read in time.")
                                      : QString::fromStdString(entry.body));
    setState(StateView::Kind::Loading, tr("Reading the ledger"));
    refresh();
}

void LedgerView::refresh()
{
    if (!m_entry) return;
    const auto post = m_entry->id;
    m_bridge.call(
        this, [post](backend::Engine& engine) { return requests::ledger(engine, post); },
        [this, post](backend::Result<backend::DeliveryLedger> ledger) {
            if (!m_entry || m_entry->id != post) return;
            if (ledger)
                take(*ledger);
            else if (ledger.error().code == backend::ErrorCode::NotFound)
                setState(StateView::Kind::Empty, tr("No ledger yet"),
                         tr("The post's fan-out has not been planned."));
            else
                setState(StateView::Kind::Failed, tr("The ledger could not be read"),
                         QString::fromStdString(ledger.error().message));
            const bool unfinished =
                ledger ? !ledger->complete() : ledger.error().code == backend::ErrorCode::NotFound;
            if (unfinished && isVisible()) m_again.start();
        });
}

void LedgerView::take(const backend::DeliveryLedger& ledger)
{
    m_loaded = true;
    m_mode->setText(ledger.mode == backend::FanoutMode::Push ? tr("push: written to each reader")
                                                             : tr("pull: merged when readers look"));
    m_audience->setText(tr("%1 readers: followers and the author").arg(formatCount(ledger.audience)));
    m_pushed->setText(formatCount(ledger.pushed));
    m_skipped->setText(tr("%1 dormant · %2 unfollowed · %3 deleted")
                           .arg(formatCount(ledger.skippedDormant), formatCount(ledger.skippedUnfollowed),
                                formatCount(ledger.skippedDeleted)));
    m_pulled->setText(formatCount(ledger.pulled));
    m_failed->setText(formatCount(ledger.failed));
    m_outstanding->setText(formatCount(std::max<std::int64_t>(0, ledger.audience - ledger.accounted())));
    m_committed->setText(formatTime(ledger.committedAt));
    m_first->setText(deliveryTime(ledger.firstDeliveryAt, ledger.committedAt));
    m_last->setText(deliveryTime(ledger.lastDeliveryAt, ledger.committedAt));
    m_chunks->setText(ledger.complete()
                          ? tr("%1, all done").arg(ledger.chunksDone)
                          : tr("%1 of %2 done").arg(ledger.chunksDone).arg(ledger.chunksPlanned));
    m_chunkModel->setRows(ledger.chunks);
    showParts();
}

} // namespace ui
