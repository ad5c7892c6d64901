#include "ui/incident_bar.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/widgets/backlog_text.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/notice_line.h"

#include <QResizeEvent>
#include <QVBoxLayout>

#include <algorithm>
#include <chrono>

namespace ui {
namespace {

constexpr int kLooks = 6; // for workers who go on, until it can be asked for once more
constexpr std::chrono::seconds kBetweenLooks{1};

} // namespace

IncidentBar::IncidentBar(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_bridge(bridge)
{
    setObjectName(QStringLiteral("incidentBar"));
    setAccessibleName(tr("What is wrong now"));
    auto* rows = new QVBoxLayout(this);
    rows->setContentsMargins(kSpacingMedium, kSpacingMedium, kSpacingMedium, 0);
    rows->setSpacing(kSpacingSmall);
    m_nextLook.setSingleShot(true);
    m_nextLook.setInterval(kBetweenLooks);
    connect(&m_nextLook, &QTimer::timeout, this, &IncidentBar::awaitWorkers);
    hide();
}

void IncidentBar::addRow()
{
    const auto place = m_rows.size();
    auto* row = new NoticeLine(m_theme, this);
    row->setObjectName(QStringLiteral("incident%1").arg(place));
    layout()->addWidget(row);
    connect(row, &NoticeLine::linkActivated, this, [this, place] {
        if (place >= m_incidents.size()) return;
        const auto incident = m_incidents[place]; // the page may bring another snapshot
        emit openPage(incident.page, incident.argument);
    });
    connect(row, &NoticeLine::deedActivated, this, &IncidentBar::resumeWorkers);
    m_rows.push_back(row);
}

void IncidentBar::resumeWorkers()
{
    m_resuming = true;
    m_looks = kLooks;
    m_notResumed.clear();
    showIncidents();
    m_call = m_bridge.deed(
        this, [](backend::Engine& engine) { return requests::resumeWorkers(engine, requests::kAllEngines); },
        [this](backend::Result<void> result) {
            if (result) return awaitWorkers();
            m_resuming = false;
            m_notResumed = QString::fromStdString(result.error().message);
            showIncidents();
        });
}

// The engines obey within about a second. Nobody else may be looking: the window can be paused.
void IncidentBar::awaitWorkers()
{
    if (!m_resuming) return;
    if (m_looks-- == 0) {
        m_resuming = false;
        return showIncidents();
    }
    m_bridge.refresh();
    m_nextLook.start();
}

void IncidentBar::setSnapshot(const backend::SnapshotPtr& snapshot)
{
    m_snapshot = snapshot;
    if (!snapshot) m_call.cancel(); // another session's
    if (!snapshot || !allPaused(*snapshot)) m_resuming = false;
    showIncidents();
}

void IncidentBar::setPaused(bool paused)
{
    m_paused = paused;
    showIncidents();
}

void IncidentBar::timesChanged()
{
    showIncidents();
}

void IncidentBar::showIncidents()
{
    auto incidents = m_snapshot ? incidentsOf(*m_snapshot) : std::vector<Incident>();
    if (m_paused)
        for (auto& one : incidents)
            one.details += tr(" As of %1 %2: paused.").arg(formatMoment(m_snapshot->takenAt), zoneName());
    const bool paused =
        std::any_of(incidents.begin(), incidents.end(), [](const auto& one) { return one.paused; });
    if (!paused) m_notResumed.clear();
    if (!m_notResumed.isEmpty())
        for (auto& one : incidents)
            if (one.paused) one.details += tr(" They were not resumed: %1").arg(m_notResumed);
    if (incidents == m_incidents && m_resuming == m_shownResuming) return;
    m_incidents = std::move(incidents);
    m_shownResuming = m_resuming;
    while (m_rows.size() < m_incidents.size())
        addRow();
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        const auto one = i < m_incidents.size() ? m_incidents[i] : Incident();
        m_rows[i]->setLink(one.link);
        m_rows[i]->setDeed(!one.paused  ? QString()
                           : m_resuming ? tr("Resuming…")
                                        : tr("Resume all"),
                           m_resuming ? tr("The engines obey within about a second")
                                      : m_bridge.whyUnchangeable());
        m_rows[i]->say(one.headline, one.details, one.tone);
    }
    setVisible(!m_incidents.empty());
    holdHeights();
}

// Counts of seconds wrap and unwrap a line: while a row stands it only grows, so that the page below keeps
// still.
void IncidentBar::holdHeights()
{
    for (auto* row : m_rows)
        row->setMinimumHeight(
            row->isHidden() ? 0 : std::max(row->minimumHeight(), row->heightForWidth(row->width())));
}

void IncidentBar::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    if (event->oldSize().width() == event->size().width()) return;
    for (auto* row : m_rows)
        row->setMinimumHeight(0);
}

} // namespace ui
