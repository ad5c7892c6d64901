#include "ui/widgets/workload_strip.h"

#include "backend/domain/balance.h"
#include "ui/bridge/engine_bridge.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/trouble_text.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QProgressBar>
#include <QRegularExpression>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr std::chrono::milliseconds kWorkloadInterval{1000};
constexpr int kWorkloadBarWidth = 160, kWorkloadSteps = 1000;
constexpr int kActualWidth = 66, kRoomForActual = 1040;

constexpr double kNight = 0.75, kPeak = 1.15; // of the rates that are set: below, above

// "60 % (night)"
QString rhythmText(double rhythm)
{
    const auto hour = rhythm < kNight  ? WorkloadStrip::tr("night")
                      : rhythm > kPeak ? WorkloadStrip::tr("peak")
                                       : WorkloadStrip::tr("day");
    return WorkloadStrip::tr("%1 % (%2)").arg(formatNumber(100 * rhythm, 0), hour);
}

} // namespace

QString trafficPhaseText(const backend::WorkloadStatus& status)
{
    const auto phase = QString::fromStdString(status.phase);
    if (!status.running || status.phase != "running") return phase;
    return WorkloadStrip::tr("%1 at %2").arg(phase, rhythmText(status.rhythm));
}

QString trafficRhythmText()
{
    return WorkloadStrip::tr("The demo's day lasts ten minutes. The rates that are set are its mean: less is "
                             "asked for at its night, more at its peak hours.");
}

bool beingMade(const backend::WorkloadStatus& status)
{
    return status.phase != "running" && status.phase != "stopped";
}

