#include "ui/pages/shard_panel.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/bridge/time_range.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/shard_facts.h"
#include "ui/pages/shard_notes.h"
#include "ui/pages/tone_delegate.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/table_style.h"
#include "ui/widgets/time_chart.h"

#include <QHeaderView>
#include <QScrollArea>
#include <QScrollBar>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr std::chrono::seconds kAskEvery{5};
constexpr std::size_t kMostShardsAsked = 2; // of the bridge's four threads: the rest of the window needs some
constexpr int kHistoryColumns = 360;
constexpr int kChartHeight = 170;
constexpr int kLeastWidth = 400;

using Clock = std::chrono::steady_clock;

} // namespace

ShardPanel::ShardPanel(const PageContext& context, QWidget* parent)
    : QWidget(parent)
    , m_context(context)
{
    setObjectName(QStringLiteral("shardPanel"));
    setAccessibleName(tr("Details of one logical shard"));
    build();
    connectAll();
}

void ShardPanel::build()
{
    auto* card = new Card(m_context.theme, {}, this);
    m_scroll = new QScrollArea(card);
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    auto* content = new QWidget(m_scroll);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, kSpacingSmall, 0);
    column->setSpacing(kSpacingSmall);
    m_facts = new ShardFacts(m_context.theme, content);
    column->addWidget(m_facts);
    buildChart(*column, content);
    buildTables(*column, content);
    column->addStretch(1);
    m_scroll->setWidget(content);
    for (auto* ground : {m_scroll->viewport(), content})
        ground->setAutoFillBackground(false); // the card's shows through
    card->body()->addWidget(buildHead(card));
    card->body()->addWidget(m_scroll, 1);
    auto* whole = new QVBoxLayout(this);
    whole->setContentsMargins({});
    whole->addWidget(card);
    setMinimumWidth(kLeastWidth);
}

QWidget* ShardPanel::buildHead(QWidget* parent)
{
    auto* head = new QWidget(parent);
    m_title = new Label(m_context.theme, FontRole::Title, Tone::Normal, head);
    m_title->setObjectName(QStringLiteral("shardPanelTitle"));
    m_asOf = new Label(m_context.theme, FontRole::Small, Tone::Muted, head);
    m_asOf->setObjectName(QStringLiteral("shardPanelAsOf"));
    m_close = new QToolButton(head);
    m_close->setObjectName(QStringLiteral("closeShardPanel"));
    m_close->setIcon(m_context.theme.icon(QStringLiteral("close")));
    m_close->setProperty("flat", true);
    m_close->setFocusPolicy(Qt::StrongFocus);
    m_close->setToolTip(tr("Close (Esc)"));
    m_close->setAccessibleName(tr("Close the details of this shard"));
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins({});
    row->addWidget(m_title);
    row->addStretch(1);
    row->addWidget(m_asOf);
    row->addWidget(m_close);
    return head;
}

void ShardPanel::buildChart(QVBoxLayout& column, QWidget* parent)
{
    TimeChart::Options options;
    options.title = tr("Size in Redis");
    options.left.format = [](double value) { return formatBytes(std::int64_t(value)); };
    options.left.scale = ScaleUnit::Bytes;
    options.left.longestReading = QStringLiteral("888.8 MiB");
    options.series = {{tr("all its keys"), 1, {}}};
    options.emptyText = tr("No size known in this window");
    m_chart = new TimeChart(m_context.theme, m_context.range, options, parent);
    m_chart->setObjectName(QStringLiteral("shardSizeChart"));
    m_chart->setFixedHeight(kChartHeight);
    column.addWidget(m_chart);
    m_chartNote = new Label(m_context.theme, FontRole::Small, Tone::Critical, parent);
    m_chartNote->setObjectName(QStringLiteral("shardSizeProblem"));
    m_chartNote->setWordWrap(true);
    m_chartNote->hide();
    column.addWidget(m_chartNote);
}

QTableView* ShardPanel::addTable(QVBoxLayout& column, QWidget* parent, const char* name, const QString& title,
                                 QAbstractItemModel* model, Label*& note)
{
    column.addWidget(new Label(m_context.theme, title, FontRole::Strong, Tone::Normal, parent));
    note = new Label(m_context.theme, FontRole::Small, Tone::Muted, parent);
    note->setObjectName(QLatin1String(name) + QLatin1String("Note"));
    note->setWordWrap(true);
    column.addWidget(note);
    auto* table = new QTableView(parent);
    table->setObjectName(QLatin1String(name));
    table->setAccessibleName(title);
    table->setModel(model);
    table->setItemDelegate(new ToneDelegate(m_context.theme, table));
    styleCompactTable(*table);
    fitColumns(*table);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff); // it is as high as its rows
    table->hide();
    column.addWidget(table);
    return table;
}

