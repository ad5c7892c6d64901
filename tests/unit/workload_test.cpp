// The activity log's reader, the ids of an import and the synthetic crowd.
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "backend/domain/workload.h"
#include "backend/workload/activity_log.h"
#include "backend/workload/crowd.h"
#include "backend/workload/import_ids.h"

#include <zlib.h>

#include <cmath>
#include <map>
#include <set>

using namespace backend;

class WorkloadTest : public QObject
{
    Q_OBJECT

private slots:
    void readsPlainAndGzipAlike();
    void sortsByTimeAndKeepsTheOrderWithinASecond();
    void malformedLinesAreCountedAndNamed();
    void tooManyMalformedLinesStopTheImport();
    void unreadableFilesSaySo();
    void damagedGzipIsAnError();
    void idsAreTheSameEveryTimeAndAscendPerAuthor();
    void followersFollowThePowerLaw();
    void crowdIsTheSameForTheSameSeed();
    void dailyRhythmAveragesOne();
    void nothingIsAchievedBeforeItIsMeasured();

private:
    std::filesystem::path file(const QByteArray& content, const char* name = "log")
    {
        QFile out(m_directory.filePath(QString::fromLatin1(name)));
        if (!out.open(QIODevice::WriteOnly) || out.write(content) != content.size())
            qFatal("cannot write the test's file");
        return out.fileName().toStdString();
    }
    Result<ActivityLog> read(const QByteArray& content) { return readActivityLog(file(content), {}, {}); }

    QTemporaryDir m_directory;
};

namespace {
const QByteArray kThree = "7 8 1341100972 MT\n8 9 1341100972 RE\n7 9 1341100980 RT\n";
}

void WorkloadTest::readsPlainAndGzipAlike()
{
    const auto plain = read(kThree);
    QVERIFY(plain.has_value());
    const auto path = m_directory.filePath(QStringLiteral("log.gz")).toStdString();
    auto* out = gzopen(path.c_str(), "wb");
    QCOMPARE(gzwrite(out, kThree.constData(), unsigned(kThree.size())), int(kThree.size()));
    gzclose(out);
    const auto zipped = readActivityLog(path, {}, {});
    QVERIFY(zipped.has_value());
    for (const auto* log : {&*plain, &*zipped}) {
        QCOMPARE(log->lines.size(), std::size_t(3));
        QCOMPARE(log->users, (std::vector<std::string>{"7", "8", "9"}));
        QCOMPARE(log->firstSecond, std::int64_t(1341100972));
        QCOMPARE(log->lastSecond, std::int64_t(1341100980));
        QVERIFY(log->lines[2].kind == ActivityKind::Retweet);
    }
    QVERIFY(plain->sha256 != zipped->sha256);
    QCOMPARE(plain->sha256.size(), std::size_t(64));
}

void WorkloadTest::sortsByTimeAndKeepsTheOrderWithinASecond()
{
    const auto log = read("1 2 1341100990 RT\n3 4 1341100980 RT\n5 6 1341100980 MT\n");
    QVERIFY(log.has_value());
    std::vector<std::uint32_t> numbers;
    for (const auto& line : log->lines)
        numbers.push_back(line.number);
    QCOMPARE(numbers, (std::vector<std::uint32_t>{2, 3, 1}));
}

void WorkloadTest::malformedLinesAreCountedAndNamed()
{
    QByteArray content;
    for (int i = 0; i < 500; ++i)
        content += "1 2 1341100990 RT\n";
    for (const char* bad :
         {"1 2 soon RT\n", "1 2 1341100990\n", "1 2 1341100990 XX\n", "1 Two! 1341100990 RT\n"}) {
        const auto log = read(content + bad);
        QVERIFY(log.has_value());
        QCOMPARE(log->malformedLines, std::int64_t(1));
        QVERIFY2(log->firstMalformed.starts_with("line 501 has "), log->firstMalformed.c_str());
        QCOMPARE(log->lines.size(), std::size_t(500));
    }
}

void WorkloadTest::tooManyMalformedLinesStopTheImport()
{
    const auto log = read("1 2 1341100990 RT\nnonsense\n");
    QVERIFY(!log);
    QVERIFY(log.error().code == ErrorCode::InvalidArgument);
    QVERIFY2(log.error().message.find("line 2 has 1 words instead of 4") != std::string::npos,
             log.error().message.c_str());
    QVERIFY(log.error().message.find("nothing was imported") != std::string::npos);
}

