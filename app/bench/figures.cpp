#include "app/bench/figures.h"

#include <algorithm>
#include <cmath>

namespace app {
namespace {

template <class Items>
auto findKey(Items& items, std::string_view key)
{
    return std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.key == key; });
}

} // namespace

double median(std::vector<double> values)
{
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const auto middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double quantile(std::vector<double> values, double fraction)
{
    if (values.empty()) return 0;
    const auto rank = std::size_t(std::ceil(fraction * double(values.size())));
    const auto at = values.begin() + std::ptrdiff_t(std::clamp<std::size_t>(rank, 1, values.size()) - 1);
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

void BenchReport::add(Figure figure, double value)
{
    auto found = findKey(figures, figure.key);
    if (found == figures.end()) found = figures.insert(figures.end(), std::move(figure));
    found->rounds.push_back(value);
}

void BenchReport::addRatio(const std::string& key, double value, std::string_view reason)
{
    auto found = findKey(ratios, key);
    if (found == ratios.end()) found = ratios.insert(ratios.end(), {key, {}, std::string(reason)});
    found->rounds.push_back(value);
}

void BenchReport::noRatio(const std::string& key, std::string reason)
{
    if (findKey(ratios, key) == ratios.end()) ratios.push_back({key, {}, std::move(reason)});
}

const Figure* BenchReport::figure(std::string_view key) const
{
    const auto found = findKey(figures, key);
    return found == figures.end() ? nullptr : &*found;
}

const Ratio* BenchReport::ratio(std::string_view key) const
{
    const auto found = findKey(ratios, key);
    return found == ratios.end() ? nullptr : &*found;
}

} // namespace app
