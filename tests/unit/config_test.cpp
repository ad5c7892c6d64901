// cluster.toml: what is read, what is refused and how that is said, and that what is written reads the same.
#include "backend/common/config.h"
#include "tests/support/results.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace backend;

namespace tests {
namespace {

constexpr auto kWhole = "[cluster]\n"                                        // 1
                        "name = \"feed-eu\"\n"                               // 2
                        "environment = \"production\"\n"                     // 3
                        "shards = 256\n"                                     // 4
                        "[directory]\n"                                      // 5
                        "address = \"host=pg-2 user=rookery_engine\"\n"      // 6
                        "[engine]\n"                                         // 7
                        "workers = 12\n"                                     // 8
                        "[pools]\n"                                          // 9
                        "connections = 20\n"                                 // 10
                        "waiters = 10\n"                                     // 11
                        "connect_timeout_ms = 1500\n"                        // 12
                        "[timelines]\n"                                      // 13
                        "cap = 400\n"                                        // 14
                        "age_days = 7\n"                                     // 15
                        "keep_past = true\n"                                 // 16
                        "[fanout]\n"                                         // 17
                        "chunk = 500\n"                                      // 18
                        "reclaim_per_second = 300\n"                         // 19
                        "[[postgres]]\n"                                     // 20
                        "name = \"pg-1\"\n"                                  // 21
                        "address = \"host=pg-1 user=rookery_engine\"\n"      // 22
                        "owner_address = \"host=pg-1 user=rookery_owner\"\n" // 23
                        "roles = [\"users\"]\n"                              // 24
                        "[[postgres]]\n"                                     // 25
                        "name = \"pg-2\"\n"                                  // 26
                        "address = \"host=pg-2 user=rookery_engine\"\n"      // 27
                        "roles = [\"directory\", \"posts\"]\n"               // 28
                        "[[redis]]\n"                                        // 29
                        "name = \"redis-1\"\n"                               // 30
                        "address = \"redis://redis-1:6379\"\n";              // 31

} // namespace

class ConfigTest : public QObject
{
    Q_OBJECT

private slots:
    void everyKeyIsRead();
    void differencesAreNamed();
    void onlyTheDirectoryIsNeeded();
    void mistakesNameFileLineAndKey_data();
    void mistakesNameFileLineAndKey();
    void whatIsWrittenReadsTheSame();
    void exampleOfTheReadmeIsRead();
    void filesThatCannotBeRead();
    void filesThatCannotBeWritten();
};

void ConfigTest::everyKeyIsRead()
{
    TAKE(config, parseClusterToml(kWhole, "cluster.toml"));
    QCOMPARE(config.name, std::string("feed-eu"));
    QCOMPARE(config.environment, std::string("production"));
    QCOMPARE(config.shards, 256);
    QCOMPARE(config.directoryAddress, std::string("host=pg-2 user=rookery_engine"));
    QCOMPARE(config.workers, 12);
    QCOMPARE(config.connections, 20);
    QCOMPARE(config.waiters, 10);
    QVERIFY(config.connectTimeout == std::chrono::milliseconds(1500));
    QCOMPARE(config.timelineCap, 400);
    QVERIFY(config.timelineAge == std::chrono::days(7));
    QVERIFY(config.keepPast);
    QCOMPARE(config.fanoutChunk, 500);
    QCOMPARE(config.reclaimPerSecond, 300);
    QCOMPARE(config.postgres.size(), std::size_t(2));
    QCOMPARE(config.postgres[0].name, std::string("pg-1"));
    QCOMPARE(config.postgres[0].ownerAddress, std::string("host=pg-1 user=rookery_owner"));
    QVERIFY(config.postgres[0].roles == std::vector{Role::Users});
    QVERIFY((config.postgres[1].roles == std::vector{Role::Directory, Role::Posts}));
    QCOMPARE(config.redis.size(), std::size_t(1));
    QCOMPARE(config.redis[0].address, std::string("redis://redis-1:6379"));
    QVERIFY(config.redis[0].roles == std::vector{Role::Timelines});
}

void ConfigTest::differencesAreNamed()
{
    TAKE(before, parseClusterToml(kWhole, "cluster.toml"));
    auto after = before;
    QVERIFY(changedKeys(before, after).empty());
    after.workers = 13;
    after.auditPerSecond = 50;
    TAKE(written, parseClusterToml(clusterToml(after), "cluster.toml"));
    QCOMPARE(written.auditPerSecond, 50);
    after.timelineCap = 500;
    after.postgres[1].roles.pop_back();
    QVERIFY(
        (changedKeys(before, after) ==
         std::vector<std::string>{"engine.workers", "engine.audit_per_second", "timelines.cap", "postgres"}));
}

void ConfigTest::onlyTheDirectoryIsNeeded()
{
    TAKE(config, parseClusterToml("directory.address = 'host=x'", "c.toml"));
    QCOMPARE(config.directoryAddress, std::string("host=x"));
    QCOMPARE(config.workers, 4);
    QCOMPARE(config.auditPerSecond, 5);
    QCOMPARE(config.timelineCap, 800);
    QVERIFY(config.postgres.empty());
}

void ConfigTest::mistakesNameFileLineAndKey_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("message");
    const QString start = QStringLiteral("[directory]\naddress = \"host=x\"\n");
    const auto row = [&](const char* name, const QString& text, const char* message) {
        QTest::newRow(name) << start + text << QString::fromUtf8(message);
    };
    row("unknown key", "[engine]\nworkrs = 4\n",
        "/etc/c.toml:4: engine.workrs is not a known key; did you mean engine.workers?");
    row("unknown section", "[engines]\nworkers = 4\n",
        "/etc/c.toml:3: engines is not a known key; did you mean engine?");
    row("unknown key, nothing near", "[engine]\ncolour = 4\n",
        "/etc/c.toml:4: engine.colour is not a known key");
    row("not a power of two", "[cluster]\nshards = 48\n",
        "/etc/c.toml:4: cluster.shards must be a power of two, not 48");
    row("unknown key of a node", "[[redis]]\nname = 'a'\naddress = 'b'\nroles = []\n",
        "/etc/c.toml:6: redis.roles is not a known key");
    row("text for a number", "[engine]\nworkers = \"four\"\n",
        "/etc/c.toml:4: engine.workers must be a whole number, not a text");
    row("fraction", "[timelines]\ncap = 800.5\n",
        "/etc/c.toml:4: timelines.cap must be a whole number, not a fraction");
    row("number for a text", "[cluster]\nname = 7\n",
        "/etc/c.toml:4: cluster.name must be a text, not a whole number");
    row("text for a switch", "[timelines]\nkeep_past = \"yes\"\n",
        "/etc/c.toml:4: timelines.keep_past must be true or false, not a text");
    row("too many", "[engine]\nworkers = 65\n", "/etc/c.toml:4: engine.workers must be 0 to 64, not 65");
    row("negative", "[pools]\nconnections = -1\n",
        "/etc/c.toml:4: pools.connections must be 1 to 1000, not -1");
    row("no pace", "[fanout]\nreclaim_per_second = 0\n",
        "/etc/c.toml:4: fanout.reclaim_per_second must be 1 to 10000000, not 0");
    row("beyond int", "[timelines]\ncap = 99999999999\n",
        "/etc/c.toml:4: timelines.cap must be 10 to 100000, not 99999999999");
    row("section as value", "engine = 4\n", "/etc/c.toml:3: directory.engine is not a known key");
    row("node as table", "[redis]\nname = 'a'\n", "/etc/c.toml:3: redis must be a list, not a table");
    row("node without name", "[[redis]]\naddress = 'a'\n", "/etc/c.toml:3: redis.name is missing");
    row("node without roles", "[[postgres]]\nname = 'a'\naddress = 'b'\n",
        "/etc/c.toml:3: postgres.roles is missing");
    row("strange role", "[[postgres]]\nname = 'a'\naddress = 'b'\nroles = ['users', 'timelines']\n",
        "/etc/c.toml:6: postgres.roles may hold \"directory\", \"users\" and \"posts\", nothing else");
    row("empty", "[cluster]\nname = ''\n", "/etc/c.toml:4: cluster.name is empty");
    row("password", "[[postgres]]\nname = 'a'\nroles = []\naddress = 'host=x password=secret'\n",
        "/etc/c.toml:6: postgres.address holds a password; put it into ~/.pgpass (or PGPASSWORD) instead");
    row("password in a URI",
        "[[postgres]]\nname = 'a'\nroles = []\naddress = 'postgresql://me:secret@x/db'\n",
        "/etc/c.toml:6: postgres.address holds a password; put it into ~/.pgpass (or PGPASSWORD) instead");
    row("not TOML", "[engine\nworkers = 4\n", "/etc/c.toml:3: ");
    row("twice", "[engine]\nworkers = 4\nworkers = 5\n", "/etc/c.toml:5: ");
    QTest::newRow("no directory") << "[cluster]\nname = 'a'\n"
                                  << "/etc/c.toml: directory.address is missing";
    QTest::newRow("empty directory") << "\n[directory]\n"
                                     << "/etc/c.toml:2: directory.address is missing";
    QTest::newRow("nothing") << ""
                             << "/etc/c.toml: directory.address is missing";
}

