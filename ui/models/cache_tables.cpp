#include "ui/models/cache_tables.h"

#include "ui/models/capacity_table.h"
#include "ui/widgets/formatting.h"

#include <QCoreApplication>

namespace ui {
namespace {

constexpr std::int64_t kLongCount = 100'000'000; // from here on rounded: the tool tip has all digits

struct CacheTables
{
    Q_DECLARE_TR_FUNCTIONS(ui::CacheTables)

public:
    using CacheColumnSpec = CacheTableModel::Column;
    using NodeColumn = RedisNodeModel::Column;
    using Node = backend::NodeSnapshot;

    static CacheColumnSpec count(const QString& title, const QString& explanation,
                                 std::function<std::int64_t(const CacheWindow&)> value)
    {
        return {title,
                explanation,
                Qt::AlignRight,
                [value](const CacheRow& r) {
                    const auto count = value(r.window);
                    return count < kLongCount ? formatCount(count) : formatCompact(double(count));
                },
                [value](const CacheRow& r) { return QVariant(qint64(value(r.window))); },
                [value](const CacheRow& r) { return formatCount(value(r.window)); },
                {}};
    }

    static CacheColumnSpec ratio()
    {
        return {tr("Hit ratio"),
                tr("Hits among the look-ups of the window"),
                Qt::AlignRight,
                [](const CacheRow& r) { return hitRatioText(r.window); },
                [](const CacheRow& r) {
                    const auto value = r.window.hitRatio();
                    return value ? QVariant(*value) : QVariant();
                },
                [](const CacheRow& r) {
                    return tr("%1 hits of %2 look-ups")
                        .arg(formatCount(r.window.hits), formatCount(r.window.lookups()));
                },
                [](const CacheRow& r) { return r.window.hitRatio() ? Tone::Normal : Tone::Muted; }};
    }

    static CacheColumnSpec rate()
    {
        const auto perSecond = [](const CacheRow& r) {
            return r.seconds > 0 ? double(r.window.lookups()) / r.seconds : -1.0;
        };
        return {tr("Look-ups/s"),
                tr("Mean over the window"),
                Qt::AlignRight,
                [perSecond](const CacheRow& r) { return formatRate(perSecond(r)); },
                [perSecond](const CacheRow& r) {
                    return perSecond(r) >= 0 ? QVariant(perSecond(r)) : QVariant();
                },
                {},
                {}};
    }

    // Why a figure of a node that is down is not there, and since when.
    static QString silence(const Node& n)
    {
        return n.health == backend::Health::Down ? QString::fromStdString(n.message) : QString();
    }

    static NodeColumn real(const QString& title, const QString& explanation, double Node::*value,
                           QString (*text)(double))
    {
        return {title,
                explanation,
                Qt::AlignRight,
                [value, text](const Node& n) { return text(n.*value); },
                [value](const Node& n) { return n.*value >= 0 ? QVariant(n.*value) : QVariant(); },
                [value](const Node& n) { return n.*value < 0 ? silence(n) : QString(); },
                {}};
    }

    static NodeColumn whole(const QString& title, const QString& explanation, std::int64_t Node::*value,
                            QString (*text)(std::int64_t), Tone whenAny = Tone::Normal)
    {
        return {title,
                explanation,
                Qt::AlignRight,
                [value, text](const Node& n) { return text(n.*value); },
                [value](const Node& n) { return n.*value >= 0 ? QVariant(qint64(n.*value)) : QVariant(); },
                [value](const Node& n) { return n.*value < 0 ? silence(n) : QString(); },
                [value, whenAny](const Node& n) { return n.*value > 0 ? whenAny : Tone::Normal; }};
    }

    static NodeColumn keyHits()
    {
        auto out =
            real(tr("Key hits, of all clients"),
                 tr("Hits among the node's key look-ups, mean of up to ten seconds, whoever asked: "
                    "engines, the "
                    "monitoring of this and other consoles, anybody else. Redis does not tell them apart; "
                    "\"Hits and misses\" above counts the engines' own look-ups alone"),
                 &Node::keyspaceHitRatio, &ratioText);
        out.text =
            [](const Node& n) { // without a look-up there is no ratio; of a silent node nothing is known
                return n.health == backend::Health::Down ? unknownText() : ratioText(n.keyspaceHitRatio);
            };
        return out;
    }

