#include "ui/pages/dead_letter_changes.h"

#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/dialogs/deed_question.h"
#include "ui/widgets/formatting.h"

#include <QPointer>
#include <QShortcut>

namespace ui {
namespace {

bool isProduction(const backend::SnapshotPtr& snapshot)
{
    return snapshot && QString::fromStdString(snapshot->environment)
                           .contains(QLatin1StringView("prod"), Qt::CaseInsensitive);
}

QString countedLetters(std::size_t count)
{
    return count == 1 ? DeadLetterChanges::tr("1 dead letter")
                      : DeadLetterChanges::tr("%1 dead letters").arg(formatCount(std::int64_t(count)));
}

} // namespace

DeadLetterChanges::DeadLetterChanges(const Theme& theme, EngineBridge& bridge, QWidget* questionParent)
    : QObject(questionParent)
    , m_theme(theme)
    , m_bridge(bridge)
    , m_parent(questionParent)
    , m_escape(new QShortcut(QKeySequence(Qt::Key_Escape), questionParent))
{
    m_escape->setContext(Qt::WidgetWithChildrenShortcut);
    m_escape->setEnabled(false); // Esc is others' then
    connect(m_escape, &QShortcut::activated, this, &DeadLetterChanges::giveUpReading);
}

void DeadLetterChanges::setBusy(bool busy)
{
    m_busy = busy;
    emit busyChanged();
}

bool DeadLetterChanges::confirmed(Change change, std::size_t count, const QString& detail,
                                  const QString& besides)
{
    const bool discard = change == Change::Discard;
    DeedQuestion::Words words;
    words.window = discard ? tr("Discard dead letters") : tr("Retry dead letters");
    words.question = (discard ? tr("Discard %1?") : tr("Retry %1?")).arg(countedLetters(count));
    words.detail = detail;
    words.consequence =
        tr("Exactly those that are listed; what arrives meanwhile is not touched. %1")
            .arg(discard
                     ? tr("Their work will never be done; home timelines that miss a delivery are built "
                          "anew. This cannot be undone.")
                     : tr("They become ready again, with all their attempts; what was done of them already "
                          "is not done twice."));
    if (!besides.isEmpty()) words.consequence += QStringLiteral("\n\n") + besides;
    words.confirm = (discard ? tr("Discard %1") : tr("Retry %1")).arg(formatCount(std::int64_t(count)));
    if (discard && isProduction(m_snapshot)) words.typed = QString::fromStdString(m_snapshot->clusterName);
    const QPointer<DeadLetterChanges> here(this); // the page may go while the question stands
    DeedQuestion question(m_theme, words, m_parent);
    return question.exec() == QDialog::Accepted && here;
}

void DeadLetterChanges::changeSelected(Change change, std::vector<backend::TaskRef> tasks)
{
    if (tasks.empty() || m_busy) return;
    if (change == Change::Discard && !confirmed(change, tasks.size(), tr("The selected ones."), {})) return;
    run(change, std::move(tasks));
}

void DeadLetterChanges::changeGroup(Change change, const backend::DeadLetterGroup& listed)
{
    if (m_busy) return;
    setBusy(true);
    m_escape->setEnabled(true);
    emit told(tr("Reading which dead letters these are… Esc gives up."), false);
    m_bridge.deed( // part of one: it waits for nothing that looks, either
        this,
        [signature = listed.signature, until = listed.lastDiedAt](backend::Engine& engine) {
            return requests::deadLetterSet(engine, signature, until);
        },
        [this, change, listed, serial = ++m_reading](backend::Result<backend::DeadLetterSet> set) {
            if (serial != m_reading) return; // given up
            m_escape->setEnabled(false);
            setBusy(false);
            takeSet(change, listed, std::move(set));
        });
}

void DeadLetterChanges::giveUpReading()
{
    ++m_reading;
    m_escape->setEnabled(false);
    setBusy(false);
    emit told(tr("Given up: nothing was changed."), false);
}

void DeadLetterChanges::takeSet(Change change, const backend::DeadLetterGroup& listed,
                                backend::Result<backend::DeadLetterSet> set)
{
    if (!set) {
        emit told(tr("Nothing was changed, since it could not be read which dead letters these are: %1")
                      .arg(QString::fromStdString(set.error().message)),
                  true);
        return;
    }
    if (set->tasks.empty()) {
        emit told(tr("Nothing was changed: none of them is a dead letter any more."), false);
        emit changed();
        return;
    }
    const auto count = std::int64_t(set->tasks.size());
    QString besides;
    if (!set->complete)
        besides = tr("The newest %1 of about %2: the others afterwards.")
                      .arg(formatCount(count), formatCount(listed.count));
    else if (count != listed.count)
        besides = tr("Listed were %1: the others are none any more, or not listed yet.")
                      .arg(formatCount(listed.count));
    emit told({}, false);
    if (confirmed(change, set->tasks.size(), QString::fromStdString(listed.signature), besides))
        run(change, std::move(set->tasks));
}

void DeadLetterChanges::run(Change change, std::vector<backend::TaskRef> tasks)
{
    setBusy(true);
    emit told(change == Change::Retry ? tr("Retrying…") : tr("Discarding…"), false);
    const int asked = int(tasks.size());
    m_bridge.deed(
        this,
        [change, tasks = std::move(tasks)](backend::Engine& engine) {
            return change == Change::Retry ? requests::retryDeadLetters(engine, tasks)
                                           : requests::discardDeadLetters(engine, tasks);
        },
        [this, change, asked](backend::Result<int> done) {
            setBusy(false);
            takeOutcome(change, asked, done);
            emit changed();
        });
}

void DeadLetterChanges::takeOutcome(Change change, int asked, const backend::Result<int>& done)
{
    if (!done) {
        const auto error = QString::fromStdString(done.error().message);
        // A refusal changed nothing; after anything else some nodes may have done their part.
        const bool refused = done.error().code == backend::ErrorCode::ReadOnly ||
                             done.error().code == backend::ErrorCode::InvalidArgument;
        emit told(refused ? tr("Nothing was changed: %1").arg(error)
                          : tr("It was not done on all nodes: %1. The list shows what is left.").arg(error),
                  true);
        return;
    }
    auto text = change == Change::Retry ? tr("%1 of %2 are in the queue again.").arg(*done).arg(asked)
                                        : tr("%1 of %2 discarded.").arg(*done).arg(asked);
    if (const int gone = asked - *done; gone > 0)
        text += u' ' + (gone == 1 ? tr("1 was gone meanwhile: somebody else retried or discarded it.")
                                  : tr("%1 were gone meanwhile: somebody else retried or discarded them.")
                                        .arg(formatCount(gone)));
    emit told(text, false);
}

} // namespace ui
