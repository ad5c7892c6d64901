// The scripts in installer/, run from a copy in a path with spaces, with stand-ins for the programs that
// would change this machine (apt-get through sudo, dpkg-query, cmake). What they say and how they end is what
// a person sees.

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QProcessEnvironment>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

namespace {

struct Outcome
{
    int exitCode = -1;
    QString output, errors;
    QString lastError() const { return errors.trimmed().section(QLatin1Char('\n'), -1); }
};

// One clone with its stand-ins.
class Clone
{
public:
    Clone()
    {
        m_root = m_place.filePath("a clone");
        QDir().mkpath(m_root + "/installer");
        const QDir source(QStringLiteral(ROOKERY_SOURCE_DIR "/installer"));
        for (const QString& name : source.entryList(QDir::Files))
            QFile::copy(source.filePath(name), m_root + "/installer/" + name);
        QDir().mkpath(m_place.filePath("bin"));
        m_environment.insert("PATH", m_place.filePath("bin") + ":" + m_environment.value("PATH"));
        m_environment.insert("ROOKERY_OS_RELEASE", write("os-release", "ID=debian\nVERSION_ID=12\n"));
        for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "TMPDIR"})
            m_environment.remove(name);
        standIn("id", "echo 1000");
        standIn("sudo", "exit 1");
        standIn("cmake", "exit 0");
    }

    QString root() const { return m_root; }
    QString path(const QString& name) const { return m_place.filePath(name); }
    void set(const QString& name, const QString& value) { m_environment.insert(name, value); }

    QString write(const QString& name, const QByteArray& content)
    {
        QFile file(m_place.filePath(name));
        if (!QDir().mkpath(QFileInfo(file).path()) || !file.open(QIODevice::WriteOnly)) return {};
        file.write(content);
        file.setPermissions(file.permissions() | QFile::ExeOwner);
        return file.fileName();
    }
    void standIn(const QString& program, const QByteArray& body)
    {
        write("bin/" + program, "#!/bin/bash\n" + body + "\n");
    }
    void installAll() { standIn("dpkg-query", "for p in \"${@:4}\"; do echo \"ii  $p\"; done"); }
    void installNothing() { standIn("dpkg-query", "exit 1"); }
    // sudo works, and what runs under it fails with these words.
    void failUnderSudo(const QByteArray& words)
    {
        standIn("sudo", "case $1 in -n|-v) exit 0 ;; esac\necho '" + words + "'\nexit 100");
    }

    Outcome run(const QString& script, const QStringList& arguments = {}) const
    {
        QProcess process;
        process.setProcessEnvironment(m_environment);
        process.setWorkingDirectory("/");
        process.setStandardInputFile(QProcess::nullDevice());
        process.start(m_root + "/installer/" + script, arguments);
        process.waitForFinished(60'000);
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
    }

private:
    QTemporaryDir m_place;
    QString m_root;
    QProcessEnvironment m_environment = QProcessEnvironment::systemEnvironment();
};

} // namespace

class InstallerTest : public QObject
{
    Q_OBJECT

private slots:
    void listsThePackages();
    void doesNothingWhenAllIsThere();
    void explainsFailedInstallation_data();
    void explainsFailedInstallation();
    void namesPackagesWithoutSudo();
    void namesPackagesOnOtherSystems();
    void showsTheEndOfAFailedBuild();
    void buildsElsewhereWhenTheTreeIsReadOnly();
    void testsFailWhenNoneRan();
    void testsPrintTheirSummary();
    void testsWorkInMemoryWhereThereIsEnough_data();
    void testsWorkInMemoryWhereThereIsEnough();
    void failedTestsFail();
    void whatFailedIsSaidLast();
    void whatFailedIsSaidInFortyLines();
    void demoNamesTheProgramWithoutDisplay();
    void demoDrawsPicturesWithoutDisplay();
    void demoPassesArguments();
    void refusesUnknownArguments();
    void continuousIntegrationRunsTheTests();
};

void InstallerTest::listsThePackages()
{
    const auto listed = Clone().run("dependencies", {"--list"});
    QCOMPARE(listed.exitCode, 0);
    const QStringList packages = listed.output.trimmed().split('\n');
    for (const char* wanted : {"postgresql", "redis-server", "qt6-base-dev", "fonts-dejavu-core"})
        QVERIFY2(packages.contains(wanted), wanted);
    QVERIFY(!QRegularExpression("[^a-z0-9.+\\n-]").match(listed.output).hasMatch());
}

void InstallerTest::doesNothingWhenAllIsThere()
{
    Clone clone;
    clone.installAll();
    const auto outcome = clone.run("dependencies");
    QVERIFY2(outcome.exitCode == 0, qPrintable(outcome.errors));
    QVERIFY2(outcome.output.startsWith("All ") && outcome.output.count('\n') == 1,
             qPrintable(outcome.output));
}

