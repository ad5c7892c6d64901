// Of many callers one works; the others get its result, the error with its message included.
#include <QTest>

#include "backend/common/single_flight.h"

#include <atomic>
#include <thread>

using namespace backend;

class SingleFlightTest : public QObject
{
    Q_OBJECT

private slots:
    void waitersGetTheLeadersError();
    void aWaiterKeepsItsDeadline();
};

void SingleFlightTest::waitersGetTheLeadersError()
{
    SingleFlight<int> flights;
    const std::string message = "pg-1 does not answer: start it, or correct its address";
    std::atomic<bool> begun = false;
    std::atomic<int> worked = 0;
    const auto work = [&]() -> Result<void> {
        ++worked;
        begun = true;
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        return fail(ErrorCode::Unavailable, message, true);
    };
    Result<void> leaders, waiters;
    std::jthread leader([&] { leaders = flights.run(7, Deadline::after(std::chrono::seconds(20)), work); });
    QTRY_VERIFY(begun.load());
    waiters = flights.run(7, Deadline::after(std::chrono::seconds(20)), work);
    leader.join();
    for (const auto& result : {leaders, waiters}) {
        QVERIFY(!result);
        QVERIFY(result.error().code == ErrorCode::Unavailable);
        QCOMPARE(result.error().message, message);
    }
    QVERIFY(worked <= 2); // two only if this thread came after the landing
}

void SingleFlightTest::aWaiterKeepsItsDeadline()
{
    SingleFlight<int> flights;
    std::atomic<bool> begun = false, over = false;
    std::jthread leader([&] {
        std::ignore = flights.run(7, Deadline::after(std::chrono::seconds(20)), [&]() -> Result<void> {
            begun = true;
            while (!over)
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            return {};
        });
    });
    QTRY_VERIFY(begun.load());
    const auto result =
        flights.run(7, Deadline::after(std::chrono::milliseconds(50)), [] { return Result<void>(); });
    over = true;
    QVERIFY(!result);
    QVERIFY(result.error().code == ErrorCode::DeadlineExceeded);
}

QTEST_GUILESS_MAIN(SingleFlightTest)
#include "single_flight_test.moc"
