#include "ui/models/queue_tables.h"

#include "ui/widgets/formatting.h"

#include <QCoreApplication>

namespace ui {
namespace {

struct QueueTables
{
    Q_DECLARE_TR_FUNCTIONS(ui::QueueTables)

public:
    using Kind = backend::QueueKindSnapshot;
    using KindColumn = QueueKindModel::Column;
    using LetterColumn = DeadLetterModel::Column;

    static KindColumn count(const QString& title, const QString& explanation, std::int64_t Kind::*value,
                            Tone whenAny = Tone::Normal)
    {
        return {title,
                explanation,
                Qt::AlignRight,
                [value](const Kind& k) { return formatCount(k.*value); },
                [value](const Kind& k) { return QVariant(qint64(k.*value)); },
                {},
                [value, whenAny](const Kind& k) { return k.*value > 0 ? whenAny : Tone::Normal; }};
    }

    static KindColumn rate(const QString& title, const QString& explanation, double Kind::*value)
    {
        return {title,
                explanation,
                Qt::AlignRight,
                [value](const Kind& k) { return formatRate(k.*value); },
                [value](const Kind& k) { return k.*value >= 0 ? QVariant(k.*value) : QVariant(); },
                {},
                {}};
    }

    static KindColumn kindName()
    {
        return {tr("Kind"),
                {},
                Qt::AlignLeft,
                [](const Kind& k) { return kindText(k.kind); },
                [](const Kind& k) { return QVariant(int(k.kind)); },
                [](const Kind& k) {
                    const auto name = backend::toString(k.kind);
                    return QString::fromUtf8(name.data(), qsizetype(name.size()));
                },
                {}};
    }

    static KindColumn oldest()
    {
        return {tr("Oldest"),
                tr("Age of the oldest unfinished task"),
                Qt::AlignRight,
                [](const Kind& k) {
                    return k.unfinished() > 0 ? formatDuration(k.oldestAgeSeconds) : tr("none");
                },
                [](const Kind& k) { return k.unfinished() > 0 ? QVariant(k.oldestAgeSeconds) : QVariant(); },
                {},
                {},
                tr("s")};
    }

    static KindColumn trend()
    {
        return {
            tr("Trend"),
            tr("Over the window of all charts: tasks that arrive (solid) and are done (dashed) on one scale,"
               " unfinished ones as an area on their own"),
            Qt::AlignLeft,
            [](const Kind& k) {
                return tr("%1/s in, %2/s done, %3 unfinished")
                    .arg(formatRate(k.arrivalsPerSecond), formatRate(k.drainPerSecond),
                         formatCount(k.unfinished()));
            },
            {},
            [](const Kind& k) {
                return tr("Now %1/s in, %2/s done, %3 unfinished")
                    .arg(formatRate(k.arrivalsPerSecond), formatRate(k.drainPerSecond),
                         formatCount(k.unfinished()));
            },
            {}};
    }

    using Times = backend::QueueKindTimes;
    using TimesColumn = QueueTimesModel::Column;

    static TimesColumn time(const QString& title, const QString& explanation, double Times::*value)
    {
        return {title,
                explanation,
                Qt::AlignRight,
                [value](const Times& t) { return formatMilliseconds(t.*value); },
                [value](const Times& t) { return t.*value >= 0 ? QVariant(t.*value) : QVariant(); },
                {},
                {},
                tr("ms")};
    }

    static QString shareText(const Times& t)
    {
        if (t.waitP50Ms < 0 || t.runP50Ms < 0 || t.waitP50Ms + t.runP50Ms <= 0) return unknownText();
        return tr("%1 of the median waiting").arg(formatRatio(t.waitP50Ms / (t.waitP50Ms + t.runP50Ms)));
    }

    static TimesColumn share()
    {
        return {tr("Wait p50 (left) against run p50 (right)"),
                tr("The median wait beside the median run: what is left, or grows, is waiting for a worker"),
                Qt::AlignLeft,
                shareText,
                [](const Times& t) {
                    const double sum = t.waitP50Ms + t.runP50Ms;
                    return t.waitP50Ms < 0 || t.runP50Ms < 0 || sum <= 0 ? QVariant()
                                                                         : QVariant(t.waitP50Ms / sum);
                },
                shareText,
                {}};
    }

    using Group = backend::DeadLetterGroup;
    using GroupColumn = DeadGroupModel::Column;

    static GroupColumn groupTime(const QString& title, const QString& explanation,
                                 backend::TimePoint Group::*value, std::string Group::*error)
    {
        return {title,
                explanation,
                Qt::AlignLeft,
                [value](const Group& g) { return formatTime(g.*value); },
                [value](const Group& g) { return QVariant(zonedTime(g.*value)); },
                [error](const Group& g) { return QString::fromStdString(g.*error); },
                {}};
    }

