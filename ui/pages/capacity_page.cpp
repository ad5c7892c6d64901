#include "ui/pages/capacity_page.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/bridge/time_range.h"
#include "ui/models/sort_proxy.h"
#include "ui/pages/cap_pricer.h"
#include "ui/pages/capacity_tiles.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/page_face.h"
#include "ui/pages/threshold_planner.h"
#include "ui/pages/tone_delegate.h"
#include "ui/widgets/card.h"
#include "ui/widgets/curve_chart.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/table_style.h"
#include "ui/widgets/whole_rows.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QSettings>
#include <QShortcut>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace ui {
namespace {

using namespace std::chrono_literals;

// While the page is shown: how soon again, and how soon while there is nothing, or too little, to show.
constexpr auto kLookAfter = 600s, kHistoryAfter = 60s, kSoonAgain = 10s;
constexpr int kLeastHeight = 620; // of the cards side by side, in pixels
constexpr int kPresumedCap = 800; // the default: the caps to ask for until the cluster's own is known

QSplitter* splitter(Qt::Orientation orientation, const char* name, QWidget* parent)
{
    auto* out = new QSplitter(orientation, parent);
    out->setObjectName(QLatin1StringView(name));
    out->setChildrenCollapsible(false);
    return out;
}

} // namespace

CapacityPage::CapacityPage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("capacity"), tr("Capacity"), context, parent)
{
    m_face = new PageFace(context, this, build(), kLeastHeight);
    connectAll();
    forget();
}

QWidget* CapacityPage::build()
{
    auto* content = new QWidget(this);
    m_splitter = splitter(Qt::Vertical, "capacitySplitter", content);
    m_upper = splitter(Qt::Horizontal, "capacityUpperSplitter", m_splitter);
    m_pricer = new CapPricer(context().theme, context().bridge, m_upper);
    m_pricer->setObjectName(QStringLiteral("capPricer"));
    m_planner = new ThresholdPlanner(context().theme, context().bridge, m_upper);
    m_planner->setObjectName(QStringLiteral("thresholdPlanner"));
    m_upper->addWidget(m_pricer);
    m_upper->addWidget(m_planner);
    m_lower = splitter(Qt::Horizontal, "capacityLowerSplitter", m_splitter);
    m_lower->addWidget(buildNodes(m_lower));
    m_lower->addWidget(buildGrowth(m_lower));
    m_splitter->addWidget(m_upper);
    m_splitter->addWidget(m_lower);
    m_upper->setSizes({3'500, 6'500}); // parts of what there is
    m_lower->setSizes({7'200, 2'800});
    m_splitter->setSizes({5'400, 4'600});
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(kSpacingMedium, kSpacingMedium, kSpacingMedium, kSpacingMedium);
    layout->setSpacing(kSpacingSmall);
    layout->addLayout(buildHead(content));
    m_tiles = new CapacityTiles(context().theme, content);
    layout->addWidget(m_tiles);
    layout->addWidget(m_splitter, 1);
    return content;
}

QLayout* CapacityPage::buildHead(QWidget* parent)
{
    m_status = new Label(context().theme, FontRole::Body, Tone::Muted, parent);
    m_status->setObjectName(QStringLiteral("capacityStatus"));
    m_status->setWordWrap(true);
    m_again = new QPushButton(tr("&Weigh again"), parent);
    m_again->setObjectName(QStringLiteral("weighAgain"));
    m_again->setToolTip(
        tr("Walks over the keys of every Redis node and weighs up to 1,000 home timelines on each; "
           "reads only (F5). Esc gives up waiting."));
    auto* row = new QHBoxLayout;
    row->addWidget(m_status, 1);
    row->addWidget(m_again);
    return row;
}

QWidget* CapacityPage::buildNodes(QWidget* parent)
{
    m_nodesCard = new Card(context().theme, tr("Room and growth by node"), parent);
    m_nodes = makeNodeRoomTable(this);
    m_sorted = new SortProxy(this);
    m_sorted->setSourceModel(m_nodes);
    m_table = new QTableView(m_nodesCard);
    m_table->setObjectName(QStringLiteral("nodeRoom"));
    m_table->setAccessibleName(tr("Room and growth by node"));
    m_table->setModel(m_sorted);
    m_table->setItemDelegate(new ToneDelegate(context().theme, m_table));
    styleCompactTable(*m_table);
    fitColumns(*m_table);
    elideLastColumn(*m_table);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(RoomNameColumn, Qt::AscendingOrder);
    m_nodesCard->body()->addWidget(new WholeRows(m_table, m_nodesCard));
    return m_nodesCard;
}

