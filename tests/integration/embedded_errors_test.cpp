// What a person can do wrong with private servers: each is one sentence that says what to do, and leaves
// nothing behind.

#include "backend/embedded/embedded_servers.h"
#include "tests/integration/helper_process.h"

#include <QDir>
#include <QFile>
#include <QTest>

#include <sys/stat.h>
#include <unistd.h>

using backend::EmbeddedOptions;
using backend::EmbeddedServers;
using backend::ErrorCode;
using tests::HelperProcess;
using namespace std::chrono_literals;

namespace {

backend::Error errorOf(const EmbeddedOptions& options)
{
    auto servers = EmbeddedServers::start(options, backend::Deadline::after(60s));
    return servers ? backend::Error{ErrorCode::Internal, "it started", false} : servers.error();
}

EmbeddedOptions kept(const QString& directory)
{
    EmbeddedOptions options;
    options.dataDirectory = directory.toStdString();
    options.postgresNodes = 1;
    options.redisNodes = 1;
    return options;
}

bool oneSentence(const std::string& message)
{
    return !message.empty() && message.back() == '.' && message.find('\n') == std::string::npos;
}

bool contains(const std::string& message, std::string_view part)
{
    return message.find(part) != std::string::npos;
}

} // namespace

#define VERIFY_SENTENCE(error, wantedCode, part)                                                             \
    do {                                                                                                     \
        QVERIFY2(contains((error).message, part), (error).message.c_str());                                  \
        QVERIFY2(oneSentence((error).message), (error).message.c_str());                                     \
        QCOMPARE(int((error).code), int(wantedCode));                                                        \
    } while (false)

class EmbeddedErrorsTest : public QObject
{
    Q_OBJECT

private slots:
    void missingPostgres();
    void missingRedis();
    void missingMajorVersion();
    void unwritableDirectory();
    void unwritableForOrdinaryUser();
    void unreachableForServersUser();
    void userWithoutName();
    void otherFiles();
    void inUse();
    void fullDisk_data();
    void fullDisk();
    void smallDisk();
    void impossibleCounts();
};

void EmbeddedErrorsTest::missingPostgres()
{
    HelperProcess place;
    EmbeddedOptions options = kept(place.makeDirectory("empty") + "/data");
    options.postgresBin = place.makeDirectory("bin").toStdString();
    VERIFY_SENTENCE(errorOf(options), ErrorCode::Configuration, "\"sudo apt-get install postgresql\"");
    QVERIFY(!std::filesystem::exists(options.dataDirectory));
}

void EmbeddedErrorsTest::missingRedis()
{
    EmbeddedOptions options;
    options.redisServer = "/nonexistent/redis-server";
    const auto error = errorOf(options);
    VERIFY_SENTENCE(error, ErrorCode::Configuration, "\"sudo apt-get install redis-server\"");
    QVERIFY(contains(error.message, "/nonexistent/redis-server"));
}

void EmbeddedErrorsTest::missingMajorVersion()
{
    HelperProcess place;
    const QString directory = place.makeDirectory("kept");
    QVERIFY(QDir().mkpath(directory + "/pg-1"));
    for (const auto& [name, content] :
         {std::pair("/pg-1/PG_VERSION", "9\n"), std::pair("/rookery.lock", "")}) {
        QFile file(directory + name);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    }
    if (geteuid() == 0) QCOMPARE(chown((directory + "/pg-1").toLocal8Bit(), 65534, 65534), 0);
    if (geteuid() == 0) QCOMPARE(chown(directory.toLocal8Bit(), 65534, 65534), 0);
    VERIFY_SENTENCE(errorOf(kept(directory)), ErrorCode::Configuration, "postgresql-9");
}

void EmbeddedErrorsTest::unwritableDirectory()
{
    HelperProcess place; // below a file nothing can be made, not even by root
    const QString file = place.makeDirectory("outer") + "/file";
    QFile made(file);
    QVERIFY(made.open(QIODevice::WriteOnly));
    VERIFY_SENTENCE(errorOf(kept(file + "/data")), ErrorCode::Configuration, "Not a directory");
}

void EmbeddedErrorsTest::unwritableForOrdinaryUser()
{
    HelperProcess helper(HelperProcess::As::OrdinaryUser);
    const QString closed = helper.makeDirectory("closed");
    QCOMPARE(chmod(closed.toLocal8Bit(), 0555), 0);
    QVERIFY(!helper.start({"--data", closed + "/data"}));
    QVERIFY2(helper.output().startsWith("error configuration "), qPrintable(helper.output()));
    QVERIFY2(helper.output().contains("/closed/data cannot be made (Permission denied): "),
             qPrintable(helper.output()));
    HelperProcess again(HelperProcess::As::OrdinaryUser);
    QVERIFY(!again.start({"--data", closed})); // the directory itself
    QVERIFY2(again.output().contains("(Permission denied): "), qPrintable(again.output()));
}

