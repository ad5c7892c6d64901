// rookeryctl serve as processes beside an engine of the test: they share the work exactly once, whatever end
// they come to; they stop cleanly, at once when told twice, and say clearly why they cannot start.
#include <QTest>

#include "tests/support/demo_session.h"

#include "app/ctl/service_signals.h"
#include "backend/common/config.h"
#include "backend/domain/ids.h"
#include "tests/integration/ctl_process.h"
#include "tests/integration/helper_process.h"
#include "tests/support/lateness.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>

#include <atomic>
#include <map>
#include <memory>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

using namespace backend;
using namespace std::chrono_literals;

namespace tests {

namespace {

// A cluster.toml for one service, to be changed while it runs.
class OwnConfig
{
public:
    OwnConfig(const QString& like, int workers)
        : config(take(readClusterToml(like.toStdString())))
    {
        config.workers = workers;
        write();
    }
    void write() const { take(writeClusterToml(config, path().toStdString())); }
    QString path() const { return m_place.filePath("cluster.toml"); }

    ClusterConfig config;

private:
    const QTemporaryDir m_place;
};

} // namespace

class ServeTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase() { m_session.reset(); }

    void threeEnginesShareABacklogExactlyOnce();
    void stopGivesLeasesBackAndLeavesTheDirectory();
    void readyTellsWhichEngineItIs();
    void aSilentNodeHoldsUpNoStop_data();
    void aSilentNodeHoldsUpNoStop();
    void secondSignalEndsAtOnce();
    void hangupReadsTheFileAgain();
    void aHangupWithoutASlotChangesNobody();
    void serviceManagerIsTold();
    void whoWatchesAgainFindsItAlive();
    void unreachableDirectoryIsOneSentence();
    void hangingDirectoryCanBeInterrupted();
    void otherSchemaIsRefused_data();
    void otherSchemaIsRefused();
    void mistakesInTheFileAreNamed();
    void unitOfSystemdFitsTheProgram();
    void whoHasEndedIsSentNothing();

private:
    Feed& feed() { return m_session->engine().feed(); }
    std::int64_t unfinished() { return take(m_session->engine().monitor().unfinishedTasks(soon())); }
    std::unique_ptr<CtlProcess> serve(int workers)
    {
        return std::make_unique<CtlProcess>(QStringList{"serve", "--config", m_config, "--workers",
                                                        QString::number(workers), "--json", "--status-every",
                                                        "0.2"});
    }
    QString owner(const QString& node) const
    {
        for (const auto& one : m_session->servers()->nodes())
            if (one.name == node.toStdString()) return QString::fromStdString(one.ownerAddress);
        return {};
    }
    int leased() const
    {
        return (sql(owner("pg-1"), "SELECT count(*) FROM queue.tasks WHERE state = 1").toInt()) +
               (sql(owner("pg-2"), "SELECT count(*) FROM queue.tasks WHERE state = 1").toInt());
    }
    class Poster;
    std::shared_ptr<app::OpenedSession> m_session;
    QString m_config;
    std::vector<UserId> m_users;
};

void ServeTest::initTestCase()
{
    m_session = openDemo({.dataDirectory = {}, .workload = false, .workers = 1});
    m_config = QString::fromStdString(m_session->configFile().string());
    for (int i = 0; i < 60; ++i)
        m_users.push_back(take(feed().createUser({"user_" + std::to_string(i), "User"}, soon())).id);
    for (std::size_t i = 0; i < m_users.size(); ++i)
        for (std::size_t k = 1; k <= 10; ++k)
            take(feed().follow(m_users[i], m_users[(i + k * k) % m_users.size()], soon()));
    QVERIFY(drain(m_session->engine()));
}