void InstallerTest::explainsFailedInstallation_data()
{
    QTest::addColumn<QByteArray>("words");
    QTest::addColumn<QString>("sentence");
    QTest::newRow("no network")
        << QByteArray("E: Failed to fetch http://deb/x.deb  Temporary failure resolving deb")
        << QString("because the package servers cannot be reached: check the network and run this again.");
    QTest::newRow("disk full")
        << QByteArray("E: Write error - write (28: No space left on device)")
        << QString("because a disk is full: free some space (df -h shows where) and run this again.");
    QTest::newRow("locked")
        << QByteArray("E: Could not get lock /var/lib/dpkg/lock-frontend.")
        << QString("because another package manager is at work: wait for it to finish and run this again.");
}

void InstallerTest::explainsFailedInstallation()
{
    QFETCH(QByteArray, words);
    QFETCH(QString, sentence);
    Clone clone;
    clone.installNothing();
    clone.failUnderSudo(words);
    const auto outcome = clone.run("dependencies");
    QCOMPARE(outcome.exitCode, 1);
    QVERIFY2(outcome.lastError().endsWith(sentence), qPrintable(outcome.errors));
    QVERIFY(outcome.errors.contains(words)); // the log's end
}

void InstallerTest::namesPackagesWithoutSudo()
{
    Clone clone;
    clone.installNothing();
    const auto outcome = clone.run("demo");
    QCOMPARE(outcome.exitCode, 1);
    QCOMPARE(outcome.errors.count('\n'), 1);
    QVERIFY2(outcome.errors.contains("as root, run: apt-get install "), qPrintable(outcome.errors));
    QVERIFY(outcome.errors.contains(" libpqxx-dev "));
}

void InstallerTest::namesPackagesOnOtherSystems()
{
    Clone clone;
    clone.installNothing();
    clone.set("ROOKERY_OS_RELEASE", clone.write("other", "ID=fedora\nVERSION_ID=41\n"));
    const auto outcome = clone.run("test");
    QCOMPARE(outcome.exitCode, 1);
    QCOMPARE(outcome.errors.count('\n'), 1);
    QVERIFY2(outcome.errors.contains("\"fedora 41\"") && outcome.errors.contains(" libpqxx-dev "),
             qPrintable(outcome.errors));
}

void InstallerTest::showsTheEndOfAFailedBuild()
{
    Clone clone;
    clone.installAll();
    clone.standIn("cmake", "echo 'main.cpp:1: error: expected a semicolon'\nexit 1");
    const auto outcome = clone.run("test");
    QCOMPARE(outcome.exitCode, 1);
    QVERIFY2(outcome.errors.contains("expected a semicolon"), qPrintable(outcome.errors));
    QVERIFY2(outcome.lastError().startsWith("Configuring in "), qPrintable(outcome.errors));
    QVERIFY(outcome.lastError().endsWith("/build/install.log."));
}

void InstallerTest::buildsElsewhereWhenTheTreeIsReadOnly()
{
    Clone clone;
    clone.installAll();
    clone.write("a clone/build", "in the way"); // works for root too, who may write everywhere
    clone.set("XDG_CACHE_HOME", clone.path("cache"));
    const auto outcome = clone.run("test");
    QVERIFY2(outcome.output.contains("Configuring in " + clone.path("cache") + "/rookery/build-"),
             qPrintable(outcome.output));
}

void InstallerTest::testsFailWhenNoneRan()
{
    Clone clone;
    clone.installAll();
    QDir().mkpath(clone.root() + "/build/release");
    const auto outcome = clone.run("test"); // the real ctest, in a build without tests
    QVERIFY(outcome.exitCode != 0);
    QVERIFY2(outcome.output.contains("No tests were found"), qPrintable(outcome.output + outcome.errors));
}

void InstallerTest::testsPrintTheirSummary()
{
    Clone clone;
    clone.installAll();
    clone.standIn(
        "ctest",
        "echo '1/2 Test noise'\necho '100% tests passed, 0 tests failed out of 2'\necho 'Total Test time'");
    const auto outcome = clone.run("test");
    QVERIFY2(outcome.exitCode == 0, qPrintable(outcome.errors));
    QVERIFY2(outcome.output.endsWith("100% tests passed, 0 tests failed out of 2\nTotal Test time\n"),
             qPrintable(outcome.output));
    QVERIFY(!outcome.output.contains("noise"));
}

