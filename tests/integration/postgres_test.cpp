// Connections against a real server: results, transactions, batches, copies, and what its errors mean.
#include "tests/integration/postgres_fixture.h"

namespace tests {

class PostgresTest : public QObject, private PostgresFixture
{
    Q_OBJECT

private slots:
    void initTestCase() { start(); }
    void rowsAndParameters();
    void valuesArriveAsTheyAre();
    void aBatchIsOneTransaction();
    void aThousandSmallStatementsInOneTrip();
    void aBatchInsideATransactionIsPartOfIt();
    void preparedStatementsAreBounded();
    void whatCannotBePreparedDropsNothing();
    void parametersArriveUnchangedPreparedOrNot();
    void transactionsCommitAndRollBack();
    void aReturnedConnectionHasNoOpenTransaction();
    void copyWritesRows();
    void scriptsRunWhole();
    void aFencedShardIsAStaleMap();
    void errorsNameNodeAndReason();
};

void PostgresTest::rowsAndParameters()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    TAKE(rows, c->execute("SELECT $1::bigint + 1, $2::text, $3::boolean, $4::float8, NULL::text",
                          {sqlParameter(41), "abc", sqlParameter(true), sqlParameter(0.5)}, soon()));
    QCOMPARE(rows.size(), std::size_t(1));
    QCOMPARE(rows.integer(0, 0), std::int64_t(42));
    QCOMPARE(rows.text(0, 1), std::string_view("abc"));
    QVERIFY(rows.boolean(0, 2));
    QCOMPARE(rows.real(0, 3), 0.5);
    QVERIFY(rows.isNull(0, 4));
    TAKE(again, c->execute("SELECT $1::bigint + 1, $2::text, $3::boolean, $4::float8, NULL::text",
                           {{}, {}, {}, {}}, soon()));
    QVERIFY(again.isNull(0, 0));
    TAKE(written, c->execute("INSERT INTO item SELECT g, 'x' FROM generate_series(1, 7) AS g", {}, soon()));
    QCOMPARE(written.affectedRows(), std::size_t(7));
    TAKE(deleted, c->execute("DELETE FROM item", {}, soon()));
    QCOMPARE(deleted.affectedRows(), std::size_t(7));
    QCOMPARE(c->backendPid() > 0, true);
    QCOMPARE(c->nodeName(), std::string("pg-1"));
}

void PostgresTest::valuesArriveAsTheyAre()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    const std::vector<std::string> values{"",
                                          "'",
                                          "''; DROP TABLE item; --",
                                          "\\",
                                          "\\'",
                                          "a\"b",
                                          "$1",
                                          "tab\tline\nreturn\r",
                                          "Zwölf Boxkämpfer 🐦",
                                          "NULL",
                                          "{1,2}",
                                          "%_;"};
    for (const auto& value : values) {
        TAKE(one, c->execute("SELECT $1::text", {value}, soon()));
        QCOMPARE(std::string(one.text(0, 0)), value);
    }
    TAKE(array, c->execute("SELECT v FROM unnest($1::text[]) AS v", {sqlArray(values)}, soon()));
    for (std::size_t i = 0; i < values.size(); ++i)
        QCOMPARE(std::string(array.text(i, 0)), values[i]);

    const auto zero = c->execute("SELECT $1::text", {std::string("a\0b", 3)}, soon());
    QVERIFY(!zero && zero.error().code == ErrorCode::InvalidArgument);
    const auto invalid = c->execute("SELECT $1::text", {"\xff\xfe"}, soon());
    VERIFY_ERROR(invalid, ErrorCode::InvalidArgument);
    QVERIFY(c->usable());
    QVERIFY(c->execute("SELECT 1", {}, soon()).has_value());
}

