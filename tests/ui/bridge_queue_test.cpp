// Which calls begin, and when: what nobody waits for any more does not, what costs much takes turns, what an
// operator does never waits for what hangs, and neither does the end of a session or of the program.
#include <QElapsedTimer>
#include <QTest>

#include "tests/support/fake_engine.h"
#include "tests/support/results.h"
#include "ui/bridge/engine_bridge.h"
#include "ui/bridge/requests.h"

#include <algorithm>
#include <memory>

using namespace std::chrono_literals;

namespace tests {

class BridgeQueueTest : public QObject
{
    Q_OBJECT

private slots:
    void cancelledCallDoesNotBegin();
    void answerOfACancelledCallIsDropped();
    void callOfAnEndedAskerDoesNotBegin();
    void oneOfATurnAtATime();
    void deedsPassWhatHangs();
    void closingDropsWhatWaits();
    void hangingCallsTakeNothingFromTheNextSession();
    void endDoesNotWaitForWhatHangs();

private:
    static constexpr int kThreads = 4; // for what looks

    // Takes all threads with calls that hang in the engine.
    void hangOn(FakeBackend& fake, ui::EngineBridge& bridge)
    {
        fake.engine->hold("doctor");
        for (int i = 0; i < kThreads; ++i)
            bridge.call(
                this, [](backend::Engine& engine) { return ui::requests::doctor(engine, {}); },
                [](const backend::Result<backend::Checkup>&) {});
        QTRY_COMPARE(fake.engine->count("doctor"), kThreads);
    }
    template <class Told>
    ui::EngineCall ledger(ui::EngineBridge& bridge, QObject* asker, std::int64_t post, Told told)
    {
        return bridge.call(
            asker, [post](backend::Engine& engine) { return ui::requests::ledger(engine, {post}); },
            [told](const backend::Result<backend::DeliveryLedger>& answer) { told(answer); });
    }
};

void BridgeQueueTest::cancelledCallDoesNotBegin()
{
    auto fake = std::make_shared<FakeBackend>();
    ui::EngineBridge bridge;
    bridge.open(fakeOpener(fake));
    QTRY_COMPARE(bridge.state(), ui::EngineBridge::State::Open);
    hangOn(*fake, bridge);
    int told = 0;
    std::vector<ui::EngineCall> calls;
    for (int post = 1; post <= 5; ++post)
        calls.push_back(ledger(bridge, this, post, [&](const auto&) { ++told; }));
    for (int i = 0; i < 4; ++i)
        calls[std::size_t(i)].cancel();
    QTest::qWait(50);
    QCOMPARE(fake->engine->count("ledger"), 0); // no thread is free
    fake->engine->releaseAll();
    QTRY_COMPARE(told, 1);
    QCOMPARE(fake->engine->count("ledger"), 1);
    const auto begun = fake->engine->calls(); // the session's own reads may come after it
    QVERIFY(std::find(begun.begin(), begun.end(), "ledger 5") != begun.end());
}

void BridgeQueueTest::answerOfACancelledCallIsDropped()
{
    auto fake = std::make_shared<FakeBackend>();
    ui::EngineBridge bridge;
    bridge.open(fakeOpener(fake));
    QTRY_COMPARE(bridge.state(), ui::EngineBridge::State::Open);
    fake->engine->hold("ledger");
    int told = 0;
    auto call = ledger(bridge, this, 1, [&](const auto&) { ++told; });
    QTRY_COMPARE(fake->engine->count("ledger"), 1);
    call.cancel();
    call.cancel(); // once more does nothing
    fake->engine->releaseAll();
    bool other = false;
    ledger(bridge, this, 2, [&](const auto&) { other = true; });
    QTRY_VERIFY(other);
    QCOMPARE(told, 0);
}

void BridgeQueueTest::callOfAnEndedAskerDoesNotBegin()
{
    auto fake = std::make_shared<FakeBackend>();
    ui::EngineBridge bridge;
    bridge.open(fakeOpener(fake));
    QTRY_COMPARE(bridge.state(), ui::EngineBridge::State::Open);
    hangOn(*fake, bridge);
    auto asker = std::make_unique<QObject>();
    ledger(bridge, asker.get(), 1, [](const auto&) { QFAIL("nobody asked"); });
    asker.reset();
    bool told = false;
    ledger(bridge, this, 2, [&](const auto&) { told = true; });
    fake->engine->releaseAll();
    QTRY_VERIFY(told);
    QCOMPARE(fake->engine->count("ledger"), 1);
}

void BridgeQueueTest::oneOfATurnAtATime()
{
    auto fake = std::make_shared<FakeBackend>();
    ui::EngineBridge bridge;
    bridge.open(fakeOpener(fake));
    QTRY_COMPARE(bridge.state(), ui::EngineBridge::State::Open);
    fake->engine->hold("ledger");
    std::vector<std::int64_t> told;
    std::vector<ui::EngineCall> calls;
    for (std::int64_t post = 1; post <= 3; ++post)
        calls.push_back(bridge.callInTurn(
            this, "ledger", [post](backend::Engine& engine) { return ui::requests::ledger(engine, {post}); },
            [&told, post](const backend::Result<backend::DeliveryLedger>&) { told.push_back(post); }));
    QTRY_COMPARE(fake->engine->count("ledger"), 1);
    bool other = false; // another turn is not held up
    bridge.callInTurn(
        this, "events", [](backend::Engine& engine) { return ui::requests::doctor(engine, {}); },
        [&](const backend::Result<backend::Checkup>&) { other = true; });
    QTRY_VERIFY(other);
    QCOMPARE(fake->engine->count("ledger"), 1);
    calls[0].cancel(); // it has begun: its turn lasts until it returns
    calls[1].cancel();
    QTest::qWait(50);
    QCOMPARE(fake->engine->count("ledger"), 1);
    fake->engine->releaseAll();
    QTRY_COMPARE(told, (std::vector<std::int64_t>{3}));
    QCOMPARE(fake->engine->count("ledger"), 2);
}

void BridgeQueueTest::deedsPassWhatHangs()
{
    auto fake = std::make_shared<FakeBackend>();
    ui::EngineBridge bridge;
    bridge.open(fakeOpener(fake));
    QTRY_COMPARE(bridge.state(), ui::EngineBridge::State::Open);
    hangOn(*fake, bridge);
    bool done = false;
    bridge.deed(
        this, [](backend::Engine& engine) { return ui::requests::pauseWorkers(engine, -1); },
        [&](const backend::Result<void>& result) { done = result.has_value(); });
    QTRY_VERIFY(done);
    // One deed that hangs leaves room for another.
    fake->engine->hold("pauseWorkers");
    bridge.deed(
        this, [](backend::Engine& engine) { return ui::requests::pauseWorkers(engine, -1); },
        [](const backend::Result<void>&) {});
    bool resumed = false;
    bridge.deed(
        this, [](backend::Engine& engine) { return ui::requests::resumeWorkers(engine, -1); },
        [&](const backend::Result<void>& result) { resumed = result.has_value(); });
    QTRY_VERIFY(resumed);
    fake->engine->releaseAll();
}

void BridgeQueueTest::closingDropsWhatWaits()
{
    auto fake = std::make_shared<FakeBackend>();
    ui::EngineBridge bridge;
    bridge.open(fakeOpener(fake));
    QTRY_COMPARE(bridge.state(), ui::EngineBridge::State::Open);
    hangOn(*fake, bridge);
    std::optional<backend::Error> outcome;
    ledger(bridge, this, 1, [&](const auto& answer) { outcome = answer.error(); });
    bridge.close();
    QVERIFY(!outcome);    // never from within
    QTRY_VERIFY(outcome); // though the others hang on
    QVERIFY2(outcome->code == backend::ErrorCode::Cancelled, outcome->message.c_str());
    fake->engine->releaseAll();
    QTRY_COMPARE(fake->closed.load(), 1);
    QCOMPARE(fake->engine->count("ledger"), 0);
}

void BridgeQueueTest::hangingCallsTakeNothingFromTheNextSession()
{
    auto first = std::make_shared<FakeBackend>(), second = std::make_shared<FakeBackend>();
    ui::EngineBridge bridge;
    bridge.open(fakeOpener(first));
    QTRY_COMPARE(bridge.state(), ui::EngineBridge::State::Open);
    hangOn(*first, bridge);
    first->engine->hold("snapshot");
    bridge.refresh();
    bridge.open(fakeOpener(second));
    QTRY_COMPARE(bridge.state(), ui::EngineBridge::State::Open);
    QTRY_VERIFY(bridge.snapshot());
    bool told = false;
    ledger(bridge, this, 1, [&](const auto&) { told = true; });
    QTRY_VERIFY(told);
    QCOMPARE(first->closed.load(), 0);
    first->engine->releaseAll();
    QTRY_COMPARE(first->closed.load(), 1);
}

void BridgeQueueTest::endDoesNotWaitForWhatHangs()
{
    auto fake = std::make_shared<FakeBackend>();
    int told = 0;
    QElapsedTimer timer;
    {
        ui::EngineBridge bridge;
        bridge.open(fakeOpener(fake));
        QTRY_COMPARE(bridge.state(), ui::EngineBridge::State::Open);
        hangOn(*fake, bridge);
        for (std::int64_t post = 1; post <= 20; ++post)
            ledger(bridge, this, post, [&](const auto&) { ++told; });
        timer.start();
    }
    // Until everything was asked and answered it would be for ever; a loaded machine may be slow.
    QVERIFY2(timer.elapsed() < 10'000, qPrintable(QString::number(timer.elapsed())));
    QVERIFY(ui::EngineBridge::leftBehind());
    QCOMPARE(fake->closed.load(), 0); // what hangs keeps its engine
    fake->engine->releaseAll();
    QTRY_COMPARE(fake->closed.load(), 1);
    QCoreApplication::processEvents();
    QCOMPARE(told, 0);
    QCOMPARE(fake->engine->count("ledger"), 0);
}

} // namespace tests

QTEST_MAIN(tests::BridgeQueueTest)
#include "bridge_queue_test.moc"
