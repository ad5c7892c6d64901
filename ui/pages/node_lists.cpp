#include "ui/pages/node_lists.h"

#include "ui/pages/hinted_table.h"
#include "ui/widgets/formatting.h"

#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {
namespace {

QString withCount(const QString& title, std::size_t count)
{
    return NodeLists::tr("%1 (%2)").arg(title, formatCount(std::int64_t(count)));
}

template <class T>
QString reason(const backend::NodePart<T>& part)
{
    return part.notRead.empty() ? NodeLists::tr("Not read.") : QString::fromStdString(part.notRead);
}

QString slowTitle(backend::NodeKind kind)
{
    return kind == backend::NodeKind::Redis ? NodeLists::tr("Slow log") : NodeLists::tr("Running");
}

QString replicasTitle(backend::NodeKind kind)
{
    return kind == backend::NodeKind::Redis ? NodeLists::tr("Replicas") : NodeLists::tr("Replicas, slots");
}

// The words under which the slow log stands; from the server's own threshold.
QString slowLogHint(const backend::RedisSlowLog& log)
{
    const bool known = log.thresholdKnown;
    if (known && log.thresholdMicroseconds < 0)
        return NodeLists::tr("The server keeps no slow log: slowlog-log-slower-than is %1.")
            .arg(log.thresholdMicroseconds);
    const auto limit = known ? formatMilliseconds(double(log.thresholdMicroseconds) / 1e3)
                             : NodeLists::tr("its threshold, which this user may not read");
    if (log.newestFirst.empty())
        return NodeLists::tr("No command took longer than %1 since the slow log was reset.").arg(limit);
    return NodeLists::tr("Commands that took longer than %1 (slowlog-log-slower-than): the newest %2 of the "
                         "%3 that the server keeps. Waiting for clients and the network is not in it.")
        .arg(limit, formatCount(std::int64_t(log.newestFirst.size())), formatCount(log.length));
}

QString runningHint(const backend::PostgresDetails& details)
{
    const bool hidden = details.connections.value && !details.connections.value->seesOthers;
    const auto what = details.running.value->empty()
                          ? NodeLists::tr("No statement has run for longer than a second.")
                          : NodeLists::tr("Statements that have run for longer than a second, now.");
    return hidden ? NodeLists::tr("%1 Those of other roles are hidden from this one: GRANT pg_read_all_stats "
                                  "TO it to see them.")
                        .arg(what)
                  : what;
}

} // namespace

NodeLists::NodeLists(const Theme& theme, QTabWidget& tabs, QObject* parent)
    : QObject(parent)
    , m_tabs(tabs)
    , m_slowModel(makeSlowOperationTable(this))
    , m_topModel(makeTopStatementTable(this))
    , m_deadModel(makeDeadRowsTable(this))
    , m_replicaModel(makeReplicaTable(this))
{
    m_slow = add(theme, "slowOperations", tr("Slow operations"), m_slowModel);
    m_top = add(theme, "topStatements", tr("Statements"), m_topModel);
    m_dead = add(theme, "deadRows", tr("Dead rows"), m_deadModel);
    m_replicas = add(theme, "replicas", tr("Replicas"), m_replicaModel);
    m_slow->sortBy(SlowAtColumn, Qt::DescendingOrder);
    m_top->sortBy(TopTotalColumn, Qt::DescendingOrder);
    m_dead->sortBy(DeadRowsCountColumn, Qt::DescendingOrder);
    m_replicas->sortBy(ReplicaBytesColumn, Qt::DescendingOrder);
}

HintedTable* NodeLists::add(const Theme& theme, const char* name, const QString& title,
                            QAbstractItemModel* model)
{
    auto* page = new QWidget(&m_tabs);
    auto* table = new HintedTable(theme, name, title, model, page);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, kSpacingSmall, 0, 0);
    layout->addWidget(table);
    m_tabs.addTab(page, title);
    return table;
}