void PostgresTest::aBatchIsOneTransaction()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    TAKE(results, c->executeAll({{"INSERT INTO item VALUES ($1::bigint, $2)", {sqlParameter(1), "one"}},
                                 {"INSERT INTO item VALUES ($1::bigint, $2)", {sqlParameter(2), "two"}},
                                 {"SELECT name FROM item ORDER BY id", {}}},
                                soon()));
    QCOMPARE(results.size(), std::size_t(3));
    QCOMPARE(results[0].affectedRows(), std::size_t(1));
    QCOMPARE(results[2].text(1, 0), std::string_view("two"));

    const auto failed =
        c->executeAll({{"INSERT INTO item VALUES ($1::bigint, $2)", {sqlParameter(3), "three"}},
                       {"INSERT INTO item VALUES ($1::bigint, $2)", {sqlParameter(1), "again"}},
                       {"SELECT 1", {}}},
                      soon());
    VERIFY_ERROR(failed, ErrorCode::Conflict);
    // A batch whose text the server refuses as a whole is not executed in part either.
    const auto invalid =
        c->executeAll({{"INSERT INTO item VALUES ($1::bigint, $2)", {sqlParameter(4), "four"}},
                       {"INSERT INTO item VALUES ($1::bigint, $2)", {sqlParameter(5), "\xff"}}},
                      soon());
    VERIFY_ERROR(invalid, ErrorCode::InvalidArgument);
    QVERIFY(c->usable());
    TAKE(rows, c->execute("SELECT count(*) FROM item", {}, soon()));
    QCOMPARE(rows.integer(0, 0), std::int64_t(2));
    VERIFY_OK(c->execute("DELETE FROM item", {}, soon()));
}

void PostgresTest::aThousandSmallStatementsInOneTrip()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    std::vector<SqlStatement> statements;
    for (int i = 0; i < 1000; ++i)
        statements.push_back(
            {"INSERT INTO item VALUES ($1::bigint, $2)", {sqlParameter(i), "name " + std::to_string(i)}});
    const auto before = std::chrono::steady_clock::now();
    TAKE(results, c->executeAll(statements, soon()));
    qInfo("1,000 inserts in one batch: %.1f ms",
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count());
    QCOMPARE(results.size(), std::size_t(1000));
    TAKE(sent, c->execute("SELECT count(*), (SELECT count(*) FROM pg_prepared_statements WHERE statement "
                          "LIKE '%INSERT%') FROM item",
                          {}, soon()));
    QCOMPARE(sent.integer(0, 0), std::int64_t(1000));
    QVERIFY(sent.integer(0, 1) <= 2); // one text, prepared once (and this question itself)
    VERIFY_OK(c->execute("DELETE FROM item", {}, soon()));
}

void PostgresTest::aBatchInsideATransactionIsPartOfIt()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    {
        TAKE(transaction, SqlTransaction::begin(*c, soon()));
        VERIFY_OK(c->executeAll(
            {{"INSERT INTO item VALUES (1, 'a')", {}}, {"INSERT INTO item VALUES (2, 'b')", {}}}, soon()));
        TAKE(seen, c->execute("SELECT count(*) FROM item", {}, soon()));
        QCOMPARE(seen.integer(0, 0), std::int64_t(2));
    }
    TAKE(rows, c->execute("SELECT count(*) FROM item", {}, soon()));
    QCOMPARE(rows.integer(0, 0), std::int64_t(0));
}

// As on a node that holds hundreds of logical shards, each with statements of its own.
void PostgresTest::preparedStatementsAreBounded()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    const std::string count = "SELECT count(*), count(*) FILTER (WHERE statement LIKE '%AS SELECT _often_'),"
                              " max(substr(name, 2)::int) FROM pg_prepared_statements";
    for (int round = 0; round < 5; ++round)
        for (int i = 0; i < 800; ++i) {
            TAKE(rows, c->execute("SELECT $1::int + " + std::to_string(i), {sqlParameter(round)}, soon()));
            QCOMPARE(rows.integer(0, 0), std::int64_t(round + i));
            if (i % 10 == 0) VERIFY_OK(c->execute("SELECT 'often'", {}, soon()));
        }
    TAKE(kept, c->execute(count, {}, soon()));
    QVERIFY2(kept.integer(0, 0) <= 512 && kept.integer(0, 0) > 500,
             std::to_string(kept.integer(0, 0)).c_str());
    QCOMPARE(kept.integer(0, 1), std::int64_t(1));
    QVERIFY2(kept.integer(0, 2) < 600, std::to_string(kept.integer(0, 2)).c_str()); // not one after the other
    // A batch of more texts than may be kept runs all the same.
    std::vector<SqlStatement> many;
    for (int i = 0; i < 700; ++i)
        many.push_back({"SELECT $1::int - " + std::to_string(i), {sqlParameter(7)}});
    for (int round = 0; round < 3; ++round) {
        TAKE(results, c->executeAll(many, soon()));
        for (int i = 0; i < 700; ++i)
            QCOMPARE(results[std::size_t(i)].integer(0, 0), std::int64_t(7 - i));
    }
    VERIFY_OK(c->execute("SELECT 'after'", {}, soon()));
    TAKE(now, c->execute(count, {}, soon()));
    QVERIFY(now.integer(0, 0) <= 512);
}