    static QString kindsText(const Group& group)
    {
        QStringList parts;
        for (const auto& [kind, count] : group.kinds)
            parts << (group.kinds.size() == 1
                          ? kindText(kind)
                          : QStringLiteral("%1 × %2").arg(kindText(kind), formatCount(count)));
        return parts.isEmpty() ? unknownText() : parts.join(QStringLiteral(", "));
    }

    static QString attemptsText(const Group& group)
    {
        return group.leastAttempts == group.mostAttempts
                   ? formatCount(group.mostAttempts)
                   : QStringLiteral("%1 – %2").arg(group.leastAttempts).arg(group.mostAttempts);
    }

    static QString signatureText(const Group& group)
    {
        const auto text = QString::fromStdString(group.signature).simplified();
        return text.isEmpty() ? tr("(no error was recorded)") : text;
    }

    static LetterColumn died()
    {
        return {tr("Died at"),
                tr("When the last attempt failed"),
                Qt::AlignLeft,
                [](const DeadLetterRow& r) { return formatTime(r.letter.diedAt); },
                [](const DeadLetterRow& r) { return QVariant(zonedTime(r.letter.diedAt)); },
                [](const DeadLetterRow& r) { return tr("created %1").arg(formatTime(r.letter.createdAt)); },
                {}};
    }

    static LetterColumn number(const QString& title, const QString& explanation,
                               std::function<qint64(const DeadLetterRow&)> value)
    {
        return {title,
                explanation,
                Qt::AlignRight,
                [value](const DeadLetterRow& r) { return QString::number(value(r)); },
                [value](const DeadLetterRow& r) { return QVariant(value(r)); },
                {},
                {}};
    }

    static LetterColumn error()
    {
        const auto text = [](const DeadLetterRow& r) { return QString::fromStdString(r.letter.error); };
        return {tr("Error of the last attempt"),
                {},
                Qt::AlignLeft,
                [text](const DeadLetterRow& r) { return text(r).simplified(); },
                {},
                [text](const DeadLetterRow& r) { return text(r); },
                [](const DeadLetterRow&) { return Tone::Critical; }};
    }

