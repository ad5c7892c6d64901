#include "ui/pages/node_detail_view.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/pages/findings_view.h"
#include "ui/pages/node_facts.h"
#include "ui/pages/node_lists.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/state_view.h"

#include <QScrollArea>
#include <QTabWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace ui {
namespace {

constexpr std::size_t kMostNodesAsked = 2; // of the bridge's four threads: the rest of the window needs some

constexpr std::chrono::milliseconds kSecondLook{1000};

backend::TimePoint wallNow()
{
    return std::chrono::time_point_cast<backend::TimePoint::duration>(std::chrono::system_clock::now());
}

} // namespace

NodeDetailView::NodeDetailView(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : QWidget(parent)
    , m_bridge(bridge)
{
    build(theme);
    showParts();
}

void NodeDetailView::build(const Theme& theme)
{
    m_card = new Card(theme, tr("Node"), this);
    m_trouble = new Label(theme, FontRole::Body, Tone::Critical, m_card);
    m_trouble->setObjectName(QStringLiteral("nodeTrouble"));
    m_trouble->setWordWrap(true);
    m_trouble->setTextFormat(Qt::PlainText);
    m_trouble->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_state = new StateView(theme, m_card);
    m_state->setObjectName(QStringLiteral("nodeState"));
    m_state->setCompact(true);
    m_tabs = new QTabWidget(m_card);
    m_tabs->setObjectName(QStringLiteral("nodeTabs"));
    m_tabs->setAccessibleName(tr("Details of the node"));
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(buildFigures(theme), tr("Figures"));
    m_lists = new NodeLists(theme, *m_tabs, this);
    auto* page = new QWidget(m_tabs);
    m_findings = new FindingsView(theme, "nodeFindings", page);
    auto* pageLayout = new QVBoxLayout(page);
    pageLayout->setContentsMargins(0, kSpacingSmall, 0, 0);
    pageLayout->addWidget(m_findings);
    m_tabs->addTab(page, tr("Findings"));
    m_card->body()->addWidget(m_trouble);
    m_card->body()->addWidget(m_state, 1);
    m_card->body()->addWidget(m_tabs, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_card);
}

QWidget* NodeDetailView::buildFigures(const Theme& theme)
{
    auto* scroll = new QScrollArea(m_tabs);
    scroll->setObjectName(QStringLiteral("nodeFigures"));
    scroll->setAccessibleName(tr("Figures of the node"));
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_facts = new FactGrid(theme, scroll);
    scroll->setWidget(m_facts);
    for (auto* ground : {scroll->viewport(), static_cast<QWidget*>(m_facts)})
        ground->setAutoFillBackground(false); // the card's shows through
    auto* page = new QWidget(m_tabs);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, kSpacingSmall, 0, 0);
    layout->addWidget(scroll);
    return page;
}

void NodeDetailView::setNode(const NodeListRow* row)
{
    const bool same = row && m_row && row->node.id == m_row->node.id;
    m_row = row ? std::optional(*row) : std::nullopt;
    if (!same) {
        m_details.reset();
        m_error.clear();
        m_lookedAt = {};
        showFindings();
    } else if (m_details && m_row) { // what the list shows as well changes with it
        showFacts();
    }
    showTrouble();
    showParts();
}

void NodeDetailView::setPaused(bool paused)
{
    if (paused == m_paused) return;
    m_paused = paused;
    showParts();
}

// The second look comes sooner: rates and ratios need two.
bool NodeDetailView::due() const
{
    const auto age = std::chrono::steady_clock::now() - m_lookedAt;
    const auto without = [](const auto& part) { return part.value && part.value->windowSeconds <= 0; };
    const bool first =
        m_details && (m_details->kind == backend::NodeKind::Redis ? without(m_details->redis.keys)
                                                                  : without(m_details->postgres.activity));
    return age >= (first ? std::min(m_interval, kSecondLook) : m_interval);
}

void NodeDetailView::look(bool now)
{
    if (!m_row) return;
    const int node = m_row->node.id;
    const bool wanted = now || m_lookedAt == decltype(m_lookedAt)() || due();
    if (!wanted || m_asked.contains(node) || m_asked.size() >= kMostNodesAsked) return;
    m_asked.insert(node);
    showParts();
    m_bridge.call(
        this, [node](backend::Engine& engine) { return requests::nodeDetails(engine, node); },
        [this, node](backend::Result<backend::NodeDetails> details) { take(node, std::move(details)); });
}

