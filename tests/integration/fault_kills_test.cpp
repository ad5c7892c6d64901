// Kills an engine at each of its fault points: nothing that was acknowledged is lost, nothing is double,
// counters and ledger are exact.
#include "tests/integration/fault_cluster.h"

#include <QDir>
#include <QDirIterator>
#include <QRegularExpression>

#include <algorithm>
#include <set>

using namespace backend;
using namespace tests;

namespace {

const std::vector<std::string> kPoints{"post.before_commit",
                                       "post.after_commit",
                                       "delete.before_commit",
                                       "delete.after_commit",
                                       "delete.after_tombstone",
                                       "follow.before_commit",
                                       "follow.after_commit",
                                       "unfollow.before_commit",
                                       "unfollow.after_commit",
                                       "claim.before",
                                       "claim.after",
                                       "plan.read",
                                       "plan.split",
                                       "plan.done",
                                       "deliver.between_entries",
                                       "deliver.before_pipeline",
                                       "deliver.before_look",
                                       "deliver.between_looks",
                                       "deliver.after_look",
                                       "deliver.chunk_done",
                                       "deliver.chunk_read",
                                       "complete.before_commit",
                                       "complete.after_commit",
                                       "counter.before",
                                       "counter.after",
                                       "delete.removed",
                                       "delete.before_reclaim",
                                       "edge.after_followers",
                                       "edge.after_count",
                                       "backfill.before_pipeline",
                                       "backfill.after_pipeline",
                                       "rebuild.after_begin",
                                       "rebuild.before_fill",
                                       "rebuild.between_fills",
                                       "rebuild.before_publish",
                                       "rebuild.after_publish",
                                       "deepen.after_begin",
                                       "deepen.before_step",
                                       "deepen.after_step",
                                       "reader.voided",
                                       "reader.marked",
                                       "reader.copied",
                                       "reader.dropped",
                                       "reader.woken",
                                       "user.before_commit",
                                       "user.after_commit",
                                       "account.before_commit",
                                       "account.after_commit",
                                       "account.edges_ended",
                                       "account.posts_deleted",
                                       "account.posts_removed",
                                       "account.before_close",
                                       "account.names_free",
                                       "housekeeping.before_forget",
                                       "housekeeping.after_forget",
                                       "pulled.ended",
                                       "pulled.enqueued",
                                       "pulled.read",
                                       "pulled.between_readers",
                                       "pulled.before_pipeline",
                                       "pulled.after_pipeline",
                                       "pulled.looked"};

bool programHolds(const QString& program, const QByteArray& bytes)
{
    QFile file(program);
    if (!file.open(QIODevice::ReadOnly)) throw std::runtime_error("there is no " + program.toStdString());
    return file.readAll().contains(bytes);
}

} // namespace

class FaultKillsTest : public QObject, private FaultCluster
{
    Q_OBJECT

private slots:
    void initTestCase() { prepare(); }
    void cleanupTestCase() { QVERIFY(m_ledgersHeld > 0 || m_ledgerLooks == 0); }
    void cleanup() { forgetStrike(); }

    void shippedProgramsHoldNone();
    void everyPointIsListed();
    void killed_data();
    void killed();
    void killedBesidePulledAuthors();

private:
    void makeMarksToForget();
};

void FaultKillsTest::shippedProgramsHoldNone()
{
    const QStringList shipped{
        QStringLiteral(SHIPPED_PROGRAM),
#ifdef SHIPPED_DESKTOP
        QStringLiteral(SHIPPED_DESKTOP),
#endif
    };
    for (const auto& point : kPoints) {
        const auto text = QByteArray::fromStdString(point);
        QVERIFY2(programHolds(QStringLiteral(FAULT_VICTIM), text), point.c_str()); // they can be found
        for (const auto& program : shipped)
            QVERIFY2(!programHolds(program, text), qPrintable(program + ": " + text));
    }
    for (const auto& program : shipped)
        QVERIFY2(!programHolds(program, "ROOKERY_FAULT"), qPrintable(program));
}

