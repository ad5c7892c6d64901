#include "tests/bench/stall_probe.h"

#include <QMetaObject>

#include <pthread.h>

#include <algorithm>
#include <future>

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

double millisecondsSince(Clock::time_point begin)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

} // namespace

Percentiles percentiles(std::vector<double> values)
{
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    const auto at = [&](double share) { return values[std::size_t(share * double(values.size() - 1))]; };
    return {at(0.5), at(0.99), values.back(), values.size()};
}

StallProbe::StallProbe()
{
    if (pthread_getcpuclockid(pthread_self(), &m_workClock) != 0) m_workClock = CLOCK_PROCESS_CPUTIME_ID;
    m_thread = std::jthread([this](const std::stop_token& stop) { ask(stop); });
}

StallProbe::~StallProbe()
{
    m_thread.request_stop();
    m_thread.join();
}

double StallProbe::threadWork() const
{
    std::timespec time{};
    clock_gettime(m_workClock, &time);
    return double(time.tv_sec) * 1e3 + double(time.tv_nsec) / 1e6;
}

void StallProbe::ask(const std::stop_token& stop)
{
    while (!stop.stop_requested()) {
        auto answered = std::make_shared<std::promise<void>>();
        auto answer = answered->get_future();
        const int cleared = clearings();
        const auto begin = Clock::now();
        const double before = threadWork();
        QMetaObject::invokeMethod(
            this,
            [this, cleared, begin, before, answered] {
                const std::lock_guard lock(m_mutex);
                if (cleared == m_cleared) {
                    m_whole.push_back(millisecondsSince(begin));
                    m_work.push_back(threadWork() - before);
                }
                answered->set_value();
            },
            Qt::QueuedConnection);
        while (answer.wait_for(20ms) != std::future_status::ready)
            if (stop.stop_requested()) return;
        std::this_thread::sleep_for(5ms);
    }
}

void StallProbe::clear()
{
    const std::lock_guard lock(m_mutex);
    m_whole.clear();
    m_work.clear();
    ++m_cleared;
}

int StallProbe::clearings() const
{
    const std::lock_guard lock(m_mutex);
    return m_cleared;
}

Percentiles StallProbe::whole() const
{
    const std::lock_guard lock(m_mutex);
    return percentiles(m_whole);
}

Percentiles StallProbe::work() const
{
    const std::lock_guard lock(m_mutex);
    return percentiles(m_work);
}

Percentiles machineNoise(std::chrono::milliseconds span)
{
    std::vector<double> gaps;
    const auto end = Clock::now() + span;
    auto slice = Clock::now(), before = slice;
    double worst = 0; // of five milliseconds, the pause between two questions
    for (auto now = before; now < end; now = Clock::now()) {
        worst = std::max(worst, std::chrono::duration<double, std::milli>(now - before).count());
        before = now;
        if (now - slice < 5ms) continue;
        gaps.push_back(worst);
        worst = 0;
        slice = now;
    }
    return percentiles(std::move(gaps));
}

} // namespace bench