void ShardPanel::buildTables(QVBoxLayout& column, QWidget* parent)
{
    m_tasks = makeShardTaskTable(this);
    m_authors = makeHotAuthorTable(this);
    m_readers = makeHotReaderTable(this);
    m_taskTable = addTable(column, parent, "shardTasks", tr("Unfinished tasks"), m_tasks, m_taskNote);
    leaveOutColumns(*m_taskTable, {ShardTaskRetryColumn, ShardTaskNodeColumn}, [](const QStringList&) {});
    m_authorTable = addTable(column, parent, "hotAuthors", tr("Hottest authors"), m_authors, m_authorNote);
    m_readerTable = addTable(column, parent, "hotReaders", tr("Hottest readers"), m_readers, m_readerNote);
}

void ShardPanel::connectAll()
{
    connect(m_close, &QToolButton::clicked, this, &ShardPanel::closed);
    connect(&m_context.theme, &Theme::changed, this,
            [this] { m_close->setIcon(m_context.theme.icon(QStringLiteral("close"))); });
    const auto open = [this](backend::UserId user, const std::string& handle) {
        emit userChosen(handle.empty() ? QString::number(user.value) : QString::fromStdString(handle));
    };
    connect(m_authorTable, &QTableView::activated, this, [this, open](const QModelIndex& index) {
        open(m_authors->row(index).author, m_authors->row(index).handle);
    });
    connect(m_readerTable, &QTableView::activated, this, [this, open](const QModelIndex& index) {
        open(m_readers->row(index).reader, m_readers->row(index).handle);
    });
    connect(&m_context.range, &TimeRange::moved, this, [this] {
        if (isVisible() && !m_context.range.live()) askHistory();
    });
}

void ShardPanel::showShard(int shard)
{
    if (shard == m_shard) return;
    m_shard = shard;
    m_details.reset();
    m_detailsAt = {};
    m_title->setText(tr("Shard %1").arg(shard));
    m_asOf->clear();
    m_scroll->verticalScrollBar()->setValue(0);
    m_chart->clear();
    for (auto* table : {m_taskTable, m_authorTable, m_readerTable})
        table->hide();
    m_tasks->setRows({});
    m_authors->setRows({});
    m_readers->setRows({});
    for (auto* note : {m_taskNote, m_authorNote, m_readerNote}) {
        note->setTone(Tone::Muted);
        note->setText(tr("Reading…"));
        note->show();
    }
    m_history.reset();
    showFacts();
    refresh();
}

void ShardPanel::refresh()
{
    if (m_shard < 0) return;
    askDetails();
    askHistory();
}

void ShardPanel::showFacts()
{
    if (m_shards.snapshot) m_facts->show(*m_shards.snapshot, m_shards.ofWindow, m_note, m_shard);
}

void ShardPanel::setShards(const ShownShards& shards, const QString& note)
{
    m_shards = shards;
    m_note = note;
    if (!shards.snapshot || m_shard < 0 || !isVisible()) return;
    showFacts();
    showHistory();
    const auto now = Clock::now();
    if (now - m_detailsAt >= kAskEvery) askDetails();
    if (now - m_historyAt >= kAskEvery) askHistory();
}

// --- from the engine

void ShardPanel::askDetails()
{
    // The answer to another one makes room.
    if (m_asked.contains(m_shard) || m_asked.size() >= kMostShardsAsked) return;
    m_asked.insert(m_shard);
    m_detailsAt = Clock::now();
    m_context.bridge.callTelling<backend::ShardDetails>(
        this,
        [shard = m_shard](backend::Engine& engine, const backend::ShardDetailsSink& soFar) {
            return requests::shardDetails(engine, shard, soFar);
        },
        [this, shard = m_shard](const backend::ShardDetails& soFar) {
            if (shard != m_shard) return;
            m_details = m_details ? withAwaitedKept(soFar, *m_details) : soFar;
            showDetails();
        },
        [this, shard = m_shard](backend::Result<backend::ShardDetails> details) {
            m_asked.erase(shard);
            if (shard != m_shard) {
                if (Clock::now() - m_detailsAt >= kAskEvery) askDetails();
                return;
            }
            m_details.reset();
            if (!details) return showProblem(QString::fromStdString(details.error().message));
            m_details = std::move(*details);
            showDetails();
        });
}