WorkloadStrip::WorkloadStrip(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_bridge(bridge)
{
    setObjectName(QStringLiteral("workloadStrip"));
    setAccessibleName(tr("Demo traffic"));
    build();
    connect(&theme, &Theme::changed, this, [this] {
        refresh();
        update();
    });
    connect(&m_timer, &QTimer::timeout, this, &WorkloadStrip::refresh);
    connect(&bridge, &EngineBridge::stateChanged, this, &WorkloadStrip::refresh);
    connect(&bridge, &EngineBridge::snapshotChanged, this, [this] {
        if (!m_bridge.workload()) refresh();
    });
    m_timer.setInterval(kWorkloadInterval);
    refresh();
}

void WorkloadStrip::build()
{
    m_phase = new Label(m_theme, FontRole::Strong, Tone::Normal, this);
    m_phase->setObjectName(QStringLiteral("workloadPhase"));
    m_phase->setMinimumWidth(1); // what it shows of its text follows from the room, not the other way round
    m_hint = new Label(m_theme, FontRole::Body, Tone::Muted, this);
    m_hint->setObjectName(QStringLiteral("workloadHint"));
    m_hint->hide();
    m_progress = new QProgressBar(this);
    m_progress->setObjectName(QStringLiteral("workloadProgress"));
    m_progress->setAccessibleName(tr("Progress of the demo's graph"));
    m_progress->setRange(0, kWorkloadSteps);
    m_progress->setTextVisible(false);
    m_progress->setFixedWidth(kWorkloadBarWidth);
    m_controls = new QWidget(this);
    auto* controls = new QHBoxLayout(m_controls);
    controls->setContentsMargins({});
    controls->setSpacing(kSpacingSmall);
    m_rates.push_back(
        addRate(controls, "postsRate", tr("posts/s"), kMostPosts, &backend::WorkloadRates::postsPerSecond));
    m_rates.push_back(
        addRate(controls, "readsRate", tr("reads/s"), kMostReads, &backend::WorkloadRates::readsPerSecond));
    m_rates.push_back(addRate(controls, "followsRate", tr("follows/s"), kMostFollows,
                              &backend::WorkloadRates::followsPerSecond));
    m_running = new QToolButton(this);
    m_running->setObjectName(QStringLiteral("workloadRunning"));
    m_running->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    connect(m_running, &QToolButton::clicked, this, [this] {
        if (auto* workload = m_bridge.workload()) workload->setRunning(!workload->status().running);
        refresh();
    });
    m_bench = new QToolButton(this);
    m_bench->setObjectName(QStringLiteral("benchButton"));
    m_bench->setText(tr("Demo bench"));
    m_bench->setToolTip(tr("Traffic and scenarios: a celebrity's posts, a killed node … (F8)"));
    m_bench->setCheckable(true);
    m_bench->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    connect(m_bench, &QToolButton::clicked, this, &WorkloadStrip::benchToggled);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(kSpacingLarge, kSpacingTiny + 1, kSpacingMedium, kSpacingTiny + 1);
    row->setSpacing(kSpacingSmall);
    row->addWidget(m_phase);
    row->addWidget(m_hint);
    row->addWidget(m_progress);
    row->addStretch(1);
    row->addWidget(m_controls);
    row->addWidget(m_running);
    row->addWidget(m_bench);
}

WorkloadStrip::Rate WorkloadStrip::addRate(QHBoxLayout* row, const char* name, const QString& title, int most,
                                           double backend::WorkloadRates::*value)
{
    Rate rate;
    rate.value = value;
    rate.wanted = new QSpinBox(m_controls);
    rate.wanted->setObjectName(QLatin1StringView(name));
    rate.wanted->setAccessibleName(tr("Wanted %1").arg(title));
    rate.wanted->setRange(0, most);
    rate.wanted->setKeyboardTracking(false); // not with every digit
    rate.actual = new Label(m_theme, FontRole::Small, Tone::Muted, m_controls);
    rate.actual->setObjectName(QLatin1StringView(name) + QStringLiteral("Actual"));
    rate.actual->setFixedWidth(kActualWidth);
    rate.actual->setToolTip(tr("Actual rate over the last seconds. %1").arg(trafficRhythmText()));
    row->addWidget(rate.wanted);
    row->addWidget(new Label(m_theme, title, FontRole::Body, Tone::Normal, m_controls));
    row->addWidget(rate.actual);
    connect(rate.wanted, &QSpinBox::valueChanged, this, &WorkloadStrip::applyRates);
    return rate;
}

void WorkloadStrip::applyRates()
{
    auto* workload = m_bridge.workload();
    if (!workload) return;
    auto rates = workload->status().wanted;
    for (const auto& rate : m_rates)
        rates.*rate.value = rate.wanted->value();
    workload->setRates(rates);
}

void WorkloadStrip::refresh()
{
    auto* workload = m_bridge.workload();
    const bool scenarios = m_bridge.scenarios() != nullptr;
    const auto status = workload ? workload->status() : backend::WorkloadStatus();
    const bool begun = workload && status.begun, empty = emptyDemo();
    if (begun)
        showStatus(status);
    else
        showWithout(empty, workload != nullptr);
    m_controls->setVisible(begun && !m_benchShown && !m_preparing);
    m_running->setVisible(begun ? !m_benchShown && !m_preparing : workload && (empty || status.crowdThere));
    if (!begun) m_progress->hide();
    m_bench->setVisible(scenarios);
    m_bench->setIcon(m_theme.icon(QStringLiteral("demo"), Tone::Accent));
    setVisible(workload || scenarios);
    fitPhase();
    if (bool(workload) == m_timer.isActive()) return;
    if (workload)
        m_timer.start();
    else
        m_timer.stop();
}

bool WorkloadStrip::emptyDemo() const
{
    const auto snapshot = m_bridge.snapshot();
    return snapshot && backend::nobodyThere(*snapshot) && !m_bridge.replay();
}

// Somebody who sees nothing happen is told why, and what to do.
void WorkloadStrip::showWithout(bool empty, bool mayBegin)
{
    m_preparing = false;
    m_phase->setTone(Tone::Normal);
    m_phaseText =
        empty ? tr("Empty demo on its own servers: nobody is here yet") : tr("Demo on its own servers");
    m_phaseShort = m_phaseText;
    m_hint->setText(
        !empty     ? QString()
        : mayBegin ? tr("Bring a crowd, or fill it from an activity log with rookeryctl import")
                   : tr("rookeryctl import fills it from an activity log, rookery --demo brings a crowd"));
    const auto bring = tr("Bring a crowd");
    m_running->setText(bring);
    m_running->setToolTip(tr(
        "Some thousand accounts who follow each other, post and read; they are made unless they are there"));
    m_running->setAccessibleName(bring);
    m_running->setIcon(m_theme.icon(QStringLiteral("play"), Tone::Accent));
    m_phase->setToolTip(m_hint->text());
    m_phase->setAccessibleDescription(m_hint->text());
    fitHint();
}

void WorkloadStrip::fitHint()
{
    const int taken = m_phase->fontMetrics().horizontalAdvance(m_phaseText) + m_running->sizeHint().width() +
                      m_bench->sizeHint().width() + 3 * kSpacingLarge;
    m_hint->setVisible(!m_hint->text().isEmpty() && taken + m_hint->sizeHint().width() <= width());
}

// The controls keep their width; what is cut stands in the tool tip.
void WorkloadStrip::fitPhase()
{
    const bool tight = width() < kRoomForActual; // the bench has them, too
    for (const auto& rate : m_rates)
        rate.actual->setVisible(!tight);
    int taken = 0;
    for (const auto* widget :
         std::initializer_list<const QWidget*>{m_progress, m_controls, m_running, m_bench})
        if (!widget->isHidden()) taken += widget->sizeHint().width() + kSpacingSmall;
    if (!m_progress->isHidden()) taken += kWorkloadBarWidth - m_progress->sizeHint().width();
    const auto margins = layout()->contentsMargins();
    const int room = width() - margins.left() - margins.right() - taken - 2 * kSpacingSmall;
    const auto metrics = m_phase->fontMetrics();
    const auto& text = metrics.horizontalAdvance(m_phaseText) <= room ? m_phaseText : m_phaseShort;
    m_phase->setText(metrics.elidedText(text, Qt::ElideRight, std::max(room, 0)));
}

void WorkloadStrip::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    fitHint();
    fitPhase();
}