QWidget* CapacityPage::buildGrowth(QWidget* parent)
{
    m_growthCard = new Card(context().theme, tr("Growth"), parent);
    m_growth = new CurveChart(context().theme, CurveChart::Across::Time, m_growthCard);
    m_growth->setObjectName(QStringLiteral("growthChart"));
    m_growth->setAccessibleName(tr("Memory or disk used by the chosen node"));
    m_growth->setAxes(zoneName(), ScaleUnit::Bytes, &formatWholeBytes);
    m_growth->showEventsOf(context().range);
    m_growthCard->body()->addWidget(m_growth, 1);
    return m_growthCard;
}

void CapacityPage::connectAll()
{
    connect(m_again, &QPushButton::clicked, this, &CapacityPage::refresh);
    connect(m_pricer, &CapPricer::weighedAnew, this, [this](const backend::Capacity& capacity) {
        m_capacity = capacity;
        m_tiles->setCapacity(m_capacity ? &*m_capacity : nullptr);
        showHead();
        showNodes();
    });
    connect(m_planner, &ThresholdPlanner::changed, this, &CapacityPage::readCosts);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &CapacityPage::showGrowth);
    connect(&context().range, &TimeRange::windowChanged, this, &CapacityPage::showNodes);
    auto* escape = new QShortcut(QKeySequence(Qt::Key_Escape), this);
    escape->setContext(Qt::WidgetWithChildrenShortcut);
    connect(escape, &QShortcut::activated, this, &CapacityPage::giveUp);
    connect(&context().bridge, &EngineBridge::stateChanged, this, [this] {
        if (context().bridge.state() != EngineBridge::State::Open) forget();
    });
}

// --- reading

void CapacityPage::forget()
{
    for (auto* reading : {&m_weighing, &m_costs, &m_past}) {
        reading->call.cancel();
        *reading = {};
    }
    m_gaveUp = false;
    m_snapshot.reset();
    m_capacity.reset();
    m_pasts.clear();
    m_error.clear();
    m_nodes->setRows({});
    m_tiles->setNodes({});
    m_pricer->clear(tr("Not weighed yet."));
    m_planner->clear(tr("Not read yet."));
    m_tiles->setCapacity(m_capacity ? &*m_capacity : nullptr);
    showHead();
    showGrowth();
}

void CapacityPage::setSnapshot(const backend::SnapshotPtr& snapshot)
{
    m_planner->setBlocked(context().bridge.whyUnchangeable());
    if (!m_face->show(snapshot)) return;
    m_snapshot = snapshot;
    readWhatIsDue();
    showNodes();
}

bool CapacityPage::due(const Reading& reading, std::chrono::seconds after) const
{
    return !reading.running && (!reading.asked || Clock::now() - *reading.asked >= after);
}

void CapacityPage::readWhatIsDue()
{
    if (!isVisible()) return;
    const bool weighed = m_capacity && m_capacity->notMeasured.empty() && m_error.isEmpty();
    const bool enough = !m_pasts.empty() && m_pasts.back().memoryGrowth.kind != Growth::Kind::TooShort;
    if (due(m_weighing, m_gaveUp || weighed ? kLookAfter : kSoonAgain)) weigh();
    const auto costsAfter = m_gaveUp || m_planner->isWhole() ? kLookAfter
                            : m_planner->hasCosts()          ? kHistoryAfter
                                                             : kSoonAgain;
    if (due(m_costs, costsAfter)) readCosts();
    if (due(m_past, enough ? kHistoryAfter : kSoonAgain)) readHistory();
}

void CapacityPage::refresh()
{
    if (context().bridge.state() != EngineBridge::State::Open) return;
    m_gaveUp = false;
    if (!m_weighing.running) weigh();
    if (!m_costs.running) readCosts();
    if (!m_past.running) readHistory();
}

void CapacityPage::begin(Reading& reading)
{
    reading.call.cancel();
    reading = {{}, true, Clock::now()};
}