void ShardPanel::timesChanged()
{
    if (m_details) showDetails();
}

void ShardPanel::showProblem(const QString& problem)
{
    m_asOf->setText(m_tasks->rowCount() + m_authors->rowCount() + m_readers->rowCount() > 0
                        ? tr("not refreshed")
                        : QString());
    for (auto* note : {m_taskNote, m_authorNote, m_readerNote}) {
        note->setTone(Tone::Critical);
        note->setText(problem);
        note->show();
    }
}

void ShardPanel::showDetails()
{
    const auto& details = *m_details;
    m_asOf->setText(tr("lists as of %1 %2").arg(formatClock(details.takenAt), zoneName()));
    const auto fill = [](QTableView& table, auto& model, auto rows) {
        const bool any = !rows.empty();
        model.setRows(std::move(rows));
        table.setVisible(any);
        const bool wide = fittedWidth(table) > table.width(); // its scroll bar must not cover a row
        table.setFixedHeight(fullHeight(table) +
                             (wide ? table.horizontalScrollBar()->sizeHint().height() : 0));
    };
    const auto say = [](Label& label, const ShardNote& note) {
        label.setTone(note.problem ? Tone::Critical : Tone::Muted);
        label.setText(note.text);
        label.setVisible(!note.text.isEmpty());
    };
    fill(*m_taskTable, *m_tasks, shardTaskRows(details));
    fill(*m_authorTable, *m_authors, details.authors.authors);
    fill(*m_readerTable, *m_readers, details.readers.readers);
    say(*m_taskNote, tasksNote(details));
    say(*m_authorNote, authorsNote(details));
    say(*m_readerNote, readersNote(details));
}

void ShardPanel::askHistory()
{
    if (m_historyAsked || m_shard < 0) return;
    m_historyAsked = true;
    m_historyAt = Clock::now();
    const auto begin = m_context.range.begin(), end = m_context.range.end();
    m_context.bridge.call(
        this,
        [begin, end](backend::Engine& engine) {
            return requests::shardHistory(engine, backend::BalanceMetric::Bytes, begin, end, kHistoryColumns);
        },
        [this, begin, end](backend::Result<backend::ShardHistory> history) {
            m_historyAsked = false;
            m_chartNote->setVisible(!history);
            if (history) {
                m_history = std::move(*history);
                showHistory();
            } else
                m_chartNote->setText(
                    tr("Size over time: %1").arg(QString::fromStdString(history.error().message)));
            // The window was moved while the answer was on its way.
            const auto& range = m_context.range;
            if (isVisible() && !range.live() && history && (range.begin() != begin || range.end() != end))
                askHistory();
        });
}

// A live window ends at the figure that everything else shows now, not where the history was read.
void ShardPanel::showHistory()
{
    if (!m_history || !m_shards.snapshot || m_shard >= m_history->shards) return;
    const auto& history = *m_history;
    std::vector<double> at, values;
    std::optional<backend::TimePoint> firstKnown;
    for (std::size_t column = 0; column < history.at.size(); ++column) {
        at.push_back(secondsOf(history.at[column] + history.step / 2));
        values.push_back(double(history.value(column, m_shard)));
        if (!firstKnown && !std::isnan(values.back())) firstKnown = history.at[column];
    }
    const auto& shard = m_shards.snapshot->shards[std::size_t(m_shard)];
    if (m_context.range.live() && !m_shards.ofWindow && shard.bytes >= 0 && !shard.timelinesDown) {
        const double now = secondsOf(m_shards.snapshot->takenAt);
        const double unfinished = now - std::chrono::duration<double>(history.step).count();
        while (!at.empty() && at.back() > unfinished) {
            at.pop_back();
            values.pop_back();
        }
        at.push_back(now);
        values.push_back(double(shard.bytes));
        if (!firstKnown) firstKnown = m_shards.snapshot->takenAt;
    }
    m_chart->markStart(firstKnown);
    m_chart->setData(at, {values});
}

} // namespace ui
