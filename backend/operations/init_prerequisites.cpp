#include "backend/operations/init_prerequisites.h"

#include "backend/cache/redis_client.h"
#include "backend/operations/examination.h"
#include "backend/store/postgres_pool.h"

#include <future>
#include <set>

namespace backend {
namespace {

constexpr int kOldestPostgres = 130'000;

// Of the doctor's findings, those that a new cluster cannot begin with; the rest is told.
bool isObstacle(const CheckFinding& finding)
{
    static const std::set<std::string, std::less<>> all{"node.unreachable",
                                                        "node.same_server",
                                                        "init.rights",
                                                        "init.role",
                                                        "init.foreign",
                                                        "init.address",
                                                        "init.keys",
                                                        "postgres.version",
                                                        "postgres.standby",
                                                        "postgres.read_only",
                                                        "postgres.role_superuser",
                                                        "postgres.role_owner",
                                                        "redis.version",
                                                        "redis.replica",
                                                        "redis.loading",
                                                        "redis.maxmemory_policy",
                                                        "redis.rights"};
    return finding.severity == Severity::Error && all.contains(finding.check);
}

class OwnersView
{
public:
    OwnersView(const NodeEndpoint& node, SqlConnection& owner, Deadline deadline)
        : m_node(node)
        , m_owner(owner)
        , m_deadline(deadline)
    {
    }

    // What the owner may do, and what lies in the database. True when the engine's role is there.
    Result<bool> examine(NodeFacts& facts)
    {
        auto& findings = facts.findings;
        ROOKERY_ASSIGN(
            const auto rows,
            m_owner.execute("SELECT split_part(current_setting('server_version'), ' ', 1), "
                            "current_setting('server_version_num')::int, pg_is_in_recovery(),"
                            " current_user, has_database_privilege(current_database(), 'CREATE'),"
                            " EXISTS (SELECT FROM pg_roles WHERE rolname = 'rookery_engine'),"
                            " (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user),"
                            " current_database(), extract(epoch FROM pg_postmaster_start_time())::text",
                            {}, m_deadline));
        facts.checkup.answered = true;
        facts.checkup.version = "PostgreSQL " + std::string(rows.text(0, 0));
        facts.server = std::string(rows.text(0, 7)) + " started " + std::string(rows.text(0, 8));
        const std::string owner(rows.text(0, 3)), database(rows.text(0, 7));
        if (rows.integer(0, 1) < kOldestPostgres)
            findings.add(Severity::Error, "postgres.version", "it is version " + std::string(rows.text(0, 0)),
                         "install 13 or newer");
        if (rows.boolean(0, 2))
            findings.add(Severity::Error, "postgres.standby", "it is a read-only standby",
                         "give the addresses of the primary");
        if (owner == "rookery_engine")
            findings.add(Severity::Error, "init.role",
                         "owner_address connects as rookery_engine, the engines' role",
                         "connect as the database's owner: the engines' role must own nothing");
        if (!rows.boolean(0, 4))
            findings.add(Severity::Error, "init.rights",
                         owner + " may not create schemas in the database " + database,
                         "make it the owner, or grant it CREATE",
                         psqlCommand(m_node, {"GRANT CREATE ON DATABASE " + database + " TO " + owner}));
        const bool role = rows.boolean(0, 5);
        if (!role && !rows.boolean(0, 6))
            findings.add(Severity::Error, "init.role",
                         "the role rookery_engine is missing and " + owner + " may not make it",
                         "make it as a superuser", psqlCommand(m_node, {"CREATE ROLE rookery_engine LOGIN"}));
        if (!role && rows.boolean(0, 6))
            findings.add(Severity::Note, "init.new_role",
                         "the role rookery_engine is made without a password",
                         "unless pg_hba.conf lets it in without one, set one and put it into ~/.pgpass",
                         psqlCommand(m_node, {"\\password rookery_engine"}));
        ROOKERY_TRY(checkForeignSchemas(findings));
        return role;
    }

private:
    // Schemas with our names that no attempt of ours has made.
    Result<void> checkForeignSchemas(Findings& findings)
    {
        ROOKERY_ASSIGN(
            const auto ours,
            m_owner.execute("SELECT to_regclass('rookery.migrations') IS NOT NULL", {}, m_deadline));
        const std::string names = "SELECT n.nspname FROM pg_namespace AS n WHERE n.nspname ~ "
                                  "'^((users|posts)_[0-9]{4}|queue|directory)$'";
        ROOKERY_ASSIGN(
            const auto rows,
            m_owner.execute(ours.boolean(0, 0)
                                ? names + " AND n.nspname NOT IN (SELECT schema FROM rookery.migrations)"
                                          " ORDER BY 1"
                                : names + " ORDER BY 1",
                            {}, m_deadline));
        if (rows.empty()) return {};
        findings.add(Severity::Error, "init.foreign",
                     "its database holds " + std::to_string(rows.size()) +
                         " schemas with Rookery's names that Rookery has not made there, " +
                         std::string(rows.text(0, 0)) + " first",
                     "give the cluster an empty database of its own");
        return {};
    }

