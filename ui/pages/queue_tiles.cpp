// The tiles of Queue & workers: of now, or of the part of the past that is chosen.
#include "ui/models/last_known.h"
#include "ui/models/queue_tables.h"
#include "ui/models/window_figures.h"
#include "ui/pages/queue_page.h"
#include "ui/widgets/backlog_text.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/metric_tile.h"

#include <QHBoxLayout>

#include <cmath>

namespace ui {
namespace {

constexpr double kFreshSeconds = 1, kOldSeconds = 10, kVeryOldSeconds = 60; // for the oldest waiting task

Tone ageTone(double seconds)
{
    return seconds < kOldSeconds ? Tone::Ok : seconds < kVeryOldSeconds ? Tone::Warning : Tone::Critical;
}

// What the workers hold already, or do within a second, is no backlog: there the rates tell of single tasks.
bool keepsUp(const backend::ClusterSnapshot& snapshot)
{
    const auto atWork = double(snapshot.workers.size());
    return snapshot.queueOldestAgeSeconds < kFreshSeconds &&
           double(snapshot.queueUnfinished) <= std::max(atWork, snapshot.drainPerSecond * kFreshSeconds);
}

} // namespace

QLayout* QueuePage::buildTiles(QWidget* parent)
{
    auto* row = new QHBoxLayout;
    row->setSpacing(kSpacingSmall);
    const auto tile = [&](const QString& title, const char* name, const QString& toolTip) {
        return addTile(*row, context().theme, name, title, toolTip, parent);
    };
    m_unfinished =
        tile(tr("Unfinished tasks"), "queueUnfinished", tr("Ready, running and waiting for a retry"));
    m_oldest = tile(tr("Oldest unfinished"), "queueOldest", tr("Age of the oldest unfinished task"));
    m_drain = tile(tr("Time to drain"), "queueDrain", tr("At the present rates of arrival and drain"));
    m_dead = tile(tr("Dead letters"), "queueDead", tr("Tasks that failed for good and wait for a person"));
    return row;
}

// Why there is no time to drain: never as if it were short.
void QueuePage::showNoDrain(const backend::ClusterSnapshot& snapshot)
{
    const double in = snapshot.arrivalsPerSecond, done = snapshot.drainPerSecond;
    if (in < 0 || done < 0) {
        m_drain->setValue(unknownText(), {});
        m_drain->setSubline(tr("rates are not known yet"));
    } else if (in > done) {
        m_drain->setValue(tr("growing"), {});
        m_drain->setSubline(tr("%1/s more arrive than are done").arg(formatRate(in - done)));
    } else {
        m_drain->setValue(tr("stands"), {});
        m_drain->setSubline(done > 0 ? tr("as many arrive as are done") : tr("nothing is done: see Workers"));
    }
}

// Reckoned with rates that are not of now.
void QueuePage::showDrainDated(const QString& asOf)
{
    m_drain->setDated(!asOf.isEmpty());
    m_drain->setWindow(asOf);
}

void QueuePage::showTiles(const backend::ClusterSnapshot& snapshot)
{
    m_unfinished->setValue(formatCount(snapshot.queueUnfinished),
                           snapshot.queueUnfinished == 1 ? tr("task") : tr("tasks"));
    const auto missing = notCounted(snapshot);
    const auto rates = tr("%1/s arriving, %2/s done")
                           .arg(formatRate(snapshot.arrivalsPerSecond), formatRate(snapshot.drainPerSecond));
    m_unfinished->setSubline(!missing.isEmpty()     ? missing
                             : snapshot.ratesReadAt ? tr("%1, %2").arg(rates, ratesDatedShort(snapshot))
                                                    : rates);
    m_unfinished->setStatus(missing.isEmpty() ? backlogTone(snapshot) : Tone::Warning);
    m_drain->setStatus(missing.isEmpty() ? backlogTone(snapshot) : Tone::Normal);
    const bool any = snapshot.queueUnfinished > 0;
    showDrainDated(any ? ratesDatedShort(snapshot) : QString());
    const auto age = durationFigure(any ? snapshot.queueOldestAgeSeconds : 0);
    m_oldest->setValue(any ? age.number : tr("none"), any ? age.unit : QString());
    m_oldest->setSubline(any ? tr("since it was committed") : tr("nothing is unfinished"));
    m_oldest->setStatus(any ? std::max(ageTone(snapshot.queueOldestAgeSeconds), backlogTone(snapshot))
                            : Tone::Ok);
    if (!any) {
        m_drain->setValue(tr("drained"), {});
        m_drain->setSubline(tr("the queue is empty"));
    } else if (keepsUp(snapshot)) {
        m_drain->setValue(tr("now"), {});
        m_drain->setSubline(tr("less than a second's work"));
    } else if (snapshot.secondsToDrain) {
        const auto left = durationFigure(*snapshot.secondsToDrain);
        m_drain->setValue(left.number, left.unit);
        m_drain->setSubline(tr("at the present rates"));
    } else {
        showNoDrain(snapshot);
    }
    m_dead->setValue(formatCount(snapshot.queueDead), {});
    m_dead->setSubline(snapshot.queueDead == 0   ? tr("no task has failed for good")
                       : snapshot.queueDead == 1 ? tr("needs a decision")
                                                 : tr("need a decision"));
    m_dead->setStatus(snapshot.queueDead > 0 ? Tone::Critical : Tone::Ok);
    if (missing.isEmpty()) return;
    // What was counted last is not what is.
    if (!any) {
        m_oldest->setValue(unknownText(), {});
        m_oldest->setSubline(missing);
        m_oldest->setStatus(Tone::Muted);
    }
    m_drain->setValue(unknownText(), {});
    m_drain->setSubline(missing);
    if (snapshot.queueDead > 0) return;
    m_dead->setValue(unknownText(), {});
    m_dead->setSubline(missing);
    m_dead->setStatus(Tone::Muted);
}

void QueuePage::showWindowTiles()
{
    const auto history = shownHistory();
    const auto tasks = windowFigure(history, &backend::HistoryPoint::queueUnfinished);
    const auto oldest = windowFigure(history, &backend::HistoryPoint::queueOldestAgeSeconds);
    const auto dead = windowFigure(history, &backend::HistoryPoint::queueDead);
    const auto nothing = tr("nothing is known of the window");
    m_unfinished->setStatus(Tone::Normal);
    m_drain->setStatus(Tone::Normal);
    m_unfinished->setValue(tasks.known() ? formatCount(std::llround(tasks.mean)) : unknownText(),
                           tasks.known() ? tr("tasks, mean") : QString());
    m_unfinished->setSubline(
        tasks.known() ? tr("at most %1 in the window").arg(formatCount(std::llround(tasks.greatest)))
                      : nothing);
    const auto age = durationFigure(oldest.known() ? oldest.greatest : -1);
    m_oldest->setValue(age.number, age.unit);
    m_oldest->setSubline(oldest.known() ? tr("at the window's worst moment") : nothing);
    m_oldest->setStatus(oldest.known() ? ageTone(oldest.greatest) : Tone::Muted);
    showWindowDrain(history);
    m_dead->setValue(dead.known() ? formatCount(std::llround(dead.last)) : unknownText(), {});
    m_dead->setSubline(dead.known() ? tr("at the end of the window") : nothing);
    m_dead->setStatus(!dead.known() ? Tone::Muted : dead.last > 0 ? Tone::Critical : Tone::Ok);
}

// From the window's last moment on, at the window's own rates.
void QueuePage::showWindowDrain(const HistoryView& history)
{
    const auto tasks = windowFigure(history, &backend::HistoryPoint::queueUnfinished);
    const auto in = windowFigure(history, &backend::HistoryPoint::arrivalsPerSecond);
    const auto done = windowFigure(history, &backend::HistoryPoint::drainPerSecond);
    showDrainDated({});
    if (tasks.known() && tasks.last == 0) {
        m_drain->setValue(tr("drained"), {});
        m_drain->setSubline(tr("at the end of the window"));
    } else if (!tasks.known() || !in.known() || !done.known()) {
        m_drain->setValue(unknownText(), {});
        m_drain->setSubline(tr("rates of the window are not known"));
    } else if (in.mean > done.mean) {
        m_drain->setValue(tr("growing"), {});
        m_drain->setSubline(tr("%1/s more arrived than were done").arg(formatRate(in.mean - done.mean)));
    } else if (done.mean > in.mean) {
        const auto left = durationFigure(tasks.last / (done.mean - in.mean));
        m_drain->setValue(left.number, left.unit);
        m_drain->setSubline(tr("from the window's end, at its rates"));
    } else {
        m_drain->setValue(tr("stands"), {});
        m_drain->setSubline(done.mean > 0 ? tr("as many arrived as were done") : tr("nothing was done"));
    }
}

} // namespace ui