// Work that keeps coming, on a thread, until it is told to end; as much at most as is done in a while.
class ServeTest::Poster
{
public:
    explicit Poster(ServeTest& test)
        : m_test(test)
        , m_thread([this](const std::stop_token& stop) { run(stop); })
    {
    }
    // What went wrong; empty: nothing.
    std::string end()
    {
        m_thread = {};
        return m_error;
    }

private:
    void run(const std::stop_token& stop)
    {
        const auto& users = m_test.m_users;
        try {
            const auto most = m_test.unfinished() + 2'000;
            for (std::size_t i = 0; !stop.stop_requested(); ++i) {
                take(m_test.feed().post(users[i * 7 % users.size()], "post " + std::to_string(i), soon()));
                if (i % 97 == 0)
                    take(m_test.feed().unfollow(users[i % users.size()], users[(i + 1) % users.size()],
                                                soon()));
                while (m_test.unfinished() > most && !stop.stop_requested())
                    std::this_thread::sleep_for(20ms);
            }
        } catch (const std::exception& error) {
            m_error = error.what();
        }
    }

    ServeTest& m_test;
    std::string m_error;
    std::jthread m_thread; // last: it uses all of the above
};

void ServeTest::threeEnginesShareABacklogExactlyOnce()
{
    auto& operations = m_session->engine().operations();
    QVERIFY(pauseAll(m_session->engine()));
    for (int i = 0; i < 1'500; ++i)
        take(feed().post(m_users[std::size_t(i) % m_users.size()], "backlog", soon()));
    const auto own = [&] {
        std::int64_t done = 0;
        for (const auto& worker : m_session->engine().monitor().snapshot()->workers)
            if (worker.engineSlot == m_session->self().slot) done += worker.tasksDone;
        return done;
    };
    const auto ownBefore = own();
    const auto first = serve(2), second = serve(2);
    QVERIFY(!first->waitFor("ready").isEmpty());
    QVERIFY(!second->waitFor("ready").isEmpty());
    // Posts go on until both are gone, so that both end in the middle of work, on a machine of any speed.
    Poster poster(*this);
    const auto worked = [](const QJsonObject& status) { return status["tasks_done"].toInt() > 0; };
    const bool firstWorked = !first->waitFor("status", worked).isEmpty();
    const bool secondWorked = !second->waitFor("status", worked).isEmpty();
    take(operations.resumeWorkers(-1, soon()));
    const int engines =
        sql(owner("pg-2"),
            "SELECT count(*) FROM directory.engines WHERE heartbeat_at > now() - interval '30 seconds'")
            .toInt();
    first->signal(SIGTERM);
    const int ended = first->exitCode();
    second->signal(SIGKILL);
    const int killed = second->exitCode();
    QTest::qSleep(300);
    QCOMPARE(poster.end(), std::string());
    QVERIFY(firstWorked && secondWorked);
    QCOMPARE(engines, 3);
    QCOMPARE(ended, 0);
    QCOMPARE(killed, -2);
    QVERIFY(drain(m_session->engine())); // what the killed one held is taken over when its leases lapse
    QCOMPARE(auditFindings(*m_session), std::string());
    QTRY_VERIFY_WITH_TIMEOUT(own() > ownBefore, 60'000);
}

void ServeTest::stopGivesLeasesBackAndLeavesTheDirectory()
{
    auto& operations = m_session->engine().operations();
    const auto only = serve(3);
    const auto ready = only->waitFor("ready");
    QVERIFY(!ready.isEmpty());
    QCOMPARE(ready["workers"].toInt(), 3);
    QCOMPARE(ready["nodes"].toInt(), 10);
    const int slot = ready["slot"].toInt();
    const int own = m_session->self().slot;
    QVERIFY(pauseOwn(m_session->engine())); // the service works alone
    Poster poster(*this);
    const bool worked =
        !only->waitFor("status", [](const QJsonObject& s) { return s["tasks_done"].toInt() > 100; })
             .isEmpty();
    only->signal(SIGTERM);
    const auto stopped = only->waitFor("stopped");
    const int code = only->exitCode();
    const int held = leased();
    const auto holders = sql(
        owner("pg-1"), "SELECT kind, attempts, lease_until - now() FROM queue.tasks WHERE state = 1 LIMIT 5");
    const auto registered = sql(
        owner("pg-2"), QStringLiteral("SELECT count(*) FROM directory.engines WHERE slot = %1").arg(slot));
    const auto lapsed =
        sql(owner("pg-2"),
            QStringLiteral("SELECT lease_until <= clock_timestamp() FROM directory.id_slots WHERE slot = %1")
                .arg(slot));
    const auto posting = poster.end();
    take(operations.resumeWorkers(own, soon()));
    QCOMPARE(posting, std::string());
    QVERIFY(worked);
    QVERIFY(stopped["clean"].toBool());
    QCOMPARE(code, 0);
    QVERIFY2(held == 0,
             qPrintable(QString::number(held) + " tasks: " + holders)); // nobody waits for a lease to lapse
    QCOMPARE(registered, QStringLiteral("0"));
    QCOMPARE(lapsed, QStringLiteral("t"));
    QVERIFY(drain(m_session->engine()));
    QCOMPARE(auditFindings(*m_session), std::string());
}

// Also while it cannot read yet which engines there are.
void ServeTest::readyTellsWhichEngineItIs()
{
    QCOMPARE(sql(owner("pg-2"), "REVOKE SELECT ON directory.engines FROM rookery_engine;"
                                "GRANT SELECT (slot, name, role, started_at, heartbeat_at, workers_wanted,"
                                " paused) ON directory.engines TO rookery_engine"), // it writes its row
             QString());
    const auto service = serve(1);
    const auto ready = service->waitFor("ready");
    const auto registered =
        sql(owner("pg-2"), QStringLiteral("SELECT name FROM directory.engines WHERE slot = %1 AND role = "
                                          "'serve'")
                               .arg(ready["slot"].toInt()));
    QCOMPARE(sql(owner("pg-2"), "GRANT SELECT ON directory.engines TO rookery_engine"), QString());
    service->signal(SIGTERM);
    QCOMPARE(service->exitCode(), 0);
    QVERIFY(!registered.isEmpty());
    QCOMPARE(ready["engine"].toString(), registered);
}

void ServeTest::aSilentNodeHoldsUpNoStop_data()
{
    QTest::addColumn<QString>("node");
    QTest::newRow("PostgreSQL with users") << "pg-1";
    QTest::newRow("PostgreSQL with posts and the directory") << "pg-2";
    QTest::newRow("Redis") << "redis-1";
}

// In the middle of work. What it cannot give back in time is taken over.
void ServeTest::aSilentNodeHoldsUpNoStop()
{
    QFETCH(QString, node);
    auto& operations = m_session->engine().operations();
    const auto service = serve(3);
    const auto ready = service->waitFor("ready");
    QVERIFY(!ready.isEmpty());
    const int own = m_session->self().slot;
    QVERIFY(pauseOwn(m_session->engine())); // the service works alone
    std::atomic<int> posted = 0;
    std::jthread writer([&](const std::stop_token& stop) { // work keeps coming, as long as the node takes it
        for (std::size_t i = 0; !stop.stop_requested(); ++i) {
            if (feed().post(m_users[i % m_users.size()], "more", Deadline::after(500ms))) ++posted;
            std::this_thread::sleep_for(2ms);
        }
    });
    const bool worked =
        !service->waitFor("status", [](const QJsonObject& s) { return s["tasks_done"].toInt() > 0; })
             .isEmpty();
    const int before = posted;
    const bool writing = QTest::qWaitFor([&] { return posted > before + 10; }, 30'000);
    take(m_session->servers()->pauseNode(node.toStdString()));
    QTest::qSleep(300); // its workers wait for the node
    const Lateness lateness;
    service->signal(SIGTERM);
    const int code = service->exitCode();
    const bool inTime = lateness.inTime(app::ServiceSignals::kStopWithin);
    const auto times = lateness.text(app::ServiceSignals::kStopWithin);
    take(m_session->servers()->resumeNode(node.toStdString()));
    writer = {};
    take(operations.resumeWorkers(own, soon()));
    QVERIFY(worked && writing);
    QVERIFY2(inTime, times.c_str());
    QVERIFY2(code == 0 || code == 1, qPrintable(QString::number(code)));
    QVERIFY(drain(m_session->engine(), Servers::SomeAway));
    QCOMPARE(auditFindings(*m_session), std::string());
}

void ServeTest::secondSignalEndsAtOnce()
{
    const auto service = serve(2);
    QVERIFY(!service->waitFor("ready").isEmpty());
    take(m_session->servers()->pauseNode("pg-2")); // a clean stop has to wait for it
    service->signal(SIGTERM);
    service->signal(SIGINT);
    const int code = service->exitCode();
    take(m_session->servers()->resumeNode("pg-2"));
    QCOMPARE(code, 1);
    const auto errors = service->errors();
    QVERIFY2(errors.contains("ended at once"), errors.constData());
}

void ServeTest::hangupReadsTheFileAgain()
{
    OwnConfig own(m_config, 2);
    CtlProcess service({"serve", "--config", own.path(), "--json", "--status-every", "0.2"});
    const auto ready = service.waitFor("ready");
    QCOMPARE(ready["workers"].toInt(), 2);
    own.config.workers = 5;
    own.config.timelineCap = 300;
    own.write();
    service.signal(SIGHUP);
    auto reloaded = service.waitFor("reloaded");
    QCOMPARE(reloaded["workers"].toInt(), 5);
    QVERIFY(reloaded["workers_changed"].toBool());
    QCOMPARE(reloaded["at_next_start"].toVariant().toStringList(), QStringList{"timelines.cap"});
    QVERIFY(
        !service.waitFor("status", [](const QJsonObject& s) { return s["workers"].toInt() == 5; }).isEmpty());
    QFile broken(own.path());
    QVERIFY(broken.open(QIODevice::WriteOnly | QIODevice::Append) &&
            broken.write("[engine]\nworkrs = 1\n") > 0);
    broken.close();
    service.signal(SIGHUP);
    const auto refused = service.waitFor("reload_failed");
    QVERIFY(refused["error"].toString().contains(own.path()));
    QVERIFY(!service.waitFor("status", [](const QJsonObject& s) { return s["workers"].toInt() == 5; })
                 .isEmpty()); // it goes on
    service.signal(SIGTERM);
    QCOMPARE(service.exitCode(), 0);
}

// All slots are leased, its own to another: what it would order has no address, or everybody's.
void ServeTest::aHangupWithoutASlotChangesNobody()
{
    OwnConfig own(m_config, 2);
    CtlProcess service({"serve", "--config", own.path(), "--json", "--status-every", "0.2"});
    const int slot = service.waitFor("ready")["slot"].toInt(-1);
    QVERIFY(slot >= 0);
    const auto directory = owner("pg-2");
    const auto wanted = QStringLiteral("SELECT workers_wanted FROM directory.engines WHERE slot = %1")
                            .arg(m_session->self().slot);
    const auto before = sql(directory, wanted);
    sql(directory, "INSERT INTO directory.id_slots SELECT s, 'engine', 'full', 'infinity', 0"
                   " FROM generate_series(0, 1023) AS s ON CONFLICT DO NOTHING");
    // Those of services that were killed before lapse at any moment: all but this session's own.
    sql(directory, QStringLiteral("UPDATE directory.id_slots SET holder = 'there', lease_until = 'infinity'"
                                  " WHERE holder <> 'full' AND slot <> %1")
                       .arg(m_session->self().slot));
    const auto without =
        service.waitFor("status", [](const QJsonObject& s) { return s["slot"].toInt() == -1; });
    own.config.workers = 5;
    own.write();
    service.signal(SIGHUP);
    const auto refused = service.waitFor("reloaded");
    const auto after = sql(directory, wanted);
    sql(directory, "DELETE FROM directory.id_slots WHERE holder = 'full'");
    sql(directory, "UPDATE directory.id_slots SET lease_until = clock_timestamp() WHERE holder = 'there'");
    QVERIFY(!without.isEmpty());
    QCOMPARE(without["workers"].toInt(), 2); // they work on
    QVERIFY(!refused.isEmpty() && !refused["workers_changed"].toBool());
    QCOMPARE(after, before);
    QVERIFY(
        !service.waitFor("status", [](const QJsonObject& s) { return s["slot"].toInt() >= 0; }).isEmpty());
    bool changed = false; // once it is registered there as well
    for (int attempt = 0; attempt < 60 && !changed; ++attempt) {
        QVERIFY(service.signal(SIGHUP));
        const auto reloaded = service.waitFor("reloaded");
        QVERIFY(!reloaded.isEmpty());
        changed = reloaded["workers_changed"].toBool();
        if (!changed) QTest::qSleep(500);
    }
    QVERIFY(changed);
    QVERIFY(
        !service.waitFor("status", [](const QJsonObject& s) { return s["workers"].toInt() == 5; }).isEmpty());
    service.signal(SIGTERM);
    QCOMPARE(service.exitCode(), 0);
    QCOMPARE(sql(directory, wanted), before);
}

// As systemd does with Type=notify.
void ServeTest::serviceManagerIsTold()
{
    const QTemporaryDir place;
    const auto path = place.filePath("notify").toLocal8Bit();
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.constData(), std::size_t(path.size()));
    QCOMPARE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const timeval patience{60, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const auto next = [&] {
        char text[256];
        const auto got = ::recv(socket, text, sizeof text, 0);
        return QByteArray(text, int(std::max<ssize_t>(got, 0)));
    };
    qputenv("NOTIFY_SOCKET", path);
    const auto service = serve(1);
    qunsetenv("NOTIFY_SOCKET");
    QCOMPARE(next(), QByteArray("READY=1"));
    service->signal(SIGHUP);
    QCOMPARE(next(), QByteArray("RELOADING=1"));
    QCOMPARE(next(), QByteArray("READY=1"));
    service->signal(SIGTERM);
    QCOMPARE(next(), QByteArray("STOPPING=1"));
    QCOMPARE(service->exitCode(), 0);
    ::close(socket);
}

// An observer that begins anew knows the service of its last time before the directory has told it anything.
void ServeTest::whoWatchesAgainFindsItAlive()
{
    const QTemporaryDir folder;
    app::SessionOptions options;
    options.kind = app::SessionOptions::Kind::Connect;
    options.configFile = m_config.toStdString();
    options.historyFolder = folder.path().toStdString();
    options.workers = 0;
    const auto service = serve(1);
    const auto name =
        service->waitFor("ready")["engine"].toString().toStdString(); // others may linger, killed
    QVERIFY(!name.empty());
    const auto listed = [&](const SnapshotPtr& snapshot) {
        return std::any_of(snapshot->engines.begin(), snapshot->engines.end(),
                           [&](const EngineSnapshot& engine) { return engine.name == name; });
    };
    for (int i = 0; i < 3; ++i) {
        const auto watching = take(app::openSession(options, [](const SessionProgress&) {}, {}));
        auto& monitor = watching->engine().monitor();
        QTRY_VERIFY_WITH_TIMEOUT(listed(monitor.snapshot()), 60'000);
        const auto seen = monitor.snapshot()->sequence;
        QTRY_VERIFY_WITH_TIMEOUT(monitor.snapshot()->sequence > seen, 60'000);
        const auto told = [&] {
            const auto events = take(monitor.events({}, soon())).events;
            return std::count_if(events.begin(), events.end(),
                                 [&](const Event& event) { return event.where == name; });
        };
        QTRY_COMPARE_WITH_TIMEOUT(told(), 1, 60'000); // that it started
    }
    service->signal(SIGTERM);
    QCOMPARE(service->exitCode(), 0);
}

void ServeTest::unreachableDirectoryIsOneSentence()
{
    ClusterConfig config;
    config.directoryAddress = "host=/nowhere dbname=rookery user=rookery_engine";
    const QTemporaryDir place;
    const auto file = place.filePath("cluster.toml");
    take(writeClusterToml(
        [&] {
            config.name = "x";
            config.environment = "y";
            return config;
        }(),
        file.toStdString()));
    const auto outcome = runCtl({"serve", "--config", file, "--json"});
    QCOMPARE(outcome.exitCode, 1);
    QVERIFY2(outcome.errors.contains("cannot connect to directory (host=/nowhere"),
             outcome.errors.constData());
    QCOMPARE(outcome.errors.count('\n'), 1);
    QCOMPARE(outcome.json()["event"].toString(), QStringLiteral("failed"));
    QVERIFY(outcome.json()["error"].toString().contains("/nowhere"));
}

void ServeTest::hangingDirectoryCanBeInterrupted()
{
    take(m_session->servers()->pauseNode("pg-2"));
    CtlProcess service({"serve", "--config", m_config});
    const bool listens = service.takesSignals();
    QTest::qSleep(500); // it is connecting, or about to: the signal waits for it either way
    service.signal(SIGTERM);
    const int code = service.exitCode();
    take(m_session->servers()->resumeNode("pg-2"));
    QVERIFY(listens);
    QVERIFY2(code == 0 || code == 1, qPrintable(QString::number(code)));
    QVERIFY(!service.output().contains("ready"));
}

void ServeTest::otherSchemaIsRefused_data()
{
    QTest::addColumn<QString>("change");
    QTest::addColumn<QString>("back");
    QTest::addColumn<QString>("said");
    QTest::newRow("newer")
        << "INSERT INTO rookery.migrations (scope, schema, number) VALUES ('directory', 'directory', 99)"
        << "DELETE FROM rookery.migrations WHERE number = 99"
        << "install the newer rookery";
    QTest::newRow("older") << "UPDATE rookery.migrations SET scope = 'gone' WHERE schema = 'posts_0004'"
                           << "UPDATE rookery.migrations SET scope = 'posts' WHERE schema = 'posts_0004'"
                           << "posts_0004 is missing on pg-2";
}

void ServeTest::otherSchemaIsRefused()
{
    QFETCH(QString, change);
    QFETCH(QString, back);
    QFETCH(QString, said);
    QCOMPARE(sql(owner("pg-2"), change), QString());
    const auto outcome = runCtl({"serve", "--config", m_config});
    QCOMPARE(sql(owner("pg-2"), back), QString());
    QCOMPARE(outcome.exitCode, 1);
    QVERIFY2(outcome.errors.contains(said.toUtf8()), outcome.errors.constData());
}

void ServeTest::mistakesInTheFileAreNamed()
{
    const QTemporaryDir place;
    QFile file(place.filePath("cluster.toml"));
    QVERIFY(file.open(QIODevice::WriteOnly) &&
            file.write("[directory]\naddress = \"host=x\"\n[engine]\nworker = 4\n") > 0);
    file.close();
    const auto outcome = runCtl({"serve", "--config", file.fileName()});
    QCOMPARE(outcome.exitCode, 1);
    QVERIFY2(outcome.errors.contains(
                 "cluster.toml:4: engine.worker is not a known key; did you mean engine.workers?"),
             outcome.errors.constData());
    QVERIFY(file.open(QIODevice::WriteOnly) &&
            file.write("# whose\n[directory]\naddress = \"hots=/tmp dbname=x\"\n") > 0);
    file.close();
    const auto address = runCtl({"serve", "--config", file.fileName()});
    QCOMPARE(address.exitCode, 1);
    QVERIFY2(address.errors.contains("cluster.toml:3: directory.address: ") &&
                 address.errors.contains("hots"),
             address.errors.constData());
    QCOMPARE(runCtl({"serve"}).exitCode, 2);
    QCOMPARE(runCtl({"serve", "--config", "/nowhere.toml"}).exitCode, 2);
}

void ServeTest::unitOfSystemdFitsTheProgram()
{
    QFile unit(QStringLiteral(ROOKERY_SOURCE_DIR "/installer/rookery-serve@.service"));
    QVERIFY(unit.open(QIODevice::ReadOnly));
    std::map<QString, QString> values;
    for (const auto& line : QString::fromUtf8(unit.readAll()).split('\n'))
        if (const auto equals = line.indexOf('='); equals > 0 && !line.startsWith('#'))
            values[line.left(equals)] = line.mid(equals + 1);
    QCOMPARE(values["KillSignal"], QStringLiteral("SIGTERM"));
    QCOMPARE(values["Type"], QStringLiteral("notify"));
    QVERIFY(std::chrono::seconds(values["TimeoutStopSec"].toInt()) > app::ServiceSignals::kStopWithin);
    // The command line is one that the program takes.
    auto words = values["ExecStart"].split(' ').mid(1);
    words.last() = m_config;
    CtlProcess service(words + QStringList{"--json"});
    QVERIFY(!service.waitFor("ready").isEmpty());
    service.signal(SIGTERM);
    QCOMPARE(service.exitCode(), 0);
}

// Of the test itself: it would be sent to everybody in the test's group.
void ServeTest::whoHasEndedIsSentNothing()
{
    CtlProcess ended({"--version"});
    QCOMPARE(ended.exitCode(), 0);
    QVERIFY(!ended.signal(SIGTERM));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::ServeTest)
#include "serve_test.moc"
