// rookeryctl bench: what this engine reaches on this machine, against bare Redis commands on the same servers
// in the same run. Starts a private cluster, prepares it, measures in rounds, ends it. Composition; one
// thread, not the one that waits for signals.
#pragma once

#include "app/bench/bench_sizes.h"
#include "app/bench/figures.h"
#include "backend/common/result.h"

#include <array>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace app {

struct BenchOptions
{
    std::string mode = "quick";
    BenchSizes sizes = BenchSizes::quick();
    std::filesystem::path dataDirectory; // absent or empty; kept afterwards. Not given: temporary
    std::vector<std::string> parts;      // of kBenchParts; none: all
};

// What can be measured alone; the rest of a whole run is left out, and its ratios say so.
inline constexpr std::array<std::string_view, 6> kBenchParts{"queue",   "pages",    "fanout",
                                                             "posting", "deletion", "dormant"};

using BenchProgress = std::function<void(const std::string& step)>;

// Configuration or DiskFull when parts, directory, memory or disk do not suffice, before anything is started;
// Cancelled when stopped, within seconds and with nothing left running.
[[nodiscard]] backend::Result<BenchReport> runBench(const BenchOptions& options,
                                                    const BenchProgress& progress, std::stop_token stop);

} // namespace app
