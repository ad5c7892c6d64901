#include "backend/operations/postgres_judgement.h"

#include <algorithm>

namespace backend {
namespace {

constexpr int kOldestVersion = 130'000, kTestedVersion = 150'000;
constexpr double kConnectionsUsedShare = 0.9;
constexpr double kSlowNaptimeSeconds = 300;
constexpr std::int64_t kWrapAroundSoon = 1'500'000'000;

// Checks of one setting are named after it.
std::string settingOf(const std::string& check)
{
    return check.substr(check.find('.') + 1);
}

void judgeVersion(const SqlRows& rows, Findings& findings)
{
    const std::string version(rows.text(0, 0));
    if (rows.integer(0, 1) < kOldestVersion)
        findings.add(Severity::Error, "postgres.version", "it is version " + version,
                     "install 13 or newer; 15 is what is tested");
    else if (rows.integer(0, 1) < kTestedVersion)
        findings.add(Severity::Note, "postgres.version", "it is version " + version,
                     "15 and newer are what is tested");
}

void judgeDurability(const SqlRows& rows, const NodeEndpoint& node, bool throwAway, Findings& findings)
{
    const auto judge = [&](bool bad, Severity severity, const std::string& check, int column,
                           const std::string& consequence) {
        if (!bad) return;
        const auto setting = settingOf(check);
        findings.add(throwAway ? Severity::Note : severity, check,
                     setting + " is " + std::string(rows.text(0, column)) + ": " + consequence,
                     throwAway ? "nothing, while this is a demo whose data may be lost" : "turn it on",
                     throwAway ? "" : alterSystem(node, setting, "on"));
    };
    judge(rows.text(0, 4) != "on", Severity::Error, "postgres.fsync", 4,
          "a power failure destroys the database");
    judge(rows.text(0, 5) != "on", Severity::Warning, "postgres.full_page_writes", 5,
          "a power failure tears pages, unless the file system writes them whole");
    judge(rows.text(0, 6) == "off", Severity::Error, "postgres.synchronous_commit", 6,
          "a crash loses posts that were acknowledged");
}

void judgeAutovacuum(const SqlRows& rows, const NodeEndpoint& node, Findings& findings)
{
    for (const auto& [column, check] :
         {std::pair<int, std::string>{7, "postgres.autovacuum"}, {8, "postgres.track_counts"}}) {
        if (rows.text(0, column) == "on") continue;
        const auto setting = settingOf(check);
        findings.add(Severity::Error, check,
                     setting + " is " + std::string(rows.text(0, column)) +
                         ": nothing vacuums the queue's tables, claims become slower by the hour",
                     "turn it on", alterSystem(node, setting, "on"));
    }
    if (rows.real(0, 9) > kSlowNaptimeSeconds)
        findings.add(Severity::Warning, "postgres.autovacuum_naptime",
                     "autovacuum looks at a table every " + humanSeconds(rows.real(0, 9)) + " at best",
                     "the queue's tables turn over within seconds: make it 5 to 15 s",
                     alterSystem(node, "autovacuum_naptime", "'10s'"));
}

} // namespace

bool judgePostgresServer(const SqlRows& rows, const NodeEndpoint& node, bool throwAway, Findings& findings)
{
    judgeVersion(rows, findings);
    const bool standby = rows.boolean(0, 2);
    if (standby)
        findings.add(Severity::Error, "postgres.standby", "it is a read-only standby",
                     "point its address at the primary (target_session_attrs=read-write picks it among "
                     "several hosts)");
    else if (rows.boolean(0, 3))
        findings.add(Severity::Error, "postgres.read_only",
                     "default_transaction_read_only is on: every write is refused",
                     "turn it off for the engine's role",
                     alterSystem(node, "default_transaction_read_only", "off"));
    judgeDurability(rows, node, throwAway, findings);
    judgeAutovacuum(rows, node, findings);
    return !standby;
}

PostgresRole judgePostgresRole(const SqlRows& rows, const NodeEndpoint& node, Findings& findings)
{
    const PostgresRole role{std::string(rows.text(0, 0)), rows.boolean(0, 1), rows.boolean(0, 6)};
    if (role.superuser) {
        findings.add(
            Severity::Error, "postgres.role_superuser",
            "the engine connects as " + role.name + ", a superuser",
            "connect as rookery_engine: a superuser passes every fence that a shard's move relies on");
        return role;
    }
    const std::pair<int, const char*> names[]{
        {2, "CREATEROLE"}, {3, "CREATEDB"}, {4, "REPLICATION"}, {5, "BYPASSRLS"}};
    std::string powers, taken;
    for (const auto& [column, name] : names)
        if (rows.boolean(0, column)) {
            powers += (powers.empty() ? "" : ", ") + std::string(name);
            taken += " NO" + std::string(name);
        }
    if (!powers.empty())
        findings.add(
            Severity::Warning, "postgres.role_powers", "the engine's role " + role.name + " has " + powers,
            "take from it what it does not need", psqlCommand(node, {"ALTER ROLE " + role.name + taken}));
    if (rows.boolean(0, 7))
        findings.add(Severity::Error, "postgres.role_owner",
                     "the engine's role " + role.name + " owns the database or belongs to its owner",
                     "give the database to another role: what an engine owns, no REVOKE can keep from it");
    return role;
}

PostgresRoom judgePostgresConnections(const SqlRows& rows, const NodeEndpoint& node, const std::string& role,
                                      Findings& findings)
{
    const auto most = rows.integer(0, 0), open = most - rows.integer(0, 1), used = rows.integer(0, 2);
    PostgresRoom room{open, "max_connections = " + std::to_string(most) + ", " +
                                std::to_string(rows.integer(0, 1)) + " of them reserved"};
    for (const auto& [column, what] : {std::pair{3, "the limit of the role " + role},
                                       std::pair{4, std::string("the limit of the database")}})
        if (rows.integer(0, column) >= 0 && rows.integer(0, column) < room.forUs) {
            room.forUs = rows.integer(0, column);
            room.limit = what + " is " + std::to_string(rows.integer(0, column));
        }
    if (double(used) > double(open) * kConnectionsUsedShare)
        findings.add(Severity::Error, "postgres.connections_used",
                     std::to_string(used) + " of " + std::to_string(open) + " connections are open now",
                     "raise max_connections or find who holds them (pg_stat_activity)",
                     alterSystem(node, "max_connections", std::to_string(most * 2), true));
    return room;
}

void judgeQueue(const SqlRows& rows, const DoctorLimits& limits, Findings& findings)
{
    if (rows.integer(0, 1) > 0)
        findings.add(
            Severity::Warning, "queue.dead_letters",
            std::to_string(rows.integer(0, 1)) + " dead letters wait for a person: their readers miss posts",
            "look at their errors in the desktop (Queue & workers), then retry them or discard them");
    if (!rows.isNull(0, 2) && rows.real(0, 2) * 1'000 > double(limits.oldestTask.count()))
        findings.add(Severity::Warning, "queue.oldest",
                     "the oldest of " + std::to_string(rows.integer(0, 0)) +
                         " unfinished tasks has waited for " + humanSeconds(rows.real(0, 2)),
                     "see whether workers run and what they complain about; add some with rookeryctl serve");
}

void judgeReplicationSlots(const SqlRows& rows, const NodeEndpoint& node, const DoctorLimits& limits,
                           Findings& findings)
{
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const std::string slot = "the replication slot " + std::string(rows.text(r, 0)) +
                                 (rows.boolean(r, 1) ? "" : ", which nobody uses,");
        const std::string drop =
            psqlCommand(node, {"SELECT pg_drop_replication_slot(" + std::string(rows.text(r, 4)) + ")"});
        if (rows.integer(r, 2) >= limits.oldTransactionXids)
            findings.add(Severity::Warning, "postgres.slot_horizon",
                         slot + " holds back vacuum by " + std::to_string(rows.integer(r, 2)) +
                             " transactions",
                         "let its standby catch up, or drop the slot", drop);
        if (!rows.boolean(r, 1) && rows.real(r, 3) >= double(limits.walHeldBytes))
            findings.add(Severity::Warning, "postgres.slot_wal",
                         slot + " keeps " + humanBytes(rows.real(r, 3)) + " of WAL on the disk",
                         "start its standby, or drop the slot before the disk is full", drop);
    }
}

void judgeWrapAround(const SqlRows& rows, Findings& findings)
{
    if (rows.integer(0, 1) < kWrapAroundSoon) return;
    findings.add(Severity::Error, "postgres.wraparound",
                 "the database " + std::string(rows.text(0, 0)) + " is " +
                     std::to_string(rows.integer(0, 1)) +
                     " transactions from its last freeze; at 2.1 billion the server stops",
                 "vacuum it now", "vacuumdb --freeze --jobs 4 " + std::string(rows.text(0, 0)));
}

} // namespace backend
