#include "ui/pages/node_list.h"

#include "ui/models/capacity_table.h"
#include "ui/models/last_known.h"
#include "ui/pages/node_table.h"
#include "ui/widgets/formatting.h"
#include "ui/widgets/trouble_text.h"

#include <QCoreApplication>

#include <algorithm>

namespace ui {
namespace {

struct NodeList
{
    Q_DECLARE_TR_FUNCTIONS(ui::NodeList)

public:
    using Row = NodeListRow;
    using Column = NodeListModel::Column;

    static Column words(const QString& title, const QString& explanation,
                        std::function<QString(const Row&)> text)
    {
        return {title, explanation, Qt::AlignLeft, text, {}, {}, {}};
    }
    static Column figure(const QString& title, const QString& explanation,
                         std::function<double(const Row&)> value, std::function<QString(const Row&)> text,
                         std::function<double(const Row&)> most = {})
    {
        return {title,
                explanation,
                Qt::AlignRight,
                std::move(text),
                [value](const Row& r) { return value(r) < 0 ? QVariant() : QVariant(value(r)); },
                [value](const Row& r) { return value(r) < 0 ? silence(r) : QString(); },
                [value, most](const Row& r) {
                    return most && most(r) > 0 ? usedShareTone(value(r) / most(r)) : Tone::Normal;
                }};
    }

    // Why a figure of a node that is down is not there, and since when.
    static QString silence(const Row& r)
    {
        if (r.node.health != backend::Health::Down) return {};
        return r.probed.silentSince
                   ? tr("nothing known since %1: it does not answer").arg(formatTime(*r.probed.silentSince))
                   : QString::fromStdString(r.node.message);
    }

    static QString connections(const Row& r)
    {
        return usedOfText(formatCount(r.node.connections),
                          r.probed.connectionsMost > 0 ? formatCount(r.probed.connectionsMost) : QString());
    }
    static QString memory(const Row& r)
    {
        if (r.node.kind == backend::NodeKind::Postgres) return tr("not told");
        return usedOfText(formatBytes(r.node.memoryBytes),
                          r.probed.memoryMostBytes > 0 ? formatBytes(r.probed.memoryMostBytes) : QString());
    }
    static QString message(const Row& r)
    {
        return reasonFirst(QString::fromStdString(r.node.message), QString::fromStdString(r.node.name));
    }

    static Column state()
    {
        return {tr("State"),
                {},
                Qt::AlignLeft,
                [](const Row& r) { return healthText(r.node.health); },
                [](const Row& r) { return QVariant(int(r.node.health)); },
                [](const Row& r) { return QString::fromStdString(r.node.message); },
                [](const Row& r) { return healthTone(r.node.health); }};
    }
    static Column name()
    {
        auto out = words(tr("Node"), {}, [](const Row& r) { return QString::fromStdString(r.node.name); });
        out.sortKey = [](const Row& r) { return QVariant(r.node.id); }; // redis-2 before redis-10
        return out;
    }
    static std::ptrdiff_t count(const Row& r, backend::Severity severity)
    {
        return std::count_if(r.findings.begin(), r.findings.end(),
                             [severity](const auto& finding) { return finding.severity == severity; });
    }
    static QString findings(const Row& r)
    {
        const auto errors = count(r, backend::Severity::Error),
                   warnings = count(r, backend::Severity::Warning);
        QStringList out;
        if (errors > 0) out << (errors == 1 ? tr("1 error") : tr("%1 errors").arg(errors));
        if (warnings > 0) out << (warnings == 1 ? tr("1 warning") : tr("%1 warnings").arg(warnings));
        return out.isEmpty() ? unknownText() : tr("doctor: %1").arg(out.join(tr(", ")));
    }
    static QString findingsTip(const Row& r)
    {
        if (r.findings.empty()) return {};
        QStringList out{tr("The doctor looked at %1.").arg(formatTime(r.lookedAt))};
        for (const auto& finding : r.findings)
            out << QString::fromStdString(finding.measured);
        return out.join(u'\n');
    }

    static Column why()
    {
        auto out =
            words(tr("Why, and what to do"),
                  tr("What is wrong with a node that is not ok; else what the doctor found when it last "
                     "looked, which stands under Findings"),
                  [](const Row& r) { return message(r).isEmpty() ? findings(r) : message(r); });
        out.toolTip = [](const Row& r) {
            return r.node.message.empty() ? findingsTip(r) : QString::fromStdString(r.node.message);
        };
        out.tone = [](const Row& r) {
            return !r.node.message.empty() || r.findings.empty() ? Tone::Normal
                   : count(r, backend::Severity::Error) > 0      ? Tone::Critical
                                                                 : Tone::Warning;
        };
        return out;
    }