// Nor does it cost the others their preparation.
void PostgresTest::whatCannotBePreparedDropsNothing()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    for (int round = 0; round < 2; ++round)
        for (int i = 0; i < 600; ++i)
            VERIFY_OK(c->execute("SELECT $1::int * " + std::to_string(i), {sqlParameter(round)}, soon()));
    const std::string newest = "SELECT count(*), max(substr(name, 2)::int) FROM pg_prepared_statements"
                               " WHERE statement LIKE '%AS SELECT $1::int *%'";
    TAKE(before, c->execute(newest, {}, soon()));
    for (int i = 0; i < 40; ++i)
        QVERIFY(!c->execute("SELECT $1::int FROM no_such_table", {sqlParameter(i)}, soon()));
    QVERIFY(c->usable());
    TAKE(after, c->execute(newest, {}, soon()));
    QCOMPARE(before.integer(0, 0), std::int64_t(512));
    QVERIFY2(after.integer(0, 0) >= 511,
             std::to_string(after.integer(0, 0)).c_str()); // one for this question
    QCOMPARE(after.integer(0, 1), before.integer(0, 1));
}

// Whether a statement is prepared is nothing that its parameters could tell.
void PostgresTest::parametersArriveUnchangedPreparedOrNot()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    const std::vector<SqlParameter> texts{"plain",        "it's",     "back\\slash \\' or 1=1 --",
                                          "$1 $2 $$",     "\"name\"", "/* no */ -- \n;",
                                          "\u00e4\u4e16", "",         std::nullopt};
    for (int round = 0; round < 4; ++round)
        for (const auto& text : texts) {
            TAKE(rows, c->execute("SELECT $1::text, '$1', $2::bigint", {text, sqlParameter(-5)}, soon()));
            QCOMPARE(rows.isNull(0, 0), !text.has_value());
            if (text) QCOMPARE(std::string(rows.text(0, 0)), *text);
            QCOMPARE(std::string(rows.text(0, 1)), std::string("$1"));
            QCOMPARE(rows.integer(0, 2), std::int64_t(-5));
            // Each text in a statement that was never seen before.
            TAKE(once, c->execute("SELECT $1::text AS n" + std::to_string(round) + "_" +
                                      std::to_string(&text - texts.data()),
                                  {text}, soon()));
            if (text) QCOMPARE(std::string(once.text(0, 0)), *text);
        }
}

void PostgresTest::transactionsCommitAndRollBack()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    {
        TAKE(transaction, SqlTransaction::begin(*c, soon()));
        VERIFY_OK(c->execute("INSERT INTO item VALUES (1, 'kept')", {}, soon()));
        VERIFY_OK(transaction.commit(soon()));
    }
    {
        TAKE(transaction, SqlTransaction::begin(*c, soon()));
        QVERIFY(!c->begin(soon()));
        QVERIFY(!c->execute("INSERT INTO item VALUES (1, 'again')", {}, soon()));
        QVERIFY(!c->execute("SELECT 1", {}, soon())); // refused until rolled back
        const auto committed = transaction.commit(soon());
        QVERIFY(!committed); // PostgreSQL would answer ROLLBACK without an error
    }
    TAKE(rows, c->execute("DELETE FROM item RETURNING name", {}, soon()));
    QCOMPARE(rows.size(), std::size_t(1));
    QVERIFY(!c->commit(soon()));
}

void PostgresTest::aReturnedConnectionHasNoOpenTransaction()
{
    const auto p = pool(1);
    int pid = 0;
    {
        TAKE(c, p->lease(soon()));
        pid = c->backendPid();
        VERIFY_OK(c->begin(soon()));
        VERIFY_OK(c->execute("INSERT INTO item VALUES (9, 'lost')", {}, soon()));
    }
    TAKE(c, p->lease(soon()));
    QCOMPARE(c->backendPid(), pid);
    TAKE(rows, c->execute("SELECT count(*) FROM item", {}, soon()));
    QCOMPARE(rows.integer(0, 0), std::int64_t(0));
}

