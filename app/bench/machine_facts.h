// What the figures were taken on. Any thread.
#pragma once

#include "app/bench/figures.h"
#include "backend/common/result.h"

namespace app {

class BenchRun;

std::array<double, 3> loadAverage();
// Everything but the load averages.
[[nodiscard]] backend::Result<MachineFacts> machineFacts(BenchRun& run);

} // namespace app
