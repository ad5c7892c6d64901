#include "ui/models/growth_fit.h"

#include <algorithm>
#include <cmath>

namespace ui {
namespace {

constexpr std::size_t kMostPoints = 200; // 20,000 slopes
constexpr double kNormal = 2.576;        // 99 of 100

std::vector<GrowthPoint> thinned(const std::vector<GrowthPoint>& points)
{
    if (points.size() <= kMostPoints) return points;
    std::vector<GrowthPoint> out;
    for (std::size_t i = 0; i < kMostPoints; ++i)
        out.push_back(points[i * (points.size() - 1) / (kMostPoints - 1)]);
    return out;
}

double medianOf(std::vector<double> values)
{
    const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

struct Line
{
    double slope = 0, lowestSlope = 0;
    double valueAtEnd = 0;
};

Line lineThrough(const std::vector<GrowthPoint>& points)
{
    std::vector<double> slopes;
    for (std::size_t i = 0; i < points.size(); ++i)
        for (std::size_t j = i + 1; j < points.size(); ++j)
            if (points[j].atSeconds > points[i].atSeconds)
                slopes.push_back((points[j].value - points[i].value) /
                                 (points[j].atSeconds - points[i].atSeconds));
    Line line;
    line.slope = medianOf(slopes);
    std::vector<double> atEnd;
    for (const auto& point : points)
        atEnd.push_back(point.value + line.slope * (points.back().atSeconds - point.atSeconds));
    line.valueAtEnd = medianOf(std::move(atEnd));
    const double n = double(points.size());
    const double spread = kNormal * std::sqrt(n * (n - 1) * (2 * n + 5) / 18);
    const double rank = std::max(0.0, (double(slopes.size()) - spread) / 2);
    std::sort(slopes.begin(), slopes.end());
    line.lowestSlope = slopes[std::min(std::size_t(rank), slopes.size() - 1)];
    return line;
}

} // namespace

Growth fitLine(const std::vector<GrowthPoint>& points)
{
    Growth out;
    if (points.empty()) return out;
    out.knownSeconds = points.back().atSeconds - points.front().atSeconds;
    if (out.knownSeconds < kGrowthNeedsSeconds || points.size() < std::size_t(kGrowthNeedsPoints)) return out;
    const auto line = lineThrough(thinned(points));
    out.perSecond = line.slope;
    out.atSeconds = points.back().atSeconds;
    out.value = line.valueAtEnd;
    out.kind = line.slope <= 0 || line.lowestSlope <= 0 ? Growth::Kind::NotGrowing : Growth::Kind::NoLimit;
    return out;
}

Growth towards(Growth line, double limit)
{
    if (limit <= 0 || line.kind == Growth::Kind::TooShort) return line;
    if (line.value >= limit) {
        line.kind = Growth::Kind::Full;
    } else if (line.kind == Growth::Kind::NoLimit) {
        const double seconds = (limit - line.value) / line.perSecond;
        line.kind = seconds > kGrowthReach * line.knownSeconds ? Growth::Kind::TooFar : Growth::Kind::Fills;
        if (line.kind == Growth::Kind::Fills) line.fullAtSeconds = line.atSeconds + seconds;
    }
    return line;
}

} // namespace ui
