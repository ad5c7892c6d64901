#include "ui/widgets/scenario_texts.h"

#include <QCoreApplication>

namespace ui {
namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(ui::DemoBench)
};

ScenarioPlace overview()
{
    return {QStringLiteral("overview"), Words::tr("Overview"), false};
}
ScenarioPlace queue()
{
    return {QStringLiteral("queue"), Words::tr("Queue && workers"), false};
}
ScenarioPlace cache(bool subject)
{
    return {QStringLiteral("cache"), Words::tr("Cache"), subject};
}

ScenarioText celebrity()
{
    return {
        QStringLiteral("celebrity"),
        Words::tr("Celebrity posts"),
        Words::tr(
            "An author with very many followers posts 8 times. Its followers are accounts of their own, made "
            "the first time and kept as long as the demo's data."),
        Words::tr("Fan-out lag, deliveries/s and queue; each post's ledger"),
        Words::tr("Stop"),
        {overview(), {QStringLiteral("timeline"), Words::tr("Timeline browser"), true}},
        {{100'000, Words::tr("100,000 followers")},
         {1'000, Words::tr("1,000 followers")},
         {10'000, Words::tr("10,000 followers")},
         {1'000'000, Words::tr("1,000,000 followers")}},
        Words::tr("With 100,000 followers the whole demo held 134 MB in Redis and 395 MB on disk; making "
                  "them took 50 s "
                  "on two busy cores. Expect ten times that for 1,000,000.")};
}

ScenarioText deleteStorm()
{
    return {QStringLiteral("deleteStorm"),
            Words::tr("Delete storm"),
            Words::tr("4,000 posts are made, delivered, and all deleted at once."),
            Words::tr("Queue grows and drains; the hit ratio stays: tombstones hide, nothing misses"),
            Words::tr("Stop"),
            {queue(), cache(false)},
            {},
            {}};
}

ScenarioText coldCache()
{
    return {
        QStringLiteral("coldCache"),
        Words::tr("Cold cache"),
        Words::tr("The fullest Redis node is started again with nothing in it: its home timelines, posts, "
                  "users and counters are gone."),
        Words::tr("Hit ratio falls and recovers; the node's keys come back"),
        Words::tr("Stop watching"),
        {cache(true), overview()},
        {},
        {}};
}

ScenarioText hotShard()
{
    return {
        QStringLiteral("hotShard"),
        Words::tr("Hot shard"),
        Words::tr("For a minute the accounts of one logical shard get 300 reads/s and 10 posts/s on top of "
                  "the traffic above."),
        Words::tr("One shard far above the mean, by reads/s"),
        Words::tr("Stop"),
        {{QStringLiteral("shards"), Words::tr("Shards"), true}},
        {},
        {}};
}

ScenarioText stoppedWorker()
{
    return {
        QStringLiteral("stoppedWorker"),
        Words::tr("Stopped worker"),
        Words::tr("A second engine (rookeryctl serve, a process of its own) joins, gets work, and is stopped "
                  "in the middle (SIGSTOP). It is let go on and ended afterwards."),
        Words::tr("Oldest task's age grows until the leases lapse after 10 s and others take over"),
        Words::tr("Stop"),
        {queue()},
        {},
        {}};
}

ScenarioText killedRedis()
{
    return {
        QStringLiteral("killedRedis"),
        Words::tr("Killed Redis node"),
        Words::tr("The fullest redis-server is killed (SIGKILL) and stays dead until you bring it back. It "
                  "begins empty and is built again from PostgreSQL."),
        Words::tr("Node down, its readers' pages from PostgreSQL; then all green again"),
        Words::tr("Bring it back"),
        {overview(), cache(true)},
        {},
        {}};
}

ScenarioText slowPostgres()
{
    return {QStringLiteral("slowPostgres"),
            Words::tr("Slow PostgreSQL"),
            Words::tr("For a minute every process of the node with the posts stands still 1.6 s of every 2 s "
                      "(SIGSTOP, SIGCONT)."),
            Words::tr("The node's probe, fan-out lag, queue; calls that miss their deadline"),
            Words::tr("Stop"),
            {overview(), queue()},
            {},
            {}};
}

} // namespace

ScenarioText scenarioText(backend::Scenario scenario)
{
    switch (scenario) {
    case backend::Scenario::CelebrityPosts:
        return celebrity();
    case backend::Scenario::DeleteStorm:
        return deleteStorm();
    case backend::Scenario::ColdCache:
        return coldCache();
    case backend::Scenario::HotShard:
        return hotShard();
    case backend::Scenario::StoppedWorker:
        return stoppedWorker();
    case backend::Scenario::KilledRedis:
        return killedRedis();
    case backend::Scenario::SlowPostgres:
        return slowPostgres();
    }
    return {};
}

} // namespace ui
