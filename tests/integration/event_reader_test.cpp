// Events out of the directory's audit log: what is searched for is looked for in the database, and found by
// every word that is told; pages by key leave nothing out and tell nothing twice.
#include <QTest>

#include "backend/monitoring/audit_events.h"
#include "backend/monitoring/event_reader.h"
#include "backend/store/postgres_pool.h"
#include "tests/integration/monitor_cluster.h"
#include "tests/support/recording_pool.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class EventReaderTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void everyWordThatIsToldFindsIt();
    void kindsAreToldApartInTheDatabase_data();
    void kindsAreToldApartInTheDatabase();
    void theDatabaseHasEachActionsKind();
    void whatIsRareIsFoundInOneQuery();
    void pagesOfAFilterLeaveNothingOut();

private:
    EventPage read(const EventQuery& query) { return take(readEvents(m_seen, m_pool.get(), query, soon())); }
    std::vector<Event> all(EventQuery query)
    {
        std::vector<Event> out;
        for (;;) {
            auto page = read(query);
            out.insert(out.end(), page.events.begin(), page.events.end());
            if (!page.next) return out;
            query.before = page.next;
        }
    }

    std::unique_ptr<MonitorCluster> m_cluster;
    std::unique_ptr<SqlPool> m_pool;
    std::vector<SqlStatement> m_sent;
    EventLog m_seen;
};

namespace {

constexpr int kTold = 21;    // newest rows, of every sentence there is
constexpr int kMany = 9'500; // rows that say nothing of interest

std::string row(int secondsAgo, const std::string& action, const std::string& arguments,
                const std::string& outcome = "ok")
{
    return "(now() - interval '1 second' * " + std::to_string(secondsAgo) + ", 'Host:17', 'Ann O''Neill', '" +
           action + "', '" + arguments + "', '" + outcome + "')";
}

std::set<std::string> wordsOf(const std::string& text)
{
    std::set<std::string> out;
    std::string word;
    for (const char c : text + ' ') {
        if (c != ' ') {
            word += c;
        } else if (!word.empty()) {
            out.insert(word);
            word.clear();
        }
    }
    return out;
}

} // namespace

void EventReaderTest::initTestCase()
{
    m_cluster = std::make_unique<MonitorCluster>(1);
    m_pool = std::make_unique<RecordingPool>(makePostgresPool(m_cluster->servers->node("pg-2"), {}), m_sent);
    const std::vector<std::string> rows{
        row(1, "pause_workers", R"({"engine":-1})"),
        row(2, "resume_workers", R"({"engine":3})"),
        row(3, "set_worker_count", R"({"engine":3,"workers":12})"),
        row(4, "set_push_threshold", R"({"threshold":"above 4321"})"),
        row(5, "set_age_shift", R"({"milliseconds":98765})"),
        row(6, "retry_dead_letters", R"({"tasks":[{"id":1},{"id":2},{"id":3}]})"),
        row(7, "discard_dead_letters", R"({"tasks":[{"id":1}]})", "pg-1 did not answer in time"),
        row(8, "delete_account", R"({"user":1234567890123})"),
        row(9, "rebuild_timeline", R"({"reader":555})"),
        row(10, "reconcile_counters", R"({"reconciled":77})"),
        row(11, "reconcile_counters", R"({"shard":5})", "begun"),
        row(12, "reconcile_counters", R"({"user":42})", "begun"),
        row(13, "reconcile_counters", "{}", "begun"),
        row(14, "open_import", R"({"file_sha256":"0a1b2c3d4e5f60718293a4b5c6d7e8f9","time_shift_ms":60})"),
        row(15, "move_shard", R"({"shard":3,"to_node":"pg-9"})"),
        row(16, "strange", R"(["no object \" here"])"),
        row(17, "repair_timelines", R"({"shard":3,"repaired":2,"not_repaired":1})"),
        row(18, "repair_timelines", R"({"sample":500})", "begun"),
        row(19, "repair_timelines", "{}", "begun"),
        row(20, "remove_orphan_keys", R"({"found":9,"removed":1})"),
        row(21, "remove_orphan_keys", R"({"family":"home"})", "begun"),
        row(20'000, "move_shard", R"({"shard":63,"note":"needle"})")};
    std::string values;
    for (const auto& one : rows)
        values += (values.empty() ? "" : ", ") + one;
    const std::string insert =
        "INSERT INTO directory.audit_log (at, engine, who, action, arguments, outcome) ";
    m_cluster->sql("pg-2", insert + "VALUES " + values);
    m_cluster->sql("pg-2", insert +
                               "SELECT now() - interval '1 second' * (100 + i), 'host:1', 'bob',"
                               " 'set_push_threshold', '{\"threshold\":\"auto\"}', 'ok'"
                               " FROM generate_series(1, " +
                               std::to_string(kMany) + ") AS i");
}

void EventReaderTest::everyWordThatIsToldFindsIt()
{
    EventQuery newest;
    newest.limit = kTold;
    const auto events = read(newest).events;
    QCOMPARE(events.size(), std::size_t(kTold));
    for (const auto& event : events) {
        auto words = wordsOf(event.what + " " + event.who + " " + event.where);
        words.insert(event.what); // and all of it
        for (auto word : words) {
            std::transform(word.begin(), word.end(), word.begin(),
                           [](unsigned char c) { return char(std::toupper(c)); });
            EventQuery query;
            query.text = word;
            query.limit = 1'000;
            query.begin = event.key.at;
            const auto found = read(query).events;
            QVERIFY2(std::any_of(found.begin(), found.end(),
                                 [&](const Event& one) { return one.key == event.key; }),
                     (word + " in: " + event.what).c_str());
        }
    }
}

void EventReaderTest::kindsAreToldApartInTheDatabase_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("count");
    QTest::newRow("workers") << int(EventKind::WorkersChanged) << 3;
    QTest::newRow("settings") << int(EventKind::SettingChanged) << 2 + kMany;
    QTest::newRow("others") << int(EventKind::OperatorAction) << kTold - 4;
}

