// What the commands share: stop signals, opening a session with its steps on the terminal, errors in one
// line.
#pragma once

#include "app/ctl/commands.h"

#include <memory>
#include <string>

namespace app {

inline constexpr int kOk = 0, kFailed = 1, kUsage = 2;

// SIGINT and SIGTERM are taken from now on; blocks until one comes, or returns at once with whether one came.
void takeStopSignals();
bool stopSignalCame();
void waitForStopSignal();

int failed(const backend::Error& error); // prints it, returns kFailed

SessionOptions optionsOf(const ClusterChoice& cluster, const std::string& role);
// Steps go to standard error when that is a terminal.
backend::Result<std::shared_ptr<OpenedSession>> openWithSteps(const SessionOptions& options);

// The reader with that id or @handle.
backend::Result<backend::UserId> readerOf(backend::Engine& engine, const std::string& reader,
                                          backend::Deadline deadline);
// Waits until no task is unfinished, five minutes at most: what the queue has still to do is not a
// difference.
void drain(backend::Monitor& monitor);
std::string isoTime(backend::TimePoint time); // "2026-11-23T06:06:16Z"

} // namespace app
