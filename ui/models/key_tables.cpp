#include "ui/models/key_tables.h"

#include "ui/widgets/formatting.h"

#include <QCoreApplication>

#include <cmath>

namespace ui {
namespace {

struct KeyTables
{
    Q_DECLARE_TR_FUNCTIONS(ui::KeyTables)

public:
    using FamilyColumn = KeyFamilyModel::Column;
    using Flight = backend::FlightCounts;
    using FlightSpec = FlightModel::Column;

    static FamilyColumn estimate(const QString& title, const QString& explanation,
                                 std::function<double(const KeyFamilyRow&)> value,
                                 std::function<QString(double)> text)
    {
        return {title,
                explanation,
                Qt::AlignRight,
                [value, text](const KeyFamilyRow& r) {
                    const double known = value(r);
                    return std::isnan(known) ? unknownText() : text(known);
                },
                [value](const KeyFamilyRow& r) {
                    const double known = value(r);
                    return std::isnan(known) ? QVariant() : QVariant(known);
                },
                [](const KeyFamilyRow& r) {
                    return tr("%1 keys were weighed").arg(formatCount(r.family.sampled));
                },
                [](const KeyFamilyRow& r) { return r.family.sampled > 0 ? Tone::Normal : Tone::Muted; }};
    }
    static QString bytes(double value) { return formatBytes(std::llround(value)); }
    static QString count(double value) { return formatCount(std::llround(value)); }

    static FlightSpec counted(const QString& title, const QString& explanation,
                              std::function<std::optional<std::int64_t>(const Flight&)> value)
    {
        return {title,
                explanation,
                Qt::AlignRight,
                [value](const Flight& f) {
                    const auto known = value(f);
                    return known ? formatCount(*known) : unknownText();
                },
                [value](const Flight& f) {
                    const auto known = value(f);
                    return known ? QVariant(qint64(*known)) : QVariant();
                },
                {},
                {}};
    }
    // Of the misses of the window those that were spared; -1: none, or not known.
    static double spared(const Flight& f)
    {
        if (!f.ledInWindow || !f.joinedInWindow) return -1;
        const auto all = *f.ledInWindow + *f.joinedInWindow;
        return all > 0 ? double(*f.joinedInWindow) / double(all) : -1;
    }
};

} // namespace

std::vector<KeyFamilyRow> familyRows(const backend::CacheDetails& details)
{
    double all = 0;
    for (const auto& family : details.families)
        all += family.bytes;
    std::vector<KeyFamilyRow> out;
    for (const auto& family : details.families)
        out.push_back({family, all > 0 ? family.bytes / all : std::nan("")});
    return out;
}

KeyFamilyModel* makeKeyFamilyTable(QObject* parent)
{
    using T = KeyTables;
    std::vector<T::FamilyColumn> columns{
        {T::tr("Kind of key"),
         {},
         Qt::AlignLeft,
         [](const KeyFamilyRow& r) { return QString::fromStdString(r.family.name); },
         {},
         {},
         {}},
        T::estimate(
            T::tr("Memory ≈"), T::tr("MEMORY USAGE of the sampled keys, scaled to all keys of their node"),
            [](const auto& r) { return r.family.bytes; }, &T::bytes)
            .in(T::tr("bytes")),
        T::estimate(
            T::tr("Share"), T::tr("Of the memory of all keys"), [](const auto& r) { return r.share; },
            [](double share) { return formatRatio(share); })
            .in(T::tr("0 to 1")),
        T::estimate(
            T::tr("Keys ≈"), T::tr("Scaled from the sample"), [](const auto& r) { return r.family.keys; },
            &T::count),
        T::estimate(
            T::tr("Per key"), T::tr("Mean of the sampled ones"),
            [](const auto& r) { return r.family.keys > 0 ? r.family.bytes / r.family.keys : std::nan(""); },
            &T::bytes)
            .in(T::tr("bytes")),
    };
    return new KeyFamilyModel(
        std::move(columns), [](const KeyFamilyRow& r) { return QString::fromStdString(r.family.name); },
        parent);
}

FlightModel* makeFlightTable(QObject* parent)
{
    using T = KeyTables;
    std::vector<T::FlightSpec> columns{
        {T::tr("Cache"),
         {},
         Qt::AlignLeft,
         [](const T::Flight& f) { return QString::fromStdString(f.name); },
         {},
         {},
         {}},
        T::counted(T::tr("Spared"),
                   T::tr("Misses in the window that waited for another reader's look instead of asking "
                         "PostgreSQL once more"),
                   [](const auto& f) { return f.joinedInWindow; }),
        T::counted(T::tr("Asked"), T::tr("Misses in the window that asked PostgreSQL"),
                   [](const auto& f) { return f.ledInWindow; }),
        {T::tr("Share"),
         T::tr("Spared among the misses of the window"),
         Qt::AlignRight,
         [](const T::Flight& f) { return T::spared(f) < 0 ? T::tr("n/a") : formatRatio(T::spared(f)); },
         [](const T::Flight& f) { return T::spared(f) < 0 ? QVariant() : QVariant(T::spared(f)); },
         {},
         [](const T::Flight& f) { return T::spared(f) < 0 ? Tone::Muted : Tone::Normal; },
         T::tr("0 to 1")},
        T::counted(T::tr("In all"), T::tr("Spared since the engines started"),
                   [](const auto& f) { return std::optional(f.joined); }),
    };
    return new FlightModel(
        std::move(columns), [](const T::Flight& f) { return QString::fromStdString(f.name); }, parent);
}

} // namespace ui
