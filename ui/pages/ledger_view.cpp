#include "ui/pages/ledger_view.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/tone_delegate.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/part_bar.h"
#include "ui/widgets/table_style.h"

#include <QFormLayout>
#include <QHeaderView>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>
#include <chrono>

namespace ui {
namespace {

constexpr std::chrono::milliseconds kAgain{500}, kAfterFailure{2000};
constexpr std::chrono::minutes kOwnTime{10}; // between a post's time and its commit: more is no clock's error

// "2026-11-23 06:06:16 UTC, 120 ms after commit"
QString deliveryTime(std::optional<backend::TimePoint> time, backend::TimePoint committed)
{
    if (!time) return unknownText();
    const auto delay = std::max(0.0, std::chrono::duration<double>(*time - committed).count());
    return LedgerView::tr("%1, %2 after commit").arg(formatTime(*time), formatDuration(delay));
}

} // namespace

LedgerView::LedgerView(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_bridge(bridge)
{
    build();
    m_again.setSingleShot(true);
    connect(&m_again, &QTimer::timeout, this, &LedgerView::again);
    connect(&m_theme, &Theme::changed, this, [this] {
        if (m_ledger) showBar(*m_ledger);
    });
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
    m_bar = new PartBar(m_theme, this);
    m_bar->setObjectName(QStringLiteral("ledgerBar"));
    m_bar->setAccessibleName(tr("The audience by what became of it"));
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
    for (auto* widget : std::initializer_list<QWidget*>{m_head, m_text, m_state, m_bar, m_facts})
        layout->addWidget(widget);
    layout->addWidget(m_chunkTable, 1);
}

Label* LedgerView::addFact(QFormLayout* form, const QString& title, const char* name)
{
    auto* value = new Label(m_theme, FontRole::Body, Tone::Normal, this);
    value->setObjectName(QLatin1String(name));
    value->setWordWrap(true);
    value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* heading = new Label(m_theme, title, FontRole::Body, Tone::Muted, this);
    heading->setAlignment(Qt::AlignLeft | Qt::AlignTop); // also beside a value of several lines
    form->addRow(heading, value);
    return value;
}

QWidget* LedgerView::buildFacts()
{
    auto* facts = new QWidget(this);
    auto* form = new QFormLayout(facts);
    form->setContentsMargins({});
    // Where there are no chunks the rest of the height is below the facts, not between all parts.
    facts->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Expanding);
    form->setVerticalSpacing(kSpacingTiny);
    form->setHorizontalSpacing(kSpacingMedium);
    m_mode = addFact(form, tr("Fan-out"), "ledgerMode");
    m_audience = addFact(form, tr("Audience"), "ledgerAudience");
    m_pushed = addFact(form, tr("Pushed"), "ledgerPushed");
    m_skipped = addFact(form, tr("Skipped"), "ledgerSkipped");
    m_pulled = addFact(form, tr("Pulled"), "ledgerPulled");
    m_failed = addFact(form, tr("Failed"), "ledgerFailed");
    m_outstanding = addFact(form, tr("Outstanding"), "ledgerOutstanding");
    m_delays = addFact(form, tr("Delivered within"), "ledgerDelays");
    m_delays->setToolTip(tr("From the commit of the post. A chunk counts with its last delivery: its readers "
                            "had the post by then at the latest."));
    m_speed = addFact(form, tr("Rate"), "ledgerRate");
    m_left = addFact(form, tr("Done in"), "ledgerEta");
    m_committed = addFact(form, tr("Committed"), "ledgerCommitted");
    m_first = addFact(form, tr("First delivery"), "ledgerFirst");
    m_last = addFact(form, tr("Last delivery"), "ledgerLast");
    m_chunks = addFact(form, tr("Chunks"), "ledgerChunkCount");
    return facts;
}

void LedgerView::clear()
{
    m_entry.reset();
    m_call.cancel();
    m_again.stop();
    m_rate.clear();
    m_ledger.reset();
    m_loaded = m_unfinished = m_asking = false;
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
    m_bar->setVisible(m_loaded && m_ledger && !awaitsPlan(*m_ledger)); // of an audience that nobody has read
    m_chunkTable->setVisible(m_loaded && m_chunkModel->rowCount() > 0);
    m_head->setVisible(m_entry.has_value());
    m_text->setVisible(m_entry.has_value());
}

void LedgerView::showPost(const backend::TimelineEntry& entry)
{
    if (m_entry && m_entry->id == entry.id) return;
    clear();
    m_entry = entry;
    showHead();
    m_text->setText(entry.bodyMissing ? tr("The text could not be read in time.")
                                      : QString::fromStdString(entry.body));
    setState(StateView::Kind::Loading, tr("Reading the ledger"));
    refresh();
}

void LedgerView::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (m_unfinished && !m_asking) refresh();
}

void LedgerView::refresh()
{
    if (!m_entry || m_asking) return;
    m_asking = true;
    m_call = m_bridge.callInTurn(
        this, "ledger",
        [post = m_entry->id](backend::Engine& engine) { return requests::ledger(engine, post); },
        [this](backend::Result<backend::DeliveryLedger> answer) { taken(answer); });
}

void LedgerView::taken(const backend::Result<backend::DeliveryLedger>& answer)
{
    m_asking = false;
    // A post whose plan is still to come has a ledger, too: without one there is no post.
    const bool unknown = !answer && answer.error().code == backend::ErrorCode::NotFound;
    if (answer)
        take(*answer);
    else if (unknown)
        setState(StateView::Kind::Empty, tr("No such post"),
                 tr("It was removed, or never was: PostgreSQL knows no post of this id. %1")
                     .arg(QString::fromStdString(answer.error().message)));
    else
        setState(StateView::Kind::Failed, tr("The ledger could not be read"),
                 tr("%1 It is asked for again.").arg(QString::fromStdString(answer.error().message)));
    m_unfinished = answer ? !answer->complete() : !unknown;
    if (m_unfinished && isVisible()) m_again.start(answer ? kAgain : kAfterFailure);
}

