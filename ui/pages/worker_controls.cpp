#include "ui/pages/worker_controls.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/widgets/label.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace ui {
namespace {

constexpr int kNameRole = Qt::UserRole + 1, kGoneRole = Qt::UserRole + 2; // besides the slot
constexpr int kMostWorkers = 64;
constexpr int kPatienceSnapshots = 6; // snapshots, one a second, until we say that engines take long

} // namespace

WorkerControls::WorkerControls(const Theme& theme, EngineBridge& bridge, QWidget* parent)
    : QWidget(parent)
    , m_bridge(bridge)
{
    build(theme);
    connectAll();
    updateEnabled();
}

void WorkerControls::build(const Theme& theme)
{
    m_target = new QComboBox(this);
    m_target->setObjectName(QStringLiteral("workerTarget"));
    m_target->setAccessibleName(tr("Engine to control"));
    m_target->addItem(tr("All engines"), requests::kAllEngines);
    m_target->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_pause = new QPushButton(tr("&Pause"), this);
    m_pause->setObjectName(QStringLiteral("pauseWorkers"));
    m_resume = new QPushButton(tr("&Resume"), this);
    m_resume->setObjectName(QStringLiteral("resumeWorkers"));
    m_count = new QSpinBox(this);
    m_count->setObjectName(QStringLiteral("workerCount"));
    m_count->setAccessibleName(tr("Workers per engine"));
    m_count->setRange(0, kMostWorkers);
    m_setCount = new QPushButton(tr("&Set workers"), this);
    m_setCount->setObjectName(QStringLiteral("setWorkerCount"));
    m_outcome = new Label(theme, FontRole::Small, Tone::Muted, this);
    m_outcome->setObjectName(QStringLiteral("workerOutcome"));
    m_outcome->setWordWrap(true);
    m_outcome->setTextInteractionFlags(Qt::TextSelectableByMouse);

    auto* row = new QHBoxLayout;
    row->addWidget(m_target);
    row->addWidget(m_pause);
    row->addWidget(m_resume);
    row->addSpacing(row->spacing() * 2);
    row->addWidget(new Label(theme, tr("Workers per engine:"), FontRole::Body, Tone::Muted, this));
    row->addWidget(m_count);
    row->addWidget(m_setCount);
    row->addStretch();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addLayout(row);
    layout->addWidget(m_outcome);
}

void WorkerControls::connectAll()
{
    connect(m_pause, &QPushButton::clicked, this, [this] { askFor(Change::Pause); });
    connect(m_resume, &QPushButton::clicked, this, [this] { askFor(Change::Resume); });
    connect(m_setCount, &QPushButton::clicked, this, [this] { askFor(Change::Count); });
    connect(m_count, &QSpinBox::valueChanged, this, [this] { m_countTouched = true; });
    connect(m_target, &QComboBox::currentIndexChanged, this, [this] {
        m_countTouched = false;
        updateEnabled();
    });
}

int WorkerControls::targetSlot() const
{
    return m_target->currentData().toInt();
}

QString WorkerControls::targetText() const
{
    return targetSlot() == requests::kAllEngines ? tr("all engines") : m_target->currentText();
}

bool WorkerControls::isTarget(int item, const backend::EngineSnapshot& engine) const
{
    return m_target->itemData(item).toInt() == engine.slot &&
           m_target->itemData(item, kNameRole).toString() == QString::fromStdString(engine.name);
}

QString WorkerControls::whyGone() const
{
    return m_target->currentData(kGoneRole).toString();
}

void WorkerControls::setBlocked(const QString& reason)
{
    m_blocked = reason;
    updateEnabled();
}

void WorkerControls::updateEnabled()
{
    const auto reason = !m_blocked.isEmpty() ? m_blocked : whyGone();
    for (auto* widget : std::initializer_list<QWidget*>{m_pause, m_resume, m_count, m_setCount}) {
        widget->setEnabled(reason.isEmpty() && !m_asking);
        widget->setToolTip(reason);
    }
    if (!reason.isEmpty() && !m_wish && !m_asking) m_outcome->setText(reason);
    const bool over = std::exchange(m_reason, reason) == m_outcome->text();
    if (reason.isEmpty() && (over || m_outcome->text().isEmpty()))
        m_outcome->setText(tr("Changes are obeyed by the engines within about a second."));
}

void WorkerControls::setSnapshot(const backend::ClusterSnapshot& snapshot)
{
    updateTargets(snapshot);
    followWish(snapshot);
}

// A slot is leased: another engine may hold it later. Who is chosen stays chosen until a person chooses
// otherwise, also when they have left; nothing is done to anybody else in their place.
void WorkerControls::updateTargets(const backend::ClusterSnapshot& snapshot)
{
    {
        const QSignalBlocker quiet(m_target); // nobody chose anything
        for (int item = m_target->count() - 1; item > 0; --item) {
            const auto& engines = snapshot.engines;
            const bool gone = std::none_of(engines.begin(), engines.end(),
                                           [&](const auto& engine) { return isTarget(item, engine); });
            const auto name = m_target->itemData(item, kNameRole).toString().toStdString();
            const bool moved = gone && std::any_of(engines.begin(), engines.end(),
                                                   [&](const auto& engine) { return engine.name == name; });
            if (gone && item != m_target->currentIndex())
                m_target->removeItem(item);
            else
                showTarget(item, moved ? Target::Moved : gone ? Target::Gone : Target::There);
        }
        for (const auto& engine : snapshot.engines) {
            if (engine.slot < 0) continue; // nothing can be ordered of it: the slot is the order's address
            int item = 1;
            while (item < m_target->count() && !isTarget(item, engine))
                ++item;
            if (item == m_target->count()) addTarget(engine);
        }
    }
    updateEnabled();
    updateCount(snapshot);
}

