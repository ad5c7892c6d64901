#include "backend/common/periodic_thread.h"

#include "backend/common/log.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>

namespace backend {
namespace {

void runSafely(const std::string& name, const PeriodicThread::Step& step, const std::stop_token& stop)
{
    try {
        step(stop);
    } catch (const std::exception& e) {
        log::error(name + ": " + e.what());
    } catch (...) {
        log::error(name + ": unknown exception");
    }
}

} // namespace

PeriodicThread::PeriodicThread(std::string name, Milliseconds interval, Step step)
    : m_thread([name = std::move(name), interval, step = std::move(step)](std::stop_token stop) {
        std::mutex mutex;
        std::condition_variable_any wake;
        auto next = std::chrono::steady_clock::now();
        while (!stop.stop_requested()) {
            runSafely(name, step, stop);
            next = std::max(next + interval, std::chrono::steady_clock::now());
            std::unique_lock lock(mutex);
            wake.wait_until(lock, stop, next, [] { return false; });
        }
    })
{
}

} // namespace backend
