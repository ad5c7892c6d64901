// kill -9 of a program with private servers: none of them lives on, and the next start cleans what lies
// around.

#include "backend/embedded/embedded_servers.h"
#include "tests/integration/helper_process.h"

#include <QDir>
#include <QTest>

#include <csignal>
#include <unistd.h>

using tests::HelperProcess;
using namespace std::chrono_literals;

Q_DECLARE_METATYPE(tests::HelperProcess::As)

class EmbeddedCrashTest : public QObject
{
    Q_OBJECT

private slots:
    void killLeavesNoServer_data();
    void killLeavesNoServer();
    void pausedServersAreCleanedUp();
    void lostPostmasterIsCleanedUp();
    void keptDirectorySurvivesAKill();
    void livingProgramsAreLeftAlone();
};

void EmbeddedCrashTest::killLeavesNoServer_data()
{
    QTest::addColumn<HelperProcess::As>("as");
    QTest::newRow("this user") << HelperProcess::As::ThisUser;
    QTest::newRow("ordinary user") << HelperProcess::As::OrdinaryUser;
}

void EmbeddedCrashTest::killLeavesNoServer()
{
    QFETCH(HelperProcess::As, as);
    HelperProcess killed(as);
    QVERIFY2(killed.start({"--postgres", "2", "--redis", "8"}), qPrintable(killed.output()));
    const auto all = tests::withChildren(killed.serverPids());
    QVERIFY(all.size() > 10);
    killed.killHard();
    QTRY_VERIFY_WITH_TIMEOUT(!tests::anyAlive(all), 60'000);
    // Its directory stays until the next start of anybody, which may have come already.

    HelperProcess next(as);
    QVERIFY2(next.start({"--postgres", "1", "--redis", "1"}), qPrintable(next.output()));
    QTRY_VERIFY_WITH_TIMEOUT(!QFileInfo::exists(killed.directory()), 60'000);
    QVERIFY(next.stop());
}

void EmbeddedCrashTest::pausedServersAreCleanedUp()
{
    HelperProcess killed;
    QVERIFY2(killed.start({"--postgres", "1", "--redis", "2"}), qPrintable(killed.output()));
    const auto all = tests::withChildren(killed.serverPids());
    QVERIFY(killed.command("pause"));
    killed.killHard();

    HelperProcess next;
    QVERIFY2(next.start({"--postgres", "1", "--redis", "1"}), qPrintable(next.output()));
    QTRY_VERIFY_WITH_TIMEOUT(!tests::anyAlive(all), 60'000);
    QTRY_VERIFY_WITH_TIMEOUT(!QFileInfo::exists(killed.directory()), 60'000);
}

// The hardest case: stopped orphans of a killed postmaster hold its shared memory, and its pid file is still
// there.
void EmbeddedCrashTest::lostPostmasterIsCleanedUp()
{
    HelperProcess killed;
    const QString directory = killed.makeDirectory("kept");
    const QStringList arguments{"--data", directory, "--postgres", "1", "--redis", "0"};
    QVERIFY2(killed.start(arguments), qPrintable(killed.output()));
    const int postmaster = killed.serverPids().front();
    const auto all = tests::withChildren({postmaster});
    QVERIFY(all.size() > 3);
    QVERIFY(killed.command("pause"));
    QCOMPARE(kill(postmaster, SIGKILL), 0);
    killed.killHard();
    QVERIFY(tests::anyAlive(all));
    QVERIFY(QFileInfo::exists(directory + "/pg-1/postmaster.pid"));

    HelperProcess next;
    QVERIFY2(next.start(arguments), qPrintable(next.output()));
    QTRY_VERIFY_WITH_TIMEOUT(!tests::anyAlive(all), 60'000);
    QCOMPARE(tests::sql(next.address("pg-1"), "SELECT 1"), QString("1"));
    QVERIFY(next.stop());
}

void EmbeddedCrashTest::keptDirectorySurvivesAKill()
{
    HelperProcess killed;
    const QStringList arguments{"--data", killed.makeDirectory("kept"), "--postgres", "1", "--redis", "1"};
    QVERIFY2(killed.start(arguments), qPrintable(killed.output()));
    const auto all = tests::withChildren(killed.serverPids());
    const QString owner = killed.address("pg-1").replace("rookery_engine", "rookery_owner");
    QCOMPARE(tests::sql(owner, "CREATE TABLE t AS SELECT generate_series(1, 1000) AS id"), QString());
    killed.killHard();

    HelperProcess next; // at once: servers may still be ending
    QVERIFY2(next.start(arguments), qPrintable(next.output()));
    QTRY_VERIFY_WITH_TIMEOUT(!tests::anyAlive(all), 60'000);
    QCOMPARE(tests::sql(owner, "SELECT count(*) FROM t"), QString("1000"));
    QVERIFY(next.stop());
}

void EmbeddedCrashTest::livingProgramsAreLeftAlone()
{
    HelperProcess living, other;
    QVERIFY2(living.start({"--postgres", "1", "--redis", "1"}), qPrintable(living.output()));
    QVERIFY2(other.start({"--postgres", "1", "--redis", "1"}), qPrintable(other.output()));
    QVERIFY(other.stop()); // its cleaning is over
    QCOMPARE(tests::sql(living.address("pg-1"), "SELECT 1"), QString("1"));
    QCOMPARE(tests::redis(living.address("redis-1"), "PING"), QString("+PONG"));
    QVERIFY(living.stop());
}

QTEST_GUILESS_MAIN(EmbeddedCrashTest)
#include "embedded_crash_test.moc"
