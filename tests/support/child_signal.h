// Signals for a test's child processes. The test's thread.
#pragma once

#include <QProcess>

#include <csignal>

namespace tests {

// False when it has ended: it has no number any more, and number 0 would be everybody in the test's own
// group, with whoever runs the test.
inline bool signalChild(const QProcess& child, int signal)
{
    const auto pid = pid_t(child.processId());
    return pid > 0 && ::kill(pid, signal) == 0;
}

} // namespace tests
