// Takes every time the GUI thread does not answer, for percentiles: what StallWatchdog keeps is the worst
// only. Beside it, how restless the machine is by itself. Made and ended on the GUI thread.
#pragma once

#include <QObject>

#include <chrono>
#include <ctime>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace bench {

struct Percentiles
{
    double p50 = 0, p99 = 0, worst = 0; // milliseconds
    std::size_t count = 0;
};
Percentiles percentiles(std::vector<double> milliseconds);

class StallProbe final : public QObject
{
    Q_OBJECT

public:
    StallProbe();
    ~StallProbe() override;

    void clear();              // a question that is under way is not counted either
    Percentiles whole() const; // from a question to its answer
    Percentiles work() const;  // how much of it this thread computed

private:
    void ask(const std::stop_token& stop);
    double threadWork() const;
    int clearings() const;

    clockid_t m_workClock{};
    mutable std::mutex m_mutex;
    std::vector<double> m_whole, m_work;
    int m_cleared = 0;     // how often
    std::jthread m_thread; // last: it uses all of the above
};

// A thread that does nothing but look at the clock: how long it was kept from that.
Percentiles machineNoise(std::chrono::milliseconds span);

} // namespace bench
