#include "app/desktop/stop_signals.h"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace app {
namespace {

int s_pipe[2] = {-1, -1}; // a handler of signals has no other way to reach its owner

constexpr int kSignals[] = {SIGTERM, SIGINT, SIGHUP};

extern "C" void tellSignal(int)
{
    const char byte = 1;
    [[maybe_unused]] const auto written = ::write(s_pipe[1], &byte, 1);
}

} // namespace

StopSignals::StopSignals()
{
    std::signal(SIGPIPE,
                SIG_IGN); // a server that went away is an error of the call, not the end of the program
    if (::pipe2(s_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return; // the signals then end the program at once, as ever
    m_notifier = std::make_unique<QSocketNotifier>(s_pipe[0], QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, [this] {
        m_notifier->setEnabled(false);
        emit came();
    });
    for (const int signal : kSignals) {
        struct sigaction action = {};
        action.sa_handler = tellSignal;
        action.sa_flags = SA_RESTART | int(SA_RESETHAND); // the second one ends at once
        ::sigaction(signal, &action, nullptr);
    }
}

StopSignals::~StopSignals()
{
    for (const int signal : kSignals)
        std::signal(signal, SIG_DFL);
    m_notifier.reset();
    for (int& end : s_pipe) {
        if (end >= 0) ::close(end);
        end = -1;
    }
}

} // namespace app
