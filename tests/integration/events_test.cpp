// What happens on a real cluster is told as events, in order, with who and when, and is still told after a
// restart; charts' last hour comes back, too.
#include <QTemporaryDir>
#include <QTest>

#include "tests/support/demo_session.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

using namespace backend;
using namespace tests;

class EventsTest : public QObject
{
    Q_OBJECT

private slots:
    void whatHappensIsToldAndKept();
    void aTemporaryDemoRemembersWhileItRuns();
    void anotherClusterBehindTheSameFileHasItsOwn();

private:
    static constexpr int kPatience = 60'000;
};

namespace {

std::shared_ptr<app::OpenedSession> openKept(const std::filesystem::path& folder)
{
    app::SessionOptions options;
    options.dataDirectory = folder;
    options.workload = false;
    return take(app::openSession(options, [](const SessionProgress&) {}, {}));
}

// Oldest first.
std::vector<Event> eventsOf(Engine& engine, const EventQuery& query = {})
{
    auto events = take(engine.monitor().events(query, soon())).events;
    std::reverse(events.begin(), events.end());
    return events;
}

std::vector<Event> ofKind(Engine& engine, EventKind kind)
{
    EventQuery query;
    query.kinds = {kind};
    return eventsOf(engine, query);
}

QStringList told(const std::vector<Event>& events)
{
    QStringList out;
    for (const auto& event : events)
        out << QString::fromStdString(event.where + ": " + event.what);
    return out;
}

Health healthOf(Engine& engine, const std::string& node)
{
    for (const auto& one : engine.monitor().snapshot()->nodes)
        if (one.name == node) return one.health;
    return Health::Unknown;
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

TimePoint now()
{
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

} // namespace

void EventsTest::whatHappensIsToldAndKept()
{
    const QTemporaryDir folder;
    const auto begun = now();
    std::vector<Event> before;
    std::string engineName;
    {
        const auto session = openKept(folder.path().toStdString());
        auto& engine = session->engine();
        QTRY_VERIFY_WITH_TIMEOUT(healthOf(engine, "redis-2") == Health::Ok, kPatience);
        QTRY_COMPARE_WITH_TIMEOUT(ofKind(engine, EventKind::EngineStarted).size(), std::size_t(1), kPatience);
        engineName = ofKind(engine, EventKind::EngineStarted)[0].where;

        take(session->servers()->killNode("redis-2"));
        // On a busy machine others may be late as well.
        const auto toldOf = [&](EventKind kind) {
            const auto events = ofKind(engine, kind);
            return std::any_of(events.begin(), events.end(),
                               [](const Event& event) { return event.where == "redis-2"; });
        };
        QTRY_VERIFY_WITH_TIMEOUT(toldOf(EventKind::NodeLost), kPatience);
        take(session->servers()->restartNode("redis-2"));
        QTRY_VERIFY_WITH_TIMEOUT(toldOf(EventKind::NodeBack), kPatience);
        PushThreshold threshold;
        threshold.kind = PushThreshold::Kind::Followers;
        threshold.followers = 4'321;
        take(engine.operations().setPushThreshold(threshold, soon()));
        take(engine.operations().pauseWorkers(-1, soon()));
        QVERIFY(!engine.operations().pauseWorkers(999, soon())); // there is none: told as failed
        take(engine.operations().resumeWorkers(-1, soon()));

        before = eventsOf(engine);
        const auto find = [&](EventKind kind, const char* part, const std::string& where = {}) {
            const auto found = std::find_if(before.begin(), before.end(), [&](const Event& e) {
                return e.kind == kind && contains(e.what, part) && (where.empty() || e.where == where);
            });
            return std::ptrdiff_t(found - before.begin());
        };
        const std::vector order{find(EventKind::EngineStarted, "Engine started"),
                                find(EventKind::NodeLost, "has not answered", "redis-2"),
                                find(EventKind::NodeBack, "Back after", "redis-2"),
                                find(EventKind::SettingChanged, "Push threshold set to 4321"),
                                find(EventKind::WorkersChanged, "Workers paused on all engines"),
                                find(EventKind::WorkersChanged, "Workers paused on engine 999"),
                                find(EventKind::WorkersChanged, "Workers resumed on all engines")};
        QVERIFY2(std::is_sorted(order.begin(), order.end()) && order.back() < std::ssize(before),
                 qPrintable(told(before).join('\n')));
        const auto& lost = before[std::size_t(order[1])];
        QCOMPARE(lost.where, std::string("redis-2"));
        QCOMPARE(lost.who, engineName); // that saw it
        const auto& set = before[std::size_t(order[3])];
        QVERIFY(!set.who.empty() && set.who != engineName); // a person
        QCOMPARE(set.where, engineName);
        QVERIFY(!set.failed && before[std::size_t(order[5])].failed);
        for (const auto& event : before)
            QVERIFY(event.key.at >= begun - std::chrono::seconds(1) && event.key.at <= now());

        // Pages by key: one at a time they are the same, each once.
        std::vector<EventKey> keys;
        EventQuery query;
        query.limit = 1;
        query.end = before.back().key.at + std::chrono::microseconds(1);
        for (;;) {
            const auto page = take(engine.monitor().events(query, soon()));
            for (const auto& event : page.events)
                keys.push_back(event.key);
            if (!page.next) break;
            query.before = page.next;
        }
        std::reverse(keys.begin(), keys.end());
        std::vector<EventKey> expected;
        for (const auto& event : before)
            expected.push_back(event.key);
        QVERIFY(keys == expected);
        EventQuery word;
        word.text = "REDIS-2";
        for (const auto& event : eventsOf(engine, word))
            QVERIFY(contains(event.where + event.what, "redis-2"));
        EventQuery within;
        within.begin = set.key.at;
        within.end = set.key.at + std::chrono::microseconds(1);
        QCOMPARE(told(eventsOf(engine, within)), told({set}));
        EventQuery newer;
        newer.after = set.key;
        newer.end = before.back().key.at + std::chrono::microseconds(1);
        QCOMPARE(eventsOf(engine, newer).size(), before.size() - std::size_t(order[3]) - 1);
        QTRY_VERIFY_WITH_TIMEOUT(engine.monitor().history(begun).size() >= 5, kPatience);
    }
    const auto ended = now();
    const auto session = openKept(folder.path().toStdString());
    auto& engine = session->engine();
    QTRY_COMPARE_WITH_TIMEOUT(ofKind(engine, EventKind::EngineStarted).size(), std::size_t(2), kPatience);
    const auto after = eventsOf(engine);
    for (const auto& event : before) {
        const auto again =
            std::find_if(after.begin(), after.end(), [&](const Event& one) { return one.key == event.key; });
        QVERIFY2(again != after.end(), event.what.c_str());
        QCOMPARE(again->what, event.what);
        QCOMPARE(again->who, event.who);
    }
    const auto stopped = ofKind(engine, EventKind::EngineStopped);
    QCOMPARE(stopped.size(), std::size_t(1));
    QCOMPARE(stopped[0].where, engineName);
    QVERIFY(stopped[0].key.at > before.back().key.at && stopped[0].key.at <= ended);
    // The charts' hour: what was known before the restart is there at once.
    QTRY_VERIFY_WITH_TIMEOUT(!engine.monitor().history(begun).empty() &&
                                 engine.monitor().history(begun).front().at < ended,
                             kPatience);
    const auto kept = take(engine.monitor().historyRange(begun, now(), 600));
    QVERIFY(!kept.mean.empty() && kept.mean.front().at < ended);
}

// More than the hour in memory can be chosen in it, too; the file goes with its folder.
void EventsTest::aTemporaryDemoRemembersWhileItRuns()
{
    app::SessionOptions options;
    options.workload = false;
    auto session = take(app::openSession(options, [](const backend::SessionProgress&) {}, {}));
    const auto file = session->configFile().parent_path() / "history.sqlite";
    const auto remembers = [&] {
        const auto kept =
            session->engine().monitor().historyRange(now() - std::chrono::hours(24), now(), 600);
        return kept && !kept->mean.empty();
    };
    QTRY_VERIFY_WITH_TIMEOUT(remembers(), kPatience);
    QVERIFY(std::filesystem::exists(file));
    session.reset();
    QTRY_VERIFY(!std::filesystem::exists(file)); // a process of its own removes it
}

// A configuration file, and a cluster name, may come to mean another cluster: its history is never shown as
// this one's, nor the other way round.
void EventsTest::anotherClusterBehindTheSameFileHasItsOwn()
{
    const QTemporaryDir folder;
    const auto config = std::filesystem::path(folder.path().toStdString()) / "cluster.toml";
    app::SessionOptions options;
    options.kind = app::SessionOptions::Kind::Connect;
    options.configFile = config;
    options.historyFolder = std::filesystem::path(folder.path().toStdString()) / "history";
    options.readOnly = true;
    const auto begun = now();
    const std::array demos{openDemo(), openDemo()};
    std::optional<TimePoint> firstEnded; // the first session, on the first cluster
    for (const auto turn : {0U, 1U, 0U}) {
        std::filesystem::copy_file(demos[turn]->configFile(), config,
                                   std::filesystem::copy_options::overwrite_existing);
        const auto session = take(app::openSession(options, [](const SessionProgress&) {}, {}));
        auto& monitor = session->engine().monitor();
        const auto seen = monitor.snapshot()->sequence;
        QTRY_VERIFY_WITH_TIMEOUT(monitor.snapshot()->sequence > seen + 1, kPatience);
        const auto kept = take(monitor.historyRange(begun, now() + std::chrono::seconds(1), 3'600));
        QVERIFY(!kept.mean.empty());
        const auto& problem = monitor.snapshot()->historyProblem;
        QVERIFY2(contains(problem, "another cluster") == (turn == 1), problem.c_str());
        if (!firstEnded) firstEnded = now();
        QCOMPARE(kept.mean.front().at < *firstEnded, turn == 0);
    }
}

QTEST_GUILESS_MAIN(EventsTest)
#include "events_test.moc"
