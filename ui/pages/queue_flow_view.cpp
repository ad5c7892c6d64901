#include "ui/pages/queue_flow_view.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/time_range.h"
#include "ui/models/last_known.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/share_delegate.h"
#include "ui/pages/tone_delegate.h"
#include "ui/widgets/backlog_text.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/sparkline_delegate.h"
#include "ui/widgets/table_style.h"
#include "ui/widgets/time_chart.h"
#include "ui/widgets/whole_rows.h"

#include <QSettings>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace ui {
namespace {

constexpr int kArrivingSeries = 1, kDoneSeries = 2, kUnfinishedSeries = 3;
constexpr int kWaitSeries = 1, kRunSeries = 2;

// Of what is known of the times within the range; -1: nothing is.
double meanOf(const std::vector<double>& values, const std::vector<backend::TimePoint>& at,
              const TimeRange& range)
{
    double sum = 0;
    int count = 0;
    for (std::size_t i = 0; i < std::min(values.size(), at.size()); ++i) {
        if (!(values[i] >= 0) || at[i] < range.begin() || at[i] > range.end()) continue; // NaN, too
        sum += values[i];
        ++count;
    }
    return count > 0 ? sum / count : -1;
}

} // namespace

QueueFlowView::QueueFlowView(const PageContext& context, QWidget* parent)
    : QWidget(parent)
    , m_context(context)
{
    m_upper = new QSplitter(Qt::Horizontal, this);
    m_upper->setObjectName(QStringLiteral("queueUpperSplitter"));
    m_upper->setChildrenCollapsible(false);
    m_upper->addWidget(buildRates(m_upper));
    m_upper->addWidget(buildKinds(m_upper));
    connect(m_upper, &QSplitter::splitterMoved, this, [this] { m_upperChosen = true; });
    m_splitter = new QSplitter(Qt::Vertical, this);
    m_splitter->setObjectName(QStringLiteral("queueSplitter"));
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(m_upper);
    m_splitter->addWidget(buildTimes(m_splitter));
    m_splitter->setSizes({5500, 4500}); // parts of what there is
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, kSpacingSmall, 0, 0);
    layout->addWidget(m_splitter);
}

QWidget* QueueFlowView::buildRates(QWidget* parent)
{
    TimeChart::Options options;
    options.title = tr("Arrival, drain");
    options.left = {tr("tasks/s over 10 s"), &formatRate, 4, 0, ScaleUnit::Number, QStringLiteral("8,888")};
    options.right = {{}, {}, 4, 0, ScaleUnit::Whole, QStringLiteral("88,888")};
    options.series = {
        {tr("arriving"), kArrivingSeries, [](const backend::HistoryPoint& p) { return p.arrivalsPerSecond; },
         false},
        {tr("done"), kDoneSeries, [](const backend::HistoryPoint& p) { return p.drainPerSecond; }, false},
        {tr("unfinished"), kUnfinishedSeries,
         [](const backend::HistoryPoint& p) { return p.queueUnfinished; }, true},
    };
    m_rates = new TimeChart(m_context.theme, m_context.range, std::move(options), parent);
    m_rates->setObjectName(QStringLiteral("queueRates"));
    return m_rates;
}

QWidget* QueueFlowView::buildKinds(QWidget* parent)
{
    m_kindCard = new Card(m_context.theme, tr("Tasks by kind"), parent);
    m_kinds = makeQueueKindTable(this);
    m_kindTable = new QTableView(m_kindCard);
    m_kindTable->setObjectName(QStringLiteral("queueKinds"));
    m_kindTable->setAccessibleName(tr("Tasks by kind"));
    m_kindTable->setModel(m_kinds);
    m_kindTable->setItemDelegate(new ToneDelegate(m_context.theme, m_kindTable));
    m_trends = new SparklineDelegate(m_context.theme,
                                     {[](const QModelIndex& index) {
                                          return index.siblingAtColumn(KindNameColumn).data(SortRole).toInt();
                                      },
                                      kArrivingSeries, kDoneSeries, kUnfinishedSeries},
                                     m_kindTable);
    m_kindTable->setItemDelegateForColumn(KindTrendColumn, m_trends);
    styleCompactTable(*m_kindTable);
    m_kindTable->setSortingEnabled(false);
    // The trends take what is left: a bar below would hide the last row, for which another bar would come.
    m_kindTable->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    fitColumns(*m_kindTable);
    m_kindCard->body()->addWidget(new WholeRows(m_kindTable, m_kindCard));
    return m_kindCard;
}

QWidget* QueueFlowView::buildTimes(QWidget* parent)
{
    m_timesCard = new Card(m_context.theme, tr("Wait against run, by kind"), parent);
    m_timesNote = new Label(m_context.theme, FontRole::Body, Tone::Muted, m_timesCard);
    m_timesNote->setObjectName(QStringLiteral("queueTimesNote"));
    m_timesNote->setWordWrap(true);
    m_timesNote->setAlignment(Qt::AlignCenter);
    m_timesNote->setText(tr("Reading…"));
    m_times = makeQueueTimesTable(this);
    m_timesTable = new QTableView(m_timesCard);
    m_timesTable->setObjectName(QStringLiteral("queueTimes"));
    m_timesTable->setAccessibleName(tr("Wait against run, by kind"));
    m_timesTable->setModel(m_times);
    m_timesTable->setItemDelegate(new ToneDelegate(m_context.theme, m_timesTable));
    m_timesTable->setItemDelegateForColumn(
        TimesShareColumn, new ShareDelegate(m_context.theme, kWaitSeries, kRunSeries, m_timesTable));
    styleCompactTable(*m_timesTable);
    m_timesTable->setSortingEnabled(false);
    fitColumns(*m_timesTable);
    m_timesCard->body()->addWidget(m_timesNote);
    m_timesCard->body()->addWidget(m_timesTable, 1);
    return m_timesCard;
}