void EventReaderTest::kindsAreToldApartInTheDatabase()
{
    QFETCH(int, kind);
    QFETCH(int, count);
    EventQuery query;
    query.kinds = {EventKind(kind)};
    query.limit = 1'000;
    const auto found = all(query);
    QCOMPARE(found.size(), std::size_t(count));
    for (const auto& event : found)
        QCOMPARE(int(event.kind), kind);
    std::set<EventKey> keys;
    for (const auto& event : found)
        keys.insert(event.key);
    QCOMPARE(keys.size(), found.size());
}

// Of thousands of rows only those come over that may match.
// Of every action that is in the log, and of some whose names are nearly those of another kind.
void EventReaderTest::theDatabaseHasEachActionsKind()
{
    const auto rows = m_cluster->sql(
        "pg-2",
        "SELECT action, " + auditGroupSql() +
            " FROM (SELECT DISTINCT action FROM directory.audit_log UNION SELECT unnest('{set_,setx,"
            "set_worker_counts,pause_worker,resume_workers2,reset_worker_count,\"\"}'::text[])) AS a");
    QVERIFY(rows.size() >= 7 + 14);
    std::set<std::string> groups;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        EventQuery query;
        query.kinds = {auditEventKind(std::string(rows.text(r, 0)))};
        const auto filter = auditFilter(query);
        QCOMPARE(filter.groups.size(), std::size_t(1));
        QVERIFY2(filter.groups[0] == rows.text(r, 1), std::string(rows.text(r, 0)).c_str());
        groups.insert(filter.groups[0]);
    }
    QCOMPARE(groups.size(), std::size_t(3));
}

void EventReaderTest::whatIsRareIsFoundInOneQuery()
{
    for (const bool byText : {true, false}) {
        EventQuery query;
        if (byText)
            query.text = "Needle";
        else
            query.kinds = {EventKind::OperatorAction};
        m_sent.clear();
        const auto page = read(query);
        QCOMPARE(page.events.size(), std::size_t(byText ? 1 : kTold - 4));
        QCOMPARE(page.events.back().what, std::string("Move shard: note needle, shard 63"));
        QVERIFY(!page.next);
        QCOMPARE(m_sent.size(), std::size_t(2)); // the rows, and how far was looked
    }
}

// More than is looked through at once: where the looking ended is where the next page begins.
void EventReaderTest::pagesOfAFilterLeaveNothingOut()
{
    m_cluster->sql("pg-2", "INSERT INTO directory.audit_log (at, engine, who, action, arguments, outcome)"
                           " SELECT now() - interval '1 second' * (30000 + i), 'host:1', 'bob',"
                           " CASE WHEN i % 1000 = 0 THEN 'delete_account' ELSE 'set_push_threshold' END,"
                           " CASE WHEN i % 1000 = 0 THEN '{\"user\":31415}'::jsonb ELSE '{}' END, 'ok'"
                           " FROM generate_series(1, 25000) AS i");
    EventQuery query;
    query.text = "account 31415";
    query.limit = 10;
    const auto first = read(query);
    QVERIFY(first.next);
    QVERIFY(first.events.size() < 10); // it looked no further for now
    const auto found = all(query);
    QCOMPARE(found.size(), std::size_t(25));
    QVERIFY(std::is_sorted(found.begin(), found.end(),
                           [](const Event& a, const Event& b) { return a.key > b.key; }));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::EventReaderTest)
#include "event_reader_test.moc"
