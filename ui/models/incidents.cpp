#include "ui/models/incidents.h"

#include "ui/models/last_known.h"
#include "ui/widgets/backlog_text.h"
#include "ui/widgets/failure_text.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/trouble_text.h"

#include <QCoreApplication>

#include <algorithm>
#include <optional>

namespace ui {
namespace {

constexpr qsizetype kNamedLetters = 40; // of node names in a headline; the page lists all

struct Incidents
{
    Q_DECLARE_TR_FUNCTIONS(ui::Incidents)
};
using I = Incidents;

const backend::NodeSnapshot* firstOf(const backend::ClusterSnapshot& snapshot, backend::Health health)
{
    const auto found = std::find_if(snapshot.nodes.begin(), snapshot.nodes.end(),
                                    [&](const auto& node) { return node.health == health; });
    return found == snapshot.nodes.end() ? nullptr : &*found;
}

// The one that failureCause() names first; empty: no node is in trouble.
QString troubledNode(const backend::ClusterSnapshot& snapshot)
{
    for (const auto health : {backend::Health::Down, backend::Health::Degraded})
        if (const auto* node = firstOf(snapshot, health)) return QString::fromStdString(node->name);
    return {};
}

// "pg-1, redis-3 and 5 more": as many names as there is room for, one at least.
QString namesOf(const QStringList& nodes)
{
    QString out;
    qsizetype named = 0;
    for (; named < nodes.size(); ++named) {
        const auto& name = nodes[named];
        if (named > 0 && out.size() + name.size() > kNamedLetters) break;
        out += named > 0 ? I::tr(", %1").arg(name) : name.left(kNamedLetters);
    }
    return named == nodes.size() ? out : I::tr("%1 and %2 more").arg(out).arg(nodes.size() - named);
}

QString downText(const QStringList& nodes)
{
    return nodes.size() == 1 ? I::tr("%1 is down").arg(namesOf(nodes))
                             : I::tr("%1 nodes are down: %2").arg(nodes.size()).arg(namesOf(nodes));
}

// "redis-3 has not answered for 7 s: it is closed. Start it …"; "Has not answered …" where it is named
// already.
QString whyDown(const backend::ClusterSnapshot& snapshot, bool named)
{
    const auto* node = firstOf(snapshot, backend::Health::Down);
    if (!node) return {};
    const auto name = QString::fromStdString(node->name);
    auto text = withoutAddresses(QString::fromStdString(node->message), name);
    if (!named || !text.startsWith(name + u' ')) return text;
    text.remove(0, name.size() + 1);
    return text.isEmpty() ? text : text.front().toUpper() + text.mid(1);
}

QString sinceText(backend::TimePoint since)
{
    return I::tr("Since %1 %2.").arg(formatMoment(since), zoneName());
}

// "1 task waits", "20,000 tasks or more wait"; empty: none does.
QString parkedAt(const backend::NodeSnapshot& node)
{
    if (node.parkedTasks == 0) return {};
    const auto tasks = parkedTasksText(node.parkedTasks);
    return node.parkedTasks == 1 ? I::tr("%1 waits").arg(tasks) : I::tr("%1 wait").arg(tasks);
}

// Workers, every queue and other Redis nodes are there.
bool othersAreServed(const backend::ClusterSnapshot& snapshot)
{
    bool redis = false, postgres = true;
    for (const auto& node : snapshot.nodes) {
        const bool down = node.health == backend::Health::Down;
        if (node.kind == backend::NodeKind::Redis)
            redis = redis || !down;
        else
            postgres = postgres && !down;
    }
    return redis && postgres && !nobodyWorks(snapshot);
}

// What the absence of nodes does to the queue; empty: nothing waits for one that is down.
QString parkedText(const backend::ClusterSnapshot& snapshot)
{
    QStringList waiting;
    const auto down = downNodes(snapshot);
    for (const auto& node : snapshot.nodes) {
        const auto text = node.health == backend::Health::Down ? parkedAt(node) : QString();
        if (!text.isEmpty())
            waiting << (down.size() == 1 ? I::tr("%1 for it").arg(text)
                                         : I::tr("%1 for %2").arg(text, QString::fromStdString(node.name)));
    }
    if (waiting.isEmpty()) return {};
    const auto all = waiting.join(I::tr(", "));
    return othersAreServed(snapshot) ? I::tr("%1; what other nodes hold is delivered meanwhile.").arg(all)
                                     : I::tr("%1.").arg(all);
}

// Why they fail comes before since when.
std::optional<Incident> callsThatFail(const backend::ClusterSnapshot& snapshot)
{
    const auto all = failures(snapshot);
    if (all.isEmpty()) return std::nullopt;
    const auto down = downNodes(snapshot);
    const auto& worst = snapshot.readsFail    ? snapshot.readsFail
                        : snapshot.writesFail ? snapshot.writesFail
                                              : snapshot.pagesPartial;
    QStringList details;
    if (all.size() > 1) details << I::tr("Also %1.").arg(all.mid(1).join(I::tr("; ")));
    if (down.isEmpty())
        details << failureCause(snapshot);
    else
        details << I::tr("%1.").arg(downText(down)) << whyDown(snapshot, down.size() == 1);
    if (const auto parked = parkedText(snapshot); !parked.isEmpty()) details << parked;
    details << sinceText(worst->since);
    if (const auto dated = ratesDated(snapshot); !dated.isEmpty()) details << I::tr("Known %1.").arg(dated);
    return Incident{failureTone(snapshot),   all.front(),           details.join(u' '), I::tr("Nodes"),
                    QStringLiteral("nodes"), troubledNode(snapshot)};
}

// Pages that lack something are what it does to readers, and less than the node itself.
std::optional<Incident> deadNodes(const backend::ClusterSnapshot& snapshot)
{
    const auto down = downNodes(snapshot);
    if (down.isEmpty()) return std::nullopt;
    QStringList details{whyDown(snapshot, down.size() == 1)};
    if (const auto parked = parkedText(snapshot); !parked.isEmpty()) details << parked;
    if (const auto lacking = failures(snapshot); !lacking.isEmpty())
        details << I::tr("%1.").arg(lacking.join(I::tr("; ")));
    return Incident{Tone::Critical, downText(down),          details.join(u' '),
                    I::tr("Nodes"), QStringLiteral("nodes"), down.front()};
}

// A node that answers and does not write: full, loading, a replica. Just after it was back it is that, too,
// for a moment.
std::optional<Incident> awaitedNodes(const backend::ClusterSnapshot& snapshot)
{
    // Where nobody works, or a queue is not counted, what is parked may have been due for long.
    if (nobodyWorks(snapshot) || !snapshot.queueNotCounted.empty()) return std::nullopt;
    const backend::NodeSnapshot* most = nullptr;
    for (const auto& node : snapshot.nodes)
        if (node.health == backend::Health::Ok && node.parkedTasks > (most ? most->parkedTasks : 0))
            most = &node;
    if (!most) return std::nullopt;
    const auto name = QString::fromStdString(most->name);
    return Incident{Tone::Warning,
                    I::tr("%1 for %2").arg(parkedAt(*most), name),
                    I::tr("It answers, and did not do what was to be written. They are tried when it does a "
                          "write again; if this lasts, it is full, loading or a replica."),
                    I::tr("Nodes"),
                    QStringLiteral("nodes"),
                    name};
}

std::optional<Incident> lateWork(const backend::ClusterSnapshot& snapshot)
{
    const auto headline = backlogText(snapshot);
    if (headline.isEmpty()) return std::nullopt;
    QStringList details{backlogAdvice(snapshot)};
    if (const auto since = backlogSince(snapshot)) details << sinceText(*since);
    const auto node = backlogIsANodes(snapshot) ? troubledNode(snapshot) : QString();
    Incident out{backlogTone(snapshot), headline, details.join(u' '), {}, {}, {}, allPaused(snapshot)};
    if (node.isEmpty()) {
        out.link = I::tr("Workers");
        out.page = QStringLiteral("queue");
        out.argument = QStringLiteral("workers");
    } else {
        out.link = I::tr("Nodes");
        out.page = QStringLiteral("nodes");
        out.argument = node;
    }
    return out;
}

} // namespace

QStringList downNodes(const backend::ClusterSnapshot& snapshot)
{
    QStringList out;
    for (const auto& node : snapshot.nodes)
        if (node.health == backend::Health::Down) out << QString::fromStdString(node.name);
    return out;
}

std::vector<Incident> incidentsOf(const backend::ClusterSnapshot& snapshot)
{
    std::vector<Incident> out;
    const auto add = [&](std::optional<Incident> one) {
        if (one) out.push_back(std::move(*one));
    };
    const bool nodeIsWorse = failureTone(snapshot) != Tone::Critical && !downNodes(snapshot).isEmpty();
    add(nodeIsWorse ? deadNodes(snapshot) : callsThatFail(snapshot));
    add(lateWork(snapshot));
    add(awaitedNodes(snapshot));
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.tone > b.tone; });
    return out;
}

} // namespace ui