void NodeDetailView::take(int node, backend::Result<backend::NodeDetails> details)
{
    m_asked.erase(node);
    if (!m_row || m_row->node.id != node) return; // another one is chosen by now
    m_lookedAt = std::chrono::steady_clock::now();
    if (details) {
        m_error.clear();
        m_details = std::move(*details);
        showDetails();
    } else {
        if (m_error.isEmpty()) m_failingSince = wallNow();
        m_error = QString::fromStdString(details.error().message);
    }
    showTrouble();
    showParts();
}

// What is wrong, since when, and what to do: by the probes, and by the last look at the details.
void NodeDetailView::showTrouble()
{
    QStringList lines;
    if (m_row) {
        const auto& node = m_row->node;
        const auto& probed = m_row->probed;
        if (probed.silentSince) lines << tr("No answer since %1.").arg(formatTime(*probed.silentSince));
        if (!node.message.empty()) lines << QString::fromStdString(node.message);
        if (!m_error.isEmpty() && !probed.silentSince) // else it would be the same once more
            lines << tr("Its details cannot be read since %1: %2").arg(formatTime(m_failingSince), m_error);
        m_trouble->setTone(node.health == backend::Health::Degraded && m_error.isEmpty() ? Tone::Warning
                                                                                         : Tone::Critical);
    }
    m_trouble->setText(lines.join(QLatin1Char('\n')));
    m_trouble->setVisible(!lines.isEmpty());
}

void NodeDetailView::showFacts()
{
    m_facts->setGroups(nodeFacts(*m_details, m_row->node));
}

void NodeDetailView::showDetails()
{
    showFacts();
    m_lists->show(*m_details);
}

void NodeDetailView::timesChanged()
{
    if (m_details && m_row) showDetails();
    showTrouble();
    showParts();
}

void NodeDetailView::setCheckup(const std::optional<backend::Checkup>& checkup)
{
    m_checkup = checkup;
    showFindings();
}

void NodeDetailView::showFindings()
{
    std::vector<backend::CheckFinding> own;
    const bool awaited =
        m_checkup && m_row &&
        std::any_of(m_checkup->nodes.begin(), m_checkup->nodes.end(),
                    [this](const auto& node) { return node.awaited && node.name == m_row->node.name; });
    if (m_checkup && m_row)
        std::copy_if(m_checkup->findings.begin(), m_checkup->findings.end(), std::back_inserter(own),
                     [this](const auto& finding) { return finding.node == m_row->node.name; });
    m_tabs->setTabText(m_tabs->count() - 1,
                       m_checkup && !awaited ? tr("Findings (%1)").arg(formatCount(std::int64_t(own.size())))
                                             : tr("Findings"));
    const auto hint = !m_checkup    ? tr("The doctor has not looked yet: Check now, at the right.")
                      : awaited     ? tr("The doctor is waiting for this node's answer.")
                      : own.empty() ? tr("The doctor found nothing at this node.")
                                    : QString();
    m_findings->setFindings(own, hint);
}

void NodeDetailView::showParts()
{
    m_tabs->setVisible(m_row.has_value());
    m_state->setVisible(!m_row);
    if (!m_row) {
        m_card->setTitle(tr("Node"));
        m_card->setSubtitle({});
        return m_state->show(StateView::Kind::Empty, tr("No node selected"),
                             tr("Select a node to see its figures and slow operations."));
    }
    const auto& node = m_row->node;
    m_card->setTitle(QStringLiteral("%1  ·  %2 %3")
                         .arg(QString::fromStdString(node.name), nodeKindText(node.kind),
                              QString::fromStdString(node.version)));
    if (m_details) {
        const auto at = formatTime(m_details->takenAt);
        const bool old = m_paused || !m_error.isEmpty();
        return m_card->setSubtitle(old ? tr("as of %1").arg(at) : tr("read %1").arg(at),
                                   old ? Tone::Warning : Tone::Muted);
    }
    m_card->setSubtitle({});
    const auto why = missingText();
    m_facts->setGroups(nodeFactsWithout(*m_row, why));
    m_lists->showNothing(node.kind, why);
}

// Why nothing of its own is there; a look that follows a failed one does not take away what failed.
QString NodeDetailView::missingText() const
{
    if (!m_error.isEmpty() && m_row->probed.silentSince) // why stands above
        return tr("Not read: it does not answer, and is asked again every few seconds.");
    if (!m_error.isEmpty()) return tr("Not read; it is asked for again every few seconds. %1").arg(m_error);
    if (m_paused && !m_asked.contains(m_row->node.id))
        return tr("Nothing is asked while paused. Press F5 to read this node once.");
    return tr("Waiting for %1…").arg(QString::fromStdString(m_row->node.name));
}

int NodeDetailView::tab() const
{
    return m_tabs->currentIndex();
}

void NodeDetailView::setTab(int tab)
{
    m_tabs->setCurrentIndex(tab);
}

} // namespace ui
