// A doctor who is not answered by everybody: what the others say is told all the same, and soon.
#include "tests/integration/doctor_fixture.h"

#include <QElapsedTimer>

#include <algorithm>

namespace tests {

class DoctorSilenceTest : public QObject, private DoctorFixture
{
    Q_OBJECT

private slots:
    void initTestCase() { start(); }
    void init() { begin(); }
    void cleanupTestCase() { m_session.reset(); }

    void pausedNodeCostsOnlyItsOwnFindings_data();
    void pausedNodeCostsOnlyItsOwnFindings();
    void pausedDirectoryLeavesTheNodesOfTheFile();
    void engineTellsNodeByNode_data();
    void engineTellsNodeByNode();
};

void DoctorSilenceTest::pausedNodeCostsOnlyItsOwnFindings_data()
{
    QTest::addColumn<QString>("node");
    QTest::newRow("redis") << "redis-2";
    QTest::newRow("postgres") << "pg-1";
}

void DoctorSilenceTest::pausedNodeCostsOnlyItsOwnFindings()
{
    QFETCH(QString, node);
    m_inputs.limits.nodePatience = 6s;
    take(m_session->servers()->pauseNode(node.toStdString()));
    QElapsedTimer timer;
    timer.start();
    const auto checkup = examine();
    const auto took = timer.elapsed();
    take(m_session->servers()->resumeNode(node.toStdString()));
    QVERIFY2(took < 40'000, qPrintable(QString::number(took)));
    QVERIFY2(find(checkup, node.toStdString(), "node.unreachable"), qPrintable(texts(checkup)));
    for (const auto& one : checkup.nodes)
        QCOMPARE(one.answered, one.name != node.toStdString());
    QTRY_VERIFY_WITH_TIMEOUT(examine().healthy(), 60'000);
}

void DoctorSilenceTest::pausedDirectoryLeavesTheNodesOfTheFile()
{
    m_inputs.limits.nodePatience = 6s;
    for (const auto& node : m_session->servers()->nodes())
        m_inputs.knownNodes.push_back(node);
    take(m_session->servers()->pauseNode("pg-2"));
    QElapsedTimer timer;
    timer.start();
    const auto checkup = examine();
    const auto took = timer.elapsed();
    take(m_session->servers()->resumeNode("pg-2"));
    QVERIFY2(took < 40'000, qPrintable(QString::number(took)));
    QVERIFY(find(checkup, "", "directory.unreadable") || find(checkup, "directory", "directory.unreadable"));
    QCOMPARE(checkup.nodes.size(), std::size_t(10));
    for (const auto& one : checkup.nodes)
        QCOMPARE(one.answered, one.name != "pg-2");
    QTRY_VERIFY_WITH_TIMEOUT(examine().healthy(), 60'000);
}

void DoctorSilenceTest::engineTellsNodeByNode_data()
{
    QTest::addColumn<QString>("silent");
    QTest::newRow("users") << "pg-1";
    QTest::newRow("posts and directory") << "pg-2";
}

// An engine knows the nodes: even a silent directory holds up nothing that the others say.
void DoctorSilenceTest::engineTellsNodeByNode()
{
    QFETCH(QString, silent);
    take(m_session->servers()->pauseNode(silent.toStdString()));
    std::vector<Checkup> told;
    const auto checkup = take(m_session->engine().operations().doctor(
        Deadline::after(60s), [&](const Checkup& soFar) { told.push_back(soFar); }));
    take(m_session->servers()->resumeNode(silent.toStdString()));
    QCOMPARE(told.size(), std::size_t(11)); // ten nodes and the directory
    std::size_t awaited = 10;
    for (const auto& part : told) {
        QCOMPARE(part.nodes.size(), std::size_t(10));
        QVERIFY(part.awaited() <= awaited);
        awaited = part.awaited();
    }
    QCOMPARE(awaited, std::size_t(0));
    const auto alone = std::find_if(told.begin(), told.end(), [&](const Checkup& part) {
        return part.awaited() == 1 &&
               std::all_of(part.nodes.begin(), part.nodes.end(), [&](const auto& node) {
                   return node.awaited == (QString::fromStdString(node.name) == silent);
               });
    });
    QVERIFY(alone != told.end());
    for (const auto& node : checkup.nodes)
        QCOMPARE(node.answered, QString::fromStdString(node.name) != silent);
    QVERIFY2(find(checkup, silent.toStdString(), "node.unreachable"), qPrintable(texts(checkup)));
    QTRY_VERIFY_WITH_TIMEOUT(examine().healthy(), 60'000);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::DoctorSilenceTest)
#include "doctor_silence_test.moc"
