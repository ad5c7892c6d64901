#include "ui/pages/node_table.h"

#include "ui/widgets/formatting.h"

#include <QCoreApplication>

#include <algorithm>

namespace ui {
namespace {

struct NodeTable
{
    Q_DECLARE_TR_FUNCTIONS(ui::NodeTable)

public:
    using Node = backend::NodeSnapshot;

    static QString describe(const Node& node)
    {
        QStringList roles;
        for (const auto role : node.roles)
            roles << QString::fromUtf8(toString(role).data(), qsizetype(toString(role).size()));
        const auto head = tr("%1 %2, %3, up %4")
                              .arg(node.kind == backend::NodeKind::Redis ? tr("Redis") : tr("PostgreSQL"),
                                   QString::fromStdString(node.version), roles.join(tr(" and ")),
                                   formatUptime(node.uptimeSeconds));
        return node.message.empty()
                   ? head
                   : QStringLiteral("%1\n%2").arg(head, QString::fromStdString(node.message));
    }

    static QVariant known(double value) { return value >= 0 ? QVariant(value) : QVariant(); }

    static std::vector<NodeTableModel::Column> columns()
    {
        return {
            {tr("Node"),
             {},
             Qt::AlignLeft,
             [](const Node& n) { return QString::fromStdString(n.name); },
             {},
             describe,
             {}},
            {tr("State"),
             {},
             Qt::AlignLeft,
             [](const Node& n) { return healthText(n.health); },
             [](const Node& n) { return QVariant(int(n.health)); },
             describe,
             [](const Node& n) { return healthTone(n.health); }},
            {tr("Answers in"),
             tr("How long the last probe took, there and back"),
             Qt::AlignRight,
             [](const Node& n) { return formatMilliseconds(n.probeMilliseconds); },
             [](const Node& n) { return known(n.probeMilliseconds); },
             describe,
             {},
             tr("ms")},
            {tr("Ops/s"),
             tr("Redis: commands; PostgreSQL: transactions; mean of up to ten seconds"),
             Qt::AlignRight,
             [](const Node& n) { return formatRate(n.commandsPerSecond); },
             [](const Node& n) { return known(n.commandsPerSecond); },
             describe,
             {}},
        };
    }
};

int severity(backend::Health health)
{
    switch (health) {
    case backend::Health::Down:
        return 0;
    case backend::Health::Degraded:
        return 1;
    case backend::Health::Unknown:
        return 2;
    case backend::Health::Ok:
        return 3;
    }
    return 3;
}

} // namespace

NodeTableModel* makeNodeTable(QObject* parent)
{
    return new NodeTableModel(
        NodeTable::columns(), [](const backend::NodeSnapshot& node) { return node.id; }, parent);
}

std::vector<backend::NodeSnapshot> worstFirst(std::vector<backend::NodeSnapshot> nodes)
{
    std::stable_sort(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) {
        return std::tuple(severity(a.health), a.kind, a.id) < std::tuple(severity(b.health), b.kind, b.id);
    });
    return nodes;
}

QString healthText(backend::Health health)
{
    switch (health) {
    case backend::Health::Ok:
        return NodeTable::tr("ok");
    case backend::Health::Degraded:
        return NodeTable::tr("degraded");
    case backend::Health::Down:
        return NodeTable::tr("down");
    case backend::Health::Unknown:
        break;
    }
    return NodeTable::tr("not known");
}

Tone healthTone(backend::Health health)
{
    switch (health) {
    case backend::Health::Ok:
        return Tone::Ok;
    case backend::Health::Degraded:
        return Tone::Warning;
    case backend::Health::Down:
        return Tone::Critical;
    case backend::Health::Unknown:
        break;
    }
    return Tone::Muted;
}

} // namespace ui
