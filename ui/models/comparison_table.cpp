#include "ui/models/comparison_table.h"

#include "ui/widgets/formatting.h"

#include <QCoreApplication>

#include <array>

namespace ui {
namespace {

using Verdict = backend::EntryVerdict;

struct ComparisonTable
{
    Q_DECLARE_TR_FUNCTIONS(ui::ComparisonTable)

public:
    using Row = ComparisonRow;
    using Column = ComparisonModel::Column;

    // `text` of an entry; the floor's row shows itself in its first cell alone.
    static Column column(const QString& title, const QString& explanation,
                         std::function<QString(const backend::ComparedEntry&)> text, bool first = false)
    {
        return {title,
                explanation,
                Qt::AlignLeft,
                [text, first](const Row& row) {
                    return row.entry ? text(*row.entry) : first ? row.floorText : QString();
                },
                {},
                [](const Row& row) { return row.entry ? meaning(*row.entry) : row.floorText; },
                [](const Row& row) { return row.entry ? verdictTone(row.entry->verdict) : Tone::Accent; }};
    }

    static QString idOrNothing(const backend::ComparedEntry& entry, bool there)
    {
        return there ? QString::number(entry.post.value) : tr("not there");
    }

    static QString meaning(const backend::ComparedEntry& entry)
    {
        switch (entry.verdict) {
        case Verdict::Same:
            return tr("in both, in its place");
        case Verdict::Missing:
            return tr("should be in Redis: the reader does not see it");
        case Verdict::Extra:
            return entry.author ? tr("should not be in Redis: of somebody not followed")
                                : tr("should not be in Redis: PostgreSQL has no such post");
        case Verdict::WrongScore:
        case Verdict::OutOfOrder:
            return QString::fromStdString(entry.detail);
        case Verdict::Double:
            return tr("stands in two segments; pages show it once");
        case Verdict::Waiting:
            return tr("no difference: still in the queue");
        case Verdict::Merged:
            return tr("no difference: its author is pulled");
        case Verdict::Deleted:
            return tr("no difference: deleted, reclaimed later");
        case Verdict::BelowFloor:
            return tr("no difference: shown to nobody");
        }
        return {};
    }
};

QString floorTextOf(const backend::TimelineComparison& comparison)
{
    if (comparison.floor.value == 0) return ComparisonTable::tr("Floor: complete to the very beginning");
    return ComparisonTable::tr("Floor: complete down to here, %1. Below it pages come from PostgreSQL.")
        .arg(formatTime(comparison.floor.time()));
}

} // namespace

QString verdictText(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Same:
        return ComparisonTable::tr("same");
    case Verdict::Missing:
        return ComparisonTable::tr("missing");
    case Verdict::Extra:
        return ComparisonTable::tr("extra");
    case Verdict::WrongScore:
        return ComparisonTable::tr("wrong score");
    case Verdict::OutOfOrder:
        return ComparisonTable::tr("out of order");
    case Verdict::Double:
        return ComparisonTable::tr("double");
    case Verdict::Waiting:
        return ComparisonTable::tr("waiting in the queue");
    case Verdict::Merged:
        return ComparisonTable::tr("merged when read");
    case Verdict::Deleted:
        return ComparisonTable::tr("deleted");
    case Verdict::BelowFloor:
        return ComparisonTable::tr("below the floor");
    }
    return {};
}

Tone verdictTone(Verdict verdict)
{
    if (backend::isFault(verdict)) return Tone::Critical;
    if (verdict == Verdict::Same) return Tone::Normal;
    return verdict == Verdict::Waiting ? Tone::Warning : Tone::Muted;
}

QString differenceText(const backend::TimelineComparison& comparison)
{
    QStringList parts;
    for (const auto verdict :
         {Verdict::Missing, Verdict::Extra, Verdict::WrongScore, Verdict::OutOfOrder, Verdict::Double})
        if (const auto count = comparison.count(verdict); count > 0)
            parts << QStringLiteral("%1 %2").arg(formatCount(count), verdictText(verdict));
    for (const auto& other : comparison.others)
        parts << QString::fromStdString(other.detail);
    return parts.join(QStringLiteral(", "));
}

ComparisonModel* makeComparisonTable(QObject* parent)
{
    using T = ComparisonTable;
    using E = backend::ComparedEntry;
    std::vector<T::Column> columns{
        T::column(
            T::tr("In Redis"), T::tr("Post ids in the sorted sets of the home timeline"),
            [](const E& e) { return T::idOrNothing(e, e.inRedis); }, true),
        T::column(T::tr("Verdict"), T::tr("What the two sides make of it"),
                  [](const E& e) { return verdictText(e.verdict); }),
        T::column(T::tr("By PostgreSQL"),
                  T::tr("Post ids that a recomputation from PostgreSQL says should be there"),
                  [](const E& e) { return T::idOrNothing(e, e.inPostgres); }),
        T::column(T::tr("Author"), {},
                  [](const E& e) {
                      if (!e.authorHandle.empty())
                          return QStringLiteral("@") + QString::fromStdString(e.authorHandle);
                      return e.author ? QString::number(e.author.value) : unknownText();
                  }),
        T::column(T::tr("Posted, %1").arg(kZoneMark), T::tr("By the post's id"),
                  [](const E& e) { return formatTime(e.post.time()); }),
        T::column(T::tr("Meaning"), {}, [](const E& e) { return T::meaning(e); }),
    };
    return new ComparisonModel(
        std::move(columns),
        [](const ComparisonRow& row) { return row.entry ? qint64(row.entry->post.value) : 0; }, parent);
}

std::vector<ComparisonRow> comparisonRows(const backend::TimelineComparison& comparison, bool faultsOnly)
{
    std::vector<ComparisonRow> out;
    if (comparison.state != backend::TimelineComparison::State::Compared) return out;
    bool floorShown = false;
    const auto addFloor = [&] {
        out.push_back({std::nullopt, floorTextOf(comparison)});
        floorShown = true;
    };
    for (const auto& entry : comparison.entries) {
        if (!floorShown && entry.post < comparison.floor) addFloor();
        if (!faultsOnly || backend::isFault(entry.verdict)) out.push_back({entry, {}});
    }
    if (!floorShown) addFloor();
    return out;
}

} // namespace ui