// Not while paused or minimised: then it goes on when that is over.
void LedgerView::again()
{
    if (!m_unfinished || !isVisible()) return;
    if (m_bridge.polling())
        refresh();
    else
        m_again.start(kAgain);
}

void LedgerView::timesChanged()
{
    if (m_entry) showHead();
    if (m_ledger) showTimes(*m_ledger);
}

void LedgerView::showHead()
{
    m_head->setText(tr("@%1 · %2 · post %3")
                        .arg(QString::fromStdString(m_entry->authorHandle), formatTime(m_entry->id.time()))
                        .arg(m_entry->id.value));
}

void LedgerView::take(const backend::DeliveryLedger& ledger)
{
    m_loaded = true;
    m_ledger = ledger;
    showCounts(ledger);
    showProgress(ledger);
    showBar(ledger);
    showTimes(ledger);
    m_chunks->setText(awaitsPlan(ledger) ? tr("not planned yet")
                      : ledger.complete()
                          ? tr("%1, all done").arg(ledger.chunksDone)
                          : tr("%1 of %2 done").arg(ledger.chunksDone).arg(ledger.chunksPlanned));
    m_chunkModel->setRows(ledger.chunks);
    showParts();
}

void LedgerView::showTimes(const backend::DeliveryLedger& ledger)
{
    // An imported post keeps the time of its log, or one that was shifted with it.
    const bool dated = ledger.committedAt - ledger.post.time() > kOwnTime;
    const auto committed = formatTime(ledger.committedAt);
    m_committed->setText(
        dated ? tr("%1, imported: it is dated %2").arg(committed, formatTime(ledger.post.time()))
              : committed);
    m_first->setText(deliveryTime(ledger.firstDeliveryAt, ledger.committedAt));
    m_last->setText(deliveryTime(ledger.lastDeliveryAt, ledger.committedAt));
}

void LedgerView::showCounts(const backend::DeliveryLedger& ledger)
{
    if (awaitsPlan(ledger)) {
        m_mode->setText(tr("not planned yet: its task waits in the queue or among the dead letters"));
        m_audience->setText(tr("read when it is planned"));
        for (auto* fact : {m_pushed, m_skipped, m_pulled, m_failed, m_outstanding})
            fact->setText(unknownText());
        return;
    }
    m_mode->setText(ledger.mode == backend::FanoutMode::Push ? tr("push: written to each reader")
                                                             : tr("pull: merged when readers look"));
    m_audience->setText(ledger.audience == 1
                            ? tr("1 reader")
                            : tr("%1 readers: followers and the author").arg(formatCount(ledger.audience)));
    m_pushed->setText(formatCount(ledger.pushed));
    m_skipped->setText(tr("%1 dormant · %2 unfollowed · %3 deleted")
                           .arg(formatCount(ledger.skippedDormant), formatCount(ledger.skippedUnfollowed),
                                formatCount(ledger.skippedDeleted)));
    m_pulled->setText(formatCount(ledger.pulled));
    m_failed->setText(formatCount(ledger.failed));
    m_outstanding->setText(formatCount(outstanding(ledger)));
}

void LedgerView::showProgress(const backend::DeliveryLedger& ledger)
{
    const auto half = deliveredWithin(ledger, 0.5), most = deliveredWithin(ledger, 0.99);
    m_delays->setText(half && most ? tr("p50 %1 · p99 %2").arg(formatDuration(*half), formatDuration(*most))
                                   : unknownText());
    if (ledger.complete()) {
        m_rate.clear();
        const auto rate = overallRate(ledger);
        m_speed->setText(rate                ? tr("%1 deliveries/s, first to last").arg(formatRate(*rate))
                         : ledger.pushed > 0 ? tr("none: all at once")
                                             : tr("none: nothing was pushed"));
        m_left->setText(
            ledger.lastDeliveryAt
                ? formatDuration(std::max(
                      0.0,
                      std::chrono::duration<double>(*ledger.lastDeliveryAt - ledger.committedAt).count()))
                : tr("nothing to deliver"));
        return;
    }
    if (awaitsPlan(ledger)) {
        m_rate.clear();
        m_speed->setText(unknownText());
        m_left->setText(tr("not known: not planned yet"));
        return;
    }
    m_rate.add(ledger, FanoutRate::Clock::now());
    const auto rate = m_rate.perSecond();
    const auto left = m_rate.secondsLeft();
    m_speed->setText(rate ? tr("%1 readers/s, last 5 s").arg(formatRate(*rate)) : tr("measuring…"));
    m_left->setText(left   ? tr("about %1 left").arg(formatDuration(*left))
                    : rate ? tr("not known: nothing moves")
                           : tr("measuring…"));
}

void LedgerView::showBar(const backend::DeliveryLedger& ledger)
{
    m_bar->setParts({{tr("pushed"), ledger.pushed, m_theme.ok()},
                     {tr("pulled"), ledger.pulled, m_theme.accent()},
                     {tr("dormant"), ledger.skippedDormant, m_theme.textMuted()},
                     {tr("unfollowed"), ledger.skippedUnfollowed, m_theme.series(4)},
                     {tr("deleted"), ledger.skippedDeleted, m_theme.series(5)},
                     {tr("failed"), ledger.failed, m_theme.critical()},
                     {tr("outstanding"), outstanding(ledger), m_theme.textMuted(), true}});
}

} // namespace ui