    static NodeColumn memory()
    {
        auto out = whole(tr("Memory"), tr("used_memory of maxmemory, where that is set"), &Node::memoryBytes,
                         &formatBytes);
        out.text = [](const Node& n) {
            return usedOfText(formatBytes(n.memoryBytes),
                              n.memoryLimitBytes > 0 ? formatBytes(n.memoryLimitBytes) : QString());
        };
        out.tone = [](const Node& n) {
            return n.memoryLimitBytes > 0 ? usedShareTone(double(n.memoryBytes) / double(n.memoryLimitBytes))
                                          : Tone::Normal;
        };
        return std::move(out).in(tr("bytes"));
    }

    static NodeColumn health()
    {
        return {tr("State"),
                {},
                Qt::AlignLeft,
                [](const Node& n) { return stateText(n.health); },
                [](const Node& n) { return QVariant(int(n.health)); },
                [](const Node& n) { return QString::fromStdString(n.message); },
                [](const Node& n) {
                    return n.health == backend::Health::Ok         ? Tone::Ok
                           : n.health == backend::Health::Degraded ? Tone::Warning
                           : n.health == backend::Health::Down     ? Tone::Critical
                                                                   : Tone::Muted;
                }};
    }

    static QString stateText(backend::Health health)
    {
        switch (health) {
        case backend::Health::Unknown:
            return tr("unknown");
        case backend::Health::Ok:
            return tr("ok");
        case backend::Health::Degraded:
            return tr("degraded");
        case backend::Health::Down:
            return tr("down");
        }
        return {};
    }

    static QString ratioText(double value) { return value < 0 ? tr("n/a") : formatRatio(value); }
};

} // namespace

QString hitRatioText(const CacheWindow& window)
{
    return CacheTables::ratioText(window.hitRatio().value_or(-1));
}

CacheTableModel* makeCacheTable(QObject* parent)
{
    using T = CacheTables;
    std::vector<T::CacheColumnSpec> columns{
        {T::tr("Cache"),
         {},
         Qt::AlignLeft,
         [](const CacheRow& r) { return QString::fromStdString(r.window.name); },
         {},
         {},
         {}},
        T::ratio().in(T::tr("0 to 1")),
        T::count(T::tr("Hits"), T::tr("Look-ups answered from Redis"), [](const auto& w) { return w.hits; }),
        T::count(T::tr("Misses"), T::tr("Look-ups answered from PostgreSQL"),
                 [](const auto& w) { return w.misses; }),
        T::count(T::tr("Look-ups"), T::tr("Hits and misses"), [](const auto& w) { return w.lookups(); }),
        T::rate(),
    };
    return new CacheTableModel(
        std::move(columns), [](const CacheRow& r) { return QString::fromStdString(r.window.name); }, parent);
}

RedisNodeModel* makeRedisNodeTable(QObject* parent)
{
    using T = CacheTables;
    using N = backend::NodeSnapshot;
    std::vector<T::NodeColumn> columns{
        {T::tr("Node"),
         {},
         Qt::AlignLeft,
         [](const N& n) { return QString::fromStdString(n.name); },
         {},
         {},
         {}},
        T::health(),
        T::memory(),
        T::whole(T::tr("Keys"), T::tr("DBSIZE of the node"), &N::keys, &formatCount),
        T::real(T::tr("Commands/s (10 s)"), T::tr("Mean of up to ten seconds"), &N::commandsPerSecond,
                &formatRate),
        T::keyHits().in(T::tr("0 to 1")),
        T::real(T::tr("Evictions/s (10 s)"), T::tr("Mean of up to ten seconds"), &N::evictionsPerSecond,
                &formatRate),
        T::whole(
            T::tr("Evicted"),
            T::tr("Keys evicted since the node started; should stay 0: a home timeline must not be evicted"),
            &N::evictedTotal, &formatCount, Tone::Warning),
        T::whole(T::tr("Clients"), T::tr("Connections to the node, of all engines"), &N::connections,
                 &formatCount),
        T::real(T::tr("Answers in"), T::tr("Round trip of the last probe"), &N::probeMilliseconds,
                &formatMilliseconds)
            .in(T::tr("ms")),
        T::real(T::tr("Up for"), T::tr("Since the server started"), &N::uptimeSeconds, &formatUptime)
            .in(T::tr("s")),
    };
    return new RedisNodeModel(
        std::move(columns), [](const N& n) { return n.id; }, parent);
}

std::vector<backend::NodeSnapshot> redisNodes(const backend::ClusterSnapshot& snapshot)
{
    std::vector<backend::NodeSnapshot> out;
    for (const auto& node : snapshot.nodes)
        if (node.kind == backend::NodeKind::Redis) out.push_back(node);
    return out;
}

} // namespace ui
