// The doctor on the Nodes page, on a scripted engine: on demand, node by node, cancelled, failed; its
// findings of one node.
#include <QClipboard>
#include <QLabel>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollBar>
#include <QTableView>
#include <QTest>
#include <QToolButton>

#include "tests/ui/nodes_fixture.h"
#include "ui/models/node_tables.h"
#include "ui/pages/node_list.h"
#include "ui/widgets/formatting.h"

namespace tests {

class NodesDoctorTest : public QObject
{
    Q_OBJECT

private slots:
    void doctorRunsOnceAndOnDemand();
    void doctorTellsNodeByNode();
    void worstFindingIsShownAlsoWhenFoundLast();
    void doctorIsCancelled();
    void doctorFailureIsTold();
    void findingsOfTheNode();
    void whatHoldsOfSeveralNodesStandsOnce();
};

void NodesDoctorTest::doctorRunsOnceAndOnDemand()
{
    ShownNodes page;
    QTRY_COMPARE(page.engine().count("doctor"), 1); // at first showing
    QTRY_VERIFY2(page.text("checkupSummary").startsWith("0 errors, 1 warning, 0 notes"),
                 qPrintable(page.text("checkupSummary")));
    QVERIFY(page.text("checkupSummary").contains(ui::zoneName()));
    QCOMPARE(page.cell("allFindings", 0, ui::FindingSeverityColumn), QString("warning"));
    QCOMPARE(page.cell("allFindings", 0, ui::FindingNodeColumn), QString("redis-1"));
    for (int i = 0; i < 3; ++i)
        QVERIFY(page.waitForNews());
    QCOMPARE(page.engine().count("doctor"), 1); // never by itself
    page.engine().setCheckup({});
    page.find<QPushButton>("runCheckup")->click();
    QTRY_COMPARE(page.engine().count("doctor"), 2);
    QTRY_VERIFY(page.text("checkupSummary").startsWith("0 errors, 0 warnings, 0 notes"));
    QCOMPARE(page.table("allFindings").model()->rowCount(), 0);
    QVERIFY(page.text("allFindingsHint").contains("Nothing found"));
}

// A node that hangs holds up nothing that the others said.
void NodesDoctorTest::doctorTellsNodeByNode()
{
    const auto looked = [](const std::string& name, bool awaited) {
        backend::NodeCheckup out;
        out.name = name;
        out.awaited = awaited;
        return out;
    };
    backend::Checkup part, whole;
    part.nodes = {looked("pg-1", true), looked("redis-1", false), looked("redis-2", false)};
    part.findings = {
        {backend::Severity::Error, "redis-1", "node.unreachable", "connection refused", "start it", ""}};
    whole = part;
    whole.nodes[0].awaited = false;
    whole.findings.push_back(
        {backend::Severity::Error, "pg-1", "node.unreachable", "did not answer", "", ""});
    PageFixture fixture;
    fixture.engine().setCheckupSoFar(part);
    fixture.engine().setCheckup(whole);
    fixture.engine().hold("doctor: the rest");
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::NodesPage>();
    const auto summary = [&] { return fixture.find<QLabel>("checkupSummary")->text(); };
    const auto rows = [&] { return fixture.find<QTableView>("allFindings")->model()->rowCount(); };
    const QString soFar = "2 of 3 nodes looked at, ";
    QTRY_COMPARE(summary(), "Looking… " + soFar + "waiting for pg-1.");
    QCOMPARE(rows(), 1);
    QVERIFY(fixture.find<QProgressBar>("checkupProgress")->isVisible());
    page.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&page));
    QTest::keyClick(&page, Qt::Key_Escape);
    QTRY_VERIFY2(summary().startsWith("Cancelled") && summary().endsWith(soFar + "not pg-1."),
                 qPrintable(summary()));
    QCOMPARE(rows(), 1); // what was read stays
    fixture.engine().release("doctor: the rest");
    auto* button = fixture.find<QPushButton>("runCheckup");
    QTRY_VERIFY(button->isEnabled());
    QVERIFY2(summary().endsWith(soFar + "not pg-1."), qPrintable(summary()));
    button->click();
    QTRY_VERIFY2(summary().startsWith("2 errors"), qPrintable(summary()));
    QCOMPARE(rows(), 2);
}