void NodeLists::fitTabs(backend::NodeKind kind)
{
    for (auto* of : {m_top, m_dead})
        m_tabs.setTabVisible(m_tabs.indexOf(of->parentWidget()), kind == backend::NodeKind::Postgres);
    m_slow->table().setColumnHidden(SlowStateColumn, kind == backend::NodeKind::Redis); // all done
}

void NodeLists::showNothing(backend::NodeKind kind, const QString& why)
{
    fitTabs(kind);
    m_tabs.setTabText(m_tabs.indexOf(m_slow->parentWidget()), slowTitle(kind));
    m_tabs.setTabText(m_tabs.indexOf(m_replicas->parentWidget()), replicasTitle(kind));
    m_slowModel->setRows({});
    m_topModel->setRows({});
    m_deadModel->setRows({});
    m_replicaModel->setRows({});
    for (auto* list : {m_slow, m_top, m_dead, m_replicas})
        list->setHint(why);
}

void NodeLists::show(const backend::NodeDetails& details)
{
    fitTabs(details.kind);
    showSlow(details);
    showReplicas(details);
    if (details.kind != backend::NodeKind::Postgres) return;
    showTop(details);
    showTables(details);
}

void NodeLists::showSlow(const backend::NodeDetails& details)
{
    auto rows = slowOperations(details);
    m_tabs.setTabText(m_tabs.indexOf(m_slow->parentWidget()),
                      withCount(slowTitle(details.kind), rows.size()));
    m_slowModel->setRows(std::move(rows));
    if (details.kind == backend::NodeKind::Redis)
        m_slow->setHint(details.redis.slowLog.value
                            ? slowLogHint(*details.redis.slowLog.value)
                            : tr("The slow log cannot be read: %1").arg(reason(details.redis.slowLog)));
    else
        m_slow->setHint(details.postgres.running.value
                            ? runningHint(details.postgres)
                            : tr("The statements cannot be read: %1").arg(reason(details.postgres.running)));
}

void NodeLists::showTop(const backend::NodeDetails& details)
{
    const auto& top = details.postgres.top;
    m_topModel->setRows(top.value ? top.value->mostTimeFirst : std::vector<backend::TopStatement>{});
    if (!top.value) return m_top->setHint(reason(top));
    const auto since = top.value->since ? tr("since %1").arg(formatTime(*top.value->since))
                                        : tr("since its statistics were reset");
    m_top->setHint(top.value->mostTimeFirst.empty()
                       ? tr("pg_stat_statements has nothing of this database, %1.").arg(since)
                       : tr("The %1 statements that took most time in all, by pg_stat_statements, %2.")
                             .arg(formatCount(std::int64_t(top.value->mostTimeFirst.size())), since));
}

void NodeLists::showTables(const backend::NodeDetails& details)
{
    const auto& tables = details.postgres.tables;
    m_deadModel->setRows(tables.value ? *tables.value : std::vector<backend::PostgresTable>{});
    m_dead->setHint(!tables.value ? tr("The tables cannot be read: %1").arg(reason(tables))
                    : tables.value->empty()
                        ? tr("This database has no tables.")
                        : tr("The %1 tables with the most dead rows. Autovacuum removes them when nothing "
                             "holds it back.")
                              .arg(formatCount(std::int64_t(tables.value->size()))));
}

void NodeLists::showReplicas(const backend::NodeDetails& details)
{
    auto rows = replicaRows(details);
    m_tabs.setTabText(m_tabs.indexOf(m_replicas->parentWidget()),
                      withCount(replicasTitle(details.kind), rows.size()));
    const bool redis = details.kind == backend::NodeKind::Redis;
    const bool read =
        redis ? details.redis.replication.value.has_value() : details.postgres.replication.value.has_value();
    m_replicas->setHint(
        !read ? tr("Replication cannot be read: %1")
                    .arg(redis ? reason(details.redis.replication) : reason(details.postgres.replication))
        : rows.empty() ? (redis ? tr("No replica is connected. None is needed: what a Redis node loses "
                                     "is built again from PostgreSQL.")
                                : tr("No replica is connected and there is no replication slot."))
                       : QString());
    m_replicaModel->setRows(std::move(rows));
}

} // namespace ui