void FaultKillsTest::everyPointIsListed()
{
    std::set<std::string> inSources;
    const QRegularExpression pattern("ROOKERY_FAULT_POINT(?:_AFTER)?\\(\"([^\"]+)\"");
    for (QDirIterator it(ROOKERY_SOURCE_DIR "/backend", {"*.cpp"}, QDir::Files, QDirIterator::Subdirectories);
         it.hasNext();) {
        QFile file(it.next());
        QVERIFY(file.open(QIODevice::ReadOnly));
        for (auto match = pattern.globalMatch(QString::fromUtf8(file.readAll())); match.hasNext();)
            inSources.insert(match.next().captured(1).toStdString());
    }
    QCOMPARE(inSources, std::set<std::string>(kPoints.begin(), kPoints.end()));
    // Wherever something may be lost or done twice there is one.
    for (const auto* of : {"post.", "claim.", "plan.", "deliver.", "complete.", "rebuild.", "delete.",
                           "unfollow.", "counter."})
        QVERIFY2(std::any_of(inSources.begin(), inSources.end(),
                             [of](const auto& point) { return point.starts_with(of); }),
                 of);
    QVERIFY(inSources.size() >= 20);
}

// Marks of applied effects, as old as they are after a day.
void FaultKillsTest::makeMarksToForget()
{
    const auto session = connectTo(m_config, 2);
    Deeds deeds(log());
    for (int i = 0; i < 20; ++i)
        QVERIFY(deeds.post(session->engine().feed(), m_users[std::size_t(i)],
                           "mark." + std::to_string(++m_seed)));
    QVERIFY(drain(session->engine()));
    updateAllShards("applied", "expires_at = now() - interval '1 hour'");
}

void FaultKillsTest::killed_data()
{
    QTest::addColumn<QString>("point");
    for (const auto& point : kPoints)
        QTest::newRow(point.c_str()) << QString::fromStdString(point);
}

void FaultKillsTest::killed()
{
    QFETCH(QString, point);
    if (point.startsWith("rebuild.") || point.startsWith("deepen."))
        flush("redis-" + std::to_string(1 + m_seed % 4));
    if (point == "reader.woken") flush("redis-" + std::to_string(1 + m_seed % 4));
    if (point.startsWith("reader.")) nobodyWasSeen();
    const bool house = point.startsWith("housekeeping.");
    if (house) makeMarksToForget();
    const bool pulled = point.startsWith("pulled.");
    if (pulled) beginToPull();
    if (pulled && point != "pulled.ended") endPulling();
    const bool seldom = house || pulled || point.startsWith("rebuild.") || point.startsWith("deepen.") ||
                        point.startsWith("delete.") || point.startsWith("reader.") ||
                        point.startsWith("account.") || point.startsWith("user.") ||
                        point.startsWith("deliver.chunk_"); // tasks go in batches
    const int passing = seldom ? 1 : 2 + m_seed % 3;
    const auto victim = start("kill:" + point + ":" + QString::number(passing), house ? "0" : "120");
    QVERIFY2(victim->waitForFinished(120'000), "it neither died nor drained its queue");
    QVERIFY2(hasStruck(point), "it did not come to this point");
    QCOMPARE(victim->exitStatus(), QProcess::CrashExit);
    if (pulled) nobodyIsMerged();
    if (QTest::currentTestFailed()) return;
    everythingIsRight();
}

// Some authors are pulled all the time, by the rule; at the end nobody is.
void FaultKillsTest::killedBesidePulledAuthors()
{
    const auto threshold = [&](const char* text) {
        onDirectory("INSERT INTO directory.settings (key, value) VALUES ('push_threshold', '" +
                    std::string(text) + "') ON CONFLICT (key) DO UPDATE SET value = excluded.value");
    };
    threshold("12");
    beginToPull();
    for (const char* point : {"plan.read", "plan.done", "deliver.before_pipeline", "deliver.before_look",
                              "complete.before_commit", "delete.removed", "edge.after_followers",
                              "backfill.before_pipeline", "rebuild.before_publish", "account.edges_ended"}) {
        cleanup();
        const QString name(point);
        if (name.startsWith("rebuild.")) flush("redis-" + std::to_string(1 + m_seed % 4));
        const bool seldom =
            name.startsWith("rebuild.") || name.startsWith("delete.") || name.startsWith("account.");
        const auto victim = start("kill:" + name + (seldom ? ":1" : ":3"));
        QVERIFY2(victim->waitForFinished(120'000), point);
        QVERIFY2(hasStruck(name), point);
        QVERIFY(!onDirectory("SELECT author FROM directory.pulled_authors WHERE state = 2").empty());
        everythingIsRight();
        if (QTest::currentTestFailed()) return;
    }
    threshold("never");
    nobodyIsMerged();
    if (QTest::currentTestFailed()) return;
    everythingIsRight();
    threshold("auto");
}

QTEST_GUILESS_MAIN(FaultKillsTest)
#include "fault_kills_test.moc"