void WorkerControls::addTarget(const backend::EngineSnapshot& engine)
{
    m_target->addItem(QString(), engine.slot);
    m_target->setItemData(m_target->count() - 1, QString::fromStdString(engine.name), kNameRole);
    showTarget(m_target->count() - 1, Target::There);
}

void WorkerControls::showTarget(int item, Target target)
{
    const auto why =
        target == Target::Gone ? tr("This engine has left the cluster: choose another one.")
        : target == Target::Moved
            ? tr("This engine has lost this slot: choose it under its new one, or another engine.")
            : QString();
    m_target->setItemData(item, why, kGoneRole);
    const auto name = m_target->itemData(item, kNameRole).toString();
    const int slot = m_target->itemData(item).toInt();
    auto text = tr("%1 (slot %2)").arg(name).arg(slot);
    if (target == Target::Gone) text = tr("%1, has left").arg(text);
    if (target == Target::Moved) text = tr("%1, has lost it").arg(text);
    if (text != m_target->itemText(item)) m_target->setItemText(item, text);
}

void WorkerControls::updateCount(const backend::ClusterSnapshot& snapshot)
{
    int wanted = -1;
    for (const auto& engine : snapshot.engines)
        if (targetSlot() == requests::kAllEngines || (engine.slot == targetSlot() && whyGone().isEmpty()))
            wanted = std::max(wanted, engine.workersWanted);
    if (wanted < 0 || m_countTouched || m_count->hasFocus()) return;
    const QSignalBlocker quiet(m_count);
    m_count->setValue(wanted);
}

void WorkerControls::askFor(Change change)
{
    if (!whyGone().isEmpty()) return;
    const Wish wish{change,       targetSlot(),     m_target->currentData(kNameRole).toString(),
                    targetText(), m_count->value(), kPatienceSnapshots};
    m_asking = true;
    m_wish.reset();
    m_outcome->setText(tr("Asking %1…").arg(wish.target));
    updateEnabled();
    m_bridge.deed(
        this,
        [wish](backend::Engine& engine) {
            switch (wish.change) {
            case Change::Pause:
                return requests::pauseWorkers(engine, wish.slot);
            case Change::Resume:
                return requests::resumeWorkers(engine, wish.slot);
            case Change::Count:
                break;
            }
            return requests::setWorkerCount(engine, wish.slot, wish.count);
        },
        [this, wish](backend::Result<void> result) {
            m_asking = false;
            if (result)
                taken(wish);
            else
                m_outcome->setText(
                    tr("Nothing was changed: %1").arg(QString::fromStdString(result.error().message)));
            updateEnabled();
        });
}

void WorkerControls::taken(const Wish& wish)
{
    m_wish = wish;
    m_countTouched = false;
    m_outcome->setText(pendingText(wish));
}

bool WorkerControls::obeyed(const backend::EngineSnapshot& engine, const Wish& wish)
{
    switch (wish.change) {
    case Change::Pause:
        return engine.paused;
    case Change::Resume:
        return !engine.paused;
    case Change::Count:
        return engine.workers == wish.count && engine.workersWanted == wish.count;
    }
    return false;
}

void WorkerControls::followWish(const backend::ClusterSnapshot& snapshot)
{
    if (!m_wish) return;
    int concerned = 0, done = 0;
    for (const auto& engine : snapshot.engines) {
        if (m_wish->slot != requests::kAllEngines &&
            (engine.slot != m_wish->slot || QString::fromStdString(engine.name) != m_wish->name))
            continue;
        ++concerned;
        done += obeyed(engine, *m_wish);
    }
    if (concerned > 0 && done == concerned) {
        m_outcome->setText(doneText(*m_wish));
        m_wish.reset();
    } else if (concerned == 0) {
        m_outcome->setText(tr("The engine has left the cluster."));
        m_wish.reset();
    } else {
        const auto progress =
            tr("%1 Done by %2 of %3 so far.").arg(pendingText(*m_wish)).arg(done).arg(concerned);
        const bool slow = m_wish->snapshotsLeft > 0 ? --m_wish->snapshotsLeft == 0 : true;
        m_outcome->setText(slow ? tr("%1 The others may be busy or gone.").arg(progress) : progress);
    }
}

QString WorkerControls::pendingText(const Wish& wish) const
{
    switch (wish.change) {
    case Change::Pause:
        return tr("Pausing %1.").arg(wish.target);
    case Change::Resume:
        return tr("Resuming %1.").arg(wish.target);
    case Change::Count:
        return tr("Setting %1 workers per engine: %2.").arg(wish.count).arg(wish.target);
    }
    return {};
}

QString WorkerControls::doneText(const Wish& wish) const
{
    switch (wish.change) {
    case Change::Pause:
        return tr("Paused: %1. Tasks wait; nothing is lost.").arg(wish.target);
    case Change::Resume:
        return tr("Resumed: %1.").arg(wish.target);
    case Change::Count:
        return tr("Now %1 workers per engine: %2.").arg(wish.count).arg(wish.target);
    }
    return {};
}

} // namespace ui