void CapacityPage::weigh()
{
    begin(m_weighing);
    showHead();
    const auto caps = CapPricer::capsToAskFor(m_capacity ? m_capacity->cap : kPresumedCap);
    m_weighing.call = context().bridge.callInTurn(
        this, kWeighing, [caps](backend::Engine& engine) { return requests::capacity(engine, caps); },
        [this](backend::Result<backend::Capacity> capacity) {
            m_weighing.running = false;
            m_error = capacity ? QString() : QString::fromStdString(capacity.error().message);
            if (capacity) taken(*capacity);
            showHead();
            showNodes();
        });
}

// Asked for the default's caps, but the cluster has another one: once more for its own.
void CapacityPage::taken(const backend::Capacity& capacity)
{
    const bool first = !m_capacity.has_value();
    m_capacity = capacity;
    m_pricer->setCapacity(capacity);
    m_tiles->setCapacity(m_capacity ? &*m_capacity : nullptr);
    if (first && capacity.notMeasured.empty() && capacity.cap != kPresumedCap) weigh();
}

void CapacityPage::readCosts()
{
    begin(m_costs);
    m_planner->setReading();
    m_costs.call = context().bridge.callInTurn(
        this, "fan-out costs", [](backend::Engine& engine) { return requests::fanoutCosts(engine); },
        [this](backend::Result<backend::FanoutCosts> costs) {
            m_costs.running = false;
            if (costs)
                m_planner->setCosts(*costs);
            else
                m_planner->setFailed(
                    tr("Could not be read: %1").arg(QString::fromStdString(costs.error().message)));
        });
}

void CapacityPage::readHistory()
{
    begin(m_past);
    m_past.call = context().bridge.callInTurn(
        this, "longest history",
        [](backend::Engine& engine) {
            return backend::Result<std::vector<NodePast>>(nodePasts(requests::longestHistory(engine)));
        },
        [this](backend::Result<std::vector<NodePast>> pasts) {
            m_past.running = false;
            if (pasts) m_pasts = std::move(*pasts);
            showNodes();
            showGrowth();
        });
}

void CapacityPage::giveUp()
{
    m_pricer->giveUp();
    m_gaveUp = m_gaveUp || m_weighing.running || m_costs.running;
    if (m_costs.running) m_planner->setFailed(tr("Given up. F5 reads again."));
    if (m_weighing.running) m_error = tr("given up. F5 weighs again");
    for (auto* reading : {&m_weighing, &m_costs, &m_past}) {
        reading->call.cancel();
        reading->running = false;
    }
    showHead();
}

// --- showing

void CapacityPage::showHead()
{
    m_again->setEnabled(!m_weighing.running);
    QString text;
    if (m_capacity) {
        std::size_t answered = 0;
        for (const auto& node : m_capacity->nodes)
            answered += node.usedMemoryBytes >= 0;
        text = tr("%1 of %2 home timelines on %3 of %4 Redis nodes weighed at %5.")
                   .arg(formatCount(m_capacity->sampled), formatCount(m_capacity->timelines))
                   .arg(answered)
                   .arg(m_capacity->nodes.size())
                   .arg(formatTime(m_capacity->takenAt));
        if (!m_capacity->notMeasured.empty())
            text = tr("Looked at %1: %2.")
                       .arg(formatTime(m_capacity->takenAt), QString::fromStdString(m_capacity->notMeasured));
        if (noTimelines(*m_capacity))
            text = tr("Looked at %1: there is no home timeline yet. Every new user gets one; it is weighed "
                      "by itself "
                      "then.")
                       .arg(formatTime(m_capacity->takenAt));
    }
    if (m_weighing.running)
        text = tr("%1 Weighing home timelines on every Redis node… Esc gives up.").arg(text).trimmed();
    else if (!m_error.isEmpty())
        text = tr("%1 Weighing failed: %2.").arg(text, m_error).trimmed();
    m_status->setText(text);
    m_status->setTone(!m_weighing.running && !m_error.isEmpty() ? Tone::Critical : Tone::Muted);
}

