#include "ui/models/node_tables.h"

#include "ui/widgets/formatting.h"

#include <QCoreApplication>

namespace ui {
namespace {

struct NodeTables
{
    Q_DECLARE_TR_FUNCTIONS(ui::NodeTables)

public:
    template <class Row>
    static TableColumn<Row> words(const QString& title, std::function<QString(const Row&)> text,
                                  const QString& explanation = {})
    {
        return {title, explanation, Qt::AlignLeft, text, {}, text, {}};
    }
    // Long texts on one line; the tool tip has them as they are.
    template <class Row>
    static TableColumn<Row> longText(const QString& title, std::function<QString(const Row&)> text,
                                     const QString& explanation = {})
    {
        return {title, explanation, Qt::AlignLeft, [text](const Row& r) { return text(r).simplified(); }, {},
                text,  {}};
    }
    template <class Row>
    static TableColumn<Row>
    figure(const QString& title, const QString& explanation, std::function<double(const Row&)> value,
           std::function<QString(double)> text, std::function<Tone(const Row&)> tone = {})
    {
        return {title,
                explanation,
                Qt::AlignRight,
                [value, text](const Row& r) { return value(r) < 0 ? unknownText() : text(value(r)); },
                [value](const Row& r) { return value(r) < 0 ? QVariant() : QVariant(value(r)); },
                {},
                std::move(tone)};
    }
    template <class Row>
    static TableColumn<Row> time(const QString& title, const QString& explanation,
                                 std::function<std::optional<backend::TimePoint>(const Row&)> value,
                                 const QString& absent)
    {
        return {title,
                explanation,
                Qt::AlignLeft,
                [value, absent](const Row& r) { return value(r) ? formatTime(*value(r)) : absent; },
                [value](const Row& r) { return value(r) ? QVariant(zonedTime(*value(r))) : QVariant(); },
                {},
                {}};
    }
};

using T = NodeTables;

QString qt(const std::string& text)
{
    return QString::fromStdString(text);
}

QString countText(double value)
{
    return formatCount(std::int64_t(value));
}

QString bytesText(double value)
{
    return formatBytes(std::int64_t(value));
}

QString bytesPerSecondText(double value)
{
    return T::tr("%1/s").arg(bytesText(value));
}

// A path says nothing that the node's name does not; "?:0" is how Redis writes that there is none.
QString clientText(const backend::SlowCommand& command)
{
    const auto address = qt(command.client);
    const auto shown = address.startsWith(QLatin1Char('/'))   ? T::tr("unix socket")
                       : address.startsWith(QLatin1Char('?')) ? T::tr("not told")
                                                              : address;
    return command.clientName.empty() ? shown : T::tr("%1 (%2)").arg(shown, qt(command.clientName));
}

} // namespace

std::vector<SlowOperation> slowOperations(const backend::NodeDetails& details)
{
    std::vector<SlowOperation> out;
    if (const auto& slow = details.redis.slowLog.value)
        for (const auto& one : slow->newestFirst)
            out.push_back({one.id, one.at, double(one.microseconds) / 1e6, qt(one.command), clientText(one),
                           T::tr("done"), false});
    if (const auto& running = details.postgres.running.value)
        for (const auto& one : *running)
            out.push_back({one.pid, one.since, one.seconds, qt(one.text),
                           one.application.empty()
                               ? T::tr("%1, process %2").arg(qt(one.role), QString::number(one.pid))
                               : T::tr("%1 (%2), process %3")
                                     .arg(qt(one.role), qt(one.application), QString::number(one.pid)),
                           one.waitsFor.empty() ? T::tr("runs") : T::tr("waits for %1").arg(qt(one.waitsFor)),
                           true});
    return out;
}

SlowOperationModel* makeSlowOperationTable(QObject* parent)
{
    using Row = SlowOperation;
    return new SlowOperationModel(
        {T::time<Row>(T::tr("Began"), T::tr("By the server's clock"),
                      [](const Row& r) { return std::optional(r.at); }, {}),
         T::figure<Row>(
             T::tr("Took"), T::tr("Time in the server; of a statement that runs: until now"),
             [](const Row& r) { return r.seconds; }, &formatDuration,
             [](const Row& r) { return r.running ? Tone::Warning : Tone::Normal; })
             .in(T::tr("s")),
         T::words<Row>(T::tr("State"), [](const Row& r) { return r.state; }),
         T::words<Row>(T::tr("Client"), [](const Row& r) { return r.who; }),
         T::longText<Row>(T::tr("Operation"), [](const Row& r) { return r.text; })},
        [](const Row& r) { return r.key; }, parent);
}

TopStatementModel* makeTopStatementTable(QObject* parent)
{
    using Row = backend::TopStatement;
    return new TopStatementModel(
        {T::figure<Row>(
             T::tr("Total time"), T::tr("Of all calls together"), [](const Row& r) { return r.totalMs; },
             &formatMilliseconds)
             .in(T::tr("ms")),
         T::figure<Row>(
             T::tr("Calls"), {}, [](const Row& r) { return double(r.calls); }, &countText),
         T::figure<Row>(
             T::tr("Mean"), T::tr("Total time by calls"), [](const Row& r) { return r.meanMs; },
             &formatMilliseconds)
             .in(T::tr("ms")),
         T::figure<Row>(
             T::tr("Worst"), {}, [](const Row& r) { return r.worstMs; }, &formatMilliseconds)
             .in(T::tr("ms")),
         T::figure<Row>(
             T::tr("Rows"), T::tr("Returned or changed by all calls"),
             [](const Row& r) { return double(r.rows); }, &countText),
         T::longText<Row>(T::tr("Statement"), [](const Row& r) { return qt(r.text); })},
        [](const Row& r) { return qt(r.id); }, parent);
}

DeadRowsModel* makeDeadRowsTable(QObject* parent)
{
    using Row = backend::PostgresTable;
    const auto worrying = [](const Row& r) { // as the doctor judges
        return r.deadRows >= 20'000 && 2 * r.deadRows > r.liveRows ? Tone::Warning : Tone::Normal;
    };
    return new DeadRowsModel(
        {T::words<Row>(T::tr("Table"), [](const Row& r) { return qt(r.name); }),
         T::figure<Row>(
             T::tr("Dead rows"), T::tr("PostgreSQL's estimate; autovacuum removes them"),
             [](const Row& r) { return double(r.deadRows); }, &countText, worrying),
         T::figure<Row>(
             T::tr("Live rows"), T::tr("PostgreSQL's estimate"),
             [](const Row& r) { return double(r.liveRows); }, &countText),
         {T::tr("Last vacuum"),
          T::tr("By hand or by autovacuum"),
          Qt::AlignLeft,
          [](const Row& r) {
              return r.vacuumRuns     ? T::tr("runs now")
                     : r.lastVacuumAt ? formatTime(*r.lastVacuumAt)
                                      : T::tr("never");
          },
          [](const Row& r) { return r.lastVacuumAt ? QVariant(zonedTime(*r.lastVacuumAt)) : QVariant(); },
          {},
          {}},
         T::time<Row>(
             T::tr("Last analyze"), T::tr("By hand or by autovacuum"),
             [](const Row& r) { return r.lastAnalyzeAt; }, T::tr("never")),
         T::figure<Row>(
             T::tr("Size"), T::tr("With indexes and TOAST"), [](const Row& r) { return double(r.bytes); },
             &bytesText)
             .in(T::tr("bytes"))},
        [](const Row& r) { return qt(r.name); }, parent);
}

std::vector<ReplicaRow> replicaRows(const backend::NodeDetails& details)
{
    std::vector<ReplicaRow> out;
    if (const auto& redis = details.redis.replication.value)
        for (const auto& one : redis->replicas)
            out.push_back({qt(one.address), T::tr("replica"), qt(one.state), one.lagBytes,
                           double(one.lastAckSeconds), one.state != "online"});
    if (const auto& postgres = details.postgres.replication.value)
        for (const auto& one : postgres->replicas)
            out.push_back({qt(one.name), one.slot ? T::tr("slot") : T::tr("replica"),
                           one.active ? qt(one.state) : T::tr("%1, nobody uses it").arg(qt(one.state)),
                           one.lagBytes, one.lagSeconds, one.slot && !one.active});
    return out;
}

ReplicaModel* makeReplicaTable(QObject* parent)
{
    using Row = ReplicaRow;
    auto state = T::words<Row>(T::tr("State"), [](const Row& r) { return r.state; });
    state.tone = [](const Row& r) { return r.bad ? Tone::Warning : Tone::Normal; };
    return new ReplicaModel(
        {T::words<Row>(T::tr("Replica or slot"), [](const Row& r) { return r.name; }),
         T::words<Row>(T::tr("Kind"), [](const Row& r) { return r.kind; }), std::move(state),
         T::figure<Row>(
             T::tr("Behind"), T::tr("Of a replica: what it has not replayed; of a slot: WAL that it keeps"),
             [](const Row& r) { return double(r.lagBytes); }, &bytesText)
             .in(T::tr("bytes")),
         T::figure<Row>(
             T::tr("Behind in time"),
             T::tr("PostgreSQL: replay lag; Redis: since the replica's last acknowledgement"),
             [](const Row& r) { return r.lagSeconds; }, &formatDuration)
             .in(T::tr("s"))},
        [](const Row& r) { return r.kind + QLatin1Char(' ') + r.name; }, parent);
}

QString severityText(backend::Severity severity)
{
    switch (severity) {
    case backend::Severity::Error:
        return T::tr("error");
    case backend::Severity::Warning:
        return T::tr("warning");
    case backend::Severity::Note:
        break;
    }
    return T::tr("note");
}

Tone severityTone(backend::Severity severity)
{
    return severity == backend::Severity::Error     ? Tone::Critical
           : severity == backend::Severity::Warning ? Tone::Warning
                                                    : Tone::Muted;
}

FindingModel* makeFindingTable(QObject* parent)
{
    using Row = backend::FindingGroup;
    const auto nodes = [](const Row& r) {
        QStringList names;
        for (const auto& node : r.nodes)
            names << (node.empty() ? T::tr("cluster") : qt(node));
        return names;
    };
    const auto whole = [nodes](const Row& r) {
        const auto& f = r.finding;
        auto text = T::tr("%1\n%2\nWhat to do: %3").arg(qt(f.check), qt(f.measured), qt(f.advice));
        if (r.nodes.size() > 1) text += T::tr("\nOn %1").arg(nodes(r).join(QStringLiteral(", ")));
        return r.commands.empty() ? text : text + QLatin1Char('\n') + qt(r.commands.front());
    };
    return new FindingModel(
        {{T::tr("Severity"),
          {},
          Qt::AlignLeft,
          [](const Row& r) { return severityText(r.finding.severity); },
          [](const Row& r) { return QVariant(int(r.finding.severity)); },
          whole,
          [](const Row& r) { return severityTone(r.finding.severity); }},
         {T::tr("Node"),
          {},
          Qt::AlignLeft,
          [nodes](const Row& r) {
              const auto names = nodes(r);
              return names.size() == 1   ? names.front()
                     : names.size() == 2 ? T::tr("%1, %2").arg(names[0], names[1])
                                         : T::tr("%1 and %2 more").arg(names.front()).arg(names.size() - 1);
          },
          {},
          whole,
          {}},
         {T::tr("Measured"),
          {},
          Qt::AlignLeft,
          [](const Row& r) { return qt(r.finding.measured); },
          {},
          whole,
          {}},
         {T::tr("What to do"),
          {},
          Qt::AlignLeft,
          [](const Row& r) { return qt(r.finding.advice); },
          {},
          whole,
          {}}},
        [](const Row& r) {
            return qt(r.finding.check + '\n' + r.finding.measured + '\n' + r.finding.advice);
        },
        parent);
}

NodeCostModel* makeNodeCostTable(QObject* parent)
{
    using Row = backend::NodeCost;
    auto requests = T::figure<Row>(
        T::tr("Requests/s"),
        T::tr("Redis: commands; PostgreSQL: statements, without the BEGIN and COMMIT around them"),
        [](const Row& r) { return r.requestsPerSecond; }, &formatRate);
    requests.toolTip = [](const Row& r) {
        return T::tr("%1 since the engine started").arg(formatCount(r.requestsTotal));
    };
    return new NodeCostModel(
        {{T::tr("Node"),
          {},
          Qt::AlignLeft,
          [](const Row& r) { return qt(r.name); },
          [](const Row& r) { return QVariant(r.node); },
          {},
          {}},
         std::move(requests),
         T::figure<Row>(
             T::tr("Probe p50"), T::tr("Median round trip of the last probes, at most 300"),
             [](const Row& r) { return r.probeP50Ms; }, &formatMilliseconds)
             .in(T::tr("ms")),
         T::figure<Row>(
             T::tr("p99"), T::tr("99th percentile of the same probes"),
             [](const Row& r) { return r.probeP99Ms; }, &formatMilliseconds)
             .in(T::tr("ms")),
         T::figure<Row>(
             T::tr("Missed"), T::tr("Of the same probes: not answered within their deadline"),
             [](const Row& r) { return double(r.missed); }, &countText,
             [](const Row& r) { return r.missed > 0 ? Tone::Warning : Tone::Normal; }),
         T::figure<Row>(
             T::tr("Sent"), T::tr("Redis: bytes on the socket; PostgreSQL: bytes of the statements' text"),
             [](const Row& r) { return r.sentBytesPerSecond; }, &bytesPerSecondText)
             .in(T::tr("bytes/s")),
         T::figure<Row>(
             T::tr("Received"),
             T::tr("Redis: bytes on the socket; PostgreSQL: its client library does not tell"),
             [](const Row& r) { return r.receivedBytesPerSecond; }, &bytesPerSecondText)
             .in(T::tr("bytes/s"))},
        [](const Row& r) { return r.node; }, parent);
}

} // namespace ui