void PostgresTest::copyWritesRows()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    std::vector<SqlParameters> rows{
        {"1", "tab\there\\N\nline\rreturn"}, {"2", {}}, {"3", ""}, {{}, "Grüße 🐦"}};
    for (int i = 0; i < 20'000; ++i)
        rows.push_back({std::to_string(i), "bulk"});
    const auto before = std::chrono::steady_clock::now();
    TAKE(copied, c->copyIn("public.pile", {"a", "b"}, rows, soon()));
    qInfo("COPY of 20,000 rows: %.1f ms",
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count());
    QCOMPARE(copied, rows.size());
    TAKE(stored, c->execute("SELECT a, b FROM pile LIMIT 4", {}, soon()));
    QCOMPARE(stored.text(0, 1), std::string_view("tab\there\\N\nline\rreturn"));
    QVERIFY(stored.isNull(1, 1));
    QVERIFY(!stored.isNull(2, 1));
    QVERIFY(stored.isNull(3, 0));
    QCOMPARE(stored.text(3, 1), std::string_view("Grüße 🐦"));

    const auto wrong = c->copyIn("pile", {"a", "b"}, {{"1", "x"}, {"not a number", "y"}}, soon());
    VERIFY_ERROR(wrong, ErrorCode::InvalidArgument);
    QVERIFY(!c->copyIn("pile", {"a", "b"}, {{"1"}}, soon()));
    QVERIFY(c->usable());
    TAKE(count, c->execute("SELECT count(*) FROM pile", {}, soon()));
    QCOMPARE(std::size_t(count.integer(0, 0)), rows.size());
    VERIFY_OK(c->executeScript("TRUNCATE pile", soon()));
}

void PostgresTest::scriptsRunWhole()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    const auto failed = c->executeScript("CREATE TABLE half (a int); CREATE TABLE item (a int)", soon());
    QVERIFY(!failed);
    TAKE(rows, c->execute("SELECT to_regclass('half') IS NULL", {}, soon()));
    QVERIFY(rows.boolean(0, 0));
}

void PostgresTest::aFencedShardIsAStaleMap()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    VERIFY_OK(c->executeScript(
        "CREATE ROLE guest LOGIN; CREATE SCHEMA users_0017; CREATE TABLE users_0017.users (id bigint);"
        "CREATE TABLE public.secret (id bigint)",
        soon()));
    const auto guests =
        makePostgresPool({1, "pg-1", NodeKind::Postgres, owner().address + " user=guest"}, {2, 2, 2s});
    TAKE(guest, guests->lease(soon()));
    const auto fenced = guest->execute("SELECT id FROM users_0017.users", {}, soon());
    VERIFY_ERROR(fenced, ErrorCode::StaleShardMap);
    QVERIFY(fenced.error().retryable);
    QVERIFY(fenced.error().message.find("users_0017") != std::string::npos);
    const auto gone = guest->executeAll({{"SELECT 1", {}}, {"SELECT id FROM posts_0003.posts", {}}}, soon());
    VERIFY_ERROR(gone, ErrorCode::StaleShardMap);
    const auto secret = guest->execute("SELECT id FROM secret", {}, soon());
    VERIFY_ERROR(secret, ErrorCode::Unauthorized);
    VERIFY_OK(c->executeScript("DROP SCHEMA users_0017 CASCADE; DROP TABLE secret", soon()));
}

void PostgresTest::errorsNameNodeAndReason()
{
    const auto p = pool();
    TAKE(c, p->lease(soon()));
    const auto syntax = c->execute("SELECT FROM WHERE", {}, soon());
    VERIFY_ERROR(syntax, ErrorCode::Internal);
    QVERIFY(syntax.error().message.find("pg-1") != std::string::npos);
    const auto full = c->executeScript(
        "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$", soon());
    VERIFY_ERROR(full, ErrorCode::DiskFull);
    const auto serialization =
        c->executeScript("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$", soon());
    QVERIFY(!serialization && serialization.error().retryable);
    const auto number = c->execute("SELECT $1::bigint", {"twelve"}, soon());
    VERIFY_ERROR(number, ErrorCode::InvalidArgument);
    // Two new texts at once, of which one is wrong: nothing of it stays in the way.
    QVERIFY(!c->executeAll({{"SELECT 11", {}}, {"SELECT nothing FROM nowhere", {}}}, soon()));
    VERIFY_OK(c->executeAll({{"SELECT 11", {}}, {"SELECT 12", {}}}, soon()));
    VERIFY_OK(c->executeScript("ALTER TABLE pile ADD COLUMN extra int", soon()));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::PostgresTest)
#include "postgres_test.moc"
