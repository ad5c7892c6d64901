#include "ui/widgets/demo_bench.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/widgets/card.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/rate_control.h"
#include "ui/widgets/scenario_card.h"
#include "ui/widgets/workload_strip.h"

#include <QCloseEvent>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolButton>

#include <cmath>

namespace ui {
namespace {

constexpr std::chrono::milliseconds kBenchInterval{500};
constexpr int kBenchSteps = 1000;
constexpr int kLeastBenchWidth = 296, kLogHeight = 132;

} // namespace

DemoBench::DemoBench(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : QDockWidget(tr("Demo bench"), parent)
    , m_theme(theme)
    , m_bridge(bridge)
{
    setObjectName(QStringLiteral("demoBench"));
    setAccessibleName(tr("Demo bench"));
    setAllowedAreas(Qt::LeftDockWidgetArea | Qt::RightDockWidgetArea);
    setTitleBarWidget(buildTitle());
    setWidget(buildContent());
    connect(&m_timer, &QTimer::timeout, this, &DemoBench::refresh);
    connect(&theme, &Theme::changed, this, &DemoBench::refresh);
    m_timer.setInterval(kBenchInterval);
}

QWidget* DemoBench::buildTitle()
{
    auto* title = new QWidget(this);
    auto* close = new QToolButton(title);
    close->setObjectName(QStringLiteral("closeBench"));
    close->setProperty("flat", true);
    close->setAccessibleName(tr("Close the Demo bench"));
    close->setToolTip(tr("Close (F8)"));
    const auto restyle = [this, close] { close->setIcon(m_theme.icon(QStringLiteral("close"))); };
    restyle();
    connect(&m_theme, &Theme::changed, close, restyle);
    connect(close, &QToolButton::clicked, this, &DemoBench::closeRequested);
    auto* row = new QHBoxLayout(title);
    row->setContentsMargins(kSpacingLarge, kSpacingTiny, kSpacingSmall, kSpacingTiny);
    row->addWidget(new Label(m_theme, windowTitle(), FontRole::Strong, Tone::Normal, title));
    row->addStretch(1);
    row->addWidget(close);
    return title;
}

QWidget* DemoBench::buildContent()
{
    auto* content = new QWidget(this);
    auto* scroll = new QScrollArea(content);
    scroll->setObjectName(QStringLiteral("benchScroll"));
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* inner = new QWidget(scroll);
    for (auto* ground : {scroll->viewport(), inner})
        ground->setAutoFillBackground(false);
    auto* column = new QVBoxLayout(inner);
    column->setContentsMargins(kSpacingSmall, 0, kSpacingSmall, 0);
    column->setSpacing(kSpacingSmall);
    column->addWidget(m_traffic = buildTraffic(inner));
    m_readOnly = new Label(m_theme, FontRole::Body, Tone::Warning, inner);
    m_readOnly->setObjectName(QStringLiteral("benchBlocked"));
    m_readOnly->setWordWrap(true);
    column->addWidget(m_readOnly);
    for (const auto scenario : backend::kScenarios) {
        auto* card = new ScenarioCard(m_theme, scenario, inner);
        connect(card, &ScenarioCard::startRequested, this, [this, card](auto size) { start(*card, size); });
        connect(card, &ScenarioCard::stopRequested, this, [this, scenario] {
            if (auto* scenarios = m_bridge.scenarios()) scenarios->stop(scenario);
            refresh();
        });
        connect(card, &ScenarioCard::openPage, this, &DemoBench::openPage);
        m_cards.push_back(card);
        column->addWidget(card);
    }
    column->addStretch(1);
    scroll->setWidget(inner);
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, kSpacingSmall);
    layout->setSpacing(kSpacingSmall);
    layout->addWidget(scroll, 1);
    layout->addWidget(buildLog(content));
    content->setMinimumWidth(kLeastBenchWidth);
    return content;
}

QWidget* DemoBench::buildTraffic(QWidget* parent)
{
    auto* card = new Card(m_theme, tr("Traffic"), parent);
    card->setObjectName(QStringLiteral("benchTraffic"));
    m_running = new QToolButton(card);
    m_running->setObjectName(QStringLiteral("benchRunning"));
    m_running->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    connect(m_running, &QToolButton::clicked, this, [this] {
        if (auto* workload = m_bridge.workload()) workload->setRunning(!workload->status().running);
        refresh();
    });
    card->addTool(m_running);
    m_phase = new Label(m_theme, FontRole::Small, Tone::Muted, card);
    m_phase->setObjectName(QStringLiteral("benchPhase"));
    m_phase->setWordWrap(true);
    m_progress = new QProgressBar(card);
    m_progress->setObjectName(QStringLiteral("benchProgress"));
    m_progress->setAccessibleName(tr("Progress of the demo's graph"));
    m_progress->setRange(0, kBenchSteps);
    m_progress->setTextVisible(false);
    card->body()->addWidget(m_phase);
    card->body()->addWidget(m_progress);
    addRate(card, "benchPosts", tr("Posts/s"), kMostPosts, &backend::WorkloadRates::postsPerSecond);
    addRate(card, "benchReads", tr("Reads/s"), kMostReads, &backend::WorkloadRates::readsPerSecond);
    addRate(card, "benchFollows", tr("Follows/s"), kMostFollows, &backend::WorkloadRates::followsPerSecond);
    return card;
}

void DemoBench::addRate(QWidget* parent, const char* name, const QString& title, int most,
                        double backend::WorkloadRates::*value)
{
    auto* card = static_cast<Card*>(parent);
    auto* control = new RateControl(m_theme, name, title, most, card);
    connect(control, &RateControl::wantedChanged, this, [this, value](int rate) {
        auto* workload = m_bridge.workload();
        if (!workload) return;
        auto rates = workload->status().wanted;
        rates.*value = rate;
        workload->setRates(rates);
    });
    card->body()->addWidget(control);
    m_rates.push_back({value, control});
}

QWidget* DemoBench::buildLog(QWidget* parent)
{
    auto* frame = new QWidget(parent);
    auto* card = new Card(m_theme, tr("What happened"), frame);
    m_logCard = card;
    m_logCard->setObjectName(QStringLiteral("benchLogCard"));
    m_logCard->setSubtitle(tr("times in %1").arg(zoneName()));
    m_log = new QPlainTextEdit(card);
    m_log->setObjectName(QStringLiteral("benchLog"));
    m_log->setAccessibleName(tr("What the scenarios did"));
    m_log->setReadOnly(true);
    m_log->setTabChangesFocus(true);
    m_log->setFrameShape(QFrame::NoFrame);
    m_log->setFixedHeight(kLogHeight);
    m_log->setPlaceholderText(tr("Nothing yet: start a scenario"));
    card->body()->addWidget(m_log);
    auto* layout = new QVBoxLayout(frame);
    layout->setContentsMargins(kSpacingSmall, 0, kSpacingSmall, 0);
    layout->addWidget(card);
    return frame;
}

bool DemoBench::available() const
{
    return m_bridge.scenarios() != nullptr;
}

QString DemoBench::blocked() const
{
    return m_bridge.readOnly() ? tr("This demo is open read-only: scenarios change it and cannot be started.")
                               : QString();
}

void DemoBench::refresh()
{
    showTraffic();
    showScenarios();
}

void DemoBench::timesChanged()
{
    m_logCard->setSubtitle(tr("times in %1").arg(zoneName()));
    m_loggedOf = nullptr; // all lines anew
    if (available()) showScenarios();
}

void DemoBench::showTraffic()
{
    auto* workload = m_bridge.workload();
    const auto status = workload ? workload->status() : backend::WorkloadStatus();
    m_traffic->setVisible(workload && status.begun);
    if (!workload || !status.begun) return;
    const bool failed = !status.error.empty();
    m_phase->setText(
        failed ? tr("Last error: %1").arg(QString::fromStdString(status.error))
               : tr("%1 · %2 accounts, %3 follows")
                     .arg(trafficPhaseText(status), formatCount(status.users), formatCount(status.follows)));
    m_phase->setToolTip(trafficRhythmText());
    m_phase->setTone(failed ? Tone::Critical : Tone::Muted);
    m_progress->setVisible(beingMade(status));
    m_progress->setValue(int(std::lround(status.phaseFraction * kBenchSteps)));
    for (const auto& rate : m_rates)
        rate.control->show(status.wanted.*rate.value, status.actual.*rate.value);
    m_running->setText(status.running ? tr("Pause") : tr("Go on"));
    m_running->setAccessibleName(status.running ? tr("Pause the demo's traffic")
                                                : tr("Let the demo's traffic go on"));
    m_running->setIcon(
        m_theme.icon(status.running ? QStringLiteral("pause") : QStringLiteral("play"), Tone::Accent));
}

void DemoBench::showScenarios()
{
    auto* scenarios = m_bridge.scenarios();
    if (!scenarios) return;
    const auto report = scenarios->report();
    const auto reason = blocked();
    m_readOnly->setText(reason);
    m_readOnly->setVisible(!reason.isEmpty());
    for (auto* card : m_cards)
        for (const auto& status : report.scenarios)
            if (status.scenario == card->scenario()) card->show(status, reason);
    showEvents(report);
}

// Only when there is something new, and without moving what somebody has scrolled back to.
void DemoBench::showEvents(const backend::ScenarioReport& report)
{
    if (m_loggedOf == m_bridge.scenarios() && m_logged == report.eventsTotal) return;
    m_loggedOf = m_bridge.scenarios();
    m_logged = report.eventsTotal;
    QStringList lines;
    for (const auto& event : report.events)
        lines << tr("%1  %2: %3")
                     .arg(formatClock(event.at), scenarioText(event.scenario).title,
                          QString::fromStdString(event.text));
    auto* bar = m_log->verticalScrollBar();
    const bool atEnd = bar->value() >= bar->maximum();
    const int place = bar->value();
    m_log->setPlainText(lines.join(QLatin1Char('\n')));
    bar->setValue(atEnd ? bar->maximum() : place);
}

void DemoBench::start(ScenarioCard& card, std::int64_t size)
{
    auto* scenarios = m_bridge.scenarios();
    if (!scenarios) return;
    card.showRefusal(scenarios->start(card.scenario(), size));
    refresh();
}

void DemoBench::showEvent(QShowEvent* event)
{
    QDockWidget::showEvent(event);
    refresh();
    m_timer.start();
}

void DemoBench::hideEvent(QHideEvent* event)
{
    QDockWidget::hideEvent(event);
    m_timer.stop();
}

void DemoBench::closeEvent(QCloseEvent* event)
{
    event->ignore(); // the window decides, and remembers
    emit closeRequested();
}

} // namespace ui
