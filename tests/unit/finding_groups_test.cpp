// Findings that say the same of several nodes are told once, and none is lost.
#include "backend/domain/finding_groups.h"

#include <QTest>

using namespace backend;

namespace tests {
namespace {

CheckFinding finding(Severity severity, const std::string& node, const std::string& measured,
                     const std::string& command = {})
{
    return {severity, node, "check", measured, "advice", command};
}

} // namespace

class FindingGroupsTest : public QObject
{
    Q_OBJECT

private slots:
    void sameWordsStandOnce();
    void otherWordsStandApart();
    void nodesAreNamed();
};

void FindingGroupsTest::sameWordsStandOnce()
{
    const std::vector<CheckFinding> findings{
        finding(Severity::Note, "redis-1", "a limit", "one"),   finding(Severity::Error, "pg-1", "off", "on"),
        finding(Severity::Note, "redis-2", "a limit", "two"),   finding(Severity::Error, "pg-2", "off", "on"),
        finding(Severity::Note, "redis-3", "a limit", "three"),
    };
    const auto groups = groupFindings(findings);
    QCOMPARE(groups.size(), std::size_t(2));
    QCOMPARE(groups[0].finding.measured, std::string("off")); // the worst first
    QCOMPARE(groups[0].nodes, (std::vector<std::string>{"pg-1", "pg-2"}));
    QCOMPARE(groups[0].commands, std::vector<std::string>{"on"}); // one command mends both
    QCOMPARE(groups[1].nodes, (std::vector<std::string>{"redis-1", "redis-2", "redis-3"}));
    QCOMPARE(groups[1].commands, (std::vector<std::string>{"one", "two", "three"}));
}

void FindingGroupsTest::otherWordsStandApart()
{
    auto other = finding(Severity::Note, "redis-4", "a limit");
    other.check = "another";
    auto advised = finding(Severity::Note, "redis-5", "a limit");
    advised.advice = "something else";
    const std::vector<CheckFinding> findings{
        finding(Severity::Note, "redis-1", "a limit"), finding(Severity::Note, "redis-2", "a limit of 3"),
        finding(Severity::Warning, "redis-3", "a limit"), other, advised};
    const auto groups = groupFindings(findings);
    QCOMPARE(groups.size(), findings.size());
    QCOMPARE(groups[0].nodes, std::vector<std::string>{"redis-3"});
    QCOMPARE(groups[1].nodes, std::vector<std::string>{"redis-1"}); // and then as they were found
    QCOMPARE(groups[4].nodes, std::vector<std::string>{"redis-5"});
    QVERIFY(groups[1].commands.empty());
    QVERIFY(groupFindings({}).empty());
}

void FindingGroupsTest::nodesAreNamed()
{
    QCOMPARE(nodesText({{}, {""}, {}}), std::string("the cluster"));
    QCOMPARE(nodesText({{}, {"redis-1"}, {}}), std::string("redis-1"));
    QCOMPARE(nodesText({{}, {"redis-1", "redis-2"}, {}}), std::string("redis-1 and redis-2"));
    QCOMPARE(nodesText({{}, {"redis-1", "redis-2", "redis-3"}, {}}), std::string("redis-1 and 2 more"));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::FindingGroupsTest)
#include "finding_groups_test.moc"
