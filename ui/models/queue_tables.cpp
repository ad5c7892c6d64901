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
                {}};
    }

    static LetterColumn died()
    {
        return {tr("Died at"),
                tr("When the last attempt failed"),
                Qt::AlignLeft,
                [](const DeadLetterRow& r) { return formatTime(r.letter.diedAt); },
                [](const DeadLetterRow& r) {
                    return QVariant(qint64(r.letter.diedAt.time_since_epoch().count()));
                },
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
                [text](const DeadLetterRow& r) {
                    return tr("%1\n\nTask: %2").arg(text(r), QString::fromStdString(r.letter.payload));
                },
                [](const DeadLetterRow&) { return Tone::Critical; }};
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
    }
    return QueueTables::tr("kind %1").arg(int(kind));
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
        T::rate(T::tr("In/s"), T::tr("Tasks that arrived, per second, over the last second"),
                &K::arrivalsPerSecond),
        T::rate(T::tr("Done/s"), T::tr("Tasks that were done, per second, over the last second"),
                &K::drainPerSecond),
        T::rate(T::tr("Failed/s"), T::tr("Failed attempts per second, over the last second"),
                &K::failuresPerSecond),
    };
    return new QueueKindModel(
        std::move(columns), [](const K& kind) { return int(kind.kind); }, parent);
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
        T::error(),
    };
    return new DeadLetterModel(
        std::move(columns),
        [](const R& r) { return QStringLiteral("%1/%2").arg(r.letter.ref.node).arg(r.letter.ref.id); },
        parent);
}

} // namespace ui