void WorkloadStrip::setBenchShown(bool shown)
{
    m_benchShown = shown;
    m_bench->setChecked(shown);
    refresh();
}

// Which one an error is of: it names it.
QString WorkloadStrip::troubledNode(const std::string& error) const
{
    const auto snapshot = m_bridge.snapshot();
    if (!snapshot) return {};
    const auto text = QString::fromStdString(error);
    for (const auto& node : snapshot->nodes) {
        const auto name = QString::fromStdString(node.name);
        const QRegularExpression word(QStringLiteral("\\b%1\\b").arg(QRegularExpression::escape(name)));
        if (text.contains(word)) return name;
    }
    return {};
}

void WorkloadStrip::showStatus(const backend::WorkloadStatus& status)
{
    m_hint->clear();
    m_hint->hide();
    m_preparing = beingMade(status);
    const bool failed = !status.error.empty();
    const auto accounts = tr("%1 accounts").arg(formatCount(status.users));
    const auto graph = tr("%1, %2 follows").arg(accounts, formatCount(status.follows));
    const bool running = status.running && status.phase == "running"; // then with its hour instead
    const auto error = withoutAddresses(QString::fromStdString(status.error), troubledNode(status.error));
    m_phase->setToolTip(failed ? QString::fromStdString(status.error).simplified()
                               : QStringLiteral("%1\n%2").arg(graph, trafficRhythmText()));
    m_phaseShort = !failed       ? tr("Traffic: %1").arg(trafficPhaseText(status))
                   : m_preparing ? tr("The demo's graph waits, and is tried again: %1").arg(error)
                                 : tr("Demo traffic failed: %1").arg(error);
    m_phaseText = failed ? m_phaseShort : tr("%1 · %2").arg(m_phaseShort, running ? accounts : graph);
    if (!failed && running) m_phaseShort = tr("Traffic: %1").arg(rhythmText(status.rhythm));
    m_phase->setAccessibleDescription(m_phase->toolTip());
    m_phase->setTone(failed ? Tone::Critical : Tone::Normal);
    m_progress->setVisible(m_preparing && status.phase != "failed"); // it stands still then
    m_progress->setValue(int(std::lround(status.phaseFraction * kWorkloadSteps)));
    for (const auto& rate : m_rates) {
        rate.actual->setText(tr("now %1").arg(formatRate(status.actual.*rate.value)));
        if (rate.wanted->hasFocus()) continue; // somebody is typing
        const QSignalBlocker quiet(rate.wanted);
        rate.wanted->setValue(int(std::lround(status.wanted.*rate.value)));
    }
    m_running->setText(status.running ? tr("Stop traffic") : tr("Start traffic"));
    m_running->setToolTip(status.running ? tr("Stop the demo's traffic") : tr("Start the demo's traffic"));
    m_running->setAccessibleName(status.running ? tr("Stop the demo's traffic")
                                                : tr("Start the demo's traffic"));
    m_running->setIcon(
        m_theme.icon(status.running ? QStringLiteral("stop") : QStringLiteral("play"), Tone::Accent));
}

void WorkloadStrip::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), m_theme.card());
    painter.fillRect(QRect(0, height() - 1, width(), 1), m_theme.cardBorder());
}

} // namespace ui
