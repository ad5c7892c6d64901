#include "ui/models/timeline_tables.h"

#include "ui/widgets/formatting.h"

#include <QCoreApplication>

namespace ui {
namespace {

struct TimelineTables
{
    Q_DECLARE_TR_FUNCTIONS(ui::TimelineTables)

public:
    using Chunk = backend::LedgerChunk;
    using ChunkColumn = LedgerChunkModel::Column;

    static ChunkColumn count(const QString& title, const QString& explanation,
                             std::function<std::int64_t(const Chunk&)> value, Tone whenAny = Tone::Normal)
    {
        return {title,
                explanation,
                Qt::AlignRight,
                [value](const Chunk& c) { return formatCount(value(c)); },
                [value](const Chunk& c) { return QVariant(qint64(value(c))); },
                {},
                [value, whenAny](const Chunk& c) { return value(c) > 0 ? whenAny : Tone::Normal; }};
    }

    static ChunkColumn time(const QString& title, std::optional<backend::TimePoint> Chunk::*value)
    {
        return {title,
                tr("Of a delivery of this chunk"),
                Qt::AlignLeft,
                [value](const Chunk& c) { return c.*value ? formatClock(*(c.*value)) : unknownText(); },
                [value](const Chunk& c) { return c.*value ? QVariant(zonedTime(*(c.*value))) : QVariant(); },
                [value](const Chunk& c) { return c.*value ? formatTime(*(c.*value)) : QString(); },
                {}};
    }
};

} // namespace

UserSuggestionModel* makeUserSuggestions(QObject* parent)
{
    using T = TimelineTables;
    using U = backend::User;
    std::vector<UserSuggestionModel::Column> columns{
        {T::tr("User"),
         {},
         Qt::AlignLeft,
         [](const U& u) {
             const auto name = QString::fromStdString(u.displayName);
             const auto handle = QStringLiteral("@%1").arg(QString::fromStdString(u.handle));
             return name.isEmpty() ? handle : QStringLiteral("%1 · %2").arg(handle, name);
         },
         {},
         [](const U& u) { return T::tr("id %1").arg(u.id.value); },
         {}},
    };
    return new UserSuggestionModel(
        std::move(columns), [](const U& u) { return qint64(u.id.value); }, parent);
}

LedgerChunkModel* makeLedgerChunkTable(QObject* parent)
{
    using T = TimelineTables;
    using C = backend::LedgerChunk;
    std::vector<T::ChunkColumn> columns{
        {T::tr("#"),
         T::tr("Chunk: 0 is the plan, with the whole delivery of a small audience"),
         Qt::AlignRight,
         [](const C& c) { return QString::number(c.chunk); },
         [](const C& c) { return QVariant(c.chunk); },
         {},
         {}},
        T::count(T::tr("Pushed"), {}, [](const C& c) { return c.pushed; }),
        T::count(T::tr("Skipped"), T::tr("Unfollowed or deleted meanwhile"),
                 [](const C& c) { return c.skippedUnfollowed + c.skippedDeleted; }),
        T::count(
            T::tr("Failed"), {}, [](const C& c) { return c.failed; }, Tone::Critical),
        T::time(T::tr("First, %1").arg(kZoneMark), &C::firstDeliveryAt),
        T::time(T::tr("Last, %1").arg(kZoneMark), &C::lastDeliveryAt),
    };
    return new LedgerChunkModel(
        std::move(columns), [](const C& c) { return c.chunk; }, parent);
}

} // namespace ui
