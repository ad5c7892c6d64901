#include "ui/widgets/incident_bar.h"

#include "ui/widgets/notice_line.h"

#include <QVBoxLayout>

namespace ui {

IncidentBar::IncidentBar(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
{
    setObjectName(QStringLiteral("incidentBar"));
    auto* rows = new QVBoxLayout(this);
    rows->setContentsMargins(kSpacingMedium, kSpacingMedium, kSpacingMedium, 0);
    rows->setSpacing(kSpacingSmall);
    hide();
}

void IncidentBar::addRow()
{
    const auto place = m_rows.size();
    auto* row = new NoticeLine(m_theme, {}, this);
    row->setObjectName(QStringLiteral("incident%1").arg(place));
    layout()->addWidget(row);
    connect(row, &NoticeLine::linkActivated, this, [this, place] {
        if (place >= m_incidents.size()) return;
        const auto incident = m_incidents[place]; // the page may bring another snapshot
        emit openPage(incident.page, incident.argument);
    });
    m_rows.push_back(row);
}

void IncidentBar::setSnapshot(const backend::SnapshotPtr& snapshot)
{
    m_snapshot = snapshot;
    auto incidents = snapshot ? incidentsOf(*snapshot) : std::vector<Incident>();
    if (incidents == m_incidents) return;
    m_incidents = std::move(incidents);
    while (m_rows.size() < m_incidents.size())
        addRow();
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        const auto one = i < m_incidents.size() ? m_incidents[i] : Incident();
        m_rows[i]->setLink(one.link);
        m_rows[i]->say(one.headline, one.details, one.tone);
    }
    setVisible(!m_incidents.empty());
}

void IncidentBar::timesChanged()
{
    setSnapshot(m_snapshot);
}

} // namespace ui
