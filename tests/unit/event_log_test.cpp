// Events without servers: what a watch sees between snapshots, how the log keeps and finds it, the audit log
// in words, and what a history file keeps.
#include <QTemporaryDir>
#include <QTest>

#include "backend/monitoring/audit_events.h"
#include "backend/monitoring/event_watch.h"
#include "backend/monitoring/history_store.h"

namespace tests {

using namespace backend;
using namespace std::chrono_literals;

class EventLogTest : public QObject
{
    Q_OBJECT

private slots:
    void nodesLostAndBack();
    void enginesComeAndGo();
    void whoWakesAfterMinutesIsToldOf();
    void whatTwoProgramsSawIsOne();
    void aSilentDirectoryEndsNoEngine();
    void whatHappenedUnwatchedIsTold();
    void restores();
    void callsFailAndAreAnswered();
    void callsThatFailedBeforeARestart();
    void workersFallBehindAndCatchUp();
    void findsByKindTextAndKey();
    void oldOnesGo();
    void theAuditLogInWords_data();
    void theAuditLogInWords();
    void theFileKeepsThem();

private:
    static TimePoint at(int second)
    {
        return TimePoint(std::chrono::sys_days(std::chrono::year(2024) / 5 / 1)) +
               std::chrono::seconds(second);
    }
    static ClusterSnapshot snapshot(int second, Health health = Health::Ok, double uptime = 100)
    {
        ClusterSnapshot out;
        out.takenAt = at(second);
        NodeSnapshot node;
        node.name = "redis-1";
        node.health = health;
        node.message = health == Health::Down ? "redis-1 has not answered for 5 s." : "";
        node.uptimeSeconds = health == Health::Down ? -1 : uptime;
        out.nodes = {node};
        return out;
    }
    static EngineSnapshot engine(const std::string& name, int startedAt, double age = 0)
    {
        EngineSnapshot out;
        out.name = name;
        out.role = "serve";
        out.startedAt = at(startedAt);
        out.heartbeatAgeSeconds = age;
        out.workersWanted = 4;
        return out;
    }
    static QStringList words(const std::vector<Event>& events)
    {
        QStringList out;
        for (const auto& event : events)
            out << QString("%1 %2 %3")
                       .arg(int(event.kind))
                       .arg(QString::fromStdString(event.where), QString::fromStdString(event.what));
        return out;
    }
};

void EventLogTest::nodesLostAndBack()
{
    EventLog log;
    EventWatch watch(log, "here:1");
    QVERIFY(watch.look(snapshot(0, Health::Unknown), false, {}).empty());
    QVERIFY(watch.look(snapshot(1), false, {}).empty());
    QVERIFY(watch.look(snapshot(2, Health::Degraded), false, {}).empty()); // one missed probe is none
    const auto lost = watch.look(snapshot(5, Health::Down), false, {});
    QCOMPARE(words(lost), QStringList{"0 redis-1 Lost: redis-1 has not answered for 5 s."});
    QCOMPARE(lost[0].key.at, at(5));
    QCOMPARE(lost[0].who, std::string("here:1"));
    QVERIFY(watch.look(snapshot(6, Health::Down), false, {}).empty());
    QCOMPARE(words(watch.look(snapshot(17, Health::Ok, 1), false, {})),
             QStringList{"1 redis-1 Back after 12 s"});
    QVERIFY(watch.look(snapshot(18, Health::Ok, 2), false, {}).empty());
    // So quick that nobody missed it.
    QCOMPARE(words(watch.look(snapshot(40, Health::Ok, 0.5), false, {})),
             QStringList{"1 redis-1 Restarted, up for 0 s"});
}

void EventLogTest::enginesComeAndGo()
{
    EventLog log;
    EventWatch watch(log, "here:1");
    auto now = snapshot(10);
    now.engines = {engine("a:1", 3), engine("dead:9", 1, 30)};
    const auto started = watch.look(now, true, {});
    QCOMPARE(words(started), QStringList{"2 a:1 Engine started: serve, 4 workers"});
    QCOMPARE(started[0].key.at, at(3)); // when it did, not when it was seen
    now.takenAt = at(30);
    now.engines[0].heartbeatAgeSeconds = 12;
    const auto silent = watch.look(now, true, {});
    QCOMPARE(silent.size(), std::size_t(1));
    QVERIFY(silent[0].kind == EventKind::EngineStopped &&
            silent[0].what.starts_with("No heartbeat for 12 s"));
    now.takenAt = at(35);
    now.engines[0].heartbeatAgeSeconds = 0;
    QCOMPARE(words(watch.look(now, true, {})), QStringList{"2 a:1 Heartbeats again after 5 s"});
    now.takenAt = at(40);
    now.engines.clear();
    QCOMPARE(words(watch.look(now, true, {})), QStringList{"3 a:1 Engine stopped"});
    QVERIFY(watch.look(now, true, {}).empty());
}

// It leaves the list after a minute of silence, but its row stays for ten: both watched and across a restart.
void EventLogTest::whoWakesAfterMinutesIsToldOf()
{
    for (const bool restarted : {false, true}) {
        EventLog log;
        auto watch = std::make_unique<EventWatch>(log, "here:1");
        auto now = snapshot(10);
        now.engines = {engine("a:1", 3)};
        watch->look(now, true, {});
        now.takenAt = at(30);
        now.engines[0].heartbeatAgeSeconds = 12;
        QCOMPARE(watch->look(now, true, {}).size(), std::size_t(1));
        now.takenAt = at(80);
        now.engines.clear();
        QVERIFY(watch->look(now, true, {}).empty());
        if (restarted) watch = std::make_unique<EventWatch>(log, "here:1");
        now.takenAt = at(200);
        now.engines = {engine("a:1", 3)};
        const auto awake = watch->look(now, true, {});
        QCOMPARE(awake.size(), std::size_t(1));
        QVERIFY(awake[0].kind == EventKind::EngineStarted);
        QVERIFY2(awake[0].what.starts_with("Heartbeats again"), awake[0].what.c_str());
        QVERIFY(watch->look(now, true, {}).empty());
    }
}

void EventLogTest::whatTwoProgramsSawIsOne()
{
    EventLog one, two;
    EventWatch here(one, "here:1"), there(two, "there:2");
    here.look(snapshot(10), true, {});
    there.look(snapshot(10), true, {});
    here.look(snapshot(12, Health::Down), true, {});
    there.look(snapshot(13, Health::Down), true, {});
    auto both = one.all();
    const auto others = two.all();
    both.insert(both.end(), others.begin(), others.end());
    EventLog kept;
    kept.load(both);
    QCOMPARE(kept.all().size(), std::size_t(1));
    QCOMPARE(kept.all()[0].who, std::string("here:1"));
    // Twice by the same one is twice.
    here.look(snapshot(13), true, {});
    here.look(snapshot(14, Health::Down), true, {});
    kept.load(one.all());
    QCOMPARE(kept.all().size(), std::size_t(3));
}

void EventLogTest::aSilentDirectoryEndsNoEngine()
{
    EventLog log;
    EventWatch watch(log, "here:1");
    auto now = snapshot(10);
    now.engines = {engine("a:1", 3)};
    watch.look(now, true, {});
    now.engines[0].heartbeatAgeSeconds = 100;
    QVERIFY(watch.look(now, false, {}).empty());
    now.engines.clear();
    QVERIFY(watch.look(now, false, {}).empty());
}

void EventLogTest::whatHappenedUnwatchedIsTold()
{
    EventLog log;
    {
        EventWatch earlier(log, "here:1");
        auto now = snapshot(10, Health::Down);
        now.engines = {engine("here:1", 1), engine("a:1", 3), engine("b:1", 3)};
        earlier.look(now, true, {});
        QCOMPARE(words(earlier.end(at(11))), QStringList{"3 here:1 Engine stopped"});
    }
    EventLog kept;
    kept.load(log.all());
    EventWatch watch(kept, "here:2");
    auto now = snapshot(500);
    now.engines = {engine("a:1", 3), engine("b:1", 400)};
    const auto events = watch.look(now, true, {});
    // a:1 goes on; b:1 is another life under its name; the node came back meanwhile.
    QCOMPARE(words(events),
             (QStringList{"1 redis-1 Back after 8 min", "2 b:1 Engine started: serve, 4 workers"}));
    now.engines.clear();
    now.takenAt = at(501);
    QCOMPARE(watch.look(now, true, {}).size(), std::size_t(2));
}

void EventLogTest::restores()
{
    EventLog log;
    EventWatch watch(log, "here:1");
    RestoreProgress restore;
    restore.running = true;
    restore.startedAt = at(3);
    QVERIFY(watch.look(snapshot(4), false, restore).empty()); // a look at everything is routine
    restore.nodes = {"redis-1"};
    restore.startedAt = at(5);
    restore.readers = 900;
    QVERIFY(watch.look(snapshot(6), false, restore).empty()); // nothing is found lost yet
    restore.restored = 1;
    QCOMPARE(words(watch.look(snapshot(6), false, restore)),
             QStringList{"7 redis-1 Rebuilding begins: 900 readers to look at"});
    QVERIFY(watch.look(snapshot(7), false, restore).empty());
    restore.running = false;
    restore.looked = 900;
    QCOMPARE(words(watch.look(snapshot(9), false, restore)),
             QStringList{"8 redis-1 Timelines built again: 1 was missing among 900 readers looked at"});
    QVERIFY(watch.look(snapshot(10), false, restore).empty());
    // Over before it was seen, and broken off.
    restore.startedAt = at(11);
    restore.error = "redis-1 is gone";
    const auto quick = watch.look(snapshot(12), false, restore);
    QCOMPARE(quick.size(), std::size_t(2));
    QVERIFY(quick[1].failed && quick[1].what.ends_with("redis-1 is gone"));
}

void EventLogTest::callsFailAndAreAnswered()
{
    EventLog log;
    EventWatch watch(log, "here:1");
    QVERIFY(watch.look(snapshot(1), false, {}).empty());
    auto now = snapshot(2);
    now.readsFail = CallTrouble{0.62, 37, FailureReason::DeadlineExceeded, at(2)};
    now.pagesPartial = CallTrouble{0.05, 2.5, FailureReason::Other, at(2)};
    const auto begun = watch.look(now, false, {});
    QCOMPARE(words(begun), (QStringList{"9 reads 62% of reads fail, 37/s: deadline exceeded",
                                        "9 pages 5% of pages are incomplete, 2.5/s: not all of them could be "
                                        "read in time"}));
    QCOMPARE(begun[0].key.at, at(2));
    now.takenAt = at(3);
    now.readsFail->share = 0.9;
    QVERIFY(watch.look(now, false, {}).empty()); // once
    // What is not known now has neither ended nor begun.
    now.takenAt = at(4);
    auto unknown = now;
    unknown.readsFail.reset();
    unknown.failedReadsPerSecond = -1;
    QVERIFY(watch.look(unknown, false, {}).empty());
    unknown.failedReadsPerSecond = 0;
    unknown.ratesReadAt = at(3);
    QVERIFY(watch.look(unknown, false, {}).empty());
    now.takenAt = at(45);
    now.readsFail.reset();
    QCOMPARE(words(watch.look(now, false, {})), QStringList{"10 reads Reads are answered again after 43 s"});
    QVERIFY(watch.look(now, false, {}).empty());
    now.takenAt = at(50);
    now.pagesPartial.reset();
    now.writesFail = CallTrouble{1, 8, FailureReason::Unavailable, at(50)};
    QCOMPARE(words(watch.look(now, false, {})),
             (QStringList{"9 writes 100% of writes fail, 8.0/s: a node does not answer",
                          "10 pages Pages are whole again after 48 s"}));
}

void EventLogTest::callsThatFailedBeforeARestart()
{
    for (const bool goesOn : {true, false}) {
        EventLog log;
        auto now = snapshot(10);
        now.readsFail = CallTrouble{0.5, 5, FailureReason::Unavailable, at(10)};
        EventWatch(log, "here:1").look(now, false, {});
        EventWatch watch(log, "here:2");
        const auto failing = now.readsFail;
        now.readsFail.reset();
        now.sequence = 3; // too early to know
        now.takenAt = at(60);
        QVERIFY(watch.look(now, false, {}).empty());
        now.sequence = 12;
        now.takenAt = at(70);
        if (goesOn) {
            now.readsFail = failing;
            QVERIFY(watch.look(now, false, {}).empty()); // it is told already
            now.readsFail.reset();
            ++now.sequence;
        } else {
            now.sequence = 30;
        }
        QCOMPARE(words(watch.look(now, false, {})),
                 QStringList{"10 reads Reads are answered again after 60 s"});
    }
}

void EventLogTest::workersFallBehindAndCatchUp()
{
    EventLog log;
    auto now = snapshot(2);
    now.drainPerSecond = 10;
    now.queueOldestAgeSeconds = 40;
    now.backlog = Backlog{Backlog::Cause::AllBusy, 12'000, at(2)};
    {
        EventWatch watch(log, "here:1");
        const auto begun = watch.look(now, false, {});
        QCOMPARE(begun.size(), std::size_t(1));
        QVERIFY(begun[0].kind == EventKind::WorkersBehind);
        QVERIFY2(
            begun[0].what.starts_with("The workers fall behind: 12000 tasks wait, the oldest for 40 s. All"),
            begun[0].what.c_str());
        QVERIFY(watch.look(now, false, {}).empty()); // once
    }
    EventWatch watch(log, "here:2"); // another process goes on
    now.takenAt = at(30);
    now.sequence = 12;
    QVERIFY(watch.look(now, false, {}).empty());
    now.backlog.reset();
    auto unknown = now; // has neither ended nor begun
    unknown.queueNotCounted = {"pg-1"};
    QVERIFY(watch.look(unknown, false, {}).empty());
    now.takenAt = at(62);
    const auto over = watch.look(now, false, {});
    QCOMPARE(over.size(), std::size_t(1));
    QVERIFY(over[0].kind == EventKind::WorkersCaughtUp);
    QCOMPARE(over[0].what, std::string("The workers keep up again after 60 s"));
}

void EventLogTest::findsByKindTextAndKey()
{
    EventLog log;
    for (int i = 0; i < 10; ++i) {
        Event event;
        event.key.at = at(i / 2); // two in each second
        event.kind = i % 2 ? EventKind::NodeBack : EventKind::NodeLost;
        event.what = "What " + std::to_string(i);
        event.where = "node-" + std::to_string(i);
        QVERIFY(log.add(event));
    }
    Event again;
    again.key.at = at(0);
    again.kind = EventKind::NodeLost;
    again.where = "node-0";
    QVERIFY(!log.add(again)); // the same
    EventQuery query;
    const auto all = log.find(query, 100);
    QCOMPARE(all.size(), std::size_t(10));
    QVERIFY(std::is_sorted(all.rbegin(), all.rend(), [](auto& a, auto& b) { return a.key < b.key; }));
    query.before = all[3].key;
    QCOMPARE(log.find(query, 2)[0].key.id, all[4].key.id);
    query = {};
    query.after = all[3].key;
    QCOMPARE(log.find(query, 100).size(), std::size_t(3));
    query = {};
    query.kinds = {EventKind::NodeBack};
    QCOMPARE(log.find(query, 100).size(), std::size_t(5));
    query = {};
    query.text = "wHAT 7";
    QCOMPARE(log.find(query, 100).size(), std::size_t(1));
    query = {};
    query.begin = at(1);
    query.end = at(3);
    QCOMPARE(log.find(query, 100).size(), std::size_t(4));
}

void EventLogTest::oldOnesGo()
{
    EventLog log;
    for (int i = 0; i < int(EventLog::kMost) + 10; ++i) {
        Event event;
        event.key.at = at(i);
        event.where = std::to_string(i);
        log.add(event);
    }
    QCOMPARE(log.all().size(), EventLog::kMost);
    QCOMPARE(log.all().front().where, std::string("10"));
    Event late;
    late.key.at = at(0) + EventLog::kKept + 100h;
    log.add(late);
    QCOMPARE(log.all().size(), std::size_t(1));
}

void EventLogTest::theAuditLogInWords_data()
{
    QTest::addColumn<QString>("action");
    QTest::addColumn<QString>("arguments");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* action, const char* arguments, EventKind kind, const char* expected) {
        QTest::newRow(expected) << action << arguments << int(kind) << expected;
    };
    row("pause_workers", R"({"engine":-1})", EventKind::WorkersChanged, "Workers paused on all engines");
    row("set_worker_count", R"({"engine":3,"workers":8})", EventKind::WorkersChanged,
        "Workers set to 8 on engine 3");
    row("set_push_threshold", R"({"threshold":"auto"})", EventKind::SettingChanged,
        "Push threshold set to auto");
    row("retry_dead_letters", "{}", EventKind::OperatorAction, "2 dead letters put back into the queue");
    row("reconcile_counters", R"({"shard":3})", EventKind::OperatorAction,
        "Counters of shard 3 are being set right");
    row("reconcile_counters", R"({"all":true,"reconciled":1,"users":[7]})", EventKind::OperatorAction,
        "Counters set right of 1 user");
    row("repair_timelines", R"({"sample":500,"seed":1})", EventKind::OperatorAction,
        "Home timelines of a sample of 500 readers are being repaired");
    row("repair_timelines", R"({"all":true,"repaired":2,"not_repaired":1,"readers":[7,8,9]})",
        EventKind::OperatorAction, "Home timelines of 2 readers repaired, 1 not");
    row("remove_orphan_keys", "{}", EventKind::OperatorAction, "Orphan keys are being removed");
    row("remove_orphan_keys", R"({"found":3,"removed":1})", EventKind::OperatorAction,
        "1 orphan key removed of 3");
    row("move_shard", R"({"shard":3,"to":"redis-2"})", EventKind::OperatorAction,
        "Move shard: shard 3, to redis-2");
    row("set_novelty", R"({"value":1})", EventKind::SettingChanged, "Set novelty: value 1");
    row("odd", "not json", EventKind::OperatorAction, "odd not json");
}

void EventLogTest::theAuditLogInWords()
{
    QFETCH(const QString, action);
    QFETCH(const QString, arguments);
    QFETCH(const int, kind);
    QFETCH(const QString, expected);
    AuditRow row{7, at(1), "host:1", "ann", action.toStdString(), arguments.toStdString(), "ok", 2};
    const auto event = auditEvent(row);
    QCOMPARE(QString::fromStdString(event.what), expected);
    QCOMPARE(int(event.kind), kind);
    QCOMPARE(event.who, std::string("ann"));
    QVERIFY(!event.failed && event.key.at == at(1) && event.key.id == auditEventId(7));
    row.outcome = "begun";
    QVERIFY(!auditEvent(row).failed);
    row.outcome = "it was refused";
    QVERIFY(auditEvent(row).failed);
    QVERIFY(auditEvent(row).what.ends_with("Failed: it was refused"));
}

void EventLogTest::theFileKeepsThem()
{
    const QTemporaryDir folder;
    const auto path = folder.filePath("history.sqlite").toStdString();
    const SystemWallClock clock;
    EventLog log;
    Event event;
    event.key.at = clock.now();
    event.kind = kLastEventKind;
    event.failed = true;
    event.what = "what";
    event.who = "who";
    event.where = "where";
    const auto added = log.add(event);
    Event old = event;
    old.key.at -= EventLog::kKept - 400ms; // too old soon after it was written
    const auto outdated = log.add(old);
    QVERIFY(added && outdated);
    {
        HistoryStore store(path, "one", clock, 1h);
        QVERIFY(store.keptEvents().empty());
        store.addEvents({*added, *outdated});
        QVERIFY(store.flush());
        QVERIFY(store.flush()); // nothing twice
    }
    QTest::qSleep(500);
    HistoryStore store(path, "one", clock, 1h);
    const auto kept = store.keptEvents();
    QCOMPARE(kept.size(), std::size_t(1)); // what is too old went
    QVERIFY(kept[0].key == added->key && kept[0].kind == event.kind && kept[0].failed);
    QCOMPARE(kept[0].what + kept[0].who + kept[0].where, std::string("whatwhowhere"));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::EventLogTest)
#include "event_log_test.moc"
