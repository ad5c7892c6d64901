// What the parts of feel_bench share: printed figures, and a chart of a size that nobody has.
#pragma once

#include "tests/bench/stall_probe.h"
#include "ui/widgets/time_chart.h"

#include <chrono>
#include <functional>
#include <memory>

namespace ui {
class Theme;
class TimeRange;
} // namespace ui

namespace bench {

// With the event loop that a program has: Qt Test's own waits sleep up to 10 ms at a time, in which nothing
// is answered.
void wait(std::chrono::milliseconds span);
bool waitFor(const std::function<bool()>& condition, std::chrono::milliseconds most);

// limit < 0: there is none.
void say(const char* what, double value, const char* unit, double limit);
void sayStalls(const StallProbe& probe);
void sayNoise(const char* when, const Percentiles& noise);

inline constexpr int kPoints = 1'000'000, kSeries = 12;

// Twelve series of a million points in one chart, a point a second to two minutes ahead: the time range shows
// the newest of them. Tells how long the chart took to take them.
std::unique_ptr<ui::TimeChart> bigChart(const ui::Theme& theme, ui::TimeRange& range);

} // namespace bench
