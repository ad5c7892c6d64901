// Which statements a connection prepares, and the text of those that it does not.
#include <QTest>

#include "backend/store/sql_literals.h"
#include "backend/store/statement_cache.h"

#include <random>

namespace tests {

using namespace backend;

namespace {

std::string statement(int i)
{
    return "SELECT " + std::to_string(i);
}

// As a connection does; whether it was prepared just now.
bool use(StatementCache& cache, const std::string& sql)
{
    cache.used(sql);
    if (cache.nameOf(sql) || !cache.worthPreparing(sql)) return false;
    cache.add(sql, "of " + sql);
    return true;
}

} // namespace

class StatementCacheTest : public QObject
{
    Q_OBJECT

private slots:
    void fromTheSecondUseOn();
    void moreThanFitAreNotPreparedInTurn();
    void whatIsUsedMoreReplacesWhatIsUsedLess();
    void itFollowsWhatChanges();
    void literalsStandForParameters_data();
    void literalsStandForParameters();
};

void StatementCacheTest::fromTheSecondUseOn()
{
    StatementCache cache(2);
    QVERIFY(!use(cache, "SELECT 1"));
    QVERIFY(!cache.nameOf("SELECT 1"));
    QVERIFY(use(cache, "SELECT 1"));
    QCOMPARE(*cache.nameOf("SELECT 1"), std::string("of SELECT 1"));
    QVERIFY(!use(cache, "SELECT 1"));
    cache.clear();
    QVERIFY(!cache.nameOf("SELECT 1"));
    QVERIFY(use(cache, "SELECT 1")); // how often it was used is still known
}

// As on a node with hundreds of logical shards, each of which has statements of its own.
void StatementCacheTest::moreThanFitAreNotPreparedInTurn()
{
    StatementCache cache(512);
    int prepared = 0;
    for (int round = 0; round < 40; ++round)
        for (int i = 0; i < 5'000; ++i)
            prepared += int(use(cache, statement(i)));
    QCOMPARE(cache.size(), std::size_t(512));
    QVERIFY2(prepared < 600, std::to_string(prepared).c_str());

    std::mt19937 random(7);
    StatementCache shuffled(512);
    std::uniform_int_distribution<int> any(0, 4'999);
    prepared = 0;
    for (int i = 0; i < 1'000'000; ++i)
        prepared += int(use(shuffled, statement(any(random))));
    QCOMPARE(shuffled.size(), std::size_t(512));
    QVERIFY2(prepared < 20'000, std::to_string(prepared).c_str()); // of 900,000 that were not at hand
}

void StatementCacheTest::whatIsUsedMoreReplacesWhatIsUsedLess()
{
    StatementCache cache(10);
    for (int round = 0; round < 3; ++round)
        for (int i = 0; i < 10; ++i)
            use(cache, statement(i));
    for (int round = 0; round < 3; ++round)
        for (int i = 1; i < 10; ++i)
            use(cache, statement(i));
    for (int i = 0; i < 40; ++i)
        use(cache, "SELECT 'often'");
    QVERIFY(cache.nameOf("SELECT 'often'"));
    QVERIFY(!cache.nameOf(statement(0))); // the least used one
    QVERIFY(cache.nameOf(statement(1)));
    QCOMPARE(cache.size(), std::size_t(10));
}

void StatementCacheTest::itFollowsWhatChanges()
{
    StatementCache cache(4);
    for (int i = 0; i < 400'000; ++i)
        use(cache, statement(i % 4));
    int uses = 0;
    for (; !cache.nameOf("SELECT 'new'") && uses < 2'000'000; ++uses)
        use(cache, "SELECT 'new'");
    QVERIFY2(uses < 1'000'000, std::to_string(uses).c_str());
}

void StatementCacheTest::literalsStandForParameters_data()
{
    QTest::addColumn<QString>("sql");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, const char* sql, const char* expected) {
        QTest::newRow(name) << sql << expected;
    };
    row("in order", "SELECT $1::bigint, $2", "SELECT 'one'::bigint, 'two'");
    row("again and at the end", "SELECT $2 || $1 || $2", "SELECT 'two' || 'one' || 'two'");
    row("two digits", "SELECT $11, $1", "SELECT 'eleven', 'one'");
    row("in quotes", "SELECT '$1', \"$2\", $1", "SELECT '$1', \"$2\", 'one'");
    row("doubled quotes", "SELECT 'it''s $1', $1", "SELECT 'it''s $1', 'one'");
    row("in dollar quotes", "SELECT $$ $1 $$, $t$ $1 $t$, $1", "SELECT $$ $1 $$, $t$ $1 $t$, 'one'");
    row("in comments", "SELECT /* $1 */ $1 -- $1\n, $2", "SELECT /* $1 */ 'one' -- $1\n, 'two'");
    row("part of a name", "SELECT a$1, $1", "SELECT a$1, 'one'");
    row("unknown numbers", "SELECT $0, $12, $", "SELECT $0, $12, $");
    row("without any", "SELECT 1", "SELECT 1");
    row("an open quote", "SELECT '$1", "SELECT '$1");
}

void StatementCacheTest::literalsStandForParameters()
{
    QFETCH(QString, sql);
    QFETCH(QString, expected);
    std::vector<std::string> literals(11, "'other'");
    literals[0] = "'one'";
    literals[1] = "'two'";
    literals[10] = "'eleven'";
    QCOMPARE(QString::fromStdString(withLiterals(sql.toStdString(), literals)), expected);
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::StatementCacheTest)
#include "statement_cache_test.moc"
