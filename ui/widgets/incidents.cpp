#include "ui/widgets/incidents.h"

#include "ui/widgets/backlog_text.h"
#include "ui/widgets/failure_text.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/trouble_text.h"

#include <QCoreApplication>
#include <QStringList>

#include <optional>

namespace ui {
namespace {

constexpr qsizetype kNamed = 4; // nodes; the page lists all

struct Incidents
{
    Q_DECLARE_TR_FUNCTIONS(ui::Incidents)
};
using I = Incidents;

std::vector<const backend::NodeSnapshot*> downNodes(const backend::ClusterSnapshot& snapshot)
{
    std::vector<const backend::NodeSnapshot*> out;
    for (const auto& node : snapshot.nodes)
        if (node.health == backend::Health::Down) out.push_back(&node);
    return out;
}

// "pg-1, redis-3 and 5 more"
QString namesOf(const std::vector<const backend::NodeSnapshot*>& nodes)
{
    QStringList names;
    for (const auto* node : nodes)
        names << QString::fromStdString(node->name);
    const auto more = names.size() - kNamed;
    if (more <= 0) return names.join(QStringLiteral(", "));
    return I::tr("%1 and %2 more").arg(names.mid(0, kNamed).join(QStringLiteral(", "))).arg(more);
}

// "redis-3 has not answered for 7 s: it is closed. Start it …": the headline names a single one already.
QString whyDown(const backend::NodeSnapshot& node, bool named)
{
    const auto name = QString::fromStdString(node.name);
    auto text = withoutAddresses(QString::fromStdString(node.message), name);
    if (!named || !text.startsWith(name + u' ')) return text;
    text.remove(0, name.size() + 1);
    return text.isEmpty() ? text : text.front().toUpper() + text.mid(1);
}

QString sinceText(backend::TimePoint since)
{
    return I::tr("Since %1 %2.").arg(formatMoment(since), zoneName());
}

QString firstDown(const backend::ClusterSnapshot& snapshot)
{
    const auto down = downNodes(snapshot);
    return down.empty() ? QString() : QString::fromStdString(down.front()->name);
}

std::optional<Incident> callsThatFail(const backend::ClusterSnapshot& snapshot)
{
    const auto all = failures(snapshot);
    if (all.isEmpty()) return std::nullopt;
    const auto& worst = snapshot.readsFail    ? snapshot.readsFail
                        : snapshot.writesFail ? snapshot.writesFail
                                              : snapshot.pagesPartial;
    QStringList details;
    if (all.size() > 1) details << I::tr("Also %1.").arg(all.mid(1).join(I::tr("; ")));
    details << failureCause(snapshot) << sinceText(worst->since);
    if (snapshot.ratesReadAt)
        details << I::tr("Known as of %1: the directory does not answer.")
                       .arg(formatClock(*snapshot.ratesReadAt));
    return Incident{failureTone(snapshot),   all.front(),        details.join(u' '), I::tr("Nodes"),
                    QStringLiteral("nodes"), firstDown(snapshot)};
}

std::optional<Incident> deadNodes(const backend::ClusterSnapshot& snapshot)
{
    const auto down = downNodes(snapshot);
    if (down.empty()) return std::nullopt;
    const bool one = down.size() == 1;
    const auto headline = one ? I::tr("%1 is down").arg(namesOf(down))
                              : I::tr("%1 nodes are down: %2").arg(down.size()).arg(namesOf(down));
    return Incident{Tone::Critical,          headline,           whyDown(*down.front(), one), I::tr("Nodes"),
                    QStringLiteral("nodes"), firstDown(snapshot)};
}

std::optional<Incident> lateWork(const backend::ClusterSnapshot& snapshot)
{
    const auto headline = backlogText(snapshot);
    if (headline.isEmpty()) return std::nullopt;
    QStringList details{backlogAdvice(snapshot)};
    if (const auto since = backlogSince(snapshot)) details << sinceText(*since);
    return Incident{backlogTone(snapshot),   headline,
                    details.join(u' '),      I::tr("Workers"),
                    QStringLiteral("queue"), QStringLiteral("workers")};
}

} // namespace

std::vector<Incident> incidentsOf(const backend::ClusterSnapshot& snapshot)
{
    std::vector<Incident> out;
    auto first = callsThatFail(snapshot);
    if (!first) first = deadNodes(snapshot);
    if (first) out.push_back(std::move(*first));
    if (auto late = lateWork(snapshot)) out.push_back(std::move(*late));
    return out;
}

} // namespace ui
