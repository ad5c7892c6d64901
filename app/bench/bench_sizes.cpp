#include "app/bench/bench_sizes.h"

namespace app {

// 800 entries in all of 100,000 timelines, and as many plain sets beside them, would take 20 GB and minutes to fill: a
// quick run is content with 140 there. From 129 on a plain sorted set is a skip list as at 800.
BenchSizes BenchSizes::quick()
{
    BenchSizes sizes;
    sizes.groups = {
        {10'000, 800, 800, 80, {{10, 100, 20}, {1'000, 10, 20}, {10'000, 1, 60}}, {}},
        {100'000, 140, 140, 0, {{10'000, 1, 10}, {100'000, 1, 6}}, "delivery_cost_100k_vs_10k"},
    };
    return sizes;
}

// A million timelines hold 48 entries: with what is delivered they stay below 128, so that neither side changes its
// encoding while it is measured.
BenchSizes BenchSizes::full()
{
    auto sizes = quick();
    sizes.rounds = 9;
    sizes.groups[1].entries = 800;
    sizes.groups.push_back(
        {1'000'000, 48, 48, 0, {{10'000, 1, 3}, {100'000, 1, 1}, {1'000'000, 1, 1}}, "delivery_cost_1m_vs_10k"});
    sizes.busyPosts = 1;
    sizes.diskGiB = 10;
    return sizes;
}

} // namespace app
