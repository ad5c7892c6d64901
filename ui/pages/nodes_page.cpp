#include "ui/pages/nodes_page.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/bridge/time_range.h"
#include "ui/pages/checkup_view.h"
#include "ui/pages/column_fit.h"
#include "ui/pages/hinted_table.h"
#include "ui/pages/node_detail_view.h"
#include "ui/pages/own_cost_view.h"
#include "ui/pages/page_face.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/table_style.h"

#include <QHeaderView>
#include <QSettings>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace ui {
namespace {

constexpr int kTableShare = 50; // per cent of the height, at most, until somebody chooses

} // namespace

NodesPage::NodesPage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("nodes"), tr("Nodes"), context, parent)
{
    m_face = new PageFace(context, this, build());
    connectAll();
}

QWidget* NodesPage::build()
{
    auto* content = new QWidget(this);
    const auto splitter = [](Qt::Orientation orientation, const char* name, QWidget* parent) {
        auto* out = new QSplitter(orientation, parent);
        out->setObjectName(QLatin1String(name));
        out->setChildrenCollapsible(false);
        return out;
    };
    m_splitter = splitter(Qt::Vertical, "nodesSplitter", content);
    m_splitter->addWidget(buildList(m_splitter));
    m_lower = splitter(Qt::Horizontal, "nodesLowerSplitter", m_splitter);
    m_detail = new NodeDetailView(context().theme, context().bridge, m_lower);
    m_lower->addWidget(m_detail);
    m_lower->addWidget(buildSide(m_lower));
    m_lower->setSizes({5800, 4200}); // parts of what there is
    m_splitter->addWidget(m_lower);
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(kSpacingMedium, kSpacingMedium, kSpacingMedium, kSpacingMedium);
    layout->addWidget(m_splitter);
    return content;
}

QWidget* NodesPage::buildList(QWidget* parent)
{
    auto* card = m_listCard = new Card(context().theme, tr("Nodes"), parent);
    m_model = makeNodeList(this);
    m_list = new HintedTable(context().theme, "nodeList", tr("Nodes and their health"), m_model, card);
    m_list->setHint({});
    m_list->sortBy(ListStateColumn, Qt::DescendingOrder); // what is down stands first
    m_table = &m_list->table();
    elideLastColumn(*m_table);
    card->body()->addWidget(m_list);
    return card;
}

QWidget* NodesPage::buildSide(QWidget* parent)
{
    auto* card = new Card(context().theme, {}, parent);
    m_side = new QTabWidget(card);
    m_side->setObjectName(QStringLiteral("nodesSide"));
    m_side->setAccessibleName(tr("Findings and the monitoring's own cost"));
    m_side->setDocumentMode(true);
    const auto add = [this](QWidget* widget, const QString& title) {
        auto* page = new QWidget(m_side);
        auto* layout = new QVBoxLayout(page);
        layout->setContentsMargins(0, kSpacingSmall, 0, 0);
        layout->addWidget(widget);
        m_side->addTab(page, title);
    };
    m_checkup = new CheckupView(context().theme, context().bridge, *this, m_side);
    m_cost = new OwnCostView(context().theme, m_side);
    add(m_checkup, tr("Doctor"));
    add(m_cost, tr("This console's own cost"));
    card->body()->addWidget(m_side);
    return card;
}

void NodesPage::connectAll()
{
    connect(m_list, &HintedTable::currentChanged, this, [this] {
        m_picked = m_picked || !m_setting;
        showChosen();
        if (mayAsk()) m_detail->look(false);
    });
    connect(m_checkup, &CheckupView::checked, this, [this] {
        const auto& checkup = m_checkup->checkup();
        m_detail->setCheckup(checkup);
        if (!m_checkup->whole()) return; // what is missing would look mended
        m_look = DoctorsLook{*checkup, m_checkup->lookedAt()};
        const auto wrong =
            m_checkup->listed(backend::Severity::Error) + m_checkup->listed(backend::Severity::Warning);
        m_side->setTabText(0, wrong > 0 ? tr("Doctor (%1)").arg(wrong) : tr("Doctor"));
        if (m_snapshot) showNodes();
    });
    connect(&context().bridge, &EngineBridge::stateChanged, this,
            [this] { // another cluster's nodes may be named alike
                if (context().bridge.state() == EngineBridge::State::Open) return;
                m_look.reset();
                m_side->setTabText(0, tr("Doctor"));
            });
    connect(m_splitter, &QSplitter::splitterMoved, this, [this] { m_chosenHeights = true; });
    connect(&context().range, &TimeRange::windowChanged, this, [this] {
        if (m_snapshot) showNodes();
    });
}

void NodesPage::setInterval(std::chrono::milliseconds interval)
{
    m_interval = interval;
    m_detail->setInterval(interval);
}

// Not while paused, minimised or another page is shown.
bool NodesPage::mayAsk() const
{
    return m_shown && m_snapshot && context().bridge.polling() &&
           context().bridge.state() == EngineBridge::State::Open;
}

void NodesPage::activated()
{
    m_shown = true;
    setSnapshot(m_snapshot);
}

void NodesPage::setSnapshot(const backend::SnapshotPtr& snapshot)
{
    m_snapshot = snapshot;
    if (!m_face->show(snapshot)) return;
    showNodes();
    m_detail->setPaused(!context().bridge.polling());
    if (mayAsk()) {
        ask(false);
        m_checkup->runOnce();
    }
    if (!m_chosenHeights && isVisible()) placeParts();
}