void QueueFlowView::setHistory(const HistoryView& history)
{
    m_rates->setHistory(history);
}

void QueueFlowView::setSnapshot(const backend::ClusterSnapshot& snapshot, const HistoryView& history)
{
    m_newestKinds = snapshot.queue;
    m_newestAt = snapshot.takenAt;
    m_missing = notCounted(snapshot);
    m_ratesDated = ratesDated(snapshot);
    showKinds();
    setHistory(history);
    if (!m_upperChosen && isVisible()) placeUpper();
}

void QueueFlowView::setTrends(const backend::QueueHistory& history)
{
    const double begin = secondsOf(m_context.range.begin()), end = secondsOf(m_context.range.end());
    std::vector<double> at;
    for (const auto time : history.at)
        at.push_back((secondsOf(time) - begin) / (end - begin));
    std::map<int, Sparkline> lines;
    for (const auto& kind : history.kinds)
        lines[int(kind.kind)] = {at, kind.arrivalsPerSecond, kind.drainPerSecond, kind.unfinished};
    m_trends->setData(std::move(lines));
    m_history = history;
    m_problem.clear();
    showKinds();
    m_kindTable->viewport()->update();
}

void QueueFlowView::timesChanged()
{
    showKinds();
}

// Of a chosen part of the past the history has the rates; the rest is of the newest snapshot.
void QueueFlowView::showKinds()
{
    auto rows = m_newestKinds;
    const auto note = m_context.range.notOfWindow(m_newestAt);
    for (auto& row : rows) {
        if (note.isEmpty()) break;
        const auto known = std::find_if(m_history.kinds.begin(), m_history.kinds.end(),
                                        [&](const auto& kind) { return kind.kind == row.kind; });
        const bool any = known != m_history.kinds.end();
        row.arrivalsPerSecond = any ? meanOf(known->arrivalsPerSecond, m_history.at, m_context.range) : -1;
        row.drainPerSecond = any ? meanOf(known->drainPerSecond, m_history.at, m_context.range) : -1;
    }
    m_kinds->setRows(std::move(rows));
    if (!m_problem.isEmpty())
        m_kindCard->setSubtitle(tr("trends not read: %1").arg(m_problem), Tone::Critical);
    else if (note.isEmpty() && !m_missing.isEmpty())
        m_kindCard->setSubtitle(m_missing, Tone::Warning);
    else if (note.isEmpty() && !m_ratesDated.isEmpty())
        m_kindCard->setSubtitle(tr("in/s, done/s, failed/s %1").arg(m_ratesDated), Tone::Warning);
    else if (note.isEmpty())
        m_kindCard->setSubtitle(
            tr("trend: in solid, done dashed, unfinished filled; %1").arg(m_context.range.windowText()),
            Tone::Muted, {tr("trend: %1").arg(m_context.range.windowText())});
    else
        m_kindCard->setSubtitle(tr("in/s, done/s, trend: the window; the rest %1").arg(note));
}

void QueueFlowView::setTimes(const backend::QueueDetails& details)
{
    m_times->setRows(details.kinds);
    const auto span = formatDuration(std::round(details.windowSeconds));
    const auto snapshot = m_context.bridge.snapshot();
    const bool halted = snapshot && nobodyWorks(*snapshot); // what follows looks healthy, and is of before
    const auto words =
        m_context.range.chosen()
            ? tr("of tasks that ran, all engines, last %1 before now, not of the chosen window")
        : halted ? tr("none runs now; of those that ran in the last %1")
                 : tr("of tasks that ran, all engines, last %1");
    m_timesCard->setSubtitle(details.windowSeconds < 1 ? QString() : words.arg(span),
                             halted && !m_context.range.chosen() ? Tone::Warning : Tone::Muted);
    const bool any = !details.kinds.empty();
    m_timesNote->setVisible(!any);
    m_timesTable->setVisible(any);
    if (!any)
        m_timesNote->setText(details.notMeasured.empty()
                                 ? (details.windowSeconds < 1
                                        ? tr("Nothing is measured yet.")
                                        : tr("No task ran in the last %1. Tasks come with "
                                             "new users, posts and follows.")
                                              .arg(span))
                                 : tr("Not known: %1.").arg(QString::fromStdString(details.notMeasured)));
}

void QueueFlowView::setProblem(const QString& problem)
{
    if (problem.isEmpty()) return; // the next figures say what is
    m_timesCard->setSubtitle(tr("not read: %1").arg(problem), Tone::Critical);
    m_problem = problem;
    showKinds();
}

// The table gets what its columns need and the chart the rest, until somebody moves the border. In steps, so
// that a figure's next digit moves nothing.
void QueueFlowView::placeUpper()
{
    constexpr int kStep = 40;
    const int chrome = m_kindCard->width() - m_kindTable->viewport()->width();
    const int needed = (fittedWidth(*m_kindTable) + chrome + kStep - 1) / kStep * kStep;
    const int room = m_upper->width() - m_upper->handleWidth();
    const int table = std::min(std::max(needed, room / 2), room * 14 / 20);
    if (m_upper->sizes().value(1) < table || m_upper->sizes().value(1) > table + 2 * kStep)
        m_upper->setSizes({room - table, table});
}

void QueueFlowView::saveState(QSettings& settings) const
{
    settings.setValue("splitter", m_splitter->saveState());
    if (m_upperChosen) settings.setValue("upper", m_upper->saveState());
}

void QueueFlowView::restoreState(QSettings& settings)
{
    m_splitter->restoreState(settings.value("splitter").toByteArray());
    m_upperChosen = m_upper->restoreState(settings.value("upper").toByteArray());
}

} // namespace ui