void ConfigTest::mistakesNameFileLineAndKey()
{
    QFETCH(QString, text);
    QFETCH(QString, message);
    const auto refused = parseClusterToml(text.toStdString(), "/etc/c.toml");
    VERIFY_ERROR(refused, ErrorCode::Configuration);
    QVERIFY2(refused.error().message.starts_with(message.toStdString()), refused.error().message.c_str());
    QVERIFY2(refused.error().message.find("secret") == std::string::npos, refused.error().message.c_str());
}

void ConfigTest::whatIsWrittenReadsTheSame()
{
    TAKE(config, parseClusterToml(kWhole, "cluster.toml"));
    config.directoryAddress = "host='/a b/\"c\"\\d' dbname=x";
    config.name = "Zwölf 🐦";
    const QTemporaryDir directory;
    const auto file = std::filesystem::path(directory.filePath("cluster.toml").toStdString());
    VERIFY_OK(writeClusterToml(config, file));
    VERIFY_OK(writeClusterToml(config, file)); // over the first
    TAKE(again, readClusterToml(file));
    QCOMPARE(clusterToml(again), clusterToml(config));
    QCOMPARE(again.directoryAddress, config.directoryAddress);
    QCOMPARE(again.name, config.name);
    QCOMPARE(again.postgres[0].ownerAddress, config.postgres[0].ownerAddress);
    QVERIFY(again.postgres[1].roles == config.postgres[1].roles);
    QVERIFY(
        !(QFile::permissions(QString::fromStdString(file.string())) & (QFile::ReadGroup | QFile::ReadOther)));
}

