// A thread that runs one step again and again, at most once per interval: late steps are skipped, never
// caught up. Catches everything a step throws and logs it. Owned by what uses it; stops and joins
// when destroyed.
#pragma once

#include "backend/domain/ids.h"

#include <functional>
#include <stop_token>
#include <string>
#include <thread>

namespace backend {

class PeriodicThread
{
public:
    using Step = std::function<void(std::stop_token)>;

    PeriodicThread(std::string name, Milliseconds interval, Step step);

    void requestStop()
    {
        m_thread.request_stop();
    } // of several threads first all, then destroy: they end side by side

private:
    std::jthread m_thread;
};

} // namespace backend
