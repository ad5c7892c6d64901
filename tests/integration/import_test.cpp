// The replay of an activity log on a real backend: exact, repeatable, resumable, cancellable.
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "backend/workload/importer.h"
#include "tests/support/demo_session.h"

#include <array>
#include <random>
#include <thread>

using namespace backend;
using namespace tests;

class ImportTest : public QObject
{
    Q_OBJECT

private slots:
    void init() { m_session = openDemo(); }
    void cleanup() { m_session.reset(); }

    void importIsExactAndRunningItTwiceChangesNothing();
    void cancelledInTheMiddleItGoesOnWhereItStopped();
    void keptTimesStayAndAgeCountsFromTheLogsEnd();
    void aSpeedKeepsTheLogsRhythm();
    void itWaitsForTheQueue();
    void aDamagedLogWritesNothing();
    void noCrowdIsAddedToWhatWasImported();
    void aCrowdComesWhenItIsAskedFor();

private:
    std::filesystem::path writeLog(int lines);
    ReplayStatus finish(Importer& importer);
    std::vector<PostId> home(const std::string& handle);

    std::shared_ptr<app::OpenedSession> m_session;
    QTemporaryDir m_directory;
};

std::filesystem::path ImportTest::writeLog(int lines)
{
    QFile file(m_directory.filePath(QStringLiteral("log-%1.txt").arg(lines)));
    if (!file.open(QIODevice::WriteOnly)) qFatal("cannot write the test's log");
    constexpr std::array kinds{"RT", "MT", "RE"};
    std::mt19937 random(5);
    for (int i = 0; i < lines; ++i)
        file.write(QStringLiteral("%1 %2 %3 %4\n")
                       .arg(random() % 200)
                       .arg(random() % 50 * (random() % 4 == 0 ? 3 : 1))
                       .arg(1341100972 + i / 20)
                       .arg(QLatin1String(kinds[random() % 3]))
                       .toLatin1());
    return file.fileName().toStdString();
}

