// Rolled-up numbers: for each step of a resolution the least, the mean and the greatest of what was known in
// it. A block is the steps of one series that lie together on disk. Plain values.
#pragma once

#include "backend/domain/ids.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace backend {

struct Resolution
{
    int id;            // on disk; never reused for another step
    Milliseconds step; // of one value
    Milliseconds kept;
};
inline constexpr std::array kResolutions{
    Resolution{1, std::chrono::seconds(1), std::chrono::hours(1)},
    Resolution{2, std::chrono::seconds(10), std::chrono::hours(24)},
    Resolution{3, std::chrono::minutes(1), std::chrono::hours(24 * 30)},
};
inline constexpr int kBlockSteps = 60;

struct RollupStep
{
    float min = 0, max = 0, mean = 0;
    std::uint32_t count = 0; // values behind it; 0: nothing is known

    void add(double value);
};

using RollupBlock = std::array<RollupStep, kBlockSteps>;

// 16 bytes a step, little-endian, up to the last one known.
std::string encode(const RollupBlock& block);
// Bytes of another length give the steps that they hold whole.
RollupBlock decodeRollups(std::string_view bytes);
// Steps that `block` does not know are taken from `other`.
void fillFrom(RollupBlock& block, const RollupBlock& other);

} // namespace backend