    static LetterColumn payload()
    {
        return {tr("Payload"),
                tr("Size of the task's payload; its begin is shown beside the list"),
                Qt::AlignRight,
                [](const DeadLetterRow& r) { return formatBytes(r.letter.payloadBytes); },
                [](const DeadLetterRow& r) {
                    return r.letter.payloadBytes >= 0 ? QVariant(qint64(r.letter.payloadBytes)) : QVariant();
                },
                {},
                {},
                tr("bytes")};
    }
};

} // namespace

QString kindText(backend::TaskKind kind)
{
    switch (kind) {
    case backend::TaskKind::UserCreated:
        return QueueTables::tr("new user");
    case backend::TaskKind::PostCreated:
        return QueueTables::tr("post fan-out");
    case backend::TaskKind::DeliverChunk:
        return QueueTables::tr("delivery chunk");
    case backend::TaskKind::EdgeChanged:
        return QueueTables::tr("follow, unfollow");
    case backend::TaskKind::PostDeleted:
        return QueueTables::tr("post deleted");
    case backend::TaskKind::ReclaimChunk:
        return QueueTables::tr("reclaim chunk");
    case backend::TaskKind::ReaderChanged:
        return QueueTables::tr("reader goes dormant");
    case backend::TaskKind::AccountDeleted:
        return QueueTables::tr("account deletion");
    case backend::TaskKind::PostsDeleted:
        return QueueTables::tr("posts of an account");
    case backend::TaskKind::BackfillPulled:
        return QueueTables::tr("pulled posts backfilled");
    }
    return QueueTables::tr("kind %1").arg(int(kind));
}

QString notCounted(const backend::ClusterSnapshot& snapshot)
{
    QStringList names;
    bool down = true;
    for (const auto& name : snapshot.queueNotCounted) {
        names << QString::fromStdString(name);
        down = down && std::any_of(snapshot.nodes.begin(), snapshot.nodes.end(), [&](const auto& node) {
                   return node.name == name && node.health == backend::Health::Down;
               });
    }
    if (names.isEmpty()) return {};
    if (!down) // why is told of the node
        return QCoreApplication::translate("ui::QueueTables", "not counted on %1")
            .arg(names.join(QStringLiteral(", ")));
    return names.size() == 1
               ? QCoreApplication::translate("ui::QueueTables", "%1 is down, not counted").arg(names[0])
               : QCoreApplication::translate("ui::QueueTables", "%1 are down, not counted")
                     .arg(names.join(QStringLiteral(", ")));
}

QueueKindModel* makeQueueKindTable(QObject* parent)
{
    using T = QueueTables;
    using K = backend::QueueKindSnapshot;
    std::vector<T::KindColumn> columns{
        T::kindName(),
        T::count(T::tr("Ready"), T::tr("Tasks that wait for a worker"), &K::ready),
        T::count(T::tr("Running"), T::tr("Tasks that a worker holds"), &K::running),
        T::count(T::tr("Retry"), T::tr("Tasks that failed and wait for their next attempt"), &K::retry,
                 Tone::Warning),
        T::count(T::tr("Dead"), T::tr("Dead letters: failed for good, waiting for a person"), &K::dead,
                 Tone::Critical),
        T::oldest(),
        T::rate(T::tr("In/s"), T::tr("Tasks that arrived, per second, over the last ten seconds"),
                &K::arrivalsPerSecond),
        T::rate(T::tr("Done/s"), T::tr("Tasks that were done, per second, over the last ten seconds"),
                &K::drainPerSecond),
        T::rate(T::tr("Failed/s"), T::tr("Failed attempts per second, over the last ten seconds"),
                &K::failuresPerSecond),
        T::trend(),
    };
    return new QueueKindModel(
        std::move(columns), [](const K& kind) { return int(kind.kind); }, parent);
}

QueueTimesModel* makeQueueTimesTable(QObject* parent)
{
    using T = QueueTables;
    using V = backend::QueueKindTimes;
    std::vector<T::TimesColumn> columns{
        {T::tr("Kind"), {}, Qt::AlignLeft, [](const V& t) { return kindText(t.kind); }, {}, {}, {}},
        T::time(T::tr("Wait p50"), T::tr("Half of the tasks began sooner after their commit"), &V::waitP50Ms),
        T::time(T::tr("Wait p99"), T::tr("One of a hundred began later after its commit"), &V::waitP99Ms),
        T::time(T::tr("Run p50"), T::tr("Half of the tasks ran shorter, with their batch"), &V::runP50Ms),
        T::time(T::tr("Run p99"), T::tr("One of a hundred ran longer, with its batch"), &V::runP99Ms),
        {T::tr("Runs"),
         T::tr("Tasks run in this time, every attempt"),
         Qt::AlignRight,
         [](const V& t) { return formatCount(t.runs); },
         [](const V& t) { return QVariant(qint64(t.runs)); },
         {},
         {}},
        T::share(),
    };
    return new QueueTimesModel(
        std::move(columns), [](const V& times) { return int(times.kind); }, parent);
}

DeadGroupModel* makeDeadGroupTable(QObject* parent)
{
    using T = QueueTables;
    using G = backend::DeadLetterGroup;
    std::vector<T::GroupColumn> columns{
        {T::tr("Letters"),
         T::tr("Dead letters that failed of this, on all nodes"),
         Qt::AlignRight,
         [](const G& g) { return formatCount(g.count); },
         [](const G& g) { return QVariant(qint64(g.count)); },
         {},
         {}},
        {T::tr("Kind of task"), {}, Qt::AlignLeft, T::kindsText, {}, {}, {}},
        T::groupTime(T::tr("Last died at"), T::tr("With the error of that letter"), &G::lastDiedAt,
                     &G::lastError),
        T::groupTime(T::tr("First died at"), T::tr("With the error of that letter"), &G::firstDiedAt,
                     &G::firstError),
        {T::tr("Attempts"),
         T::tr("Before they were given up"),
         Qt::AlignRight,
         T::attemptsText,
         [](const G& g) { return QVariant(g.mostAttempts); },
         {},
         {}},
        {T::tr("Error, without what differs from case to case"),
         {},
         Qt::AlignLeft,
         T::signatureText,
         {},
         T::signatureText,
         [](const G&) { return Tone::Critical; }},
    };
    return new DeadGroupModel(
        std::move(columns), [](const G& group) { return QString::fromStdString(group.signature); }, parent);
}

DeadLetterModel* makeDeadLetterTable(QObject* parent)
{
    using T = QueueTables;
    using R = DeadLetterRow;
    std::vector<T::LetterColumn> columns{
        T::died(),
        {T::tr("Kind"), {}, Qt::AlignLeft, [](const R& r) { return kindText(r.letter.kind); }, {}, {}, {}},
        T::number(T::tr("Attempts"), {}, [](const R& r) { return qint64(r.letter.attempts); }),
        T::number(T::tr("Shard"), T::tr("Logical shard of the row that caused the task"),
                  [](const R& r) { return qint64(r.letter.shard); }),
        {T::tr("Node"),
         T::tr("PostgreSQL node that keeps the task"),
         Qt::AlignLeft,
         [](const R& r) { return r.node; },
         {},
         {},
         {}},
        T::number(T::tr("Task"), T::tr("Number of the task on its node"),
                  [](const R& r) { return qint64(r.letter.ref.id); }),
        T::payload(),
        T::error(),
    };
    return new DeadLetterModel(
        std::move(columns),
        [](const R& r) { return QStringLiteral("%1/%2").arg(r.letter.ref.node).arg(r.letter.ref.id); },
        parent);
}

} // namespace ui