ReplayStatus ImportTest::finish(Importer& importer)
{
    for (int i = 0; i < 6'000; ++i) {
        const auto status = importer.status();
        if (status.phase == ReplayPhase::Done || status.phase == ReplayPhase::Cancelled ||
            status.phase == ReplayPhase::Failed)
            return status;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("the import does not end");
}

std::vector<PostId> ImportTest::home(const std::string& handle)
{
    auto& feed = m_session->engine().feed();
    return wholeHome(feed, take(feed.userByHandle(handle, soon())));
}

void ImportTest::importIsExactAndRunningItTwiceChangesNothing()
{
    const auto log = writeLog(4'000);
    ReplayStatus first;
    {
        Importer importer(m_session->engine(), {log, 0, false});
        first = finish(importer);
    }
    QVERIFY2(first.phase == ReplayPhase::Done, first.error.c_str());
    QCOMPARE(first.posts, std::int64_t(4'000));
    QCOMPARE(auditFindings(*m_session), std::string());
    const auto before = home("u3");
    QVERIFY(before.size() > 20);
    // The log ends now.
    const auto age = std::chrono::system_clock::now() - before.front().time();
    QVERIFY(age < std::chrono::hours(1) && age > std::chrono::seconds(0));

    Importer again(m_session->engine(), {log, 0, false});
    QVERIFY(finish(again).phase == ReplayPhase::Done);
    QCOMPARE(home("u3"), before);
    QCOMPARE(auditFindings(*m_session), std::string());
}

void ImportTest::cancelledInTheMiddleItGoesOnWhereItStopped()
{
    const auto log = writeLog(12'000);
    {
        Importer importer(m_session->engine(), {log, 0, false});
        while (importer.status().posts < 2'000 && importer.status().phase != ReplayPhase::Failed)
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        importer.cancel();
        const auto status = finish(importer);
        QVERIFY2(status.phase == ReplayPhase::Cancelled, status.error.c_str());
        QVERIFY(status.posts < 12'000);
    }
    QVERIFY(drain(m_session->engine()));
    QCOMPARE(auditFindings(*m_session), std::string());
    Importer importer(m_session->engine(), {log, 0, false});
    const auto status = finish(importer);
    QVERIFY2(status.phase == ReplayPhase::Done, status.error.c_str());
    QCOMPARE(status.posts, std::int64_t(12'000));
    std::int64_t written = 0;
    const auto read = take(readActivityLog(log, {}, {}));
    for (const auto& line : read.lines)
        written += read.users[line.actor] == "3";
    auto& feed = m_session->engine().feed();
    QCOMPARE(take(feed.counters(take(feed.userByHandle("u3", soon())), soon())).posts, written);
    QCOMPARE(auditFindings(*m_session), std::string());
}

void ImportTest::keptTimesStayAndAgeCountsFromTheLogsEnd()
{
    Importer importer(m_session->engine(), {writeLog(2'000), 0, true});
    QVERIFY(finish(importer).phase == ReplayPhase::Done);
    const auto posts = home("u3");
    QVERIFY(!posts.empty());
    QCOMPARE(std::chrono::floor<std::chrono::days>(posts.front().time()),
             std::chrono::sys_days(std::chrono::year(2012) / 7 / 1));
    // A timeline lost and built again keeps the posts of 2012: they are not old by the log's own end.
    const auto user = take(m_session->engine().feed().userByHandle("u3", soon()));
    take(m_session->engine().operations().rebuildTimeline(user, soon()));
    const auto page = take(m_session->engine().feed().homePage(user, {}, soon()));
    QVERIFY(page.entries.front().source == EntrySource::Pushed);
    QCOMPARE(home("u3"), posts);
    QCOMPARE(auditFindings(*m_session), std::string());
}

// Two posts at once, one 400 s later, one 1,000 s after the first: 200 times as fast, the last one is 5 s
// away.
void ImportTest::aSpeedKeepsTheLogsRhythm()
{
    QFile file(m_directory.filePath("rhythm.txt"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("1 2 1341100972 RT\n3 2 1341100972 RE\n1 3 1341101372 MT\n3 1 1341101972 RT\n");
    file.close();
    auto& operations = m_session->engine().operations();
    QVERIFY(pauseAll(m_session->engine()));
    using Seconds = std::chrono::duration<double>;
    const auto begun = std::chrono::steady_clock::now();
    Importer importer(m_session->engine(), {file.fileName().toStdString(), 200, false});
    ReplayStatus early;
    QTRY_VERIFY_WITH_TIMEOUT((early = importer.status()).posts >= 2, 60'000);
    const Seconds passed = std::chrono::steady_clock::now() - begun; // since its first post, or more
    // Two of four posts are done, in no time; what is left is told by the log's clock all the same.
    if (early.posts < 4) {
        QVERIFY(early.secondsLeft && *early.secondsLeft > 4.9 - passed.count() && *early.secondsLeft <= 5);
        QVERIFY(!early.tasksLeft);
    }
    QTRY_VERIFY_WITH_TIMEOUT(importer.status().tasksLeft > 0, 60'000); // all posts are in, nobody delivers
    QVERIFY(importer.status().phase == ReplayPhase::Posts);
    QTRY_VERIFY(importer.status().nobodyDelivers);
    take(operations.resumeWorkers(-1, soon()));
    const auto status = finish(importer);
    QVERIFY2(status.phase == ReplayPhase::Done, status.error.c_str());
    QVERIFY(std::chrono::steady_clock::now() - begun >= std::chrono::seconds(5)); // it waited
    QVERIFY(drain(m_session->engine()));
    QCOMPARE(auditFindings(*m_session), std::string());
}

// As fast as it goes is not faster than what is posted is delivered; should nobody deliver, that is told.
void ImportTest::itWaitsForTheQueue()
{
    QFile file(m_directory.filePath("waiting.txt"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    for (int i = 0; i < 3'000; ++i)
        file.write(QByteArray::number(1 + i % 7) + " 8 " + QByteArray::number(1341100972 + i) + " RT\n");
    file.close();
    QVERIFY(pauseAll(m_session->engine()));
    Importer importer(m_session->engine(), {file.fileName().toStdString(), 0, false, 10});
    QTRY_VERIFY(importer.status().tasksAhead >= 10);
    QTRY_VERIFY(importer.status().nobodyDelivers);
    QVERIFY(importer.status().phase == ReplayPhase::Posts);
    QVERIFY(importer.status().posts < 3'000);
    QVERIFY(!importer.status().secondsLeft); // nobody knows
    take(m_session->engine().operations().resumeWorkers(-1, soon()));
    const auto status = finish(importer);
    QVERIFY2(status.phase == ReplayPhase::Done, status.error.c_str());
    QCOMPARE(status.posts, std::int64_t(3'000));
    QVERIFY(!status.tasksAhead && !status.nobodyDelivers);
    QCOMPARE(auditFindings(*m_session), std::string());
}

void ImportTest::aDamagedLogWritesNothing()
{
    QFile file(m_directory.filePath(QStringLiteral("bad")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("1 2 1341100972 RT\nthis is not a log\n");
    file.close();
    Importer importer(m_session->engine(), {file.fileName().toStdString(), 0, false});
    const auto status = finish(importer);
    QVERIFY(status.phase == ReplayPhase::Failed);
    QVERIFY2(status.error.find("nothing was imported") != std::string::npos, status.error.c_str());
    QVERIFY(!m_session->engine().feed().userByHandle("u1", soon()));
}

void ImportTest::noCrowdIsAddedToWhatWasImported()
{
    m_session.reset();
    std::filesystem::permissions(m_directory.path().toStdString(),
                                 std::filesystem::perms(0755)); // root's servers run as postgres
    const std::filesystem::path kept = m_directory.filePath(QStringLiteral("kept")).toStdString();
    m_session = openDemo({kept, false, 4});
    {
        Importer importer(m_session->engine(), {writeLog(500), 0, false});
        QVERIFY(finish(importer).phase == ReplayPhase::Done);
    }
    m_session.reset();
    m_session = openDemo({kept, true, 4});
    QVERIFY(!m_session->workload());
    m_session.reset();
    m_session = openDemo({{}, true, 4});
    QVERIFY(m_session->workload());
}

void ImportTest::aCrowdComesWhenItIsAskedFor()
{
    auto* workload = m_session->workload(); // of a demo without one
    QVERIFY(workload);
    auto status = workload->status();
    QVERIFY(!status.begun && !status.running && status.users == 0);
    QVERIFY(laterSnapshots(m_session->engine().monitor()));
    QVERIFY(!workload->status().begun);
    workload->setRunning(true);
    QTRY_VERIFY_WITH_TIMEOUT(workload->status().users > 0, kPatienceMs);
    status = workload->status();
    QVERIFY(status.begun && status.running);
    QVERIFY2(status.error.empty(), status.error.c_str());
}

QTEST_GUILESS_MAIN(ImportTest)
#include "import_test.moc"
