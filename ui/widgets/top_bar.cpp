#include "ui/widgets/top_bar.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/time_range.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QToolButton>

#include <algorithm>

namespace ui {
namespace {

constexpr int kHeight = 48;
constexpr int kAgeWidth = 132; // stands still whatever it says
constexpr int kRoomForAge = 960;
constexpr int kLateSeconds = 3;
constexpr std::chrono::milliseconds kAgeInterval{500};

QString lengthText(int minutes)
{
    return minutes >= 7 * 24 * 60 ? TopBar::tr("%1 d").arg(minutes / (24 * 60))
           : minutes >= 60        ? TopBar::tr("%1 h").arg(minutes / 60)
                                  : TopBar::tr("%1 min").arg(minutes);
}

} // namespace

TopBar::TopBar(const Theme& theme, EngineBridge& bridge, TimeRange& range, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_bridge(bridge)
    , m_range(range)
{
    setObjectName(QStringLiteral("topBar"));
    setFixedHeight(kHeight);
    build();
    connectAll();
    restyle();
    showRange();
    showReach();
    showAge();
}

void TopBar::build()
{
    m_cluster = new Label(m_theme, FontRole::Title, Tone::Normal, this);
    m_cluster->setObjectName(QStringLiteral("clusterName"));
    m_environmentLabel = new Label(m_theme, FontRole::Strong, Tone::Muted, this);
    m_environmentLabel->setObjectName(QStringLiteral("environment"));
    m_readOnly = new Label(m_theme, tr("read-only"), FontRole::Small, Tone::Muted, this);
    m_readOnly->setObjectName(QStringLiteral("readOnly"));
    m_readOnly->hide();
    m_age = new Label(m_theme, FontRole::Small, Tone::Muted, this);
    m_age->setObjectName(QStringLiteral("dataAge"));
    m_age->setFixedWidth(kAgeWidth);
    m_age->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_chosen = new Label(m_theme, FontRole::Small, Tone::Accent, this);
    m_chosen->setObjectName(QStringLiteral("chosenTime"));
    m_live = new QToolButton(this);
    m_live->setObjectName(QStringLiteral("liveButton"));
    m_live->setCheckable(true);
    m_live->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_live->setFixedWidth(88);
    m_close = new QToolButton(this);
    m_close->setObjectName(QStringLiteral("closeSession"));
    m_close->setProperty("flat", true);
    m_close->setToolTip(tr("Disconnect and go back to the start"));
    m_close->setAccessibleName(tr("Disconnect"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(kSpacingLarge, 0, kSpacingMedium, 0);
    row->setSpacing(kSpacingMedium);
    row->addWidget(m_cluster);
    row->addWidget(m_environmentLabel);
    row->addWidget(m_readOnly);
    row->addStretch(1);
    row->addWidget(m_age);
    row->addWidget(m_chosen);
    row->addWidget(m_live);
    row->addWidget(buildWindows());
    row->addWidget(m_close);
}

void TopBar::addTool(QWidget* tool)
{
    auto* row = qobject_cast<QHBoxLayout*>(layout());
    row->insertWidget(row->indexOf(m_close), tool);
}

QWidget* TopBar::buildWindows()
{
    auto* group = new QWidget(this);
    group->setAccessibleName(tr("Time window of all charts"));
    auto* row = new QHBoxLayout(group);
    row->setContentsMargins({});
    row->setSpacing(0);
    for (const auto window : TimeRange::kWindows) {
        auto* button = new QToolButton(group);
        const int minutes = int(window.count());
        button->setObjectName(QStringLiteral("window%1").arg(minutes));
        button->setText(lengthText(minutes));
        button->setCheckable(true);
        button->setAutoExclusive(true);
        const bool first = window == TimeRange::kWindows.front(), last = window == TimeRange::kWindows.back();
        button->setProperty("segment", first ? "first" : last ? "last" : "middle");
        connect(button, &QToolButton::clicked, this, [this, window] { m_range.setWindow(window); });
        row->addWidget(button);
        m_windows[minutes] = button;
    }
    return group;
}

void TopBar::connectAll()
{
    connect(m_live, &QToolButton::clicked, this, [this] { m_range.setLive(!m_range.live()); });
    connect(m_close, &QToolButton::clicked, this, &TopBar::closeRequested);
    connect(&m_range, &TimeRange::windowChanged, this, &TopBar::showRange);
    connect(&m_range, &TimeRange::zoneChanged, this, &TopBar::showRange);
    connect(&m_range, &TimeRange::reachChanged, this, &TopBar::showReach);
    connect(&m_range, &TimeRange::moved, this, [this] {
        if (m_range.chosen()) showRange();
    });
    connect(&m_range, &TimeRange::liveChanged, this, [this] {
        showRange();
        showAge();
    });
    connect(&m_bridge, &EngineBridge::staleChanged, this, &TopBar::showAge);
    connect(&m_theme, &Theme::changed, this, &TopBar::restyle);
    connect(&m_ageTimer, &QTimer::timeout, this, &TopBar::showAge);
    m_ageTimer.start(kAgeInterval);
}

void TopBar::setSnapshot(const backend::SnapshotPtr& snapshot)
{
    if (snapshot) {
        m_environment = QString::fromStdString(snapshot->environment);
        m_cluster->setText(QString::fromStdString(snapshot->clusterName));
    } else {
        m_environment.clear();
        m_cluster->setText(tr("Waiting for the first figures"));
    }
    m_cluster->setVisible(m_cluster->text() != m_environment); // a demo's name would stand there twice
    m_environmentLabel->setText(m_environment);
    m_environmentLabel->setTone(environmentTone());
    m_readOnly->setVisible(m_bridge.readOnly());
    showAge();
    update();
}

// Production must not look like a playground.
Tone TopBar::environmentTone() const
{
    if (m_environment.contains(QLatin1StringView("prod"), Qt::CaseInsensitive)) return Tone::Critical;
    if (m_environment.contains(QLatin1StringView("stag"), Qt::CaseInsensitive)) return Tone::Warning;
    return Tone::Accent;
}

void TopBar::showRange()
{
    for (const auto& [minutes, button] : m_windows) {
        button->setAutoExclusive(false); // none of them while a part was chosen
        button->setChecked(!m_range.chosen() && minutes == m_range.window().count());
        button->setAutoExclusive(true);
    }
    m_chosen->setVisible(m_range.chosen());
    m_chosen->setText(tr("%1 %2").arg(m_range.windowText(), zoneName()));
    const bool live = m_range.live();
    m_live->setChecked(live);
    m_live->setText(live ? tr("Live") : tr("Paused"));
    m_live->setAccessibleName(live ? tr("Live; press to pause") : tr("Paused; press to go on"));
    m_live->setToolTip(live ? tr("Pause (Space)") : tr("Go on (Space)"));
    restyle();
}

// What nobody kept cannot be chosen, and the button says why.
void TopBar::showReach()
{
    for (const auto& [minutes, button] : m_windows) {
        const bool offered = std::chrono::minutes(minutes) <= m_range.reach();
        const auto words = tr("Show the last %1").arg(lengthText(minutes));
        const auto why = offered ? QString() : m_range.reachReason();
        button->setEnabled(offered);
        button->setToolTip(why.isEmpty() ? words : why);
        button->setAccessibleName(words);
        button->setAccessibleDescription(why);
    }
}

void TopBar::showAge()
{
    const auto age = m_bridge.dataAge();
    if (!age) {
        m_age->setText({});
        return;
    }
    // Whole seconds: tenths would flicker.
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*age).count();
    const auto words =
        seconds < 1 ? tr("less than 1 s old") : tr("%1 old").arg(formatDuration(double(seconds)));
    // Beside a dock there is no room for it, and "live" says as much until it is late.
    m_age->setVisible(width() >= kRoomForAge || seconds >= kLateSeconds);
    m_age->setText(m_bridge.stale() ? tr("stale: %1").arg(words) : words);
    m_age->setTone(m_bridge.stale() ? Tone::Warning : Tone::Muted);
    m_age->setToolTip(
        m_bridge.stale()
            ? tr("No new snapshot for three seconds: the engine's sampler hangs or waits for a node.")
            : tr("Age of the newest snapshot"));
}

void TopBar::restyle()
{
    m_live->setIcon(
        m_theme.icon(m_range.live() ? QStringLiteral("live") : QStringLiteral("pause"), Tone::Accent));
    m_close->setIcon(m_theme.icon(QStringLiteral("disconnect")));
    update();
}

void TopBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), m_theme.card());
    painter.fillRect(QRect(0, height() - 1, width(), 1), m_theme.cardBorder());
    if (!m_environment.isEmpty())
        painter.fillRect(QRect(0, 0, width(), kStripeWidth), m_theme.color(environmentTone()));
}

} // namespace ui