// Between the fences, without the indent of the list it stands in.
void ConfigTest::exampleOfTheReadmeIsRead()
{
    QFile readme(QStringLiteral(ROOKERY_SOURCE_DIR "/README.md"));
    QVERIFY(readme.open(QIODevice::ReadOnly));
    const auto text = readme.readAll();
    const auto begin = text.indexOf("```toml"), end = text.indexOf("```", begin + 7);
    QVERIFY(begin > 0 && end > begin);
    const auto config = parseClusterToml(text.mid(begin + 7, end - begin - 7).toStdString(), "README.md");
    QVERIFY2(config.has_value(), config ? "" : config.error().message.c_str());
    QCOMPARE(config->postgres.size(), std::size_t(2));
    QCOMPARE(config->redis.size(), std::size_t(1));
}

void ConfigTest::filesThatCannotBeRead()
{
    const auto missing = readClusterToml("/nowhere/cluster.toml");
    VERIFY_ERROR(missing, ErrorCode::Configuration);
    QVERIFY(missing.error().message.find("/nowhere/cluster.toml: No such file") != std::string::npos);
    const QTemporaryDir directory;
    const auto folder = readClusterToml(directory.path().toStdString());
    VERIFY_ERROR(folder, ErrorCode::Configuration);
    QVERIFY(folder.error().message.find("is a directory") != std::string::npos);
}

void ConfigTest::filesThatCannotBeWritten()
{
    const auto refused = writeClusterToml({}, "/nowhere/at/all.toml");
    VERIFY_ERROR(refused, ErrorCode::Configuration);
    QVERIFY(refused.error().message.find("/nowhere/at/all.toml") != std::string::npos);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::ConfigTest)
#include "config_test.moc"
