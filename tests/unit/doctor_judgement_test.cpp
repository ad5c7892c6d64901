// What the doctor makes of what servers answer: rows and texts in, findings out, also of states that no test
// can bring a real server into. And no check is without a test: every id in the sources stands in one.
#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include "backend/operations/postgres_judgement.h"
#include "backend/operations/redis_judgement.h"
#include "tests/support/table_rows.h"
#include "tests/unit/source_rules.h"

#include <fstream>
#include <iterator>
#include <regex>
#include <set>

using namespace backend;

namespace tests {
namespace {

NodeEndpoint postgresNode()
{
    return {1, "pg-1", NodeKind::Postgres, "host=/run/x dbname=rookery user=rookery_engine"};
}

NodeEndpoint redisNode(const std::string& address = "unix:///run/redis.sock")
{
    return {2, "redis-1", NodeKind::Redis, address};
}

// "error postgres.fsync", sorted, one a line.
QString told(const std::vector<CheckFinding>& findings)
{
    QStringList lines;
    for (const auto& finding : findings)
        lines += QString::fromStdString(std::string(toString(finding.severity)) + " " + finding.check);
    lines.sort();
    return lines.join(QLatin1Char('\n'));
}

const CheckFinding* find(const std::vector<CheckFinding>& findings, const std::string& check)
{
    const auto found = std::find_if(findings.begin(), findings.end(),
                                    [&](const auto& finding) { return finding.check == check; });
    return found == findings.end() ? nullptr : &*found;
}

// Every finding says what was measured and what to do.
bool speaks(const std::vector<CheckFinding>& findings)
{
    return std::all_of(findings.begin(), findings.end(), [](const auto& finding) {
        return !finding.measured.empty() && !finding.advice.empty();
    });
}

// A server's answers, healthy but for the columns named.
TableRows::Row serverRow(const std::map<int, std::string>& otherwise = {})
{
    TableRows::Row row{"15.8", "150008", "f", "f", "on", "on", "on", "on", "on", "15", "rookery", "1.5"};
    for (const auto& [column, value] : otherwise)
        row[std::size_t(column)] = value;
    return row;
}

// INFO and CONFIG of a healthy node, but for the words named.
RedisTexts redisTexts(const RedisTexts::Words& info = {}, const RedisTexts::Words& config = {})
{
    RedisTexts texts;
    texts.info = {{"redis_version", "7.0.15"},
                  {"role", "master"},
                  {"loading", "0"},
                  {"maxmemory_policy", "noeviction"},
                  {"maxmemory", "8000000000"},
                  {"used_memory", "1000000000"},
                  {"used_memory_rss", "1100000000"},
                  {"total_system_memory", "16000000000"},
                  {"rdb_last_bgsave_status", "ok"},
                  {"aof_last_write_status", "ok"},
                  {"connected_clients", "10"}};
    texts.config = {{"appendonly", "no"},
                    {"appendfsync", "everysec"},
                    {"save", "3600 1"},
                    {"stop-writes-on-bgsave-error", "yes"},
                    {"zset-max-listpack-entries", "256"},
                    {"zset-max-listpack-value", "64"},
                    {"maxclients", "10000"},
                    {"disable-thp", "yes"},
                    {"dir", "/nowhere"}};
    for (const auto& [key, value] : info)
        texts.info[key] = value;
    for (const auto& [key, value] : config)
        texts.config[key] = value;
    return texts;
}

// A connection that answers the first statement and refuses all others.
class OneAnswer final : public SqlConnection
{
public:
    Result<SqlRows> execute(std::string_view, const SqlParameters&, Deadline) override
    {
        if (++m_asked == 1) return TableRows::of({serverRow()});
        return refused();
    }
    Result<void> start(const std::vector<SqlStatement>&, Deadline) override { return refused(); }
    Result<std::vector<SqlRows>> finish() override { return refused(); }
    Result<void> executeScript(std::string_view, Deadline) override { return refused(); }
    Result<std::size_t> copyIn(std::string_view, const std::vector<std::string>&,
                               const std::vector<SqlParameters>&, Deadline) override
    {
        return refused();
    }
    Result<void> begin(Deadline) override { return refused(); }
    Result<void> commit(Deadline) override { return refused(); }
    void rollback() noexcept override {}
    int backendPid() const override { return 1; }
    bool usable() const override { return true; }
    const std::string& nodeName() const override { return m_name; }

private:
    static tl::unexpected<Error> refused() { return fail(ErrorCode::Unavailable, "permission denied"); }
    int m_asked = 0;
    std::string m_name = "pg-1";
};

class OneConnection final : public SqlPool
{
public:
    Result<Lease> lease(Deadline) override { return Lease(&m_connection, SqlLeaseReturner{this}); }
    void giveBack(SqlConnection*) noexcept override {}
    SqlPoolStatistics statistics() const override { return {}; }
    const std::string& nodeName() const override { return m_connection.nodeName(); }

private:
    OneAnswer m_connection;
};

const std::regex kCheckId("(clock|directory|disk|engine|host|node|postgres|queue|redis)\\.[a-z_-]*");

// The ids of checks in a source: literals of that form and nothing else.
std::set<std::string> idsOfChecks(const std::string& source)
{
    std::set<std::string> out;
    for (const auto& literal : scanCpp(source).strings)
        if (std::regex_match(literal.text, kCheckId)) out.insert(literal.text);
    return out;
}

// Those that a test names, alone or among others: "error postgres.fsync".
std::set<std::string> idsInTests(const std::string& source)
{
    std::set<std::string> out;
    for (const auto& literal : scanCpp(source).strings)
        for (std::sregex_iterator it(literal.text.begin(), literal.text.end(), kCheckId), end; it != end;
             ++it)
            out.insert(it->str());
    return out;
}

} // namespace

class DoctorJudgementTest : public QObject
{
    Q_OBJECT

private slots:
    void everyCheckHasATest();
    void postgresServers_data();
    void postgresServers();
    void postgresRoles_data();
    void postgresRoles();
    void connections_data();
    void connections();
    void queue();
    void replicationSlots();
    void wrapAround();
    void whatCannotBeAskedIsTold();
    void redisNodes_data();
    void redisNodes();
    void redisAddresses_data();
    void redisAddresses();
    void kernelOfThisMachine();
    void infoIsTakenApart();
    void freeSpace_data();
    void freeSpace();
    void placements();
    void directories_data();
    void directories();
    void workers_data();
    void workers();
};

// An id that no test names is of a check that nobody has seen working.
void DoctorJudgementTest::everyCheckHasATest()
{
    std::string tested;
    for (const auto* path : {"unit/doctor_judgement_test.cpp", "integration/doctor_test.cpp",
                             "integration/doctor_postgres_test.cpp", "integration/doctor_silence_test.cpp"}) {
        std::ifstream in(std::string(ROOKERY_SOURCE_DIR "/tests/") + path);
        QVERIFY2(in, path);
        tested.append(std::istreambuf_iterator<char>(in), {});
    }
    const auto inTests = idsInTests(tested);
    std::set<std::string> inSources;
    for (const auto& file : readSourceTree(ROOKERY_SOURCE_DIR)) {
        if (!file.path.starts_with("backend/operations/") || !file.path.ends_with(".cpp")) continue;
        const auto ids = idsOfChecks(file.text);
        inSources.insert(ids.begin(), ids.end());
    }
    QVERIFY(inSources.size() > 60);
    for (const auto& id : inSources) {
        QVERIFY2(!id.ends_with('.'), (id + "…: an id is one literal, or it is not found").c_str());
        QVERIFY2(inTests.contains(id), (id + " has no test").c_str());
    }
    const std::string source = "f(\"redis.x_y\"); g(\"redis.\" + x, \"a redis.z\"); // \"redis.comment\"";
    QVERIFY((idsOfChecks(source) == std::set<std::string>{"redis.x_y", "redis."}));
    QVERIFY((idsInTests(source) == std::set<std::string>{"redis.x_y", "redis.", "redis.z"}));
}

void DoctorJudgementTest::postgresServers_data()
{
    QTest::addColumn<int>("column"); // of the server's answers
    QTest::addColumn<QString>("value");
    QTest::addColumn<bool>("throwAway");
    QTest::addColumn<QString>("expected");
    QTest::addColumn<QString>("said");
    const auto row = [](const char* name, int column, const char* value, const char* expected,
                        const char* said, bool throwAway = false) {
        QTest::newRow(name) << column << QString(value) << throwAway << QString(expected) << QString(said);
    };
    row("healthy", 0, "15.8", "", "");
    row("12", 1, "120017", "error postgres.version", "install 13 or newer");
    row("13", 1, "130000", "note postgres.version", "15 and newer");
    row("14", 1, "149999", "note postgres.version", "15 and newer");
    row("15", 1, "150000", "", "");
    row("17", 1, "170002", "", "");
    row("standby", 2, "t", "error postgres.standby", "target_session_attrs=read-write");
    row("read-only", 3, "t", "error postgres.read_only", "turn it off");
    row("fsync", 4, "off", "error postgres.fsync", "fsync is off");
    row("fsync of a demo", 4, "off", "note postgres.fsync", "fsync is off", true);
    row("full_page_writes", 5, "off", "warning postgres.full_page_writes", "full_page_writes is off");
    row("synchronous_commit", 6, "off", "error postgres.synchronous_commit", "synchronous_commit is off");
    row("synchronous_commit local", 6, "local", "", "");
    row("autovacuum", 7, "off", "error postgres.autovacuum", "autovacuum is off");
    row("autovacuum of a demo", 7, "off", "error postgres.autovacuum", "autovacuum is off", true);
    row("track_counts", 8, "off", "error postgres.track_counts", "track_counts is off");
    row("naptime of five minutes", 9, "300", "", "");
    row("naptime of longer", 9, "301", "warning postgres.autovacuum_naptime", "every 5 min");
}

void DoctorJudgementTest::postgresServers()
{
    QFETCH(int, column);
    QFETCH(QString, value);
    QFETCH(bool, throwAway);
    QFETCH(QString, expected);
    QFETCH(QString, said);
    Findings findings;
    const bool goOn = judgePostgresServer(TableRows::of({serverRow({{column, value.toStdString()}})}),
                                          postgresNode(), throwAway, findings);
    QCOMPARE(told(findings.list), expected);
    QVERIFY(speaks(findings.list));
    QCOMPARE(goOn, column != 2); // of a standby nothing else is asked
    for (const auto& finding : findings.list)
        QVERIFY2(QString::fromStdString(finding.measured + " " + finding.advice).contains(said),
                 finding.measured.c_str());
}

void DoctorJudgementTest::postgresRoles_data()
{
    QTest::addColumn<QString>("flags"); // superuser, CREATEROLE, CREATEDB, REPLICATION, BYPASSRLS, sees, owns
    QTest::addColumn<QString>("expected");
    QTest::addColumn<QString>("command");
    QTest::newRow("modest") << "ffffftf"
                            << ""
                            << "";
    QTest::newRow("superuser") << "ttttttt"
                               << "error postgres.role_superuser"
                               << ""; // all else follows from that
    QTest::newRow("powers") << "ftfftff"
                            << "warning postgres.role_powers"
                            << "ALTER ROLE engine NOCREATEROLE NOBYPASSRLS";
    QTest::newRow("owner") << "ffffftt"
                           << "error postgres.role_owner"
                           << "";
    QTest::newRow("owner with powers") << "fftffft"
                                       << "error postgres.role_owner\nwarning postgres.role_powers"
                                       << "ALTER ROLE engine NOCREATEDB";
}

void DoctorJudgementTest::postgresRoles()
{
    QFETCH(QString, flags);
    QFETCH(QString, expected);
    QFETCH(QString, command);
    TableRows::Row row{"engine"};
    for (const auto flag : flags)
        row.emplace_back(std::string(1, flag.toLatin1()));
    Findings findings;
    const auto role = judgePostgresRole(TableRows::of({row}), postgresNode(), findings);
    QCOMPARE(told(findings.list), expected);
    QVERIFY(speaks(findings.list));
    QCOMPARE(role.name, std::string("engine"));
    QCOMPARE(role.superuser, flags[0] == QLatin1Char('t'));
    QCOMPARE(role.seesOthers, flags[5] == QLatin1Char('t'));
    if (!command.isEmpty())
        QVERIFY(
            QString::fromStdString(find(findings.list, "postgres.role_powers")->command).contains(command));
}

void DoctorJudgementTest::connections_data()
{
    QTest::addColumn<QStringList>("row"); // most, reserved, used, limit of the role, of the database
    QTest::addColumn<int>("forUs");
    QTest::addColumn<QString>("limit");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, const QStringList& values, int forUs, const char* limit,
                        const char* expected = "") {
        QTest::newRow(name) << values << forUs << QString(limit) << QString(expected);
    };
    row("roomy", {"100", "3", "20", "-1", "-1"}, 97, "max_connections = 100, 3 of them reserved");
    row("the role's limit", {"100", "3", "20", "40", "-1"}, 40, "the limit of the role engine is 40");
    row("the database's limit", {"100", "3", "20", "40", "30"}, 30, "the limit of the database is 30");
    row("a role's limit beyond all", {"100", "3", "20", "500", "-1"}, 97,
        "max_connections = 100, 3 of them reserved");
    row("nine of ten", {"103", "3", "90", "-1", "-1"}, 100, "max_connections = 103");
    row("more than that", {"103", "3", "91", "-1", "-1"}, 100, "max_connections = 103",
        "error postgres.connections_used");
}

