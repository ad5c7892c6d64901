// Whether this machine can hold what a bench prepares: asked before anything is started. Any thread.
#pragma once

#include "app/bench/bench_sizes.h"
#include "backend/common/result.h"

#include <cstdint>
#include <filesystem>

namespace app {

// Of the machine, or of the control group that this process is confined to.
std::int64_t availableMemoryBytes();

// What Redis will hold at most: timelines and, of one group at a time, plain sets beside them.
std::int64_t expectedRedisBytes(const BenchSizes& sizes);
// The sizes with as many entries as fit into `memoryBytes`; Configuration when even the fewest do not.
[[nodiscard]] backend::Result<BenchSizes> fitIntoMemory(BenchSizes sizes, std::int64_t memoryBytes);

// DiskFull when there is less free space than wanted where the data will be.
[[nodiscard]] backend::Result<void> requireDisk(const BenchSizes& sizes,
                                                const std::filesystem::path& dataDirectory);
// Configuration when the directory holds something: a bench begins with an empty cluster.
[[nodiscard]] backend::Result<void> requireEmpty(const std::filesystem::path& dataDirectory);

} // namespace app
