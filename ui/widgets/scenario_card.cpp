#include "ui/widgets/scenario_card.h"

#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>
#include <QToolButton>

#include <cmath>

namespace ui {
namespace {

using backend::ScenarioState;

constexpr int kScenarioSteps = 1000;

Label* wrapped(Label* label)
{
    label->setWordWrap(true);
    return label;
}

} // namespace

ScenarioCard::ScenarioCard(const Theme& theme, backend::Scenario scenario, QWidget* parent)
    : Card(theme, scenarioText(scenario).title, parent)
    , m_scenario(scenario)
    , m_text(scenarioText(scenario))
{
    setObjectName(name("Scenario"));
    setAccessibleName(m_text.title);
    build();
}

void ScenarioCard::build()
{
    m_button = new QPushButton(tr("Start"), this);
    m_button->setObjectName(name("Button"));
    connect(m_button, &QPushButton::clicked, this, &ScenarioCard::toggle);
    addTool(m_button);
    body()->setSpacing(kSpacingTiny);
    body()->addWidget(wrapped(new Label(theme(), m_text.what, FontRole::Body, Tone::Normal, this)));
    if (!m_text.sizes.empty()) {
        m_size = new QComboBox(this);
        m_size->setObjectName(name("Size"));
        m_size->setAccessibleName(tr("How many"));
        for (const auto& size : m_text.sizes)
            m_size->addItem(size.text, qlonglong(size.size));
        body()->addWidget(m_size);
        body()->addWidget(wrapped(new Label(theme(), m_text.cost, FontRole::Small, Tone::Muted, this)));
    }
    body()->addWidget(
        wrapped(new Label(theme(), tr("Watch: %1.").arg(m_text.watch), FontRole::Small, Tone::Muted, this)));
    body()->addLayout(buildPlaces());
    buildProgress();
}

QLayout* ScenarioCard::buildPlaces()
{
    auto* row = new QHBoxLayout;
    row->setSpacing(kSpacingTiny);
    for (const auto& place : m_text.places) {
        auto* link = new QToolButton(this);
        link->setObjectName(name("On_") + place.page);
        link->setText(place.title);
        link->setToolTip(tr("Show this page"));
        connect(link, &QToolButton::clicked, this, [this, place] {
            emit openPage(place.page, place.subject ? QString::fromStdString(m_status.subject) : QString());
        });
        row->addWidget(link);
    }
    row->addStretch(1);
    return row;
}

void ScenarioCard::buildProgress()
{
    m_progress = new QProgressBar(this);
    m_progress->setObjectName(name("Progress"));
    m_progress->setAccessibleName(tr("Progress of \"%1\"").arg(m_text.title));
    m_progress->setTextVisible(false);
    m_progress->hide();
    m_step = wrapped(new Label(theme(), FontRole::Small, Tone::Muted, this));
    m_step->setObjectName(name("Step"));
    m_step->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_step->hide();
    body()->addWidget(m_progress);
    body()->addWidget(m_step);
}

void ScenarioCard::toggle()
{
    m_refusal.clear();
    if (m_status.state == ScenarioState::Idle)
        emit startRequested(m_size ? m_size->currentData().toLongLong() : 0);
    else
        emit stopRequested();
}

void ScenarioCard::showRefusal(const std::optional<backend::Error>& error)
{
    m_refusal = error ? tr("Not started: %1").arg(QString::fromStdString(error->message)) : QString();
}

// Of the last run; empty before the first one.
QString ScenarioCard::outcomeText(const backend::ScenarioStatus& status) const
{
    if (!m_refusal.isEmpty()) return m_refusal;
    if (!status.error.empty()) return tr("Failed: %1").arg(QString::fromStdString(status.error));
    if (!status.startedAt || !status.endedAt) return {};
    const auto took = secondsOf(*status.endedAt) - secondsOf(*status.startedAt);
    return tr("Over since %1 %2, after %3")
        .arg(formatClock(*status.endedAt), zoneName(), formatDuration(took));
}

void ScenarioCard::show(const backend::ScenarioStatus& status, const QString& blocked)
{
    m_status = status;
    const bool idle = status.state == ScenarioState::Idle, undoing = status.state == ScenarioState::Undoing;
    m_button->setText(idle ? tr("Start") : undoing ? tr("Putting right…") : m_text.stop);
    m_button->setAccessibleName(tr("%1: %2").arg(m_text.title, m_button->text()));
    m_button->setEnabled(idle ? blocked.isEmpty() : !undoing);
    m_button->setToolTip(idle ? blocked : QString());
    if (m_size) m_size->setEnabled(idle && blocked.isEmpty());
    const bool known = status.fraction >= 0;
    m_progress->setVisible(!idle);
    m_progress->setRange(0, known ? kScenarioSteps : 0);
    if (known) m_progress->setValue(int(std::lround(status.fraction * kScenarioSteps)));
    const auto text = idle ? outcomeText(status) : QString::fromStdString(status.step);
    m_step->setText(text);
    m_step->setTone(idle && (!m_refusal.isEmpty() || !status.error.empty()) ? Tone::Critical : Tone::Muted);
    m_step->setVisible(!text.isEmpty());
}

} // namespace ui
