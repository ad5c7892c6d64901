// The timeline browser's part of feel_bench, on a scripted engine: opening one user after the other, and a
// list of a million followers scrolled to its end.
#pragma once

#include "tests/bench/stall_probe.h"

namespace tests {
class WindowFixture;
}

namespace bench {

// REQUIRES of both: the application is an EventClock, a session is open and the window shown.
void openUsers(tests::WindowFixture& fixture, StallProbe& probe);
void millionRows(tests::WindowFixture& fixture, StallProbe& probe);

double residentMegabytes();

} // namespace bench