void NodesPage::refresh()
{
    if (m_shown && m_snapshot) ask(true);
}

void NodesPage::timesChanged()
{
    Page::timesChanged();
    m_detail->timesChanged();
    m_checkup->timesChanged();
}

void NodesPage::ask(bool now)
{
    askFigures(now);
    m_detail->look(now);
}

void NodesPage::askFigures(bool now)
{
    const auto at = std::chrono::steady_clock::now();
    const bool due = now || m_figuresAt == decltype(m_figuresAt)() || at - m_figuresAt >= m_interval;
    if (m_figuresAsked || !due) return;
    m_figuresAsked = true;
    m_figuresAt = at;
    context().bridge.call(
        this, [](backend::Engine& engine) { return requests::monitorFigures(engine); },
        [this](backend::Result<requests::MonitorFigures> figures) {
            m_figuresAsked = false;
            if (!figures) return; // only without a session, which the page's face tells
            m_probed = std::move(figures->probed);
            m_cost->setCost(figures->cost);
            if (m_snapshot) showNodes();
        });
}

void NodesPage::showNodes()
{
    m_setting = true;
    m_model->setRows(nodeListRows(*context().bridge.recent(), m_probed, m_look));
    m_listCard->setSubtitle(context().range.notOfWindow(m_snapshot->takenAt));
    if (!m_wanted.isEmpty() && selectNode(m_wanted)) {
        m_wanted.clear();
        m_picked = true;
    }
    if (!m_table->currentIndex().isValid() && m_model->rowCount() > 0)
        m_table->setCurrentIndex(m_table->model()->index(0, 0));
    if (!m_picked) showWorst();
    m_setting = false;
    showChosen();
}

// Somebody who comes here has a reason: what is worst stands there at once, also when it became so later.
void NodesPage::showWorst()
{
    const auto badness = [](const backend::NodeSnapshot& node) {
        return node.health == backend::Health::Down ? 2 : node.health == backend::Health::Degraded ? 1 : 0;
    };
    const auto& nodes = m_snapshot->nodes;
    const auto worst = std::max_element(
        nodes.begin(), nodes.end(), [&](const auto& a, const auto& b) { return badness(a) < badness(b); });
    const auto now = m_table->currentIndex().siblingAtColumn(ListNameColumn).data().toString().toStdString();
    const auto shown =
        std::find_if(nodes.begin(), nodes.end(), [&](const auto& node) { return node.name == now; });
    if (worst == nodes.end() || (shown != nodes.end() && badness(*shown) >= badness(*worst))) return;
    selectNode(QString::fromStdString(worst->name));
}

void NodesPage::showChosen()
{
    const auto index = m_list->current();
    m_detail->setNode(index.isValid() ? &m_model->row(index) : nullptr);
}

bool NodesPage::selectNode(const QString& name)
{
    for (int row = 0; row < m_table->model()->rowCount(); ++row) {
        const auto index = m_table->model()->index(row, ListNameColumn);
        if (index.data().toString() != name) continue;
        m_table->setCurrentIndex(index);
        m_table->scrollTo(index);
        return true;
    }
    return false;
}

void NodesPage::openArgument(const QString& argument)
{
    m_picked = selectNode(argument);
    if (!m_picked) m_wanted = argument;
}

QString NodesPage::linkArgument() const
{
    const auto index = m_list->current();
    return index.isValid() ? QString::fromStdString(m_model->row(index).node.name) : m_wanted;
}

// A Redis node has the livelier figures; one in trouble is shown anyway.
void NodesPage::showExample()
{
    const auto troubled = [](const auto& node) {
        return node.health == backend::Health::Down || node.health == backend::Health::Degraded;
    };
    if (m_snapshot && std::none_of(m_snapshot->nodes.begin(), m_snapshot->nodes.end(), troubled))
        for (const auto& node : m_snapshot->nodes)
            if (node.kind == backend::NodeKind::Redis) return openArgument(QString::fromStdString(node.name));
}

// All nodes, within reason; the details get the rest.
void NodesPage::placeParts()
{
    const int chrome = m_list->parentWidget()->sizeHint().height() - m_table->sizeHint().height();
    const int height = m_splitter->height() - m_splitter->handleWidth();
    const int nodes = std::min(chrome + fullHeight(*m_table), height * kTableShare / 100);
    const QList<int> sizes{nodes, height - nodes};
    if (sizes != m_splitter->sizes()) m_splitter->setSizes(sizes);
}

void NodesPage::saveState(QSettings& settings) const
{
    if (m_chosenHeights) settings.setValue("splitter", m_splitter->saveState());
    settings.setValue("lower", m_lower->saveState());
    settings.setValue("nodes", columnsState(*m_table->horizontalHeader()));
    settings.setValue("tab", m_detail->tab());
    settings.setValue("side", m_side->currentIndex());
}

void NodesPage::restoreState(QSettings& settings)
{
    m_chosenHeights = m_splitter->restoreState(settings.value("splitter").toByteArray());
    m_lower->restoreState(settings.value("lower").toByteArray());
    restoreColumns(*m_table->horizontalHeader(), settings.value("nodes").toByteArray());
    m_detail->setTab(settings.value("tab", 0).toInt());
    m_side->setCurrentIndex(settings.value("side", 0).toInt());
}

} // namespace ui