    const NodeEndpoint& m_node;
    SqlConnection& m_owner;
    const Deadline m_deadline;
};

// The engines' address must lead to the same database as the owner's, as a role that the grants reach.
void checkEnginesAddress(const NodeEndpoint& node, const NodeFacts& owners, Findings& findings,
                         Deadline deadline)
{
    const auto pool = makePostgresPool(node, {.maxConnections = 1, .maxWaiters = 1});
    const auto connection = pool->lease(deadline);
    if (!connection) {
        findings.add(Severity::Error, "init.address",
                     "engines could not connect: " + connection.error().message,
                     "correct the address, the role's password or pg_hba.conf");
        return;
    }
    const auto rows = (*connection)
                          ->execute("SELECT current_database(), extract(epoch FROM "
                                    "pg_postmaster_start_time())::text, current_user,"
                                    " pg_has_role(current_user, 'rookery_engine', 'USAGE')",
                                    {}, deadline);
    if (!rows) return findings.notMade("init.address", rows.error());
    if (std::string(rows->text(0, 0)) + " started " + std::string(rows->text(0, 1)) != owners.server)
        findings.add(Severity::Error, "init.address", "address and owner_address lead to different databases",
                     "let both name the same server and dbname");
    if (!rows->boolean(0, 3))
        findings.add(Severity::Error, "init.address",
                     "engines would connect as " + std::string(rows->text(0, 2)) +
                         ", which has none of rookery_engine's rights",
                     "let address say user=rookery_engine, or make that role a member of it");
}

NodeFacts examinePostgresForInit(const NodeEndpoint& node, SqlConnection& owner,
                                 const ExaminedCluster& cluster, Deadline deadline)
{
    NodeFacts own;
    own.checkup.id = node.id;
    own.checkup.name = own.findings.node = node.name;
    own.checkup.kind = NodeKind::Postgres;
    const auto role = OwnersView(node, owner, deadline).examine(own);
    if (!role) {
        own.findings.add(Severity::Error, "node.unreachable", role.error().message,
                         "start it, or correct owner_address");
        return own;
    }
    if (!*role) return own;
    checkEnginesAddress(node, own, own.findings, deadline);
    if (std::any_of(own.findings.list.begin(), own.findings.list.end(), isObstacle)) return own;
    DoctorInputs inputs;
    auto seen = examinePostgres(node, cluster, inputs, SystemWallClock(), deadline);
    for (auto& finding : seen.findings.list)
        own.findings.list.push_back(std::move(finding));
    own.checkup = seen.checkup;
    return own;
}

NodeFacts examineRedisForInit(const NodeEndpoint& node, const ExaminedCluster& cluster, Deadline deadline)
{
    DoctorInputs inputs;
    auto facts = examineRedis(node, cluster, inputs, SystemWallClock(), deadline);
    if (!facts.checkup.answered) return facts;
    RedisClient client({node});
    const auto keys = client.command(node.id, {"DBSIZE"}, deadline);
    if (keys && keys->integer > 0)
        facts.findings.add(Severity::Error, "init.keys",
                           "it holds " + std::to_string(keys->integer) + " keys",
                           "another program's, or another cluster's: give each cluster Redis nodes of its "
                           "own; if they are worth nothing, flush it",
                           redisCommand(node, "FLUSHDB"));
    return facts;
}

} // namespace

InitPrerequisites examineForInit(const ClusterPlan& plan, const std::map<int, SqlConnection*>& owners,
                                 Deadline deadline)
{
    ExaminedCluster cluster; // not known yet: there is none
    cluster.throwAway = plan.environment == "demo";
    std::vector<std::future<NodeFacts>> running;
    for (const auto& node : plan.nodes)
        running.push_back(std::async(std::launch::async, [&node, &owners, &cluster, deadline] {
            return node.endpoint.kind == NodeKind::Redis
                       ? examineRedisForInit(node.endpoint, cluster, deadline)
                       : examinePostgresForInit(node.endpoint, *owners.at(node.endpoint.id), cluster,
                                                deadline);
        }));
    InitPrerequisites out;
    std::map<std::pair<NodeKind, std::string>, std::string> servers;
    for (auto& one : running) {
        auto facts = one.get();
        if (!facts.server.empty()) {
            const auto [same, first] =
                servers.emplace(std::pair(facts.checkup.kind, facts.server), facts.checkup.name);
            if (!first)
                facts.findings.add(Severity::Error, "node.same_server",
                                   "it is the same server as " + same->second,
                                   "give each node a server, or at least a database, of its own");
        }
        for (auto& finding : facts.findings.list)
            (isObstacle(finding) ? out.obstacles : out.remarks).push_back(std::move(finding));
        out.nodes.push_back(std::move(facts.checkup));
    }
    return out;
}

} // namespace backend