void WorkloadTest::unreadableFilesSaySo()
{
    const auto missing = readActivityLog("/nowhere/at all.txt", {}, {});
    QVERIFY(!missing && missing.error().message.find("/nowhere/at all.txt") != std::string::npos);
    const auto directory = readActivityLog(m_directory.path().toStdString(), {}, {});
    QVERIFY(!directory && directory.error().message.find("is a directory") != std::string::npos);
    const auto empty = read("");
    QVERIFY(!empty && empty.error().message.find("holds no line") != std::string::npos);
}

void WorkloadTest::damagedGzipIsAnError()
{
    const auto path = m_directory.filePath(QStringLiteral("cut.gz"));
    auto* out = gzopen(path.toStdString().c_str(), "wb");
    for (int i = 0; i < 20'000; ++i)
        gzprintf(out, "%d %d 13411009%02d RT\n", i * 7 % 9973, i * 13 % 9967, i % 90 + 10);
    gzclose(out);
    QFile whole(path);
    QVERIFY(whole.resize(whole.size() / 2));
    const auto log = readActivityLog(path.toStdString(), {}, {});
    QVERIFY(!log && log.error().message.find("is damaged after line") != std::string::npos);
}

void WorkloadTest::idsAreTheSameEveryTimeAndAscendPerAuthor()
{
    QByteArray content;
    for (int i = 0; i < 3'000; ++i)
        content += QByteArray::number(i % 40) + " 50 13411009" + QByteArray::number(70 + i / 1'000) + " RT\n";
    const auto log = read(content);
    QVERIFY(log.has_value());
    const std::vector<int> idSlots{1023, 1022};
    ImportIds first(*log, idSlots, 5'000, 8), second(*log, idSlots, 5'000, 8);
    std::set<std::int64_t> all;
    std::map<std::int64_t, PostId> last;
    for (const auto& line : log->lines) {
        const auto id = first.nextPost(line);
        QVERIFY(id == second.nextPost(line));
        QVERIFY(all.insert(id.value).second);
        const auto author = first.user(line.actor);
        QCOMPARE(id.shard(), author.shard());
        QVERIFY(last[author.value] < id && author.value < id.value);
        last[author.value] = id;
        QVERIFY(unixMillisecondsOf(id.value) >= line.unixSeconds * 1'000 + 5'000);
    }
    std::set<std::int64_t> users;
    for (std::uint32_t i = 0; i < log->users.size(); ++i)
        QVERIFY(users.insert(first.user(i).value).second);
}

void WorkloadTest::followersFollowThePowerLaw()
{
    // The generator's own exponent, recovered as it was measured: maximum likelihood above a lower bound.
    std::map<int, int> followers;
    for (const auto& [follower, followee] : crowdFollows(20'000, 10, 7)) {
        QVERIFY(follower != followee);
        ++followers[followee];
    }
    double logs = 0;
    int n = 0;
    constexpr int kFrom = 20;
    for (const auto& [user, k] : followers)
        if (k >= kFrom) {
            logs += std::log(k / (kFrom - 0.5));
            ++n;
        }
    QVERIFY(n > 300);
    const double exponent = 1 + n / logs;
    QVERIFY2(std::abs(exponent - kFollowersExponent) < 0.2, qPrintable(QString::number(exponent)));
}

void WorkloadTest::crowdIsTheSameForTheSameSeed()
{
    QCOMPARE(crowdFollows(300, 5, 1), crowdFollows(300, 5, 1));
    QVERIFY(crowdFollows(300, 5, 1) != crowdFollows(300, 5, 2));
    std::set<std::string> handles;
    for (int i = 0; i < 5'000; ++i) {
        const auto handle = crowdHandle(i);
        QVERIFY(handle.size() <= 30 && handles.insert(handle).second);
    }
}

void WorkloadTest::dailyRhythmAveragesOne()
{
    double sum = 0, least = 9, most = 0;
    for (int i = 0; i < 1'000; ++i) {
        const double at = dailyRhythm(i / 1'000.0);
        sum += at;
        least = std::min(least, at);
        most = std::max(most, at);
    }
    QVERIFY(std::abs(sum / 1'000 - 1) < 0.01);
    QVERIFY(least > 0.2 && least < 0.5 && most > 1.3);
}

void WorkloadTest::nothingIsAchievedBeforeItIsMeasured()
{
    const WorkloadStatus fresh;
    QCOMPARE(fresh.actual.postsPerSecond + fresh.actual.readsPerSecond + fresh.actual.followsPerSecond, 0.0);
}

QTEST_GUILESS_MAIN(WorkloadTest)
#include "workload_test.moc"
