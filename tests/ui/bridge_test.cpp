// The way between window and engine: which thread does what, what becomes of results that come too late, and
// that nothing which hangs behind it is felt in front of it.
#include <QSemaphore>
#include <QSignalSpy>
#include <QTest>
#include <QThread>

#include "tests/support/fake_engine.h"
#include "tests/support/results.h"
#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"
#include "ui/widgets/stall_watchdog.h"

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>

using namespace std::chrono_literals;

namespace tests {

using State = ui::EngineBridge::State;

namespace {

// A session whose end can be seen, with the thread on which it came.
class WatchedSession final : public backend::Session
{
public:
    WatchedSession(std::shared_ptr<FakeEngine> engine, std::shared_ptr<std::atomic<QThread*>> endedOn)
        : m_engine(std::move(engine))
        , m_endedOn(std::move(endedOn))
    {
    }
    ~WatchedSession() override { *m_endedOn = QThread::currentThread(); }
    backend::Engine& engine() override { return *m_engine; }

private:
    std::shared_ptr<FakeEngine> m_engine;
    std::shared_ptr<std::atomic<QThread*>> m_endedOn;
};

} // namespace

class BridgeTest : public QObject
{
    Q_OBJECT

private slots:
    void opensAndClosesOffTheGuiThread();
    void keepsTheErrorOfAnOpening();
    void openerThatThrowsIsADefect();
    void closingWhileOpening();
    void sessionThatComesAfterItsCancelIsClosed();
    void openingTwiceKeepsTheSecond();
    void callsRunOffTheGuiThread();
    void whatRunsOffTheGuiThreadGivesWayToIt();
    void callThatHangsHoldsUpNothing();
    void callKeepsTheErrorsText();
    void callThatThrowsIsADefect();
    void callWithoutASession();
    void callOfAnEndedAskerIsSilent();
    void resultOfAClosedSessionIsDropped();
    void pollsOnceASecond();
    void pollsOnlyWhenWanted();
    void sameSnapshotIsToldOnce();
    void snapshotOfAClosedSessionIsDropped();
    void staleAndBack();
    void endsWithACallUnderWay();
};

// --- opening and closing

void BridgeTest::opensAndClosesOffTheGuiThread()
{
    auto engine = std::make_shared<FakeEngine>();
    auto endedOn = std::make_shared<std::atomic<QThread*>>(nullptr);
    std::atomic<QThread*> openedOn = nullptr;
    ui::EngineBridge bridge;
    QSignalSpy states(&bridge, &ui::EngineBridge::stateChanged);
    QSignalSpy steps(&bridge, &ui::EngineBridge::progressChanged);
    bridge.open(
        [&](const auto& progress, std::stop_token) -> backend::Result<std::shared_ptr<backend::Session>> {
            openedOn = QThread::currentThread();
            progress({"one step", 0.5});
            return std::make_shared<WatchedSession>(engine, endedOn);
        });
    QCOMPARE(bridge.state(), State::Opening);
    QTRY_COMPARE(bridge.state(), State::Open);
    QVERIFY(openedOn && openedOn != QThread::currentThread());
    QCOMPARE(steps.size(), 1);
    QCOMPARE(steps[0], (QList<QVariant>{"one step", 0.5}));
    QCOMPARE(bridge.shardCount(), 64);
    QTRY_VERIFY(bridge.snapshot());
    bridge.close();
    QCOMPARE(bridge.state(), State::Closed);
    QVERIFY(!bridge.snapshot());
    QVERIFY(!bridge.dataAge());
    QCOMPARE(bridge.shardCount(), 0);
    QTRY_VERIFY(*endedOn);
    QVERIFY(*endedOn != QThread::currentThread());
    QCOMPARE(states.size(), 3);
}

void BridgeTest::keepsTheErrorOfAnOpening()
{
    auto fake = std::make_shared<FakeBackend>();
    const std::string words = "redis-3 at /run/redis-3.sock does not answer. Start it, or mend cluster.toml.";
    fake->openingFails = backend::Error{backend::ErrorCode::Unavailable, words, true};
    ui::EngineBridge bridge;
    bridge.open(fakeOpener(fake));
    QTRY_COMPARE(bridge.state(), State::Failed);
    QCOMPARE(bridge.errorText().toStdString(), words);
    bridge.refresh(); // asks nobody
    QCOMPARE(bridge.errorText().toStdString(), words);
    QVERIFY(bridge.canReopen());
    fake->openingFails.reset();
    bridge.reopen();
    QVERIFY(bridge.errorText().isEmpty());
    QTRY_COMPARE(bridge.state(), State::Open);
}

void BridgeTest::openerThatThrowsIsADefect()
{
    ui::EngineBridge bridge;
    bridge.open([](const auto&, std::stop_token) -> backend::Result<std::shared_ptr<backend::Session>> {
        throw std::runtime_error("vector::at");
    });
    QTRY_COMPARE(bridge.state(), State::Failed);
    QVERIFY(bridge.errorText().contains("defect"));
    QVERIFY(bridge.errorText().contains("vector::at"));
    bridge.open([](const auto&, std::stop_token) -> backend::Result<std::shared_ptr<backend::Session>> {
        return std::shared_ptr<backend::Session>();
    });
    QTRY_COMPARE(bridge.state(), State::Failed);
    QVERIFY(!bridge.errorText().isEmpty());
}

void BridgeTest::closingWhileOpening()
{
    auto fake = std::make_shared<FakeBackend>();
    fake->holdOpening = true;
    ui::EngineBridge bridge;
    QSignalSpy states(&bridge, &ui::EngineBridge::stateChanged);
    bridge.open(fakeOpener(fake));
    QTRY_COMPARE(bridge.progressStep(), QString("creating 64 shards"));
    bridge.close(); // the opener sees it and gives up
    QCOMPARE(bridge.state(), State::Closed);
    QTRY_COMPARE(fake.use_count(), 2L); // ours, and the opener kept for reopening
    QCOMPARE(fake->opened.load(), 0);
    QCOMPARE(bridge.state(), State::Closed);
    QVERIFY(bridge.errorText().isEmpty()); // what a person cancelled has not failed
    QCOMPARE(states.size(), 2);
}

void BridgeTest::sessionThatComesAfterItsCancelIsClosed()
{
    auto engine = std::make_shared<FakeEngine>();
    auto endedOn = std::make_shared<std::atomic<QThread*>>(nullptr);
    auto go = std::make_shared<QSemaphore>();
    ui::EngineBridge bridge;
    QSignalSpy states(&bridge, &ui::EngineBridge::stateChanged);
    bridge.open([=](const auto&, std::stop_token) -> backend::Result<std::shared_ptr<backend::Session>> {
        go->acquire(); // deaf to the stop
        return std::make_shared<WatchedSession>(engine, endedOn);
    });
    bridge.close();
    QCOMPARE(bridge.state(), State::Closed);
    go->release();
    QTRY_VERIFY(*endedOn);
    QVERIFY(*endedOn != QThread::currentThread());
    QCOMPARE(bridge.state(), State::Closed);
    QCOMPARE(states.size(), 2);
    QCOMPARE(engine->count("snapshot"), 0);
}

void BridgeTest::openingTwiceKeepsTheSecond()
{
    auto first = std::make_shared<FakeBackend>(), second = std::make_shared<FakeBackend>();
    first->engine->setSnapshot(fakeSnapshot(1, 16));
    ui::EngineBridge bridge;
    bridge.open(fakeOpener(first));
    bridge.open(fakeOpener(second));
    QTRY_COMPARE(bridge.state(), State::Open);
    QCOMPARE(bridge.shardCount(), 64);
    QTRY_COMPARE(first->closed.load(), first->opened.load());
    QCOMPARE(second->closed.load(), 0);
    bridge.open(fakeOpener(first)); // closes the second
    QTRY_COMPARE(second->closed.load(), 1);
    QTRY_COMPARE(bridge.shardCount(), 16);
}

// --- calls

void BridgeTest::whatRunsOffTheGuiThreadGivesWayToIt()
{
    const auto niceness = [](pid_t thread) { return getpriority(PRIO_PROCESS, id_t(thread)); };
    const int before = niceness(gettid());
    auto fake = std::make_shared<FakeBackend>();
    std::atomic<int> opening = 0, ofTheSession = 0;
    ui::EngineBridge bridge;
    bridge.open([&, open = fakeOpener(fake)](const auto& progress, std::stop_token stop) {
        opening = niceness(gettid());
        std::jthread([&] { ofTheSession = niceness(gettid()); });
        return open(progress, stop);
    });
    QTRY_COMPARE(bridge.state(), State::Open);
    QVERIFY2(opening > before || before == 19, qPrintable(QString::number(opening)));
    QCOMPARE(ofTheSession, int(opening));
    std::set<int> ofCalls;
    for (int i = 0; i < 3; ++i) { // one thread may answer several
        auto of = std::make_shared<std::atomic<int>>(-1);
        bool told = false;
        bridge.call(
            this,
            [=](backend::Engine& engine) {
                *of = niceness(gettid());
                return ui::requests::setWorkerCount(engine, 3, 8);
            },
            [&](const auto&) { told = true; });
        QTRY_VERIFY(told);
        ofCalls.insert(*of);
    }
    QCOMPARE(ofCalls, std::set<int>{opening});
    QCOMPARE(niceness(gettid()), before);
}

void BridgeTest::callsRunOffTheGuiThread()
{
    auto fake = std::make_shared<FakeBackend>();
    ui::EngineBridge bridge;
    bridge.open(fakeOpener(fake));
    QTRY_COMPARE(bridge.state(), State::Open);
    auto workedOn = std::make_shared<std::atomic<QThread*>>(nullptr);
    QThread* toldOn = nullptr;
    bool returned = false;
    bridge.call(
        this,
        [workedOn](backend::Engine& engine) {
            *workedOn = QThread::currentThread();
            return ui::requests::setWorkerCount(engine, 3, 8);
        },
        [&](const backend::Result<void>& result) {
            VERIFY_OK(result);
            QVERIFY(returned); // never from within call()
            toldOn = QThread::currentThread();
        });
    returned = true;
    QTRY_VERIFY(toldOn);
    QCOMPARE(toldOn, QThread::currentThread());
    QVERIFY(*workedOn && *workedOn != QThread::currentThread());
    QCOMPARE(fake->engine->calls(), (std::vector<std::string>{"setWorkerCount 3 8"}));
}

void BridgeTest::callThatHangsHoldsUpNothing()
{
    auto fake = std::make_shared<FakeBackend>();
    ui::EngineBridge bridge;
    bridge.setPollInterval(10ms);
    bridge.open(fakeOpener(fake));
    QTRY_COMPARE(bridge.state(), State::Open);
    const ui::StallWatchdog watchdog;
    fake->engine->hold("deadLetters");
    fake->engine->failWith("deadLetters",
                           {backend::ErrorCode::DeadlineExceeded, "pg-2 did not answer in 3 s", true});
    std::optional<backend::Error> outcome;
    bridge.call(
        this, [](backend::Engine& engine) { return ui::requests::deadLetters(engine, 10); },
        [&](const backend::Result<std::vector<backend::DeadLetter>>& letters) { outcome = letters.error(); });
    QTRY_COMPARE(fake->engine->count("deadLetters"), 1);
    // It hangs. The GUI thread answers on, snapshots come on, and so do the results of others.
    const auto answers = watchdog.answers();
    const auto sequence = bridge.snapshot() ? bridge.snapshot()->sequence : 0;
    bool other = false;
    bridge.call(
        this, [](backend::Engine& engine) { return ui::requests::pauseWorkers(engine, -1); },
        [&](const backend::Result<void>&) { other = true; });
    QTRY_VERIFY(other);
    QTRY_VERIFY(watchdog.answers() > answers + 5);
    QTRY_VERIFY(bridge.snapshot() && bridge.snapshot()->sequence > sequence + 5);
    QVERIFY(!outcome);
    QVERIFY(watchdog.worstOfLastMinute() > 0us);
    fake->engine->releaseAll(); // its deadline has passed
    QTRY_VERIFY(outcome);
    QVERIFY2(outcome->code == backend::ErrorCode::DeadlineExceeded, outcome->message.c_str());
    QCOMPARE(outcome->message, std::string("pg-2 did not answer in 3 s"));
}

void BridgeTest::callKeepsTheErrorsText()
{
    auto fake = std::make_shared<FakeBackend>();
    fake->engine->failWith("retryDeadLetters",
                           {backend::ErrorCode::Unavailable, "pg-1 does not answer: is it running?", true});
    ui::EngineBridge bridge;
    bridge.open(fakeOpener(fake));
    QTRY_COMPARE(bridge.state(), State::Open);
    std::optional<backend::Error> outcome;
    bridge.call(
        this,
        [](backend::Engine& engine) {
            return ui::requests::retryDeadLetters(engine, {{1, 2}});
        },
        [&](const backend::Result<int>& retried) { outcome = retried.error(); });
    QTRY_VERIFY(outcome);
    QCOMPARE(outcome->message, std::string("pg-1 does not answer: is it running?"));
    QVERIFY(outcome->retryable);
    QCOMPARE(bridge.state(), State::Open); // one call's failure is not the session's
}

void BridgeTest::callThatThrowsIsADefect()
{
    auto fake = std::make_shared<FakeBackend>();
    ui::EngineBridge bridge;
    bridge.open(fakeOpener(fake));
    QTRY_COMPARE(bridge.state(), State::Open);
    std::optional<backend::Error> outcome;
    bridge.call(
        this, [](backend::Engine&) -> backend::Result<int> { throw std::runtime_error("bad cast"); },
        [&](const backend::Result<int>& result) { outcome = result.error(); });
    QTRY_VERIFY(outcome);
    QVERIFY2(outcome->code == backend::ErrorCode::Internal, outcome->message.c_str());
    QVERIFY(outcome->message.find("bad cast") != std::string::npos);
}

void BridgeTest::callWithoutASession()
{
    ui::EngineBridge bridge;
    std::optional<backend::Error> outcome;
    bool worked = false;
    bridge.call(
        this,
        [&](backend::Engine&) -> backend::Result<int> {
            worked = true;
            return 1;
        },
        [&](const backend::Result<int>& result) { outcome = result.error(); });
    QTRY_VERIFY(outcome);
    QVERIFY2(outcome->code == backend::ErrorCode::Unavailable, outcome->message.c_str());
    QVERIFY(!outcome->message.empty());
    QVERIFY(!worked);
}

void BridgeTest::callOfAnEndedAskerIsSilent()
{
    auto fake = std::make_shared<FakeBackend>();
    ui::EngineBridge bridge;
    bridge.open(fakeOpener(fake));
    QTRY_COMPARE(bridge.state(), State::Open);
    fake->engine->hold("pauseWorkers");
    int told = 0;
    auto asker = std::make_unique<QObject>();
    const auto ask = [&](QObject* context) {
        bridge.call(
            context, [](backend::Engine& engine) { return ui::requests::pauseWorkers(engine, -1); },
            [&](const backend::Result<void>&) { ++told; });
    };
    ask(asker.get());
    ask(this);
    QTRY_COMPARE(fake->engine->count("pauseWorkers"), 2);
    asker.reset();
    fake->engine->releaseAll();
    QTRY_COMPARE(told, 1);
    bool last = false; // behind both
    bridge.call(
        this, [](backend::Engine& engine) { return ui::requests::pauseWorkers(engine, -1); },
        [&](const backend::Result<void>&) { last = true; });
    QTRY_VERIFY(last);
    QCOMPARE(told, 1);
}

void BridgeTest::resultOfAClosedSessionIsDropped()
{
    auto first = std::make_shared<FakeBackend>(), second = std::make_shared<FakeBackend>();
    backend::DeadLetter letter;
    letter.ref = {1, 77};
    first->engine->setDeadLetters({letter});
    ui::EngineBridge bridge;
    bridge.open(fakeOpener(first));
    QTRY_COMPARE(bridge.state(), State::Open);
    first->engine->hold("deadLetters");
    std::optional<backend::Result<std::vector<backend::DeadLetter>>> outcome;
    bridge.call(
        this, [](backend::Engine& engine) { return ui::requests::deadLetters(engine, 10); },
        [&](backend::Result<std::vector<backend::DeadLetter>> letters) { outcome = std::move(letters); });
    QTRY_COMPARE(first->engine->count("deadLetters"), 1);
    bridge.open(fakeOpener(second));
    QTRY_COMPARE(bridge.state(), State::Open);
    QCOMPARE(first->closed.load(), 0); // the call still needs it
    first->engine->releaseAll();
    QTRY_VERIFY(outcome);
    // The asker learns that it is over, not what the other cluster said.
    VERIFY_ERROR(*outcome, backend::ErrorCode::Cancelled);
    QTRY_COMPARE(first->closed.load(), 1);
}

// --- snapshots

void BridgeTest::pollsOnceASecond()
{
    const ui::EngineBridge bridge;
    QCOMPARE(bridge.pollInterval(), 1000ms);
    QVERIFY(bridge.polling());
}

void BridgeTest::pollsOnlyWhenWanted()
{
    auto fake = std::make_shared<FakeBackend>();
    ui::EngineBridge bridge;
    bridge.setPollInterval(5ms);
    bridge.open(fakeOpener(fake));
    QTRY_VERIFY(bridge.snapshot() && bridge.snapshot()->sequence > 5);
    bridge.setPolling(false);
    // Whatever was under way comes in with this one, which is asked for.
    const auto before = bridge.snapshot()->sequence;
    bridge.refresh();
    QTRY_VERIFY(bridge.snapshot()->sequence > before);
    QTest::qWait(50);
    const int asked = fake->engine->count("snapshot");
    QTest::qWait(200); // forty intervals
    QCOMPARE(fake->engine->count("snapshot"), asked);
    bridge.refresh();
    QTRY_COMPARE(fake->engine->count("snapshot"), asked + 1);
    bridge.setPolling(true);
    QTRY_VERIFY(fake->engine->count("snapshot") > asked + 5);
}

void BridgeTest::sameSnapshotIsToldOnce()
{
    auto fake = std::make_shared<FakeBackend>();
    fake->engine->setSequenceAdvances(false);
    ui::EngineBridge bridge;
    bridge.setPollInterval(5ms);
    QSignalSpy told(&bridge, &ui::EngineBridge::snapshotChanged);
    bridge.open(fakeOpener(fake));
    QTRY_VERIFY(bridge.snapshot());
    told.clear();
    const int asked = fake->engine->count("snapshot");
    QTRY_VERIFY(fake->engine->count("snapshot") > asked + 5);
    QCOMPARE(told.size(), 0);
}

void BridgeTest::snapshotOfAClosedSessionIsDropped()
{
    auto fake = std::make_shared<FakeBackend>();
    ui::EngineBridge bridge;
    fake->engine->hold("snapshot");
    bridge.open(fakeOpener(fake));
    QTRY_COMPARE(fake->engine->count("snapshot"), 1);
    bridge.close();
    QSignalSpy told(&bridge, &ui::EngineBridge::snapshotChanged);
    fake->engine->releaseAll();
    QTRY_COMPARE(fake->closed.load(), 1); // let go by the poll
    QCoreApplication::processEvents();
    QVERIFY(!bridge.snapshot());
    QVERIFY(bridge.history().empty());
    QCOMPARE(told.size(), 0);
}

void BridgeTest::staleAndBack()
{
    auto fake = std::make_shared<FakeBackend>();
    ui::EngineBridge bridge;
    bridge.setPollInterval(5ms);
    bridge.setStaleAfter(100ms);
    bridge.open(fakeOpener(fake));
    QTRY_VERIFY(bridge.snapshot());
    fake->engine->hold("snapshot");
    QTRY_VERIFY(bridge.stale());
    const auto age = bridge.dataAge();
    QTRY_VERIFY(bridge.dataAge() > age);
    bridge.setPolling(false); // nobody wants news: none are missing
    QVERIFY(!bridge.stale());
    bridge.setPolling(true);
    QTRY_VERIFY(bridge.stale());
    fake->engine->releaseAll();
    QTRY_VERIFY(!bridge.stale());
    fake->engine->setSequenceAdvances(false);
    QTRY_VERIFY(bridge.stale());
    QSignalSpy told(&bridge, &ui::EngineBridge::staleChanged);
    bridge.close();
    QVERIFY(!bridge.stale());
    QCOMPARE(told.size(), 1);
}

void BridgeTest::endsWithACallUnderWay()
{
    auto fake = std::make_shared<FakeBackend>();
    int told = 0;
    {
        ui::EngineBridge bridge;
        bridge.open(fakeOpener(fake));
        QTRY_COMPARE(bridge.state(), State::Open);
        fake->engine->hold("pauseWorkers");
        bridge.call(
            this, [](backend::Engine& engine) { return ui::requests::pauseWorkers(engine, -1); },
            [&](const backend::Result<void>&) { ++told; });
        QTRY_COMPARE(fake->engine->count("pauseWorkers"), 1);
        fake->engine->releaseAll();
    }
    QCoreApplication::processEvents();
    QCOMPARE(told, 0);
    QCOMPARE(fake->closed.load(), 1);
}

} // namespace tests

QTEST_MAIN(tests::BridgeTest)
#include "bridge_test.moc"