void NodesDoctorTest::worstFindingIsShownAlsoWhenFoundLast()
{
    backend::Checkup part, whole;
    part.findings = {{backend::Severity::Note, "redis-1", "redis.note", "a trifle", "nothing", ""}};
    whole = part;
    whole.findings.push_back(
        {backend::Severity::Error, "pg-1", "node.unreachable", "did not answer", "start it", ""});
    PageFixture fixture;
    fixture.engine().setCheckupSoFar(part);
    fixture.engine().setCheckup(whole);
    fixture.engine().hold("doctor: the rest");
    QVERIFY(fixture.open());
    fixture.make<ui::NodesPage>();
    const auto advice = [&] { return fixture.find<QLabel>("allFindingsAdvice")->text(); };
    QTRY_VERIFY2(advice().startsWith("a trifle"), qPrintable(advice()));
    fixture.engine().release("doctor: the rest");
    QTRY_VERIFY2(advice().startsWith("did not answer"), qPrintable(advice()));
    // What somebody chose stays chosen.
    auto* table = fixture.find<QTableView>("allFindings");
    table->setCurrentIndex(table->model()->index(1, 0));
    QVERIFY2(advice().startsWith("a trifle"), qPrintable(advice()));
    fixture.find<QPushButton>("runCheckup")->click();
    QTRY_COMPARE(fixture.engine().count("doctor"), 2);
    QTRY_VERIFY(fixture.find<QPushButton>("runCheckup")->isEnabled());
    QVERIFY2(advice().startsWith("a trifle"), qPrintable(advice()));
}

void NodesDoctorTest::doctorIsCancelled()
{
    PageFixture fixture;
    fixture.engine().hold("doctor");
    QVERIFY(fixture.open());
    auto& page = fixture.make<ui::NodesPage>();
    const auto summary = [&] { return fixture.find<QLabel>("checkupSummary")->text(); };
    auto* button = fixture.find<QPushButton>("runCheckup");
    QTRY_COMPARE(fixture.engine().count("doctor"), 1);
    QTRY_VERIFY(fixture.find<QProgressBar>("checkupProgress")->isVisible());
    QCOMPARE(button->text(), QString("Cancel"));
    page.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&page));
    QTest::keyClick(&page, Qt::Key_Escape);
    QTRY_VERIFY2(summary().startsWith("Cancelled"), qPrintable(summary()));
    QVERIFY(!fixture.find<QProgressBar>("checkupProgress")->isVisible());
    QVERIFY(!button->isEnabled()); // the engine is still at it
    fixture.engine().release("doctor");
    QTRY_VERIFY(button->isEnabled());
    QCOMPARE(fixture.find<QTableView>("allFindings")->model()->rowCount(), 0); // its answer is dropped
    button->click();
    QTRY_COMPARE(fixture.find<QTableView>("allFindings")->model()->rowCount(), 1);
}

void NodesDoctorTest::doctorFailureIsTold()
{
    PageFixture fixture;
    fixture.engine().failWith("doctor", {backend::ErrorCode::Unavailable, "the directory is gone", true});
    QVERIFY(fixture.open());
    fixture.make<ui::NodesPage>();
    QTRY_VERIFY(fixture.find<QLabel>("checkupSummary")->text().contains("the directory is gone"));
    QVERIFY(fixture.find<QPushButton>("runCheckup")->isEnabled());
}

void NodesDoctorTest::findingsOfTheNode()
{
    ShownNodes page(20ms, "redis-1");
    backend::Checkup checkup;
    checkup.findings = {
        {backend::Severity::Error, "", "engine.none", "no engine runs", "start one", "rookeryctl serve"},
        {backend::Severity::Note, "redis-1", "redis.maxmemory", "maxmemory is not set", "set it",
         "CONFIG SET"},
        {backend::Severity::Warning, "redis-1", "redis.memory", "it is nearly full", "add nodes", ""},
        {backend::Severity::Warning, "pg-1", "postgres.x", "something", "do", ""}};
    QTRY_COMPARE(page.engine().count("doctor"), 1);
    QTRY_COMPARE(page.table("allFindings").model()->rowCount(), 1);
    page.engine().setCheckup(checkup);
    page.find<QPushButton>("runCheckup")->click();
    QTRY_COMPARE(page.table("allFindings").model()->rowCount(), 4);
    QCOMPARE(page.cell("allFindings", 0, ui::FindingNodeColumn), QString("cluster")); // the worst first
    QTRY_COMPARE(page.tabTitle("Findings"), QString("Findings (2)"));
    QCOMPARE(page.cell("nodeFindings", 0, ui::FindingMeasuredColumn), QString("it is nearly full"));
    // The list of nodes tells of them too, but for notes.
    QCOMPARE(page.cell("nodeList", page.listRow("redis-1"), ui::ListMessageColumn),
             QString("doctor: 1 warning"));
    QCOMPARE(page.cell("nodeList", page.listRow("redis-2"), ui::ListMessageColumn), ui::unknownText());
    auto& own = page.table("nodeFindings");
    own.setCurrentIndex(own.model()->index(1, 0));
    QVERIFY(page.text("nodeFindingsAdvice").contains("set it"));
    QCOMPARE(page.text("nodeFindingsCommand"), QString("CONFIG SET"));
    page.nodes->openArgument("redis-2");
    QTRY_COMPARE(page.tabTitle("Findings"), QString("Findings (0)"));
    // Of another session's node of that name nothing is known yet.
    page.bridge.close();
    page.bridge.reopen();
    QTRY_VERIFY(page.listRow("redis-1") >= 0);
    QTRY_COMPARE(page.cell("nodeList", page.listRow("redis-1"), ui::ListMessageColumn), ui::unknownText());
}