    static Column memoryColumn(std::function<double(const Row&)> most)
    {
        auto out = figure(
            tr("Memory"), tr("Redis: used_memory of maxmemory; PostgreSQL does not tell"),
            [](const Row& r) { return double(r.node.memoryBytes); }, &NodeList::memory, std::move(most));
        out.unit = tr("bytes");
        out.toolTip = [](const Row& r) {
            return r.node.kind == backend::NodeKind::Postgres ? tr("PostgreSQL does not tell what it uses")
                   : r.node.memoryBytes < 0                   ? silence(r)
                   : r.probed.memoryMostBytes == 0            ? tr("maxmemory is not set: no limit")
                   : r.probed.memoryMostBytes < 0             ? tr("Its limit is not known")
                                                              : QString();
        };
        out.tone = [nearlyFull = out.tone](const Row& r) {
            return r.node.kind == backend::NodeKind::Postgres ? Tone::Muted : nearlyFull(r);
        };
        return out;
    }

    static Column diskColumn()
    {
        auto out = figure(
            tr("Disk"), tr("PostgreSQL: size of the database; Redis does not tell"),
            [](const Row& r) { return double(r.node.diskBytes); },
            [](const Row& r) {
                return r.node.kind == backend::NodeKind::Redis ? tr("not told")
                                                               : formatBytes(r.node.diskBytes);
            });
        out.toolTip = [](const Row& r) {
            return r.node.kind == backend::NodeKind::Redis
                       ? tr("Redis does not tell what its dump and its append-only file take")
                   : r.node.diskBytes < 0 ? silence(r)
                                          : QString();
        };
        out.tone = [](const Row& r) {
            return r.node.kind == backend::NodeKind::Redis ? Tone::Muted : Tone::Normal;
        };
        return std::move(out).in(tr("bytes")).datedBy([](const Row& r) { return diskDated(r.node); });
    }

    static std::vector<Column> columns()
    {
        const auto most = [](std::int64_t backend::ProbedNode::*limit) {
            return [limit](const Row& r) { return double(r.probed.*limit); };
        };
        return {
            name(),
            state(),
            words(tr("Kind"), {}, [](const Row& r) { return nodeKindText(r.node.kind); }),
            words(tr("Holds"), tr("Roles of the node"),
                  [](const Row& r) { return nodeRolesText(r.node.roles); }),
            words(tr("Version"), {},
                  [](const Row& r) {
                      return r.node.version.empty() ? unknownText() : QString::fromStdString(r.node.version);
                  }),
            figure(
                tr("Up for"), tr("Since the server started"),
                [](const Row& r) { return r.node.uptimeSeconds; },
                [](const Row& r) { return formatUptime(r.node.uptimeSeconds); })
                .in(tr("s")),
            figure(
                tr("Connections"), tr("Open now, of all programs, of those that the server allows"),
                [](const Row& r) { return double(r.node.connections); }, &NodeList::connections,
                most(&backend::ProbedNode::connectionsMost)),
            memoryColumn(most(&backend::ProbedNode::memoryMostBytes)),
            diskColumn(),
            figure(
                tr("Ops/s (10 s)"),
                tr("Redis: commands; PostgreSQL: transactions; mean of up to ten seconds"),
                [](const Row& r) { return r.node.commandsPerSecond; },
                [](const Row& r) { return formatRate(r.node.commandsPerSecond); }),
            figure(
                tr("Answers in"), tr("Round trip of the last probe"),
                [](const Row& r) { return r.node.probeMilliseconds; },
                [](const Row& r) { return formatMilliseconds(r.node.probeMilliseconds); })
                .in(tr("ms")),
            why(),
        };
    }
};

} // namespace

NodeListModel* makeNodeList(QObject* parent)
{
    return new NodeListModel(
        NodeList::columns(), [](const NodeListRow& row) { return row.node.id; }, parent);
}

std::vector<NodeListRow> nodeListRows(const backend::ClusterSnapshot& snapshot,
                                      const std::vector<backend::ProbedNode>& probed,
                                      const std::optional<DoctorsLook>& look)
{
    std::vector<NodeListRow> out;
    for (auto& node : worstFirst(snapshot.nodes)) {
        NodeListRow row;
        for (const auto& one : probed)
            if (one.node == node.id) row.probed = one;
        if (look) {
            row.lookedAt = look->at;
            for (const auto& finding : look->checkup.findings)
                if (finding.node == node.name && finding.severity != backend::Severity::Note)
                    row.findings.push_back(finding);
        }
        row.node = std::move(node);
        out.push_back(std::move(row));
    }
    return out;
}

QString nodeKindText(backend::NodeKind kind)
{
    return kind == backend::NodeKind::Redis ? NodeList::tr("Redis") : NodeList::tr("PostgreSQL");
}

QString nodeRolesText(const std::vector<backend::Role>& roles)
{
    QStringList out;
    for (const auto role : roles)
        out << QString::fromUtf8(toString(role).data(), qsizetype(toString(role).size()));
    return out.isEmpty() ? NodeList::tr("nothing") : out.join(QStringLiteral(", "));
}

} // namespace ui
