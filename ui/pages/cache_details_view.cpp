#include "ui/pages/cache_details_view.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/tone_delegate.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/table_style.h"
#include "ui/widgets/ttl_bars.h"

#include <QHBoxLayout>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {
namespace {

using namespace std::chrono_literals;

constexpr auto kAgainAfter = 10s;

QString boundText(int seconds)
{
    return seconds < 60     ? CacheDetailsView::tr("%1 s").arg(seconds)
           : seconds < 3600 ? CacheDetailsView::tr("%1 min").arg(seconds / 60)
                            : CacheDetailsView::tr("%1 h").arg(seconds / 3600);
}

// Sums of what the nodes told, and how long it was counted.
struct Rates
{
    std::optional<double> evictions, expirations;
    double seconds = 0;
    int silent = 0; // nodes without figures
    QString silentReason;
};

Rates ratesOf(const backend::CacheDetails& details)
{
    Rates out;
    for (const auto& node : details.nodes) {
        if (!node.notMeasured.empty()) {
            ++out.silent;
            out.silentReason = QString::fromStdString(node.notMeasured);
        }
        if (node.evictionsPerSecond) out.evictions = out.evictions.value_or(0) + *node.evictionsPerSecond;
        if (node.expirationsPerSecond)
            out.expirations = out.expirations.value_or(0) + *node.expirationsPerSecond;
        out.seconds = std::max(out.seconds, node.windowSeconds);
    }
    return out;
}

} // namespace

CacheDetailsView::CacheDetailsView(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_bridge(bridge)
{
    build();
    connect(&bridge, &EngineBridge::stateChanged, this, [this] {
        if (m_bridge.state() != EngineBridge::State::Open) forget();
    });
    forget();
}

void CacheDetailsView::build()
{
    m_summary = new Label(m_theme, FontRole::Body, Tone::Muted, this);
    m_summary->setObjectName(QStringLiteral("keySummary"));
    m_summary->setWordWrap(true);
    auto* row = new QHBoxLayout;
    row->setSpacing(kSpacingSmall);
    row->addWidget(buildFamilies(), 40);
    row->addWidget(buildTtls(), 28);
    row->addWidget(buildFlights(), 36);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, kSpacingSmall, 0, 0);
    layout->setSpacing(kSpacingSmall);
    layout->addWidget(m_summary);
    layout->addLayout(row, 1);
}

int CacheDetailsView::neededHeight() const
{
    const int chrome = m_familyCard->sizeHint().height() - m_familyTable->sizeHint().height();
    return chrome + fullHeight(*m_familyTable) + m_summary->sizeHint().height() + 2 * kSpacingSmall;
}

QTableView* CacheDetailsView::makeTable(const char* name, const QString& title, QAbstractItemModel* model,
                                        QWidget* parent)
{
    auto* table = new QTableView(parent);
    table->setObjectName(QLatin1StringView(name));
    table->setAccessibleName(title);
    table->setModel(model);
    table->setItemDelegate(new ToneDelegate(m_theme, table));
    styleCompactTable(*table);
    table->setSortingEnabled(false);
    fitColumns(*table);
    return table;
}

QWidget* CacheDetailsView::buildFamilies()
{
    m_familyCard = new Card(m_theme, tr("Memory by kind of key"), this);
    m_families = makeKeyFamilyTable(this);
    m_familyTable = makeTable("keyFamilies", m_familyCard->title(), m_families, m_familyCard);
    m_familyCard->body()->addWidget(m_familyTable);
    return m_familyCard;
}

QWidget* CacheDetailsView::buildTtls()
{
    m_ttlCard = new Card(m_theme, tr("Time to live of objects"), this);
    m_ttls = new TtlBars(m_theme, m_ttlCard);
    m_ttls->setObjectName(QStringLiteral("ttlBars"));
    m_ttls->setAccessibleName(m_ttlCard->title());
    QStringList buckets;
    for (const int seconds : backend::kTtlBounds)
        buckets << tr("≤ %1").arg(boundText(seconds));
    buckets << tr("> %1").arg(boundText(backend::kTtlBounds.back())) << tr("none");
    m_ttls->setBuckets(buckets);
    m_ttlCard->body()->addWidget(m_ttls, 1);
    return m_ttlCard;
}