void NodesDoctorTest::whatHoldsOfSeveralNodesStandsOnce()
{
    ShownNodes page;
    QTRY_COMPARE(page.engine().count("doctor"), 1);
    QTRY_COMPARE(page.table("allFindings").model()->rowCount(), 1); // and it has ended
    backend::Checkup checkup;
    for (int i = 1; i <= 32; ++i)
        checkup.findings.push_back({backend::Severity::Note, "redis-" + std::to_string(i), "redis.listpack",
                                    "the limit is 128", "make it 256",
                                    "redis-cli -p " + std::to_string(7000 + i)});
    checkup.findings.push_back({backend::Severity::Warning, "pg-1", "disk", "nearly full", "free space", ""});
    checkup.findings.push_back({backend::Severity::Warning, "pg-2", "disk", "nearly full", "free space", ""});
    page.engine().setCheckup(checkup);
    page.find<QPushButton>("runCheckup")->click();
    auto& all = page.table("allFindings");
    QTRY_COMPARE(all.model()->rowCount(), 2);
    QVERIFY2(page.text("checkupSummary").startsWith("0 errors, 1 warning, 1 note"),
             qPrintable(page.text("checkupSummary")));
    QCOMPARE(page.cell("allFindings", 0, ui::FindingNodeColumn), QString("pg-1, pg-2"));
    QVERIFY2(page.text("allFindingsAdvice").contains("On pg-1, pg-2."),
             qPrintable(page.text("allFindingsAdvice")));
    auto* commands = page.find<QPlainTextEdit>("allFindingsCommands");
    auto* copy = page.find<QToolButton>("allFindingsCopy");
    QVERIFY(!commands->isVisible() && !copy->isVisible()); // it has none
    all.setCurrentIndex(all.model()->index(1, 0));
    QCOMPARE(page.cell("allFindings", 1, ui::FindingNodeColumn), QString("redis-1 and 31 more"));
    QVERIFY2(page.text("allFindingsAdvice").contains("On 32 nodes, redis-1 to redis-32."),
             qPrintable(page.text("allFindingsAdvice")));
    QVERIFY(commands->isVisible());
    QVERIFY(!page.find<QLabel>("allFindingsCommand")->isVisible());
    const auto lines = commands->toPlainText().split(u'\n');
    QCOMPARE(lines.size(), 32);
    QCOMPARE(lines.back(), QString("redis-cli -p 7032"));
    QCOMPARE(copy->text(), QString("Copy 32 commands"));
    copy->click();
    QCOMPARE(QGuiApplication::clipboard()->text(), commands->toPlainText());
    QCOMPARE(copy->text(), QString("Copied"));
    QTRY_COMPARE(copy->text(), QString("Copy 32 commands"));
    QCOMPARE(all.currentIndex().row(), 1);
    // Nothing of a long one is out of sight.
    checkup.findings.clear();
    for (const auto* node : {"pg-1", "pg-2"})
        checkup.findings.push_back(
            {backend::Severity::Note, node, "postgres.role", "it may not see them", "grant it",
             std::string("psql 'host=/run/cluster/sockets port=5433 dbname=rookery' ") +
                 "-c 'GRANT pg_read_all_stats TO rookery_engine' # " + node});
    page.engine().setCheckup(checkup);
    page.find<QPushButton>("runCheckup")->click();
    QTRY_COMPARE(commands->toPlainText().count(u'\n'), 1);
    QTRY_COMPARE(commands->horizontalScrollBar()->maximum(), 0);
    QTRY_COMPARE(commands->verticalScrollBar()->maximum(), 0);
}

} // namespace tests

QTEST_MAIN(tests::NodesDoctorTest)
#include "nodes_doctor_test.moc"
