#include "backend/monitoring/rollup.h"

#include <algorithm>
#include <bit>

namespace backend {
namespace {

constexpr std::size_t kWords = 4, kStepBytes = kWords * sizeof(std::uint32_t);

void append(std::string& out, std::uint32_t word)
{
    for (int shift = 0; shift < 32; shift += 8)
        out.push_back(char((word >> shift) & 0xFF));
}

std::uint32_t wordAt(std::string_view bytes, std::size_t at)
{
    std::uint32_t word = 0;
    for (int i = 0; i < 4; ++i)
        word |= std::uint32_t(static_cast<unsigned char>(bytes[at + std::size_t(i)])) << (8 * i);
    return word;
}

} // namespace

void RollupStep::add(double value)
{
    const auto given = float(value);
    min = count == 0 ? given : std::min(min, given);
    max = count == 0 ? given : std::max(max, given);
    ++count;
    mean = float(double(mean) + (value - double(mean)) / count);
}

std::string encode(const RollupBlock& block)
{
    const auto known =
        std::find_if(block.rbegin(), block.rend(), [](const auto& step) { return step.count > 0; });
    std::string out;
    out.reserve(std::size_t(block.rend() - known) * kStepBytes);
    for (auto step = block.begin(); step != known.base(); ++step) {
        for (const float value : {step->min, step->max, step->mean})
            append(out, std::bit_cast<std::uint32_t>(value));
        append(out, step->count);
    }
    return out;
}

RollupBlock decodeRollups(std::string_view bytes)
{
    RollupBlock out;
    const auto steps = std::min(bytes.size() / kStepBytes, out.size());
    for (std::size_t i = 0; i < steps; ++i) {
        const auto at = i * kStepBytes;
        const auto number = [&](std::size_t word) {
            return std::bit_cast<float>(wordAt(bytes, at + 4 * word));
        };
        out[i] = {number(0), number(1), number(2), wordAt(bytes, at + 12)};
    }
    return out;
}

void fillFrom(RollupBlock& block, const RollupBlock& other)
{
    for (std::size_t i = 0; i < block.size(); ++i)
        if (block[i].count == 0) block[i] = other[i];
}

} // namespace backend
