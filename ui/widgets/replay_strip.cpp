#include "ui/widgets/replay_strip.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QPainter>
#include <QProgressBar>
#include <QPushButton>
#include <QToolButton>

#include <cmath>

namespace ui {
namespace {

using backend::ReplayPhase;

constexpr std::chrono::milliseconds kReplayInterval{500};
constexpr int kReplayBarWidth = 220;
constexpr int kReplaySteps = 1000;

} // namespace

ReplayStrip::ReplayStrip(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_bridge(bridge)
{
    setObjectName(QStringLiteral("replayStrip"));
    setAccessibleName(tr("Import"));
    build();
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
    connect(&m_timer, &QTimer::timeout, this, &ReplayStrip::refresh);
    connect(&bridge, &EngineBridge::stateChanged, this, [this] {
        m_dismissed = false;
        refresh();
    });
    m_timer.setInterval(kReplayInterval);
    refresh();
}

void ReplayStrip::build()
{
    m_phase = new Label(m_theme, FontRole::Strong, Tone::Normal, this);
    m_phase->setObjectName(QStringLiteral("replayPhase"));
    m_bar = new QProgressBar(this);
    m_bar->setObjectName(QStringLiteral("replayProgress"));
    m_bar->setAccessibleName(tr("Progress of this phase"));
    m_bar->setRange(0, kReplaySteps);
    m_bar->setTextVisible(false);
    m_bar->setFixedWidth(kReplayBarWidth);
    m_detail = new Label(m_theme, FontRole::Small, Tone::Muted, this);
    m_detail->setObjectName(QStringLiteral("replayDetail"));
    m_detail->setSizePolicy(QSizePolicy::Ignored,
                            QSizePolicy::Preferred); // long messages do not widen the window
    m_cancel = new QPushButton(tr("Cancel import"), this);
    m_cancel->setObjectName(QStringLiteral("cancelReplay"));
    m_cancel->setToolTip(tr("What is done stays; starting it again goes on from here"));
    m_dismiss = new QToolButton(this);
    m_dismiss->setObjectName(QStringLiteral("dismissReplay"));
    m_dismiss->setProperty("flat", true);
    m_dismiss->setAccessibleName(tr("Hide this row"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(kSpacingLarge, kSpacingTiny + 2, kSpacingMedium, kSpacingTiny + 2);
    row->setSpacing(kSpacingMedium);
    row->addWidget(m_phase);
    row->addWidget(m_bar);
    row->addWidget(m_detail, 1);
    row->addWidget(m_cancel);
    row->addWidget(m_dismiss);
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        if (auto* replay = m_bridge.replay()) replay->cancel();
        refresh();
    });
    connect(m_dismiss, &QToolButton::clicked, this, [this] {
        m_dismissed = true;
        refresh();
    });
}

bool ReplayStrip::over(const backend::ReplayStatus& status)
{
    return status.phase == ReplayPhase::Done || status.phase == ReplayPhase::Cancelled ||
           status.phase == ReplayPhase::Failed;
}

void ReplayStrip::refresh()
{
    auto* replay = m_bridge.replay();
    const bool wanted = replay && !m_dismissed;
    if (wanted) showStatus(replay->status());
    setVisible(wanted);
    if (wanted == m_timer.isActive()) return;
    if (wanted)
        m_timer.start();
    else
        m_timer.stop();
}

void ReplayStrip::showStatus(const backend::ReplayStatus& status)
{
    const bool ended = over(status);
    m_phase->setText(phaseText(status));
    m_phase->setTone(status.phase == ReplayPhase::Failed ? Tone::Critical : Tone::Normal);
    m_bar->setVisible(!ended);
    m_bar->setValue(int(std::lround(status.fraction() * kReplaySteps)));
    m_detail->setText(detailText(status));
    m_detail->setToolTip(QString::fromStdString(status.firstMalformed));
    m_cancel->setVisible(!ended);
    m_dismiss->setVisible(ended);
    m_dismiss->setIcon(m_theme.icon(QStringLiteral("close")));
}

QString ReplayStrip::phaseText(const backend::ReplayStatus& status) const
{
    const auto file = QFileInfo(QString::fromStdString(status.file)).fileName();
    switch (status.phase) {
    case ReplayPhase::Reading:
        return tr("Reading %1").arg(file);
    case ReplayPhase::Accounts:
        return tr("Creating accounts");
    case ReplayPhase::Follows:
        return tr("Creating follows");
    case ReplayPhase::Posts:
        if (status.tasksLeft) return tr("Delivering the last posts");
        return status.speed > 0 ? tr("Replaying posts, %1 times as fast").arg(formatCompact(status.speed))
                                : tr("Replaying posts as fast as it goes");
    case ReplayPhase::Done:
        return tr("%1 is imported").arg(file);
    case ReplayPhase::Cancelled:
        return tr("Import cancelled");
    case ReplayPhase::Failed:
        return tr("Import failed");
    }
    return {};
}

QString ReplayStrip::detailText(const backend::ReplayStatus& status) const
{
    if (status.phase == ReplayPhase::Failed) return QString::fromStdString(status.error);
    if (over(status))
        return tr("%1 accounts, %2 follows, %3 posts")
            .arg(formatCount(status.accounts), formatCount(status.follows), formatCount(status.posts));
    const auto idle = status.nobodyDelivers ? tr(" · no workers run: start or resume some") : QString();
    if (status.tasksLeft) return tr("%1 tasks left").arg(formatCount(*status.tasksLeft)) + idle;
    if (status.tasksAhead && status.nobodyDelivers)
        return tr("waits for %1 tasks").arg(formatCount(*status.tasksAhead)) + idle;
    const auto [done, total] =
        status.phase == ReplayPhase::Accounts  ? std::pair(status.accounts, status.accountsTotal)
        : status.phase == ReplayPhase::Follows ? std::pair(status.follows, status.followsTotal)
        : status.phase == ReplayPhase::Posts   ? std::pair(status.posts, status.postsTotal)
                                               : std::pair(status.linesDone, status.linesTotal);
    QStringList parts;
    parts << (total > 0 ? tr("%1 of %2").arg(formatCount(done), formatCount(total)) : formatCount(done));
    parts << tr("%1/s").arg(formatRate(status.ratePerSecond));
    if (status.secondsLeft) parts << tr("%1 left").arg(formatDuration(*status.secondsLeft));
    if (status.malformedLines > 0)
        parts << tr("%1 malformed lines skipped").arg(formatCount(status.malformedLines));
    return parts.join(QStringLiteral(" · ")) + idle;
}

void ReplayStrip::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), m_theme.card());
    painter.fillRect(QRect(0, height() - 1, width(), 1), m_theme.cardBorder());
}

} // namespace ui