void DoctorJudgementTest::connections()
{
    QFETCH(QStringList, row);
    QFETCH(int, forUs);
    QFETCH(QString, limit);
    QFETCH(QString, expected);
    TableRows::Row values;
    for (const auto& value : row)
        values.emplace_back(value.toStdString());
    Findings findings;
    const auto room = judgePostgresConnections(TableRows::of({values}), postgresNode(), "engine", findings);
    QCOMPARE(room.forUs, std::int64_t(forUs));
    QVERIFY2(QString::fromStdString(room.limit).startsWith(limit), room.limit.c_str());
    QCOMPARE(told(findings.list), expected);
    if (expected.isEmpty()) return;
    QCOMPARE(findings.list[0].measured, std::string("91 of 100 connections are open now"));
    QVERIFY(findings.list[0].command.find("max_connections = 206") != std::string::npos);
}

void DoctorJudgementTest::queue()
{
    const auto judge = [](const char* unfinished, const char* dead, const SqlParameter& oldest) {
        Findings findings;
        DoctorLimits limits;
        limits.oldestTask = Milliseconds(60'000);
        judgeQueue(TableRows::of({{unfinished, dead, oldest}}), limits, findings);
        return told(findings.list);
    };
    QCOMPARE(judge("0", "0", {}), QString());
    QCOMPARE(judge("9", "0", "60"), QString());
    QCOMPARE(judge("9", "0", "61"), QString("warning queue.oldest"));
    QCOMPARE(judge("0", "1", {}), QString("warning queue.dead_letters"));
}

void DoctorJudgementTest::replicationSlots()
{
    DoctorLimits limits;
    limits.oldTransactionXids = 1'000;
    limits.walHeldBytes = 1'000'000;
    // Name, active, age of its horizon, WAL kept, quoted name.
    const auto judge = [&](const TableRows::Row& row) {
        Findings findings;
        judgeReplicationSlots(TableRows::of({row}), postgresNode(), limits, findings);
        return findings.list;
    };
    QCOMPARE(told(judge({"a", "t", {}, "2000000", "'a'"})), QString()); // used, and it holds nothing back
    QCOMPARE(told(judge({"a", "f", "999", "999999", "'a'"})), QString());
    QCOMPARE(told(judge({"a", "f", {}, "1000000", "'a'"})), QString("warning postgres.slot_wal"));
    const auto used = judge({"a", "t", "1000", "0", "'a'"});
    QCOMPARE(told(used), QString("warning postgres.slot_horizon"));
    QCOMPARE(used[0].measured, std::string("the replication slot a holds back vacuum by 1000 transactions"));
    QVERIFY(used[0].command.find("pg_drop_replication_slot(") != std::string::npos);
    const auto both = judge({"b", "f", "1000", "1048576", "'b'"});
    QCOMPARE(told(both), QString("warning postgres.slot_horizon\nwarning postgres.slot_wal"));
    QCOMPARE(both[1].measured,
             std::string("the replication slot b, which nobody uses, keeps 1.0 MiB of WAL on the disk"));
}

void DoctorJudgementTest::wrapAround()
{
    const auto judge = [](const char* age) {
        Findings findings;
        judgeWrapAround(TableRows::of({{"rookery", age}}), findings);
        return findings.list;
    };
    QCOMPARE(told(judge("1499999999")), QString());
    const auto found = judge("1500000000");
    QCOMPARE(told(found), QString("error postgres.wraparound"));
    QCOMPARE(found[0].command, std::string("vacuumdb --freeze --jobs 4 rookery"));
}

// A check that could not be made is a finding of its own, and the others are made all the same.
void DoctorJudgementTest::whatCannotBeAskedIsTold()
{
    ExaminedCluster cluster;
    cluster.known = true;
    cluster.map.shardCount = 1;
    cluster.map.nodes = {postgresNode()};
    cluster.map.usersNode = cluster.map.postsNode = cluster.map.timelinesNode = {1};
    cluster.directoryNode = 1;
    OneConnection pool;
    const auto facts = examinePostgres(pool, cluster.map.nodes[0], cluster, DoctorInputs(), SystemWallClock(),
                                       Deadline::after(std::chrono::seconds(10)));
    QVERIFY(facts.checkup.answered);
    QStringList expected;
    for (const auto* check :
         {"disk.space", "postgres.clock", "postgres.connections", "postgres.horizon", "postgres.queue",
          "postgres.rights", "postgres.role", "postgres.schema", "postgres.tables"})
        expected += QStringLiteral("warning ") + check;
    QCOMPARE(told(facts.findings.list), expected.join(QLatin1Char('\n')));
    for (const auto& finding : facts.findings.list)
        QCOMPARE(finding.measured, std::string("could not be checked: permission denied"));
}

void DoctorJudgementTest::redisNodes_data()
{
    QTest::addColumn<QString>("changes"); // "info:key=value", "config:key=value", separated by "|"
    QTest::addColumn<QString>("expected");
    QTest::addColumn<QString>("said");
    const auto row = [](const char* name, const char* changes, const char* expected, const char* said = "") {
        QTest::newRow(name) << QString(changes) << QString(expected) << QString(said);
    };
    row("healthy", "", "");
    row("version 6.0", "info:redis_version=6.0.16", "error redis.version", "6.2 or newer");
    row("version 5", "info:redis_version=5.0.7", "error redis.version", "6.2 or newer");
    row("version 6.2", "info:redis_version=6.2.0", "note redis.version", "7.0 and newer");
    row("version 7", "info:redis_version=7.0.0", "");
    row("version 10", "info:redis_version=10.1.0", "");
    row("replica", "info:role=slave|info:master_host=10.0.0.9", "error redis.replica", "10.0.0.9");
    row("loading", "info:loading=1", "error redis.loading", "still reading its data file");
    row("evicts anything", "info:maxmemory_policy=allkeys-lfu", "error redis.maxmemory_policy",
        "allkeys-lfu");
    row("evicts what expires", "info:maxmemory_policy=volatile-lru", "");
    row("nearly full", "info:used_memory=6400000000", "warning redis.memory", "(maxmemory)");
    row("full", "info:used_memory=7600000000", "error redis.memory", "(maxmemory)");
    row("the machine is full", "info:maxmemory=0|info:used_memory=15300000000",
        "error redis.memory\nnote redis.maxmemory", "machine");
    row("fragmented", "info:used_memory_rss=1500000001", "warning redis.fragmentation", "1.4 GiB");
    row("fragmented, but small", "info:used_memory=1000000|info:used_memory_rss=90000000", "");
    row("save failed", "info:rdb_last_bgsave_status=err", "error redis.bgsave", "refuses writes");
    row("save failed, writes go on", "info:rdb_last_bgsave_status=err|config:stop-writes-on-bgsave-error=no",
        "");
    row("save failed that nobody wants", "info:rdb_last_bgsave_status=err|config:save=|config:appendonly=yes",
        "");
    row("append-only file", "info:aof_last_write_status=err", "error redis.aof", "cannot be written");
    row("fsync always", "config:appendonly=yes|config:appendfsync=always", "warning redis.appendfsync",
        "every delivery");
    row("keeps nothing", "config:save=", "note redis.persistence", "keeps nothing");
    row("room for bursts", "config:zset-max-listpack-entries=128", "note redis.listpack-bursts", "is 128");
    row("no room for bursts", "config:zset-max-listpack-entries=255", "note redis.listpack-bursts", "is 255");
    row("skip lists", "config:zset-max-listpack-entries=127", "warning redis.zset-max-listpack-entries",
        "is 127");
    row("short values", "config:zset-max-listpack-value=63", "warning redis.zset-max-listpack-value",
        "is 63");
    row("clients", "info:connected_clients=8000", "warning redis.clients", "8000 of 10000");
    row("fewer clients", "info:connected_clients=7999", "");
}

void DoctorJudgementTest::redisNodes()
{
    QFETCH(QString, changes);
    QFETCH(QString, expected);
    QFETCH(QString, said);
    auto texts = redisTexts();
    for (const auto& change : changes.split(QLatin1Char('|'), Qt::SkipEmptyParts)) {
        const auto key = change.section(QLatin1Char(':'), 1).section(QLatin1Char('='), 0, 0).toStdString();
        (change.startsWith("info") ? texts.info : texts.config)[key] =
            change.section(QLatin1Char('='), 1).toStdString();
    }
    Findings findings;
    judgeRedis(texts, redisNode(), false, "/nowhere", findings);
    QCOMPARE(told(findings.list), expected);
    QVERIFY(speaks(findings.list));
    QString all;
    for (const auto& finding : findings.list)
        all += QString::fromStdString(finding.measured + "; " + finding.advice + "\n");
    QVERIFY2(all.contains(said), qPrintable(all));
    // A demo's nodes need neither a limit nor a file; all else is as bad there.
    Findings demo;
    judgeRedis(texts, redisNode(), true, "/nowhere", demo);
    QStringList left = expected.split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    left.removeAll("note redis.maxmemory");
    left.removeAll("note redis.persistence");
    QCOMPARE(told(demo.list), left.join(QLatin1Char('\n')));
}

void DoctorJudgementTest::redisAddresses_data()
{
    QTest::addColumn<QString>("address");
    QTest::addColumn<QString>("expected");
    QTest::newRow("socket") << "unix:///run/redis.sock"
                            << "";
    QTest::newRow("this machine") << "redis://127.0.0.1:6379"
                                  << "";
    QTest::newRow("network") << "redis://10.0.0.7:6379"
                             << "warning redis.no_password";
    QTest::newRow("network with a password") << "redis://:secret@10.0.0.7:6379"
                                             << "";
}

void DoctorJudgementTest::redisAddresses()
{
    QFETCH(QString, address);
    QFETCH(QString, expected);
    Findings findings;
    judgeRedis(redisTexts(), redisNode(address.toStdString()), false, "/nowhere", findings);
    QCOMPARE(told(findings.list), expected);
}

void DoctorJudgementTest::kernelOfThisMachine()
{
    const QTemporaryDir host;
    const auto root = std::filesystem::path(host.path().toStdString());
    const auto write = [&](const std::string& name, const std::string& text) {
        std::filesystem::create_directories((root / name).parent_path());
        std::ofstream(root / name) << text << '\n';
    };
    const auto judge = [&](const RedisTexts& texts, const std::string& address) {
        Findings findings;
        judgeRedis(texts, redisNode(address), false, root, findings);
        return told(findings.list);
    };
    write("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never");
    write("proc/sys/vm/overcommit_memory", "0");
    const std::string here = "unix:///run/redis.sock", there = "redis://:secret@10.0.0.7:6379";
    QCOMPARE(judge(redisTexts({}, {{"disable-thp", "no"}}), here),
             QString("warning host.huge_pages\nwarning host.overcommit"));
    QCOMPARE(judge(redisTexts({}, {{"disable-thp", "no"}}), there), QString()); // it is not this kernel
    QCOMPARE(judge(redisTexts(), here), QString("warning host.overcommit"));
    QCOMPARE(judge(redisTexts({}, {{"save", ""}}), here), QString("note redis.persistence"));
}

void DoctorJudgementTest::infoIsTakenApart()
{
    const auto words = redisInfoWords("# Server\r\nredis_version:7.0.15\r\n\r\n# Clients\r\n"
                                      "connected_clients:3\r\nexecutable:/a:b\r\nempty:\r\n");
    QVERIFY((words == RedisTexts::Words{{"redis_version", "7.0.15"},
                                        {"connected_clients", "3"},
                                        {"executable", "/a:b"},
                                        {"empty", ""}}));
    // Nothing is known of a node whose settings cannot be read, and nothing is made up.
    RedisTexts silent;
    silent.info = words;
    Findings findings;
    judgeRedis(silent, redisNode(), false, "/nowhere", findings);
    QCOMPARE(told(findings.list), QString());
}

void DoctorJudgementTest::freeSpace_data()
{
    QTest::addColumn<double>("freeGiB");
    QTest::addColumn<double>("allGiB");
    QTest::addColumn<bool>("full");
    QTest::newRow("half") << 10.0 << 20.0 << false;
    QTest::newRow("a twentieth") << 5.0 << 100.0 << false;
    QTest::newRow("less") << 4.9 << 100.0 << true;
    QTest::newRow("little of very much") << 10.0 << 4'000.0 << false; // 10 GiB are enough for a while
    QTest::newRow("too little of very much") << 9.9 << 4'000.0 << true;
    QTest::newRow("none") << 0.0 << 1.0 << true;
}

void DoctorJudgementTest::freeSpace()
{
    QFETCH(double, freeGiB);
    QFETCH(double, allGiB);
    QFETCH(bool, full);
    constexpr double kGiB = 1LL << 30;
    Findings findings;
    judgeFreeSpace("/data", freeGiB * kGiB, allGiB * kGiB, findings);
    QCOMPARE(told(findings.list), QString(full ? "error disk.space" : ""));
    if (full) QVERIFY(findings.list[0].measured.ends_with(" are free in /data"));
    Findings none;
    checkFreeSpace("/no/such/directory", none); // nothing is said of what cannot be looked at
    checkFreeSpace("", none);
    QVERIFY(none.list.empty());
}

void DoctorJudgementTest::placements()
{
    ExaminedCluster cluster;
    cluster.map.shardCount = 2;
    cluster.map.nodes = {postgresNode(), redisNode(), {3, "pg-3", NodeKind::Postgres, "host=/run/y"}};
    cluster.map.usersNode = cluster.map.postsNode = {1, 1};
    cluster.map.timelinesNode = {2, 2};
    const auto judge = [&] {
        std::vector<CheckFinding> findings;
        judgePlacements(cluster, findings);
        return findings;
    };
    QCOMPARE(told(judge()), QString("note directory.unused_node"));
    QCOMPARE(judge()[0].measured, std::string("pg-3 holds no shard"));
    cluster.directoryNode = 3; // whoever holds the directory is of use
    QCOMPARE(told(judge()), QString());
    cluster.map.usersNode[1] = 0;
    cluster.map.timelinesNode[0] = 1;
    const auto found = judge();
    QCOMPARE(told(found), QString("error directory.shard_map\nerror directory.shard_map"));
    QCOMPARE(found[0].measured, std::string("1 logical shards of users are placed on no node: 1"));
    QCOMPARE(found[1].measured,
             std::string("1 logical shards of timelines are placed on the wrong kind of server: 0"));
}

void DoctorJudgementTest::directories_data()
{
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("check");
    QTest::addColumn<QString>("advice");
    QTest::newRow("empty") << int(ErrorCode::NotFound) << "directory.empty"
                           << "make a cluster there";
    QTest::newRow("newer") << int(ErrorCode::SchemaTooNew) << "directory.schema"
                           << "the newer rookery";
    QTest::newRow("down") << int(ErrorCode::Unavailable) << "directory.unreadable"
                          << "none can start";
}

void DoctorJudgementTest::directories()
{
    QFETCH(int, code);
    QFETCH(QString, check);
    QFETCH(QString, advice);
    const auto finding =
        unreadableDirectory(postgresNode(), Error{ErrorCode(code), "what the server said", false});
    QCOMPARE(QString::fromStdString(finding.check), check);
    QCOMPARE(int(finding.severity), int(Severity::Error));
    QCOMPARE(finding.node, std::string("pg-1"));
    QCOMPARE(finding.measured, std::string("what the server said"));
    QVERIFY2(QString::fromStdString(finding.advice).contains(advice), finding.advice.c_str());
}

void DoctorJudgementTest::workers_data()
{
    QTest::addColumn<int>("working");
    QTest::addColumn<int>("paused");
    QTest::addColumn<int>("silent"); // workers of an engine that has not been heard of for long
    QTest::addColumn<int>("tasks");
    QTest::addColumn<QString>("expected");
    QTest::newRow("some") << 1 << 0 << 0 << 9 << "";
    QTest::newRow("some of them paused") << 1 << 3 << 0 << 9 << "";
    QTest::newRow("none, nothing to do") << 0 << 0 << 0 << 0 << "note engine.none";
    QTest::newRow("none") << 0 << 0 << 0 << 9 << "error engine.none";
    QTest::newRow("all silent") << 0 << 0 << 4 << 9 << "error engine.none";
    QTest::newRow("all paused, nothing to do") << 0 << 4 << 0 << 0 << "note engine.paused";
    QTest::newRow("all paused") << 0 << 4 << 0 << 9 << "error engine.paused";
}

void DoctorJudgementTest::workers()
{
    QFETCH(int, working);
    QFETCH(int, paused);
    QFETCH(int, silent);
    QFETCH(int, tasks);
    QFETCH(QString, expected);
    DirectoryFacts directory;
    directory.enginesKnown = true;
    directory.engines = {{1, "a", "serve", 1, working, false, 10},
                         {2, "b", "serve", 1, paused, true, 10},
                         {3, "c", "serve", 60, silent, false, 10}};
    std::vector<NodeFacts> nodes(1);
    nodes[0].unfinishedTasks = tasks;
    QCOMPARE(told(judgeCluster(directory, nodes, DoctorLimits())), expected);
    directory.enginesKnown = false; // of what is not known nothing is said
    QCOMPARE(told(judgeCluster(directory, nodes, DoctorLimits())), QString());
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::DoctorJudgementTest)
#include "doctor_judgement_test.moc"