void CapacityPage::showNodes()
{
    if (!m_snapshot) return;
    auto rows = nodeRoom(*m_snapshot, m_pasts, m_capacity ? &*m_capacity : nullptr);
    double known = 0;
    for (const auto& row : rows)
        known = std::max(known, row.growth.knownSeconds);
    const auto past = known > 0 ? tr("history of %1, times in %2").arg(formatDuration(known), zoneName())
                                : tr("no history yet");
    const auto note = context().range.notOfWindow(m_snapshot->takenAt);
    m_nodesCard->setSubtitle(note.isEmpty() ? past : QStringLiteral("%1 · %2").arg(past, note));
    m_tiles->setNodes(rows);
    const bool first = m_nodes->rowCount() == 0 && !rows.empty();
    m_nodes->setRows(std::move(rows));
    if (first) m_table->setCurrentIndex(m_sorted->index(0, RoomNameColumn));
}

const std::vector<GrowthPoint>& CapacityPage::pastOf(const NodeRoomRow& row) const
{
    static const std::vector<GrowthPoint> kNone;
    for (std::size_t i = 0; m_snapshot && i < std::min(m_snapshot->nodes.size(), m_pasts.size()); ++i)
        if (m_snapshot->nodes[i].id == row.node) return row.redis ? m_pasts[i].memory : m_pasts[i].disk;
    return kNone;
}

void CapacityPage::showGrowth()
{
    const auto current = m_table->currentIndex();
    if (!current.isValid()) {
        m_growthCard->setTitle(tr("Growth"));
        m_growthCard->setSubtitle({});
        m_growth->setMarks({});
        return m_growth->setLines({}, tr("Choose a node to see its history."));
    }
    const auto& row = m_nodes->row(m_sorted->mapToSource(current));
    m_growthCard->setTitle(row.redis ? tr("Memory of %1").arg(row.name) : tr("Disk of %1").arg(row.name));
    m_growthCard->setSubtitle(growthText(row.growth));
    m_growthCard->setToolTip(growthReason(row.growth));
    std::vector<CurveChart::Line> lines{{tr("used"), 1, {}, false}};
    const auto& past = pastOf(row);
    for (const auto& point : past)
        lines[0].points.push_back({point.atSeconds, point.value});
    std::vector<CurveChart::Mark> marks;
    const auto& growth = row.growth;
    if (growth.kind != Growth::Kind::TooShort && !past.empty()) {
        const double begin = past.front().atSeconds;
        const double end = growth.fullAtSeconds.value_or(growth.atSeconds);
        const auto at = [&](double seconds) {
            return QPointF(seconds,
                           std::max(0.0, growth.value + growth.perSecond * (seconds - growth.atSeconds)));
        };
        lines.push_back({tr("line"), 2, {at(begin), at(end)}, false});
        if (growth.fullAtSeconds) marks.push_back({end, at(end).y(), tr("full"), Tone::Warning});
    }
    m_growth->setLines(std::move(lines), tr("No history of this node yet."));
    m_growth->setMarks(std::move(marks));
}

void CapacityPage::timesChanged()
{
    Page::timesChanged();
    m_growth->setAxes(zoneName(), ScaleUnit::Bytes, &formatWholeBytes);
    m_planner->timesChanged();
    showHead();
    showNodes();
    showGrowth();
}

void CapacityPage::openArgument(const QString& argument)
{
    for (int row = 0; row < m_sorted->rowCount(); ++row) {
        const auto index = m_sorted->index(row, RoomNameColumn);
        if (index.data().toString() != argument) continue;
        m_table->setCurrentIndex(index);
        m_table->scrollTo(index);
    }
}

QString CapacityPage::linkArgument() const
{
    const auto index = m_table->currentIndex();
    return index.isValid() ? index.siblingAtColumn(RoomNameColumn).data().toString() : QString();
}

void CapacityPage::saveState(QSettings& settings) const
{
    settings.setValue("splitter", m_splitter->saveState());
    settings.setValue("upper", m_upper->saveState());
    settings.setValue("lower", m_lower->saveState());
    settings.setValue("nodes", columnsState(*m_table->horizontalHeader()));
}

void CapacityPage::restoreState(QSettings& settings)
{
    m_splitter->restoreState(settings.value("splitter").toByteArray());
    m_upper->restoreState(settings.value("upper").toByteArray());
    m_lower->restoreState(settings.value("lower").toByteArray());
    restoreColumns(*m_table->horizontalHeader(), settings.value("nodes").toByteArray());
}

} // namespace ui
