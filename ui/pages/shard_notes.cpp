#include "ui/pages/shard_notes.h"

#include "ui/widgets/formatting.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>

namespace ui {
namespace {

struct ShardNotes
{
    Q_DECLARE_TR_FUNCTIONS(ui::ShardNotes)
};
using N = ShardNotes;

QString waitingFor(const QString& node)
{
    return N::tr("Waiting for %1…").arg(node);
}

QString since(backend::TimePoint at)
{
    return N::tr("since %1 %2").arg(formatClock(at), zoneName());
}

// ". Handles: …" where some of these are missing.
template <class Rows>
QString namesText(const backend::ShardDetails& details, const Rows& rows)
{
    const bool missing =
        std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.handle.empty(); });
    if (!details.namesProblem.empty())
        return N::tr(". Handles: %1").arg(QString::fromStdString(details.namesProblem));
    if (missing && !details.namesAwaited.empty())
        return N::tr(". Handles: waiting for %1…").arg(QString::fromStdString(details.namesAwaited));
    return {};
}

} // namespace

ShardNote tasksNote(const backend::ShardDetails& details)
{
    QStringList problems, remarks, awaited;
    bool any = false;
    for (const auto& node : details.tasks) {
        const auto name = QString::fromStdString(node.name);
        any = any || !node.kinds.empty();
        if (node.awaited)
            awaited << name;
        else if (!node.problem.empty())
            problems << N::tr("Tasks on %1: %2").arg(name, QString::fromStdString(node.problem));
        else if (!node.whole)
            remarks << N::tr("%1 has a long queue: only its first %2 tasks of each state were looked at")
                           .arg(name, formatCount(backend::kMostShardTasks));
    }
    if (!awaited.isEmpty()) remarks << waitingFor(awaited.join(QStringLiteral(", ")));
    if (!any && problems.isEmpty() && remarks.isEmpty()) remarks << N::tr("None");
    return {(problems + remarks).join(QLatin1Char('\n')), !problems.isEmpty()};
}

ShardNote authorsNote(const backend::ShardDetails& details)
{
    const auto& authors = details.authors;
    if (!authors.problem.empty()) return {QString::fromStdString(authors.problem), true};
    if (!authors.awaited.empty()) return {waitingFor(QString::fromStdString(authors.awaited)), false};
    if (authors.authors.empty())
        return {N::tr("Nobody of this shard has posted %1").arg(since(authors.since)), false};
    return {N::tr("Of %1 posts %2, by their deliveries%3")
                .arg(formatCount(authors.posts), since(authors.since), namesText(details, authors.authors)),
            !details.namesProblem.empty()};
}

ShardNote readersNote(const backend::ShardDetails& details)
{
    const auto& readers = details.readers;
    const auto pages = N::tr("home pages asked of this engine %1").arg(since(readers.since));
    if (readers.pages == 0) return {N::tr("No %1").arg(pages), false};
    if (readers.readers.empty())
        return {
            N::tr("%1 %2, of so many readers that none stands out").arg(formatCount(readers.pages), pages),
            false};
    return {N::tr("%1 %2%3").arg(formatCount(readers.pages), pages, namesText(details, readers.readers)),
            !details.namesProblem.empty()};
}

} // namespace ui