void InstallerTest::testsWorkInMemoryWhereThereIsEnough_data()
{
    QTest::addColumn<QByteArray>("freeGigabytes");
    QTest::addColumn<int>("memoryGigabytes");
    QTest::addColumn<QString>("chosen"); // TMPDIR
    QTest::addColumn<bool>("inMemory");
    QTest::newRow("enough") << QByteArray("4") << 8 << "" << true;
    QTest::newRow("a small /dev/shm") << QByteArray("3") << 8 << "" << false;
    QTest::newRow("no /dev/shm") << QByteArray() << 8 << "" << false;
    QTest::newRow("little memory") << QByteArray("4") << 7 << "" << false;
    QTest::newRow("somewhere else is wanted") << QByteArray("4") << 8 << "/somewhere" << false;
}

void InstallerTest::testsWorkInMemoryWhereThereIsEnough()
{
    QFETCH(QByteArray, freeGigabytes);
    QFETCH(int, memoryGigabytes);
    QFETCH(QString, chosen);
    QFETCH(bool, inMemory);
    Clone clone;
    clone.installAll();
    QDir().mkpath(clone.path("memory"));
    clone.set("ROOKERY_MEMORY", clone.path("memory"));
    clone.standIn("df", freeGigabytes.isEmpty() ? QByteArray("exit 1")
                                                : "echo Avail; echo ' " + freeGigabytes + "'");
    clone.set("ROOKERY_MEMINFO",
              clone.write("meminfo", "MemAvailable: " +
                                         QByteArray::number(qint64(memoryGigabytes) * 1'048'576) + " kB\n"));
    if (!chosen.isEmpty()) clone.set("TMPDIR", chosen);
    clone.standIn("nproc", "echo 3");
    clone.standIn("ctest", "echo '100% tests passed in '${TMPDIR:-nowhere}'#'$*\n"
                           "[ ! -d \"${TMPDIR:-}\" ] || touch \"$TMPDIR/left\"");
    const auto outcome = clone.run("test");
    QVERIFY2(outcome.exitCode == 0, qPrintable(outcome.output + outcome.errors));
    const auto used = outcome.output.section(" in ", -1).section('#', 0, 0);
    QVERIFY2(outcome.output.endsWith("--parallel 6\n"), qPrintable(outcome.output));
    if (!inMemory) {
        QCOMPARE(used, chosen.isEmpty() ? QString("nowhere") : chosen);
        return;
    }
    QVERIFY2(used.startsWith(clone.path("memory/rookery-")), qPrintable(used));
    QVERIFY(!QFileInfo::exists(used)); // gone with what was left in it
}

void InstallerTest::failedTestsFail()
{
    Clone clone;
    clone.installAll();
    clone.standIn("ctest", "echo '50% tests passed, 1 tests failed out of 2'\nexit 8");
    const auto outcome = clone.run("test");
    QCOMPARE(outcome.exitCode, 1);
    QVERIFY2(outcome.output.contains("1 tests failed out of 2"), qPrintable(outcome.output));
}

// Where only the end of a log is kept.
void InstallerTest::whatFailedIsSaidLast()
{
    Clone clone;
    clone.installAll();
    const auto log = clone.write("ctest.log", R"(  1/5 Test   #1: good_test ...........   Passed    1.21 sec
        Start   2: compares_test
  2/5 Test   #2: compares_test .......***Failed   95.44 sec
PASS   : Compares::first()
FAIL!  : Compares::second(row) Compared values are not the same
   Actual   (told()): 2
   Expected (1)     : 1
   Loc: [SOURCE/tests/a_test.cpp(339)]
QWARN  : Compares::third() noise
FAIL!  : Compares::third() 'empty' returned FALSE. (of
many
lines
that
nobody
wants)
   Loc: [SOURCE/tests/a_test.cpp(340)]
Totals: 1 passed, 2 failed, 0 skipped, 0 blacklisted, 95440ms
        Start   3: hangs_test
  3/5 Test   #3: hangs_test ..........***Timeout 600.03 sec
PASS   : Hangs::first()

  4/5 Test   #4: aborts_test .........Subprocess aborted***Exception:   0.10 sec
terminate called after throwing an instance of 'std::runtime_error'
  what():  the queue is full
QFATAL : Aborts::all() Received signal 6 (SIGABRT)
  5/5 Test   #5: skipped_test ........***Skipped   0.00 sec

25% tests passed, 3 tests failed out of 5
)");
    clone.standIn("ctest", "sed 's|SOURCE|" + clone.root().toUtf8() + "|' '" + log.toUtf8() + "'\nexit 8");
    const auto outcome = clone.run("test");
    QCOMPARE(outcome.exitCode, 1);
    const QString end = R"(
25% tests passed, 3 tests failed out of 5

compares_test: Failed 95.44 sec
  FAIL!  : Compares::second(row) Compared values are not the same
     Actual   (told()): 2
     Expected (1)     : 1
     Loc: [tests/a_test.cpp(339)]
  FAIL!  : Compares::third() 'empty' returned FALSE. (of
  many
  lines
  that
     Loc: [tests/a_test.cpp(340)]
hangs_test: Timeout 600.03 sec, did not print a failure; its last lines:
  PASS   : Hangs::first()
aborts_test: Subprocess aborted Exception: 0.10 sec
  terminate called after throwing an instance of 'std::runtime_error'
    what():  the queue is full
  QFATAL : Aborts::all() Received signal 6 (SIGABRT)
)";
    QVERIFY2(outcome.output.endsWith(end), qPrintable(outcome.output));
    QVERIFY(outcome.lastError().startsWith("Tests failed: all output is in "));
}

