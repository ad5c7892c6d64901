#include "ui/widgets/status_strip.h"

#include "ui/widgets/backlog_text.h"
#include "ui/widgets/failure_text.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/label.h"
#include "ui/widgets/stall_watchdog.h"

#include <QActionGroup>
#include <QMenu>
#include <QToolButton>

#include <algorithm>

namespace ui {
namespace {

constexpr std::chrono::milliseconds kStatusInterval{1000};
constexpr std::chrono::milliseconds kLongStall{50};

QString modeText(ThemeMode mode)
{
    switch (mode) {
    case ThemeMode::System:
        return StatusStrip::tr("Like the system");
    case ThemeMode::Light:
        return StatusStrip::tr("Light");
    case ThemeMode::Dark:
        break;
    }
    return StatusStrip::tr("Dark");
}

// Empty while every timeline that was looked at is there.
QString restoreText(const backend::ClusterSnapshot& snapshot)
{
    if (!snapshot.restore || !snapshot.restore->running || snapshot.restore->restored == 0) return {};
    const auto& restore = *snapshot.restore;
    QStringList nodes;
    for (const auto& node : restore.nodes)
        nodes << QString::fromStdString(node);
    auto text = StatusStrip::tr("building timelines again%1: %2 of %3 readers looked at")
                    .arg(nodes.isEmpty() ? QString()
                                         : StatusStrip::tr(" on %1").arg(nodes.join(QStringLiteral(", "))),
                         formatCount(restore.looked), formatCount(restore.readers));
    if (const double left = restore.secondsLeft(); left >= 0)
        text += StatusStrip::tr(", %1 left").arg(formatDuration(left));
    return text;
}

} // namespace

StatusStrip::StatusStrip(Theme& theme, const StallWatchdog& watchdog, QWidget* parent)
    : QStatusBar(parent)
    , m_theme(theme)
    , m_watchdog(watchdog)
{
    setObjectName(QStringLiteral("statusStrip"));
    setSizeGripEnabled(false);
    build();
    connect(&theme, &Theme::changed, this, &StatusStrip::showTheme);
    connect(&m_timer, &QTimer::timeout, this, &StatusStrip::showStall);
    m_timer.start(kStatusInterval);
    showTheme();
    showStall();
}

void StatusStrip::build()
{
    const auto label = [this](const char* name) {
        auto* out = new Label(m_theme, FontRole::Small, Tone::Muted, this);
        out->setObjectName(QLatin1StringView(name));
        out->setContentsMargins(kSpacingSmall, 0, kSpacingSmall, 0);
        return out;
    };
    m_health = label("healthSummary");
    m_history = label("historyProblem");
    m_history->setText(tr("note on the history on disk"));
    m_history->setTone(Tone::Warning);
    m_history->hide();
    m_historyError = label("historyError");
    m_historyError->setTone(Tone::Warning);
    m_historyError->hide();
    buildZone();
    m_stall = label("stall");
    addWidget(m_health, 1);
    addPermanentWidget(m_history);
    addPermanentWidget(m_historyError);
    addPermanentWidget(m_zone);
    addPermanentWidget(m_stall);
    m_themeButton = new QToolButton(this);
    m_themeButton->setObjectName(QStringLiteral("themeButton"));
    m_themeButton->setProperty("flat", true);
    m_themeButton->setAccessibleName(tr("Theme"));
    m_themeButton->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(m_themeButton);
    auto* group = new QActionGroup(menu);
    for (const auto mode : {ThemeMode::System, ThemeMode::Light, ThemeMode::Dark}) {
        auto* action = menu->addAction(modeText(mode));
        action->setCheckable(true);
        action->setChecked(mode == m_theme.mode());
        action->setData(int(mode));
        group->addAction(action);
        connect(action, &QAction::triggered, this, [this, mode] { m_theme.setMode(mode); });
    }
    connect(menu, &QMenu::aboutToShow, this, [this, group] {
        for (auto* action : group->actions())
            action->setChecked(action->data().toInt() == int(m_theme.mode()));
    });
    m_themeButton->setMenu(menu);
    addPermanentWidget(m_themeButton);
    m_keys = new QToolButton(this);
    m_keys->setObjectName(QStringLiteral("keySheetButton"));
    m_keys->setProperty("flat", true);
    m_keys->setAccessibleName(tr("Keyboard"));
    m_keys->setToolTip(tr("Keys (?)"));
    connect(m_keys, &QToolButton::clicked, this, &StatusStrip::keySheetRequested);
    addPermanentWidget(m_keys);
}

void StatusStrip::buildZone()
{
    m_zone = new QToolButton(this);
    m_zone->setObjectName(QStringLiteral("zone"));
    m_zone->setProperty("flat", true);
    m_zone->setToolButtonStyle(Qt::ToolButtonTextOnly);
    m_zone->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(m_zone);
    auto* group = new QActionGroup(menu);
    const auto add = [&](const char* name, const QString& text, bool utc) {
        auto* action = menu->addAction(text);
        action->setObjectName(QLatin1StringView(name));
        action->setCheckable(true);
        group->addAction(action);
        connect(action, &QAction::triggered, this, [this, utc] { emit utcChosen(utc); });
        return action;
    };
    auto* local = add("zoneLocal", tr("Local time"), false);
    auto* utc = add("zoneUtc", tr("UTC"), true);
    connect(menu, &QMenu::aboutToShow, this,
            [local, utc] { (timesInUtc() ? utc : local)->setChecked(true); });
    m_zone->setMenu(menu);
    showZone();
}

void StatusStrip::showZone()
{
    m_zone->setText(tr("Times in %1").arg(zoneName()));
    m_zone->setToolTip(timesInUtc() ? tr("All times are in UTC. Press to show local time.")
                                    : tr("All times are local, in %1. Press to show UTC.").arg(zoneName()));
    m_zone->setAccessibleName(m_zone->text());
    m_zone->setAccessibleDescription(m_zone->toolTip());
}

void StatusStrip::setSnapshot(const backend::SnapshotPtr& snapshot)
{
    if (!snapshot) {
        m_health->setText({});
        m_history->hide();
        return;
    }
    const auto count = [&](auto matches) {
        return int(std::count_if(snapshot->nodes.begin(), snapshot->nodes.end(), matches));
    };
    const int ok = count([](const auto& n) { return n.health == backend::Health::Ok; });
    const int down = count([](const auto& n) { return n.health == backend::Health::Down; });
    const int all = int(snapshot->nodes.size());
    auto words = tr("%1 of %2 nodes ok").arg(ok).arg(all);
    QStringList named;
    for (const auto& node : snapshot->nodes)
        if (node.health == backend::Health::Down) named << QString::fromStdString(node.name);
    if (!named.isEmpty()) words += tr(", down: %1").arg(named.join(QStringLiteral(", ")));
    if (const auto restoring = restoreText(*snapshot); !restoring.isEmpty())
        words += tr(" · %1").arg(restoring);
    // What fails takes the place of what never changes.
    auto wrong = failuresShort(*snapshot);
    if (const auto behind = backlogShort(*snapshot); !behind.isEmpty()) wrong << behind;
    if (snapshot->queueDead > 0)
        wrong << (snapshot->queueDead == 1 ? tr("1 dead letter")
                                           : tr("%1 dead letters").arg(formatCount(snapshot->queueDead)));
    for (const auto& one : wrong)
        words += tr(" · %1").arg(one);
    if (wrong.isEmpty())
        words = tr("%1 · %2 logical shards · shard map epoch %3")
                    .arg(words)
                    .arg(snapshot->shardCount)
                    .arg(snapshot->epoch);
    m_health->setText(words);
    const auto nodes = down > 0 ? Tone::Critical : ok < all ? Tone::Warning : Tone::Muted;
    m_health->setTone(std::max({nodes, failureTone(*snapshot), backlogTone(*snapshot),
                                snapshot->queueDead > 0 ? Tone::Critical : Tone::Normal}));
    const auto problem = QString::fromStdString(snapshot->historyProblem);
    m_history->setVisible(!problem.isEmpty());
    m_history->setToolTip(problem);
    m_history->setAccessibleDescription(problem);
}

void StatusStrip::setHistoryError(const QString& error)
{
    m_historyError->setText(tr("older history could not be read: %1").arg(error));
    m_historyError->setToolTip(m_historyError->text());
    m_historyError->setVisible(!error.isEmpty());
}

void StatusStrip::showStall()
{
    const auto worst = m_watchdog.worstOfLastMinute();
    const double milliseconds = std::chrono::duration<double, std::milli>(worst).count();
    m_stall->setText(tr("console's longest stall in 1 min: %1 ms").arg(formatNumber(milliseconds, 0)));
    const double work =
        std::chrono::duration<double, std::milli>(m_watchdog.workInWorstOfLastMinute()).count();
    m_stall->setToolTip(
        tr("The longest time for which the window did not react, in the last minute. Its own work took "
           "%1 ms of it; the rest it waited for a processor.")
            .arg(formatNumber(work, 0)));
    m_stall->setTone(worst > kLongStall ? Tone::Warning : Tone::Muted);
}

void StatusStrip::showTheme()
{
    m_themeButton->setIcon(m_theme.icon(QStringLiteral("theme")));
    m_themeButton->setToolTip(tr("Theme: %1").arg(modeText(m_theme.mode())));
    m_keys->setIcon(m_theme.icon(QStringLiteral("keyboard")));
}

} // namespace ui