QWidget* CacheDetailsView::buildFlights()
{
    m_flightCard = new Card(m_theme, tr("Misses spared by single flight"), this);
    m_flights = makeFlightTable(this);
    m_flightCard->body()->addWidget(makeTable("flightTable", m_flightCard->title(), m_flights, m_flightCard));
    return m_flightCard;
}

void CacheDetailsView::forget()
{
    m_call.cancel();
    m_reading = false;
    m_asked.reset();
    m_details.reset();
    m_error.clear();
    m_families->setRows({});
    m_flights->setRows({});
    m_ttls->setRows({}, tr("Not sampled yet"));
    showSummary();
}

void CacheDetailsView::tick()
{
    if (!isVisible() || m_reading || (m_asked && Clock::now() - *m_asked < kAgainAfter)) return;
    read();
}

void CacheDetailsView::refresh()
{
    if (isVisible() && !m_reading && m_bridge.state() == EngineBridge::State::Open) read();
}

void CacheDetailsView::giveUp()
{
    if (!m_reading) return;
    m_call.cancel();
    m_reading = false;
    m_error = tr("given up");
    showSummary();
}

void CacheDetailsView::read()
{
    m_reading = true;
    m_asked = Clock::now();
    showSummary();
    m_call.cancel();
    m_call = m_bridge.callInTurn(
        this, "cache details", [](backend::Engine& engine) { return requests::cacheDetails(engine); },
        [this](backend::Result<backend::CacheDetails> details) {
            m_reading = false;
            m_error = details ? QString() : QString::fromStdString(details.error().message);
            if (details) take(*details);
            showSummary();
        });
}

void CacheDetailsView::take(const backend::CacheDetails& details)
{
    m_details = details;
    m_families->setRows(familyRows(details));
    m_flights->setRows(details.flights);
    m_familyCard->setSubtitle(
        tr("%1 of %2 keys sampled").arg(formatCount(details.sampled), formatCount(details.keys)));
    m_flightCard->setSubtitle(details.flightsWindowSeconds > 0
                                  ? tr("last %1").arg(formatDuration(details.flightsWindowSeconds))
                                  : tr("window from the next look on"));
    showTtls(details);
}

void CacheDetailsView::showTtls(const backend::CacheDetails& details)
{
    std::vector<TtlBars::Row> rows;
    std::int64_t sampled = 0;
    for (const auto& spread : details.ttls) {
        TtlBars::Row row{QString::fromStdString(spread.name), {}, double(spread.sampled)};
        row.counts.assign(spread.buckets.begin(), spread.buckets.end());
        row.counts.push_back(double(spread.withoutTtl));
        rows.push_back(std::move(row));
        sampled += spread.sampled;
    }
    m_ttls->setRows(std::move(rows), tr("No objects among the sampled keys"));
    m_ttlCard->setSubtitle(tr("%1 objects sampled").arg(formatCount(sampled)));
}

void CacheDetailsView::showSummary()
{
    QStringList parts;
    if (m_details) {
        const auto rates = ratesOf(*m_details);
        parts << tr("Sampled at %1.").arg(formatTime(m_details->takenAt));
        if (rates.evictions && rates.expirations)
            parts << tr("Evictions %1/s, expirations %2/s over %3.")
                         .arg(formatRate(*rates.evictions), formatRate(*rates.expirations),
                              formatDuration(rates.seconds));
        else
            parts << tr("Evictions/s and expirations/s need a second look, in %1 s.")
                         .arg(std::chrono::seconds(kAgainAfter).count());
        if (rates.silent > 0)
            parts << tr("Without %1 of %2 nodes: %3.")
                         .arg(rates.silent)
                         .arg(m_details->nodes.size())
                         .arg(rates.silentReason);
    }
    if (!m_error.isEmpty())
        parts << tr("The keys could not be sampled: %1. F5 tries again.").arg(m_error);
    else if (!m_details)
        parts << (m_reading ? tr("Sampling keys on every Redis node… Esc gives up.")
                            : tr("Not sampled yet."));
    m_summary->setText(parts.join(QLatin1Char(' ')));
    m_summary->setTone(m_error.isEmpty() ? Tone::Muted : Tone::Critical);
}

} // namespace ui