// However much failed.
void InstallerTest::whatFailedIsSaidInFortyLines()
{
    QByteArray log;
    for (int test = 1; test <= 30; ++test) {
        log += QByteArray::number(test) + "/30 Test #1: test_" + QByteArray::number(test) +
               " ...***Failed 1 sec\n";
        for (int failure = 0; failure < 8; ++failure)
            log += "FAIL!  : Many::one() no\n   Loc: [a.cpp(1)]\n";
    }
    Clone clone;
    clone.installAll();
    clone.standIn("ctest", "cat '" +
                               clone.write("ctest.log", log + "0% tests passed, 30 tests failed\n").toUtf8() +
                               "'\nexit 8");
    const auto said = clone.run("test").output.section("30 tests failed\n\n", 1).trimmed().split('\n');
    QVERIFY2(said.size() <= 40, qPrintable(said.join('\n')));
    QVERIFY(said.contains("  … (7 more)"));
    for (int test = 1; test <= 30; ++test)
        QVERIFY(said.contains(QStringLiteral("test_%1: Failed 1 sec").arg(test)));
}

void InstallerTest::demoNamesTheProgramWithoutDisplay()
{
    Clone clone;
    clone.installAll();
    const auto outcome = clone.run("demo");
    QCOMPARE(outcome.exitCode, 1);
    QCOMPARE(outcome.errors.count('\n'), 1);
    QVERIFY2(outcome.errors.contains("/build/release/bin/rookeryctl\" demo"), qPrintable(outcome.errors));
}

void InstallerTest::demoDrawsPicturesWithoutDisplay()
{
    Clone clone;
    clone.installAll();
    clone.write("a clone/build/release/bin/rookery", "#!/bin/bash\necho \"$QT_QPA_PLATFORM|$*\"\n");
    const auto outcome = clone.run("demo", {"--", "--screenshot", "some where"});
    QVERIFY2(outcome.exitCode == 0, qPrintable(outcome.errors));
    QVERIFY2(outcome.output.endsWith("offscreen|--demo --screenshot some where\n"),
             qPrintable(outcome.output));
}

void InstallerTest::demoPassesArguments()
{
    Clone clone;
    clone.installAll();
    clone.set("DISPLAY", ":77");
    clone.write("a clone/build/release/bin/rookery",
                "#!/bin/bash\nprintf '<%s>' \"${QT_QPA_PLATFORM:-}\" \"$@\"\nexit 7\n");
    const auto outcome = clone.run("demo", {"--", "--replay", "a file.gz"});
    QCOMPARE(outcome.exitCode, 7);
    QVERIFY2(outcome.output.endsWith("<><--demo><--replay><a file.gz>"), qPrintable(outcome.output));
}

void InstallerTest::refusesUnknownArguments()
{
    Clone clone;
    for (const char* script : {"demo", "test", "dependencies"}) {
        const auto outcome = clone.run(script, {"--nonsense"});
        QCOMPARE(outcome.exitCode, 2);
        QVERIFY2(outcome.errors.startsWith(QString("Usage: installer/") + script),
                 qPrintable(outcome.errors));
    }
}

void InstallerTest::continuousIntegrationRunsTheTests()
{
    Clone clone;
    clone.installAll();
    clone.standIn("ctest", "echo '100% tests passed, 0 tests failed out of 3'");
    QDir().mkpath(clone.root() + "/.ci");
    QVERIFY(QFile::copy(QStringLiteral(ROOKERY_SOURCE_DIR "/.ci/run"), clone.root() + "/.ci/run"));
    const auto outcome = clone.run("../.ci/run");
    QVERIFY2(outcome.exitCode == 0, qPrintable(outcome.errors));
    QVERIFY2(outcome.output.endsWith("100% tests passed, 0 tests failed out of 3\n"),
             qPrintable(outcome.output));
}

QTEST_GUILESS_MAIN(InstallerTest)
#include "installer_test.moc"
