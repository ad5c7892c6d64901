#include "ui/pages/shard_comparison_view.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/bridge/time_range.h"
#include "ui/models/shard_metric.h"
#include "ui/models/sort_proxy.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/tone_delegate.h"
#include "ui/report/report_tables.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/segments.h"
#include "ui/widgets/table_style.h"

#include <QGridLayout>
#include <QPushButton>
#include <QTableView>

#include <cmath>

namespace ui {
namespace {

constexpr int kComparedColumns = 120; // of each window
enum Choice { Before, Pinned };

} // namespace

ShardComparisonView::ShardComparisonView(const PageContext& context, QWidget* parent)
    : QWidget(parent)
    , m_context(context)
{
    build();
    connectAll();
}

void ShardComparisonView::build()
{
    m_choice = new Segments(tr("Window A"),
                            {{"compareBefore", tr("Same length before"),
                              tr("Window A is as long as window B and ends where it begins")},
                             {"comparePinned", tr("Pinned"), tr("Window A stands where it was pinned")}},
                            this);
    m_choice->setObjectName(QStringLiteral("compareChoice"));
    m_pin = new QPushButton(tr("&Pin this window as A"), this);
    m_pin->setObjectName(QStringLiteral("pinWindow"));
    m_pin->setToolTip(tr("The present window becomes A; then choose another one to compare with it"));
    m_problem = new Label(m_context.theme, FontRole::Small, Tone::Critical, this);
    m_problem->setObjectName(QStringLiteral("compareProblem"));
    m_problem->setWordWrap(true);
    m_problem->hide();
    auto* head = new QHBoxLayout;
    head->addWidget(new Label(m_context.theme, tr("Window A:"), FontRole::Body, Tone::Muted, this));
    head->addWidget(m_choice);
    head->addWidget(m_pin);
    head->addWidget(m_problem, 1);
    head->addStretch(0);
    auto* parts = new QHBoxLayout;
    parts->setSpacing(kSpacingSmall);
    parts->addWidget(buildBalance(this), 2);
    parts->addWidget(buildTable(this), 3);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins({});
    column->setSpacing(kSpacingSmall);
    column->addLayout(head);
    column->addLayout(parts, 1);
}

QWidget* ShardComparisonView::buildBalance(QWidget* parent)
{
    auto* card = new Card(m_context.theme, tr("Balance of both windows"), parent);
    m_aText = new Label(m_context.theme, FontRole::Body, Tone::Normal, card);
    m_aText->setObjectName(QStringLiteral("compareWindowA"));
    m_bText = new Label(m_context.theme, FontRole::Body, Tone::Normal, card);
    m_bText->setObjectName(QStringLiteral("compareWindowB"));
    for (auto* text : {m_aText, m_bText}) {
        text->setWordWrap(true);
        card->body()->addWidget(text);
    }
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(kSpacingLarge);
    const std::array heads{tr("A"), tr("B"), tr("B − A")};
    const std::array rows{tr("Mean per shard"), tr("Top shard / mean"), tr("Variation of shards"),
                          tr("Gini coefficient")};
    const std::array names{"Mean", "Max", "Variation", "Gini"};
    for (int c = 0; c < 3; ++c)
        grid->addWidget(
            new Label(m_context.theme, heads[std::size_t(c)], FontRole::Strong, Tone::Muted, card), 0, c + 1,
            Qt::AlignRight);
    for (int r = 0; r < 4; ++r) {
        grid->addWidget(new Label(m_context.theme, rows[std::size_t(r)], FontRole::Body, Tone::Muted, card),
                        r + 1, 0);
        for (int c = 0; c < 3; ++c) {
            auto* value = new Label(m_context.theme, unknownText(), FontRole::Strong, Tone::Normal, card);
            value->setObjectName(
                QStringLiteral("compare%1%2").arg(QLatin1String(names[std::size_t(r)])).arg(c));
            value->setAccessibleName(
                QStringLiteral("%1, %2").arg(rows[std::size_t(r)], heads[std::size_t(c)]));
            grid->addWidget(value, r + 1, c + 1, Qt::AlignRight);
            m_figures[std::size_t(r)][std::size_t(c)] = value;
        }
    }
    grid->setColumnStretch(0, 1);
    card->body()->addLayout(grid);
    card->body()->addStretch(1);
    return card;
}

QWidget* ShardComparisonView::buildTable(QWidget* parent)
{
    m_tableCard = new Card(m_context.theme, {}, parent);
    m_model = makeShardComparisonTable(this);
    m_sorted = new SortProxy(this);
    m_sorted->setSourceModel(m_model);
    m_table = new QTableView(m_tableCard);
    m_table->setObjectName(QStringLiteral("compareTable"));
    m_table->setAccessibleName(tr("Change of every logical shard between the windows"));
    m_table->setModel(m_sorted);
    m_table->setItemDelegate(new ToneDelegate(m_context.theme, m_table));
    styleCompactTable(*m_table);
    fitColumns(*m_table);
    m_table->setSortingEnabled(true);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->sortByColumn(ComparedChangeColumn, Qt::DescendingOrder);
    m_tableCard->body()->addWidget(m_table);
    return m_tableCard;
}

void ShardComparisonView::connectAll()
{
    connect(m_choice, &Segments::currentChanged, this, [this](int choice) {
        if (choice == Pinned && !m_pinned) m_pinned = windowB();
        refresh();
    });
    connect(m_pin, &QPushButton::clicked, this, &ShardComparisonView::pin);
    const auto open = [this](const QModelIndex& index) {
        emit shardActivated(m_model->row(m_sorted->mapToSource(index)).shard);
    };
    connect(m_table, &QTableView::clicked, this, open);
    connect(m_table, &QTableView::activated, this, open);
}

void ShardComparisonView::setMetric(backend::BalanceMetric metric)
{
    m_metric = metric;
    m_tableCard->setTitle(tr("Change by shard · %1").arg(reportMetricText(metric)));
    m_model->setRows({}); // of the other metric
    if (isVisible()) refresh();
}

void ShardComparisonView::setCurrent(int shard)
{
    for (int row = 0; row < m_sorted->rowCount(); ++row) {
        const auto index = m_sorted->index(row, 0);
        if (m_model->row(m_sorted->mapToSource(index)).shard != shard) continue;
        if (m_table->currentIndex().row() != row) m_table->setCurrentIndex(index);
        return;
    }
}

ShardComparisonView::Window ShardComparisonView::windowB() const
{
    return {m_context.range.begin(), m_context.range.end()};
}

ShardComparisonView::Window ShardComparisonView::windowA() const
{
    if (m_choice->current() == Pinned && m_pinned) return *m_pinned;
    const auto b = windowB();
    return {b.begin - (b.end - b.begin), b.begin};
}

void ShardComparisonView::pin()
{
    m_pinned = windowB();
    m_choice->setCurrent(Pinned);
    refresh();
}

void ShardComparisonView::refresh()
{
    if (m_asked) return;
    m_asked = true;
    const auto a = windowA(), b = windowB();
    m_context.bridge.call(
        this,
        [metric = m_metric, a, b](backend::Engine& engine) -> backend::Result<Histories> {
            ROOKERY_ASSIGN(auto first,
                           requests::shardHistory(engine, metric, a.begin, a.end, kComparedColumns));
            ROOKERY_ASSIGN(auto second,
                           requests::shardHistory(engine, metric, b.begin, b.end, kComparedColumns));
            return Histories{std::move(first), std::move(second)};
        },
        [this, metric = m_metric, a, b](backend::Result<Histories> histories) {
            m_asked = false;
            if (metric == m_metric && histories) show(*histories, a, b);
            if (!histories) showProblem(QString::fromStdString(histories.error().message));
            // Another metric or window was chosen meanwhile; a live one comes with the next snapshot.
            const bool moved = !m_context.range.live() && (windowA() != a || windowB() != b);
            if (isVisible() && (metric != m_metric || (histories && moved))) refresh();
        });
}

void ShardComparisonView::show(const Histories& histories, Window a, Window b)
{
    m_problem->hide();
    const auto meansA = shardMeans(histories.first), meansB = shardMeans(histories.second);
    m_shown = Shown{a, b, meansA.known, meansA.columns, meansB.known, meansB.columns};
    showWindows();
    showBalance(meansA, meansB);
    m_model->setRows(compareShards(meansA, meansB, m_metric));
}

void ShardComparisonView::timesChanged()
{
    if (m_shown) showWindows();
}

void ShardComparisonView::showWindows()
{
    const auto words = [](const QString& name, const Window& window, int known, int columns) {
        const auto span = tr("%1: %2 %3").arg(name, formatSpan(window.begin, window.end), zoneName());
        if (known == 0) return tr("%1, of which nothing is known").arg(span);
        const double part = double(known) / std::max(1, columns);
        return part < 0.9 ? tr("%1, of which %2 is known").arg(span, formatRatio(part)) : span;
    };
    const auto& shown = *m_shown;
    m_aText->setText(words(m_choice->current() == Pinned ? tr("A, pinned") : tr("A, before"), shown.a,
                           shown.knownA, shown.columnsA));
    m_aText->setTone(shown.knownA == 0 ? Tone::Warning : Tone::Normal);
    m_bText->setText(words(tr("B, this window"), shown.b, shown.knownB, shown.columnsB));
}

void ShardComparisonView::showBalance(const ShardMeans& a, const ShardMeans& b)
{
    const auto figuresA = balanceFigures(a), figuresB = balanceFigures(b);
    const auto fill = [](std::array<Label*, 3>& row, double from, double to, const auto& format) {
        row[0]->setText(format(from));
        row[1]->setText(format(to));
        row[2]->setText(signedText(to - from, format(std::abs(to - from))));
    };
    const auto decimals = [](int count) {
        return [count](double value) { return formatNumber(value, count); };
    };
    fill(m_figures[0], figuresA.mean, figuresB.mean, shardValueFormat(m_metric));
    fill(m_figures[1], figuresA.maxOverMean, figuresB.maxOverMean, decimals(2));
    fill(m_figures[2], figuresA.variation * 100, figuresB.variation * 100, [](double value) {
        return std::isnan(value) ? unknownText() : tr("%1 %").arg(formatNumber(value, 1));
    });
    fill(m_figures[3], figuresA.gini, figuresB.gini, decimals(3));
}

void ShardComparisonView::showProblem(const QString& problem)
{
    m_problem->setText(tr("The windows could not be compared: %1").arg(problem));
    m_problem->show();
}

} // namespace ui
