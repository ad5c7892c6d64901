#include "backend/domain/lorenz.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>

namespace backend {
namespace {

constexpr int kSteps = 64;           // of the band
constexpr int kValuesDrawn = 20'000; // in all; many bins need fewer spreads for the same smoothness
constexpr int kLeastDraws = 40, kMostDraws = 400;
constexpr double kOutside = 0.025;    // on either side of the band
constexpr std::uint64_t kSeed = 2010; // any: the same picture every time

std::vector<double> knownSorted(std::vector<double> values)
{
    std::erase_if(values, [](double v) { return std::isnan(v); });
    std::sort(values.begin(), values.end());
    return values;
}

double giniOfSorted(const std::vector<double>& sorted)
{
    const double total = std::accumulate(sorted.begin(), sorted.end(), 0.0);
    if (total <= 0) return std::numeric_limits<double>::quiet_NaN();
    const double n = double(sorted.size());
    double weighted = 0; // by rank, from 1
    for (std::size_t i = 0; i < sorted.size(); ++i)
        weighted += double(i + 1) * sorted[i];
    return std::max(0.0, 2 * weighted / (n * total) - (n + 1) / n);
}

std::vector<double> lorenzOfSorted(const std::vector<double>& sorted)
{
    const double total = std::accumulate(sorted.begin(), sorted.end(), 0.0);
    if (total <= 0) return {};
    std::vector<double> out{0};
    out.reserve(sorted.size() + 1);
    double sum = 0;
    for (const double value : sorted)
        out.push_back((sum += value) / total);
    out.back() = 1;
    return out;
}

double quantile(std::vector<double>& values, double part)
{
    const auto at = values.begin() + std::ptrdiff_t(std::llround(part * double(values.size() - 1)));
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

} // namespace

double giniOf(std::vector<double> values)
{
    return giniOfSorted(knownSorted(std::move(values)));
}

std::vector<double> lorenzOf(std::vector<double> values)
{
    return lorenzOfSorted(knownSorted(std::move(values)));
}

double lorenzAt(const std::vector<double>& curve, double part)
{
    const double place = std::clamp(part, 0.0, 1.0) * double(curve.size() - 1);
    const auto below = std::min(std::size_t(place), curve.size() - 1);
    const auto above = std::min(below + 1, curve.size() - 1);
    return curve[below] + (curve[above] - curve[below]) * (place - double(below));
}

ChanceLorenz chanceLorenz(int bins, double coefficientOfVariation)
{
    ChanceLorenz out;
    if (bins < 2 || !(coefficientOfVariation > 0)) return out;
    // The inverse of sqrt((S-1)/n); that many things over the bins are nearly independent Poisson counts.
    const double things = (bins - 1) / (coefficientOfVariation * coefficientOfVariation);
    std::mt19937_64 random(kSeed);
    std::poisson_distribution<std::int64_t> inOneBin(std::max(1e-6, things / bins));
    const int draws = std::clamp(kValuesDrawn / bins, kLeastDraws, kMostDraws);
    std::vector<std::vector<double>> heights(kSteps + 1); // by step, one of each draw
    std::vector<double> ginis;
    for (int draw = 0; draw < draws; ++draw) {
        std::vector<double> values(static_cast<std::size_t>(bins));
        for (auto& value : values)
            value = double(inOneBin(random));
        std::sort(values.begin(), values.end());
        const auto curve = lorenzOfSorted(values);
        if (curve.empty()) continue; // so few things that none fell anywhere
        ginis.push_back(giniOfSorted(values));
        for (int step = 0; step <= kSteps; ++step)
            heights[std::size_t(step)].push_back(lorenzAt(curve, double(step) / kSteps));
    }
    if (ginis.empty()) return out;
    for (auto& at : heights) {
        out.low.push_back(quantile(at, kOutside));
        out.high.push_back(quantile(at, 1 - kOutside));
    }
    out.giniLow = quantile(ginis, kOutside);
    out.giniMedian = quantile(ginis, 0.5);
    out.giniHigh = quantile(ginis, 1 - kOutside);
    return out;
}

} // namespace backend