// Started by root, the servers are somebody else, who may not come in.
void EmbeddedErrorsTest::unreachableForServersUser()
{
    HelperProcess place;
    const QString outer = place.makeDirectory("private");
    QCOMPARE(chmod(outer.toLocal8Bit(), 0700), 0);
    if (geteuid() == 0) {
        VERIFY_SENTENCE(errorOf(kept(outer + "/data")), ErrorCode::Configuration, "user postgres");
    } else {
        QCOMPARE(chmod(outer.toLocal8Bit(), 0000), 0);
        VERIFY_SENTENCE(errorOf(kept(outer + "/data")), ErrorCode::Configuration, "Permission denied");
        QCOMPARE(chmod(outer.toLocal8Bit(), 0700), 0);
    }
}

void EmbeddedErrorsTest::userWithoutName()
{
    if (geteuid() != 0)
        QSKIP("Only root can become a user that no file lists; installer/test runs this as root in CI.");
    HelperProcess helper(HelperProcess::As::NamelessUser);
    QVERIFY(!helper.start({"--postgres", "1"}));
    QVERIFY2(
        helper.output().startsWith("error configuration PostgreSQL does not start for a user without a name"),
        qPrintable(helper.output()));
}

void EmbeddedErrorsTest::otherFiles()
{
    HelperProcess place;
    const QString directory = place.makeDirectory("mine");
    QFile made(directory + "/thesis.txt");
    QVERIFY(made.open(QIODevice::WriteOnly));
    VERIFY_SENTENCE(errorOf(kept(directory)), ErrorCode::Configuration, "holds other files");
    QCOMPARE(QDir(directory).entryList(QDir::Files), QStringList("thesis.txt"));
}

void EmbeddedErrorsTest::inUse()
{
    HelperProcess helper;
    const QString directory = helper.makeDirectory("kept");
    QVERIFY2(helper.start({"--data", directory, "--postgres", "1", "--redis", "1"}),
             qPrintable(helper.output()));
    const auto error = errorOf(kept(directory));
    VERIFY_SENTENCE(error, ErrorCode::Conflict, "is in use by process ");
    QCOMPARE(tests::sql(helper.address("pg-1"), "SELECT 1"), QString("1")); // undisturbed
}

void EmbeddedErrorsTest::fullDisk_data()
{
    QTest::addColumn<bool>("cached");
    QTest::newRow("while copying the template") << true;
    QTest::newRow("while initialising") << false;
}

// A limit on the size of a file fails writes as a full disk or an exhausted quota does, and needs no
// privilege.
void EmbeddedErrorsTest::fullDisk()
{
    QFETCH(bool, cached);
    HelperProcess helper;
    const QString cache = helper.makeDirectory("cache");
    const QString directory = helper.makeDirectory("kept");
    if (cached) {
        HelperProcess filler;
        filler.setEnvironment("XDG_CACHE_HOME", cache);
        QVERIFY2(filler.start({"--postgres", "1", "--redis", "0"}), qPrintable(filler.output()));
        QVERIFY(filler.stop());
    }
    helper.setEnvironment("XDG_CACHE_HOME", cache);
    QVERIFY(!helper.start(
        {"--data", directory, "--postgres", "1", "--redis", "1", "--file-size-limit", "200000"}));
    QVERIFY2(helper.output().startsWith("error disk_full "), qPrintable(helper.output()));
    QVERIFY2(helper.output().contains("free some disk space or choose another directory."),
             qPrintable(helper.output()));
    QCOMPARE(helper.output().count('\n'), 1);

    HelperProcess next; // and it starts there once there is room
    QVERIFY2(next.start({"--data", directory, "--postgres", "1", "--redis", "1"}), qPrintable(next.output()));
    QVERIFY(next.stop());
}

// A real small disk where this user may mount one; the sentence comes before anything is written.
void EmbeddedErrorsTest::smallDisk()
{
    HelperProcess helper;
    const QString directory = helper.makeDirectory("kept");
    QVERIFY(!helper.start({"--data", directory, "--postgres", "2", "--redis", "1", "--small-disk", "20"}));
    if (helper.output() == "cannot-mount\n") {
        HelperProcess limited; // the nearest that an unprivileged user can have
        QVERIFY(!limited.start({"--data", limited.makeDirectory("kept"), "--file-size-limit", "1000"}));
        QVERIFY2(limited.output().startsWith("error disk_full "), qPrintable(limited.output()));
        return;
    }
    QVERIFY2(helper.output().startsWith("error disk_full "), qPrintable(helper.output()));
    QVERIFY2(helper.output().contains(" MB left and the private servers need 208 MB: free some disk space"),
             qPrintable(helper.output()));
}

void EmbeddedErrorsTest::impossibleCounts()
{
    EmbeddedOptions options;
    options.postgresNodes = 0;
    VERIFY_SENTENCE(errorOf(options), ErrorCode::InvalidArgument, "1 to 64 PostgreSQL nodes");
}

QTEST_GUILESS_MAIN(EmbeddedErrorsTest)
#include "embedded_errors_test.moc"
